"""``tightlip scan`` as a user meets it: what is refused and how, exit codes, files and formats, progress, redaction."""

import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.cli.calling import Heard, call
from tests.unit.workflows.responder import Responder, responding
from tightlip.lab.servers import open_lab
from tightlip.lab.shelf import chosen_talks

# What the responder's challenge gives away, and where it stands.
LEAKED = ("POPSRV01", "CORPLAB", "corp.lab.test", "lab.test", "127.0.0.9")


@pytest.fixture(scope="module")
def responder() -> Iterator[Responder]:
    """One for all tests; what came before a test is of no account."""
    with responding() as answering:
        yield answering


@pytest.fixture
def leaking(responder: Responder) -> str:
    """A target that discloses."""
    responder.dialled.clear()
    return f"pop3+plain://127.0.0.9:{responder.port}"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "nothing to scan"),
        (("gopher://127.0.0.1",), "unknown scheme gopher"),
        (("127.0.0.0/33",), "not an address or network"),
        (("127.0.0.1:70000",), "port '70000'"),
        (("127.0.0.1:0",), "port '0'"),
        (("127.0.0.1:x",), "port 'x'"),
        (("pop3://",), "cannot read 'pop3://'"),
        (("[::1",), "cannot read '[::1'"),
        (("127.0.0.9-127.0.0.1",), "range"),
        (("256.0.0.1",), "not an address"),
        (("bad host",), "is not a host name"),
        (("0.0.0.0/0",), "the whole Internet"),
        (("::/0",), "the whole Internet"),
        (("0.0.0.0-255.255.255.255",), "the whole Internet"),
        (("\x1b[2J.example",), r"'\x1b[2J.example'"),
        (("--file", "/nonexistent/targets"), "cannot read /nonexistent/targets: No such file"),
        (("--file", "/"), "cannot read /: Is a directory"),
        (("127.0.0.1", "--exclude", "10.0.0.0/99"), "10.0.0.0/99"),
        (("127.0.0.1", "--rate", "-1"), "--rate cannot be -1\n"),
        (("127.0.0.1", "--rate", "nan"), "--rate cannot be nan"),
        (("127.0.0.1", "--read-timeout", "inf"), "--read-timeout cannot be inf"),
        (("127.0.0.1", "--read-timeout", "0"), "--read-timeout must be more than 0\n"),
        (("127.0.0.1", "--connect-timeout", "-2"), "--connect-timeout must be more than 0\n"),
        (("127.0.0.1", "--workers", "99999"), "--workers cannot be 99999"),
        (("127.0.0.1", "--workers", "-1"), "--workers cannot be -1"),
        (("127.0.0.1", "--source", "198.51.100.1"), "not an address of this machine"),
        (("127.0.0.1", "--format", "xml"), "xml"),
        (("127.0.0.1", "--resume"), "--resume"),
        (("127.0.0.1", "-o", "/nonexistent/report.json"), "cannot write /nonexistent/report.json: No such file"),
        (("127.0.0.1", "--store", "mysql://x"), "cannot keep a store"),
        (("127.0.0.1", "--nonsense"), "--nonsense"),
    ],
)
def test_wrong_usage_is_one_line_and_a_hint(words: tuple[str, ...], said: str) -> None:
    """Exit code 2, no traceback, no escape sequence, nothing on standard output; and no run is left behind."""
    heard = call("scan", *words)
    first, *hints = heard.err.splitlines()
    assert (heard.code, heard.out) == (2, ""), heard.err
    assert said in f"{first}\n"
    assert len(hints) == 1 or said == "nonsense"
    assert "\x1b" not in heard.err
    assert "No runs yet" in call("runs").out


def test_exit_code_and_reason(responder: Responder, leaking: str) -> None:
    """The first of the table that applies, and the same reason on stderr and in the summary."""
    closed = "pop3+plain://127.0.0.9:9"
    bad = call("scan", "--file", "-", "--format", "jsonl", stdin=f"{leaking}\npop3://b@d\n198.51.100.1\n".encode())
    outside = call("scan", leaking, "198.51.100.1", closed, "--format", "jsonl")
    found = call("scan", leaking, closed, "--format", "jsonl")
    doubt = call("scan", closed, "--format", "jsonl")
    nothing = call("scan", "127.0.0.9", "--exclude", "127.0.0.0/8", "--format", "jsonl")
    assert [each.code for each in (bad, outside, found, doubt, nothing)] == [2, 3, 1, 4, 4]
    for heard in (bad, outside, found, doubt, nothing):
        summary = heard.records[-1]
        assert (summary["record"], summary["exit"]) == ("summary", heard.code)
        assert heard.err.splitlines()[-1] == f"tightlip: {summary['why']}"
    # Once politely; from then on its finding stands, and it is asked thoroughly: on one connection, on two that
    # begin with a mechanism that is refused, and on one for each of four paths. Beside a closed port a look tells that
    # it was no ban.
    assert (responder.dialled["127.0.0.9"], outside.records[-1]["endpoints"]) == (1 + (10 + 1) + (10 + 1), 2)
    assert [(each["target"], each["why"]) for each in outside.records[-1]["not_asked"]] == [
        ("198.51.100.1", "out_of_scope")
    ]


def test_a_network_of_any_size_is_refused_in_one_line() -> None:
    """More addresses than a number of JSON is sure to hold; the report tells and stores it all the same."""
    heard = call("scan", "2001:db8::/32", "2001:dba::/40", "--format", "jsonl")
    assert (heard.code, heard.records[-1]["endpoints"]) == (3, 0)
    assert {each["target"]: each["count"] for each in heard.records[-1]["not_asked"]} == {
        "2001:db8::/32": 2**53 - 1,
        "2001:dba::/40": 2**53 - 1,
    }
    assert call("report", "--format", "jsonl").records[-1] == heard.records[-1]


def test_a_mended_server_gives_zero() -> None:
    """Every state is clean or absent; unreachable ports of a bare host do not count."""
    with open_lab(chosen_talks(["pop3/dovecot-refuses-ntlm-after-the-fix"])) as lab:
        expected = {str(each.endpoint): each.expectation.verdict for each in lab.served}
        heard = call("scan", *expected, lab.served[0].endpoint.host, "--format", "jsonl")
    told = {each["endpoint"]: each["verdict"] for each in heard.records if each["record"] == "observation"}
    assert {endpoint: told[endpoint] for endpoint in expected} == expected
    assert set(told.values()) == {"clean", "unreachable"}
    assert heard.code == 0, heard.records[-1]


def test_bad_lines_are_named_and_do_not_stop_the_rest(tmp_path: Path, responder: Responder, leaking: str) -> None:
    """File and line; with --strict nothing is dialled."""
    listed = tmp_path / "targets.txt"
    listed.write_bytes(
        b"\xef\xbb\xbf# ours\r\n" + leaking.encode() + b"\r\npop3://\xff\xfe\n\n10.0.0.0/40 # typo\n" + b"x" * 9_000
    )
    heard = call("scan", "--file", str(listed), "--format", "jsonl")
    assert heard.code == 2
    assert heard.records[-1]["why"] == "3 target lines could not be read; 2 open findings"
    assert responder.dialled == {"127.0.0.9": 1}
    named = [line.split(": ")[1] for line in heard.err.splitlines() if str(listed) in line]
    assert named == [f"{listed}:3", f"{listed}:5", f"{listed}:6"]
    assert len(heard.err) < 1_000
    strict = call("scan", "--file", str(listed), "--strict")
    assert (strict.code, strict.out, responder.dialled.total()) == (2, "", 1)
    assert f"{listed}:3" in strict.err.splitlines()[0]


def test_a_pipe_is_a_file_of_targets(responder: Responder, leaking: str) -> None:
    """As the shell's <(…) gives it: it can be read once only."""
    readable, writable = os.pipe()
    os.write(writable, f"{leaking}\n".encode())
    os.close(writable)
    try:
        heard = call("scan", "--file", f"/dev/fd/{readable}", "--format", "jsonl")
    finally:
        os.close(readable)
    assert (heard.code, heard.records[-1]["targets"], responder.dialled.total()) == (1, 1, 1)


def test_standard_input_and_files_without_a_store(tmp_path: Path, responder: Responder, leaking: str) -> None:
    """Both are read, each target is asked once, and nothing is kept."""
    listed = tmp_path / "targets.txt"
    listed.write_text(f"{leaking} # the first\n#127.0.0.77\n{leaking.replace('0.0.9', '0.0.8')}\n")
    words = ("scan", "--file", "-", "--file", str(listed), "--store", "none", "--format", "jsonl")
    heard = call(*words, stdin=f"\n{leaking}\n{leaking.replace('0.0.9', '0.0.7')}\n".encode())
    assert heard.code == 1
    assert responder.dialled == {"127.0.0.9": 1, "127.0.0.8": 1, "127.0.0.7": 1}
    assert heard.records[-1]["endpoints"] == 3
    assert "No runs yet" in call("runs").out


def test_overlaps_are_asked_once(responder: Responder, leaking: str) -> None:
    """Hosts, networks, ranges and other spellings; each endpoint is told once."""
    port = responder.port
    words = [leaking, leaking.upper().replace("POP3+PLAIN", "pop3+plain"), f"pop3+plain://127.0.0.8/29:{port}"]
    words += [f"pop3+plain://127.0.0.0/28:{port}", f"pop3+plain://127.0.0.14-127.0.0.17:{port}", leaking + "/"]
    heard = call("scan", *words, "--exclude", "127.0.0.3", "--exclude", "127.0.0.4-127.0.0.5", "--format", "jsonl")
    asked = {f"127.0.0.{number}" for number in range(18)} - {"127.0.0.3", "127.0.0.4", "127.0.0.5"}
    assert responder.dialled == dict.fromkeys(asked, 1)
    told = [each["address"] for each in heard.records if each["record"] == "observation"]
    assert sorted(told) == sorted(asked)
    left_out = {each["target"] for each in heard.records[-1]["not_asked"]}
    assert left_out == {"127.0.0.3/32", "127.0.0.4/31"}


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("r.jsonl", '{"record"'),
        ("r.json", "{"),
        ("r.csv", "record,"),
        ("r.html", "<!doctype html"),
        ("r.txt", "tightlip "),
        ("r", "tightlip "),
    ],
)
def test_a_report_file_is_private_and_its_ending_is_its_format(
    tmp_path: Path, leaking: str, name: str, begins: str
) -> None:
    """Whatever the umask, and whatever was there before."""
    file = tmp_path / name
    file.write_text("an older, longer report\n" * 9_999)
    file.chmod(0o644)
    before = os.umask(0)
    try:
        heard = call("scan", leaking, "-o", str(file))
    finally:
        os.umask(before)
    written = file.read_text()
    assert (heard.code, heard.out) == (1, "")
    assert written.lower().startswith(begins.lower())
    assert "older" not in written
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_scan_that_cannot_begin_leaves_the_old_report(tmp_path: Path) -> None:
    """A typo must not cost yesterday's results; and /dev/null keeps its mode."""
    file = tmp_path / "r.json"
    file.write_text("yesterday")
    mode = Path("/dev/null").stat().st_mode
    assert call("scan", "pop3://b@d", "-o", str(file)).code == 2
    assert call("scan", "pop3+plain://127.0.0.9:9", "-o", "/dev/null").code == 4
    assert (file.read_text(), Path("/dev/null").stat().st_mode) == ("yesterday", mode)


def test_without_a_store_the_page_shows_what_was_said_all_the_same(leaking: str, tmp_path: Path) -> None:
    """Only formats that show no transcript do without one."""
    page = tmp_path / "report.html"
    call("scan", leaking, "--store", "none", "-o", str(page))
    assert "AUTH NTLM" in page.read_text()


def test_a_dash_is_standard_output(leaking: str) -> None:
    """As everywhere."""
    assert call("scan", leaking, "-o", "-", "--format", "json").document["summary"]["exit"] == 1


@pytest.mark.parametrize("form", ["text", "jsonl", "json", "csv", "html"])
def test_redacted_reports_name_nothing(leaking: str, form: str) -> None:
    """Neither does the same report told again; pseudonyms stay the same."""
    now = call("scan", leaking, "198.51.100.23", "--redact", "--format", form)
    later = call("report", "--redact", "--format", form)
    for heard in (now, later):
        assert heard.out
        for name in (*LEAKED, "198.51.100.23"):
            assert name.lower() not in heard.out.lower()
    assert _pseudonyms(now) == _pseudonyms(later)


def _pseudonyms(heard: Heard) -> set[str]:
    return {word.strip('",') for word in heard.out.split() if "host-" in word}


def test_status_lines_are_json_and_only_grow(responder: Responder) -> None:
    """On stderr, the last one whole; standard output holds results alone."""
    network = f"pop3+plain://127.0.4.0/26:{responder.port}"
    heard = call("scan", network, network, "--rate", "80", "--status", "json", "--format", "jsonl")
    lines = [json.loads(line) for line in heard.err.splitlines() if line.startswith("{")]
    assert len(lines) >= 3
    for key in ("targets", "endpoints", "elapsed"):
        assert [line[key] for line in lines] == sorted(line[key] for line in lines)
    last = lines[-1]
    assert (last["targets"], last["total"], last["endpoints"], last["in_hand"], last["ended"]) == (64, 64, 64, 0, True)
    assert [line["ended"] for line in lines[:-1]] == [False] * (len(lines) - 1)
    assert last["verdicts"] == heard.records[-1]["verdicts"] == {"discloses": 64}
    assert all(line["total"] == 64 and line["record"] == "status" and line["schema"] == 1 for line in lines)

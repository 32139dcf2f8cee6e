"""``tightlip audit``: what a copied tree leaks, where that is written, and what the exit code says."""

import os
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.unit.cli.calling import call
from tests.unit.reports.schemas import faults
from tests.unit.workflows.audited import TOY, install
from tightlip.model.errors import Exit

CLEAN = b"mechanisms = PLAIN\n"
LEAK = b"# made by hand\nmechanisms = PLAIN NTLM\n"


@pytest.fixture(autouse=True)
def _toy(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, {"toy": TOY})


def tree(folder: Path, main: bytes = LEAK, **more: bytes) -> str:
    """A copied host with the made-up product's main file."""
    (folder / "etc" / "toy").mkdir(parents=True)
    (folder / "etc" / "toy" / "toy.conf").write_bytes(main)
    for name, content in more.items():
        (folder / "etc" / "toy" / name).write_bytes(content)
    return str(folder)


def test_a_leak_is_found_with_file_line_and_setting(tmp_path: Path) -> None:
    """Records keep their schemas; a finding's endpoint is its subject; the summary is last."""
    root = tree(tmp_path / "mail1")
    heard = call("audit", "--root", root, "--format", "jsonl")
    assert heard.code == Exit.FINDINGS
    assert faults(heard.records) == []
    assert [each["record"] for each in heard.records][0 :: len(heard.records) - 1] == ["posture", "summary"]
    found = [each for each in heard.records if each["record"] == "finding" and "ntlm" in each["rule"]]
    place = {"file": "/etc/toy/toy.conf", "line": 2, "setting": "mechanisms", "value": "PLAIN NTLM"}
    assert found
    assert all(each["places"] == [place] for each in found)
    assert {each["certainty"] for each in found} == {"written"}


def test_a_posture_says_what_is_set(tmp_path: Path) -> None:
    """Mechanisms by TLS state, files, and the host by its folder's name."""
    record = call("audit", "--root", tree(tmp_path / "mail1"), "--format", "jsonl").records[0]
    assert (record["host"], record["product"], record["files"]) == ("mail1", "toy", ["/etc/toy/toy.conf"])
    assert record["services"][0]["mechanisms"] == {"plain": ["PLAIN", "NTLM"], "starttls": ["PLAIN", "NTLM"]}


def test_a_person_reads_it_in_80_columns(tmp_path: Path) -> None:
    """Product, files, services, the place as an editor takes it, and the reason for the exit code at last."""
    heard = call("audit", "--root", tree(tmp_path / "mail1"))
    assert max(map(len, heard.out.splitlines())) <= 80
    assert "/etc/toy/toy.conf:2: mechanisms = PLAIN NTLM" in heard.out
    assert heard.out.splitlines()[-1].endswith("(exit 1)")
    assert heard.err == ""


def test_what_another_product_decides_on_is_not_known_without_it(tmp_path: Path) -> None:
    """Nothing is said to be clean that was not seen."""
    heard = call("audit", "--root", tree(tmp_path / "mail1", b"asks = other\n"))
    assert (heard.code, "not known" in heard.out) == (Exit.DOUBT, True)


def test_hostile_names_and_values_steer_no_terminal(tmp_path: Path) -> None:
    """Neither from a folder's name nor from a file's nor from a value."""
    main = b"mechanisms = NTLM \x1b[31mX\ninclude = /etc/toy/*.inc\n"
    root = tree(tmp_path / "m\x1b[31m", main)
    Path(os.fsdecode(os.fsencode(root) + b"/etc/toy/\xff\x1b]0;x.inc")).write_bytes(b"mechanisms = NTLM \x1b[1m\n")
    for form in ("text", "jsonl", "json"):
        heard = call("audit", "--root", root, "--format", form)
        assert heard.code in (Exit.FINDINGS, Exit.DOUBT)
        assert "\x1b" not in heard.out + heard.err
        assert "\\udcff" in heard.out


def test_one_document_holds_the_same_records(tmp_path: Path) -> None:
    """Host by host, the summary beside them; by the ending of the output file too."""
    root = tree(tmp_path / "mail1")
    document = call("audit", "--root", root, "--store", "none", "--format", "json").document
    assert [each["host"] for each in document["hosts"]] == ["mail1"]
    assert faults([*document["hosts"][0]["records"], document["summary"]]) == []
    output = tmp_path / "out.jsonl"
    heard = call("audit", "--root", root, "--store", "none", "-o", str(output))
    assert output.read_text().count('"record":"summary"') == 1
    assert (heard.out, heard.err.startswith("tightlip: ")) == ("", True)


def test_nothing_is_read_outside_of_the_tree(tmp_path: Path) -> None:
    """A link to a file outside names one of the tree's own."""
    (tmp_path / "leak.conf").write_bytes(LEAK)
    folder = tmp_path / "mail1" / "etc" / "toy"
    folder.mkdir(parents=True)
    (folder / "toy.conf").symlink_to(tmp_path / "leak.conf")
    heard = call("audit", "--root", str(tmp_path / "mail1"), "--format", "jsonl")
    assert heard.code == Exit.DOUBT
    assert [(each["record"], each.get("services")) for each in heard.records] == [("posture", []), ("summary", None)]


@pytest.mark.parametrize(
    ("main", "code", "why"),
    [
        (LEAK, Exit.FINDINGS, "open finding"),
        (LEAK + b"no setting\n", Exit.FINDINGS, "open finding"),
        (b"no setting\n", Exit.DOUBT, "could not be told for certain"),
    ],
)
def test_the_exit_code_says_the_first_that_applies(tmp_path: Path, main: bytes, code: Exit, why: str) -> None:
    """Open findings before doubts."""
    heard = call("audit", "--root", tree(tmp_path / "mail1", main), "--format", "jsonl")
    assert (heard.code, heard.records[-1]["exit"]) == (code, code)
    assert why in heard.records[-1]["why"]


def test_nothing_to_audit_is_a_doubt(tmp_path: Path) -> None:
    """An empty tree says nothing of a host."""
    heard = call("audit", "--root", str(tmp_path))
    assert (heard.code, "no configuration was found" in heard.out) == (Exit.DOUBT, True)


def test_findings_live_in_the_store(tmp_path: Path) -> None:
    """A finding is accepted, then proven fixed by the file, then back: as those of scans."""
    root = tree(tmp_path / "mail1")
    first = [each for each in call("audit", "--root", root, "--format", "jsonl").records if each["record"] == "finding"]
    kept = {each["id"]: each["state"] for each in call("findings", "--format", "jsonl").records}
    assert kept == {each["id"]: "open" for each in first}
    for each in first:
        assert call("accept", each["id"], "--reason", "known", "--until", "2999-01-01", "--by", "me").code == Exit.OK
    assert call("audit", "--root", root).code == Exit.OK
    runs = call("runs").out
    assert f"audit, --root {root}"[:20] in runs


def test_a_finding_is_fixed_when_the_file_is(tmp_path: Path) -> None:
    """And has come back when the file has."""
    root = tree(tmp_path / "mail1")
    main = Path(root, "etc/toy/toy.conf")

    def state() -> set[str]:
        call("audit", "--root", root)
        words = [word for name in ("open", "fixed", "regressed") for word in ("--state", name)]
        told = call("findings", *words, "--format", "jsonl").records
        return {each["state"] for each in told if each["rule"] == "ntlm-discloses-host"}

    assert state() == {"open"}
    main.write_bytes(CLEAN)
    assert state() == {"fixed"}
    main.write_bytes(LEAK)
    assert state() == {"regressed"}


def test_an_audit_is_no_scan_to_be_resumed(tmp_path: Path) -> None:
    """There is nothing to go on with, however it ended."""
    call("audit", "--root", tree(tmp_path / "mail1"))
    assert call("scan", "--resume", "last").code == Exit.USAGE


def test_several_trees_and_folders_of_trees(tmp_path: Path) -> None:
    """Each is a host of its own; what holds no product is passed over."""
    for name in ("a", "b", "c"):
        tree(tmp_path / "hosts" / name, LEAK if name == "b" else CLEAN)
    (tmp_path / "hosts" / "empty").mkdir()
    (tmp_path / "hosts" / "link").symlink_to("b")
    single = tree(tmp_path / "d")
    heard = call("audit", "--roots", str(tmp_path / "hosts"), "--root", single, "--format", "jsonl")
    assert [each["host"] for each in heard.records if each["record"] == "posture"] == ["d", "a", "b", "c"]
    leaking = {each["endpoint"] for each in heard.records if each["record"] == "finding" and "ntlm" in each["rule"]}
    assert len([each for each in leaking if each.startswith("b")]) == 1
    assert len(leaking) == 2


def test_files_of_one_product_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The main file first; nothing else is read, not even what it includes."""
    main = tmp_path / "toy.conf"
    main.write_bytes(f"include = {tmp_path}/*.inc\n".encode() + CLEAN)
    (tmp_path / "a.inc").write_bytes(LEAK)
    (tmp_path / "b.inc").write_bytes(LEAK)
    monkeypatch.chdir(tmp_path)
    for files in (("toy.conf",), ("toy.conf", "a.inc"), (str(main), str(tmp_path / "a.inc"))):
        heard = call("audit", "--product", "toy", *files, "--store", "none", "--format", "jsonl")
        assert heard.records[0]["files"] == [str(tmp_path / Path(name).name) for name in files]


def test_a_main_file_can_be_given(tmp_path: Path) -> None:
    """As the host knows it."""
    root = tree(tmp_path / "mail1", CLEAN, **{"other.conf": LEAK})
    heard = call("audit", "--root", root, "--config", "toy=/etc/toy/other.conf", "--format", "jsonl")
    assert [each["config"] for each in heard.records if each["record"] == "posture"] == ["/etc/toy/other.conf"]


@pytest.mark.parametrize(
    "words",
    [
        ["a.conf"],
        ["--product", "nothing"],
        ["--config", "nothing=/x"],
        ["--config", "toy"],
        ["--config", "toy="],
        ["--root", "/no/such/folder"],
        ["--roots", "/no/such/folder"],
        ["--root", "/", "--probe"],
        ["--root", "/", "--root", "/", "--product", "toy", "a.conf"],
    ],
)
def test_what_makes_no_sense_is_wrong_usage(words: list[str]) -> None:
    """One line and a hint, and no run is written down."""
    heard = call("audit", *words)
    assert (heard.code, heard.out, heard.err.count("\n")) == (Exit.USAGE, "", 2)
    assert "audit" not in call("runs").out


def test_a_fault_of_ours_is_said_with_its_traceback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On stderr, counted in the summary, exit code 5; the report is whole all the same."""

    def fail(*_: object) -> None:
        raise ZeroDivisionError("ours")

    install(monkeypatch, {"bad": replace(TOY, posture=fail), "toy": TOY})
    heard = call("audit", "--root", tree(tmp_path / "mail1"), "--format", "jsonl")
    assert (heard.code, heard.records[-1]["faults"]) == (Exit.FAULT, 1)
    assert "ZeroDivisionError: ours" in heard.err
    assert any(each["record"] == "finding" for each in heard.records)

"""``tightlip verify`` as a user meets it: the page, the records, exit codes, and the account of the test login."""

import json
import os
import re
from pathlib import Path

import pytest

from tests.unit.cli.calling import call
from tests.unit.network.mailboxes import mailbox
from tests.unit.network.servers import Client, serving
from tests.unit.network.shown import certificate, context_of
from tests.unit.workflows.responder import REFUSAL, responding
from tightlip.lab.servers import open_lab
from tightlip.lab.shelf import chosen_talks
from tightlip.model.endpoint import Endpoint, Security
from tightlip.workflows.practice import target_of

PASSWORD = "sesame-street"


@pytest.fixture
def password_file(tmp_path: Path) -> Path:
    """The password of the test login, for nobody else's eyes."""
    file = tmp_path / "password"
    file.touch(mode=0o600)
    file.write_text(f"{PASSWORD}\n")
    return file


def test_a_mended_plain_state_is_proven() -> None:
    """Each check below its endpoint, in the server's words; the closing line says that all is proven."""
    with open_lab(chosen_talks(["smtp/postfix-refuses-ntlm-after-the-fix"])) as lab:
        target = next(target_of(each.endpoint) for each in lab.served if each.endpoint.security is Security.PLAIN)
        heard = call("verify", target)
    page = " ".join(heard.out.split())
    assert "proven NTLM is refused 503 5.5.1 Error: authentication not enabled" in page
    assert "proven no login before TLS PLAIN: 503 5.5.1 Error: authentication not enabled" in page
    assert heard.out.splitlines()[-1] == "both checks are proven (exit 0)"
    assert heard.code == 0


def test_hidden_passwords_fail() -> None:
    """With exit code 1, and the command that the server took."""
    with open_lab(chosen_talks(["pop3/takes-passwords-it-does-not-list"])) as lab:
        target = next(target_of(each.endpoint) for each in lab.served if each.endpoint.security is Security.PLAIN)
        heard = call("verify", target, "--format", "jsonl")
    checks = {each["question"]: each for each in heard.records if each["record"] == "check"}
    assert {question: each["outcome"] for question, each in checks.items()} == {
        "ntlm_refused": "proven",
        "tls_enforced": "failed",
    }
    assert "by PLAIN" in checks["tls_enforced"]["why"]
    assert (heard.code, heard.records[-1]["record"], heard.records[-1]["exit"]) == (1, "summary", 1)


def test_what_had_been_found_is_shown_with_its_evidence_then_and_now() -> None:
    """The names that were given away, by which challenge, and what is said in their place."""
    with responding() as server:
        target = f"pop3+plain://127.0.83.1:{server.port}"
        assert call("scan", target).code == 1
        server.mended = frozenset({"127.0.83.1"})
        heard = call("verify", target)
    page = " ".join(heard.out.split())
    before = page[page.index("What had been found before") :]
    assert "POPSRV01" in before
    assert "NTLM challenge by auth" in before
    assert f"now: clean, {REFUSAL} state: open -> fixed" in before
    lines = heard.out.partition("What had been found before\n")[2].partition("\n\n")[0].splitlines()
    hung = [line for line in lines if not re.match(r"  [a-z]|    (?:then, \S+|now|state): ", line)]
    assert hung
    assert all(line.startswith(" " * 8) for line in hung)


def test_what_a_server_says_cannot_steer_the_terminal() -> None:
    """Neither in a check nor in a comparison, nor in a record."""
    hostile = b"-ERR no\x1b]0;owned\x07 such mechanism\r\n"
    act = mailbox("pop3", Security.PLAIN, context_of(certificate()), {b"AUTH": hostile})
    with serving(act) as server:
        target = f"pop3+plain://127.0.0.1:{server.port}"
        page, records = call("verify", target), call("verify", target, "--format", "jsonl")
    assert "\x1b" not in page.out + records.out
    assert "\x07" not in page.out + records.out
    assert "such mechanism" in page.out


def test_the_test_login_is_tried_with_the_account_that_was_given(password_file: Path) -> None:
    """The outcome names the account, and the password stands nowhere."""
    with serving(
        mailbox("pop3", Security.IMPLICIT, context_of(certificate()), {b"AUTH": REFUSAL.encode() + b"\r\n"})
    ) as server:
        target = str(Endpoint("127.0.0.1", server.port, "pop3", Security.IMPLICIT))
        words = ("--smoke-user", "bob", "--smoke-password-file", str(password_file), "--format", "jsonl")
        heard = call("verify", target, *words)
    login = next(each for each in heard.records if each.get("question") == "login_works")
    assert (login["outcome"], login["why"]) == ("proven", "bob logged in over TLS")
    assert PASSWORD.encode() in b"".join(client.heard for client in server.clients)
    assert PASSWORD not in heard.out + heard.err


def test_an_account_without_an_endpoint_to_try_it_on_is_a_doubt(password_file: Path) -> None:
    """Exit code 4, although everything else is proven."""
    with open_lab(chosen_talks(["smtp/postfix-refuses-ntlm-after-the-fix"])) as lab:
        target = next(target_of(each.endpoint) for each in lab.served if each.endpoint.security is Security.PLAIN)
        heard = call("verify", target, "--smoke-user", "bob", "--smoke-password-file", str(password_file))
    assert (heard.code, heard.out.splitlines()[-1]) == (4, "1 of 3 checks could not be decided (exit 4)")
    assert "unknown  login over TLS works" in heard.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "nothing to verify"),
        (("127.0.0.1", "--smoke-password-file", "x"), "--smoke-password-file goes with --smoke-user"),
        (("127.0.0.1", "--smoke-user", "bob", "--smoke-password-file", "/nonexistent"), "cannot read /nonexistent"),
        (("127.0.0.1", "--source", "198.51.100.1"), "not an address of this machine"),
        (("127.0.0.1", "--format", "html"), "html"),
    ],
)
def test_wrong_usage_dials_nobody(words: tuple[str, ...], said: str) -> None:
    """Exit code 2, in a line on standard error."""
    heard = call("verify", *words)
    assert (heard.code, heard.out) == (2, "")
    assert said in heard.err.splitlines()[0]


def test_a_password_that_others_may_read_is_not_used(tmp_path: Path) -> None:
    """Nobody is dialled with it."""
    file = tmp_path / "open"
    file.write_text(PASSWORD)
    file.chmod(0o644)
    heard = call("verify", "127.0.0.1", "--smoke-user", "bob", "--smoke-password-file", str(file))
    assert (heard.code, "others may read it" in heard.err) == (2, True)


@pytest.mark.skipif(os.geteuid() != 0, reason="gives a file to another user, which takes root")
def test_a_password_that_is_somebody_elses_is_not_used(tmp_path: Path) -> None:
    """Whoever owns the file reads what we put into it, and decides what we send."""
    file = tmp_path / "theirs"
    file.write_text(PASSWORD)
    file.chmod(0o600)
    os.chown(file, 65534, -1)
    heard = call("verify", "127.0.0.1", "--smoke-user", "bob", "--smoke-password-file", str(file))
    assert (heard.code, "belongs to another user" in heard.err) == (2, True)


def test_the_results_can_go_to_a_file(tmp_path: Path) -> None:
    """Private, whole records, a line each."""
    file = tmp_path / "verify.jsonl"
    heard = call("verify", "pop3+plain://127.0.0.9:9", "--format", "jsonl", "-o", str(file))
    assert (heard.code, heard.out, file.stat().st_mode & 0o777) == (4, "", 0o600)
    assert [json.loads(line)["record"] for line in file.read_text().splitlines()] == ["check", "summary"]


def test_a_service_that_was_withdrawn_is_proven_closed() -> None:
    """Where that is expected; elsewhere the same port is a doubt."""
    target = "pop3+plain://127.0.0.9:9"
    heard = call("verify", target, "--expect", "closed")
    assert "proven   service is closed     service withdrawn: the connection is refused" in heard.out
    assert (heard.code, heard.out.splitlines()[-1]) == (0, "the check is proven (exit 0)")
    assert call("verify", target).code == 4


@pytest.mark.parametrize(
    ("store", "said"),
    [
        ("new.db", "Nothing earlier was known of these endpoints: the store was made just now."),
        ("none", "Nothing is compared: with --store none no earlier finding is known."),
        ("", "Nothing earlier was known of these endpoints: the store holds no unfixed finding of them."),
    ],
)
def test_a_test_that_nothing_was_held_against_says_so(tmp_path: Path, store: str, said: str) -> None:
    """A mistyped store must not pass for one whose findings were all compared."""
    kept = str(tmp_path / "old.db")
    call("verify", "pop3+plain://127.0.0.9:9", "--store", kept)
    where = store if store == "none" else str(tmp_path / store) if store else kept
    heard = call("verify", "pop3+plain://127.0.0.9:9", "--store", where)
    assert said in " ".join(heard.out.split())


def test_what_was_not_asked_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name without an address, or out of scope, beside the endpoint that was asked."""
    monkeypatch.setattr("tightlip.network.resolve._addresses", lambda _name: ())
    page = call("verify", "pop3+plain://127.0.0.9:9", "nosuch.test").out
    assert "not asked  nosuch.test: the name has no address" in page


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.IMPLICIT])
def test_a_server_behind_a_proxy_is_verified_through_it(password_file: Path, security: Security) -> None:
    """The states and the test login alike, each after a PROXY header."""
    act = mailbox("pop3", security, context_of(certificate()))

    def behind(client: Client) -> None:
        line = b""
        while not line.endswith(b"\n"):
            line += client.socket.recv(1)  # what follows may be TLS already
        if line.startswith(b"PROXY TCP4 "):
            act(client)

    with serving(behind) as server:
        target = target_of(Endpoint(server.address, server.port, "pop3", security))
        smoke = ("--smoke-user", "bob", "--smoke-password-file", str(password_file))
        heard = call("verify", "--proxy-protocol", target, *smoke, "--format", "jsonl", "--store", "none")
    checks = {each["question"]: each["outcome"] for each in heard.records if each["record"] == "check"}
    assert (checks["ntlm_refused"], checks["login_works"]) == ("proven", "proven")

"""Proving on the wire: TLS before any login is really asked for, and a test login that nobody could try is none."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.unit.network.mailboxes import mailbox
from tests.unit.network.servers import Client, Server, serving
from tests.unit.network.shown import certificate, context_of
from tightlip.lab.servers import open_lab
from tightlip.lab.shelf import chosen_talks
from tightlip.model.endpoint import Endpoint, Security
from tightlip.network.credentials import Credentials
from tightlip.network.login import LoggedIn, Trust
from tightlip.remediate.plan import Expectation
from tightlip.workflows import proving
from tightlip.workflows.beginning import grammar
from tightlip.workflows.logins import Attempts
from tightlip.workflows.practice import target_of
from tightlip.workflows.proving import AT_ONCE, Logins, Patience, login_endpoints, prove, smoke_login

UNSUPPORTED = b"-ERR Unsupported authentication mechanism.\r\n"
BOB = Credentials("bob", "sesame")
MENDED = "smtp/postfix-refuses-ntlm-after-the-fix"
HIDING = "pop3/takes-passwords-it-does-not-list"
# Connections that are not greeted: more than one asking makes.
_SILENT = 6


@pytest.fixture(autouse=True)
def _own_folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("CONFIG", "DATA", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))


@pytest.fixture(scope="module")
def plain() -> Iterator[dict[str, str]]:
    """The plain endpoint of each talk that is played."""
    with open_lab(chosen_talks([MENDED, HIDING])) as lab:
        yield {
            f"{each.talk.protocol}/{each.talk.claim}": str(each.endpoint)
            for each in lab.served
            if each.endpoint.security is Security.PLAIN
        }


def failures(endpoint: str) -> list[str]:
    """What is not as it should be where logins have to wait for TLS, asked without patience."""
    expected = Expectation(endpoint=endpoint, withdrawn=("NTLM",), needs_tls=True)
    return [each.why for each in prove([expected], None, patience=AT_ONCE).failures]


def test_a_mended_server_is_proved_by_what_it_refuses(plain: dict[str, str]) -> None:
    """It says "not enabled" of NTLM and of PLAIN alike, and lists nothing."""
    assert failures(plain[MENDED]) == []


def test_a_server_that_hides_passwords_and_takes_them_is_found_out(plain: dict[str, str]) -> None:
    """It refuses NTLM and lists nothing, as a mended one does."""
    (why,) = failures(plain[HIDING])
    assert "a password is asked for before TLS" in why


def test_where_tls_is_not_demanded_no_password_is_asked_about(plain: dict[str, str]) -> None:
    """Its proof is about NTLM alone."""
    proof = prove([Expectation(endpoint=plain[HIDING], withdrawn=("NTLM",))], None, patience=AT_ONCE)
    assert proof.holds


def test_a_login_is_tried_where_it_can_be() -> None:
    """Over TLS, where a mechanism is kept, by POP3, IMAP and SMTP."""
    tried = ["pop3s://127.0.0.1:995", "imap+starttls://127.0.0.1:143", "smtps://[::1]:465"]
    never = ["pop3://127.0.0.1:110", "nntps://127.0.0.1:563", "managesieve+starttls://127.0.0.1:4190"]
    expected = [Expectation(endpoint=each, kept=("PLAIN",)) for each in [*tried, *never]]
    closed = [Expectation(endpoint="imaps://127.0.0.1:993", closed=True)]
    assert [str(each) for each in login_endpoints([*expected, *closed])] == tried


def test_in_clear_no_login_is_tried() -> None:
    """Neither worked nor failed; whoever wants it proved is told before the change."""
    expected = [Expectation(endpoint="pop3://127.0.0.1:110", kept=("PLAIN",))]
    assert smoke_login(expected, BOB, Attempts()) == Logins(worked=(), failed=())


def test_who_takes_longer_than_we_have_patience_is_asked_once_more() -> None:
    """The first answers may come from a process that knows nothing of the change yet."""
    with serving(lambda client: mended(client, deaf=1)) as server:
        assert prove([of_ntlm(server)], None, patience=AT_ONCE).holds


def test_a_listener_that_hangs_up_each_time_is_dead() -> None:
    """The way back begins while who is silent would still be waited for."""
    with serving(lambda client: client.say(b"+OK hi\r\n")) as server:
        (failure,) = prove([of_ntlm(server)], None, Patience(slow=3600.0, dead=0.0)).failures
    assert "closed early" in failure.why


def test_a_listener_that_is_silent_may_be_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is asked again until it greets."""
    monkeypatch.setattr(proving, "_BRISK", replace(proving._BRISK, read_timeout=0.2))

    def act(client: Client) -> None:
        if client.number < _SILENT:
            client.hear()
        else:
            mended(client)

    with serving(act) as server:
        assert prove([of_ntlm(server)], None, Patience(slow=60.0, dead=0.0)).holds


def mended(client: Client, deaf: int = 0) -> None:
    """POP3 that refuses NTLM; the first ``deaf`` connections end instead of being refused."""
    client.say(b"+OK hi\r\n")
    while line := client.hear():
        word = line.split(b" ")[0].upper()
        if client.number < deaf and word == b"AUTH":
            return
        client.say({b"CAPA": b"+OK\r\nSASL PLAIN\r\n.\r\n", b"QUIT": b"+OK\r\n"}.get(word, UNSUPPORTED))


def of_ntlm(server: Server) -> Expectation:
    """That its POP3 refuses NTLM."""
    return Expectation(endpoint=str(Endpoint(server.address, server.port, "pop3", Security.PLAIN)), withdrawn=("NTLM",))


@pytest.mark.parametrize(
    ("answer", "why"), [(b"+OK welcome\r\n", []), (b"-ERR no\r\n", ["the test login failed: -ERR no"])]
)
def test_a_login_works_or_is_told_of(answer: bytes, why: list[str]) -> None:
    """By the endpoint that refused it."""
    act = mailbox("pop3", Security.IMPLICIT, context_of(certificate()), {b"PASS": answer})
    with serving(act) as server:
        endpoint = str(Endpoint(server.address, server.port, "pop3", Security.IMPLICIT))
        tried = smoke_login([Expectation(endpoint=endpoint, kept=("PLAIN",))], BOB, Attempts())
    assert [(each.endpoint, each.why) for each in tried.failed] == [(endpoint, each) for each in why]
    assert tried.worked == (() if why else (endpoint,))


@pytest.mark.parametrize(("host", "trust"), [("127.0.0.1", Trust.OWN_HOST), ("192.0.2.9", Trust.VERIFIED)])
def test_only_this_machine_need_not_prove_whose_it_is(monkeypatch: pytest.MonkeyPatch, host: str, trust: Trust) -> None:
    """A password goes to an address of another machine only where its certificate is valid."""
    asked: list[object] = []

    def log_in(*told: object) -> LoggedIn:
        asked.append(told[4])
        return LoggedIn()

    monkeypatch.setattr(proving, "log_in", log_in)
    expected = Expectation(endpoint=f"pop3s://{host}:995", kept=("PLAIN",))
    assert smoke_login([expected], Credentials("bob", "x"), Attempts()).worked == (f"pop3s://{host}:995",)
    assert asked == [trust]


@pytest.mark.parametrize("security", list(Security))
def test_every_state_of_an_address_of_ipv6_can_be_asked(security: Security) -> None:
    """Without brackets its port would be a part of it."""
    endpoint = Endpoint("::1", 110, "pop3", security)
    (network,) = grammar().read(target_of(endpoint)).networks
    assert [str(network), *(ask.security for ask in grammar().read(target_of(endpoint)).asks)] == ["::1/128", security]

"""The smoke login: over TLS alone, to whom it may trust, and the password never in what it says."""

import time
from base64 import b64encode
from collections.abc import Mapping

import pytest

from tests.unit.network.mailboxes import ANSWERS, LOGINS, mailbox
from tests.unit.network.servers import Client, Server, closed_port, serving
from tests.unit.network.shown import certificate, context_of, upgrade
from tightlip.model.endpoint import Endpoint, Security
from tightlip.network.credentials import Credentials
from tightlip.network.login import LoggedIn, NotLoggedIn, Trust, log_in

PASSWORD = "hunter2!sesame"
BOB = Credentials("bob", PASSWORD)
PLAIN = b64encode(f"\0bob\0{PASSWORD}".encode())
CONTEXT = context_of(certificate(names=("localhost",), addresses=("127.0.0.1",), common_name="localhost"))
STATES = [(protocol, security) for protocol in ANSWERS for security in (Security.STARTTLS, Security.IMPLICIT)]


def endpoint_of(server: Server, protocol: str, security: Security) -> Endpoint:
    """The server's state."""
    return Endpoint("localhost", server.port, protocol, security)


def tried(
    protocol: str,
    security: Security,
    changed: Mapping[bytes, bytes] = {},
    trust: Trust = Trust.OWN_HOST,
    account: Credentials = BOB,
) -> tuple[LoggedIn | NotLoggedIn, Server]:
    """What came of one login, and the server that it was tried on."""
    with serving(mailbox(protocol, security, CONTEXT, changed)) as server:
        endpoint = endpoint_of(server, protocol, security)
        return log_in(endpoint, server.address, "127.0.0.2", account, trust), server


@pytest.mark.parametrize(("protocol", "security"), STATES)
def test_a_login_over_tls_works(protocol: str, security: Security) -> None:
    """With STARTTLS and with TLS from the first byte; from the address that was asked for."""
    outcome, server = tried(protocol, security)
    assert outcome == LoggedIn()
    assert server.peers == ["127.0.0.2"]
    said = server.clients[0].heard
    assert (PLAIN if protocol == "smtp" else PASSWORD.encode()) in said


@pytest.mark.parametrize("protocol", [*ANSWERS, "managesieve", "nntp"])
def test_no_password_goes_in_clear(protocol: str) -> None:
    """The plain state is refused before anything is dialled, and so is a protocol that has no login of ours."""
    with serving(mailbox("pop3", Security.PLAIN, CONTEXT)) as server:
        outcome = log_in(endpoint_of(server, protocol, Security.PLAIN), server.address, None, BOB, Trust.OWN_HOST)
        assert outcome == NotLoggedIn(f"no login is tried by {protocol}")
        assert server.clients == []


@pytest.mark.parametrize(
    ("protocol", "changed"),
    [
        ("pop3", {b"STLS": b"-ERR no TLS here\r\n"}),
        ("imap", {b"STARTTLS": b"%s NO no TLS here\r\n"}),
        ("smtp", {b"STARTTLS": b"454 no TLS here\r\n"}),
    ],
)
def test_without_the_upgrade_there_is_no_login(protocol: str, changed: Mapping[bytes, bytes]) -> None:
    """It is asked for, listed or not; refused, the password stays at home."""
    outcome, server = tried(protocol, Security.STARTTLS, changed)
    assert isinstance(outcome, NotLoggedIn)
    said = server.clients[0].heard
    assert PASSWORD.encode() not in said
    assert b"AUTH" not in said


@pytest.mark.parametrize(("protocol", "security"), STATES)
def test_a_certificate_that_is_not_trusted_gets_no_password(protocol: str, security: Security) -> None:
    """Where the way leads off this machine, the certificate is verified first."""
    outcome, server = tried(protocol, security, trust=Trust.VERIFIED)
    assert isinstance(outcome, NotLoggedIn)
    assert "certificate verify failed" in outcome.why
    assert PASSWORD.encode() not in server.clients[0].heard


@pytest.mark.parametrize(
    ("protocol", "answer", "said"),
    [
        ("pop3", b"-ERR [AUTH] wrong\r\n", "-ERR [AUTH] wrong"),
        ("imap", b"%s NO [AUTHENTICATIONFAILED] wrong\r\n", "NO [AUTHENTICATIONFAILED] wrong"),
        ("smtp", b"535 5.7.8 wrong\r\n", "535 5.7.8 wrong"),
    ],
)
@pytest.mark.parametrize("security", [Security.STARTTLS, Security.IMPLICIT])
def test_a_refusal_is_told_in_the_servers_words(protocol: str, answer: bytes, said: str, security: Security) -> None:
    """As they are; and such an answer may be counted against the account."""
    assert tried(protocol, security, {LOGINS[protocol]: answer})[0] == NotLoggedIn(said, was_refused=True)


@pytest.mark.parametrize("password", [PASSWORD, 'quo"ted\\', "pass"])
@pytest.mark.parametrize(
    ("protocol", "answer"),
    [("pop3", b"-ERR not %line\r\n"), ("imap", b"%s NO not %line\r\n"), ("smtp", b"535 not %line\r\n")],
)
def test_a_server_that_repeats_the_password_is_not_quoted(protocol: str, answer: bytes, password: str) -> None:
    """Neither as it is nor as it went over the line."""
    account = Credentials("bob", password)
    outcome, _ = tried(protocol, Security.IMPLICIT, {LOGINS[protocol]: answer}, account=account)
    assert isinstance(outcome, NotLoggedIn)
    assert "‹secret›" in outcome.why
    forms = {password, password.replace('"', '\\"'), b64encode(f"\0bob\0{password}".encode()).decode()}
    assert not [form for form in forms if form in outcome.why]


def test_a_password_that_imap_cannot_quote_is_not_quoted_in_words_either() -> None:
    """Its LOGIN takes ASCII alone; the error's own words would show the letter that it stumbles on."""
    outcome, _ = tried("imap", Security.IMPLICIT, account=Credentials("bob", "pass-ÿ"))
    assert outcome == NotLoggedIn("this login takes ASCII alone, and the account is written in more")


def test_sasl_takes_any_letter() -> None:
    """PLAIN is UTF-8 (RFC 4616)."""
    assert tried("smtp", Security.IMPLICIT, account=Credentials("bob", "pass-ÿ"))[0] == LoggedIn()


@pytest.mark.parametrize(("user", "password"), [("bob", "a\r\nQUIT"), ("b\0b", "x"), ("b\nb", "x")])
def test_an_account_with_a_line_break_is_sent_nowhere(user: str, password: str) -> None:
    """It would be two commands."""
    outcome, server = tried("pop3", Security.IMPLICIT, account=Credentials(user, password))
    assert isinstance(outcome, NotLoggedIn)
    assert server.clients == []


@pytest.mark.parametrize(
    ("changed", "by"),
    [
        ({b"CAPA": b"+OK\r\nSASL PLAIN\r\n.\r\n", b"AUTH": b"+ \r\n"}, [b"CAPA", b"AUTH PLAIN"]),
        ({b"CAPA": b"+OK\r\nSASL LOGIN\r\n.\r\n", b"AUTH": b"+ \r\n"}, [b"CAPA", b"AUTH LOGIN"]),
        ({}, [b"CAPA", b"AUTH", b"USER bob"]),
    ],
)
def test_the_best_of_what_is_listed_is_taken(changed: Mapping[bytes, bytes], by: list[bytes]) -> None:
    """PLAIN before LOGIN before USER."""
    _, server = tried("pop3", Security.IMPLICIT, changed)
    assert server.clients[0].heard.split(b"\r\n")[: len(by)] == by


def test_a_not_now_is_not_held_against_the_account() -> None:
    """A proxy whose back end is away refuses nobody's password."""
    changed = {LOGINS["smtp"]: b"454 4.7.0 Temporary authentication failure\r\n"}
    assert tried("smtp", Security.STARTTLS, changed)[0] == NotLoggedIn("454 4.7.0 Temporary authentication failure")


@pytest.mark.parametrize("code", ["IN-USE", "LOGIN-DELAY", "LOGIN-DELAY 60", "in-use"])
def test_a_mailbox_that_is_busy_was_opened_to_the_account(code: str) -> None:
    """RFC 2449, 8.1: the password was taken. The session that has it, or had it a minute ago, may be our own."""
    changed = {b"PASS": f"-ERR [{code}] not now\r\n".encode()}
    assert tried("pop3", Security.IMPLICIT, changed)[0] == LoggedIn()


def test_a_mailbox_that_is_busy_before_the_password_is_none() -> None:
    """Nobody has looked at the password yet."""
    outcome, _ = tried("pop3", Security.IMPLICIT, {b"USER": b"-ERR [LOGIN-DELAY] not now\r\n"})
    assert outcome == NotLoggedIn("-ERR [LOGIN-DELAY] not now")


def test_a_name_that_is_refused_is_no_refusal_of_the_account() -> None:
    """The next way is tried, and where none is left nothing is held against the account."""

    def act(client: Client) -> None:
        upgrade(client, CONTEXT)
        client.say(b"+OK hi\r\n")
        while line := client.hear():
            word = line.split(b" ")[0]
            sasl = b"+OK\r\nSASL PLAIN LOGIN\r\n.\r\n"
            client.say({b"CAPA": sasl, b"QUIT": b"+OK\r\n"}.get(word, b"-ERR unknown mechanism\r\n"))

    with serving(act) as server:
        at = endpoint_of(server, "pop3", Security.IMPLICIT)
        outcome = log_in(at, server.address, "127.0.0.2", BOB, Trust.OWN_HOST)
    assert outcome == NotLoggedIn("-ERR unknown mechanism")
    assert b"AUTH PLAIN\r\nAUTH LOGIN\r\nQUIT" in server.clients[0].heard


def test_nobody_is_logged_in_who_has_sent_no_password() -> None:
    """ "+OK" to a mechanism's name goes on (MS-POP3 3.1.5); IMAP's OK to it, and a status that nobody knows, do not."""
    go_ahead = {b"CAPA": b"+OK\r\nSASL PLAIN\r\n.\r\n", b"AUTH": b"+OK go ahead\r\n"}
    outcome, server = tried("pop3", Security.IMPLICIT, go_ahead)
    assert PLAIN in server.clients[0].heard
    assert outcome == NotLoggedIn("-ERR what", was_refused=True)
    lists = {b"CAPABILITY": b"* CAPABILITY IMAP4rev1 LOGINDISABLED AUTH=PLAIN\r\n%s OK done\r\n"}
    assert isinstance(tried("imap", Security.IMPLICIT, {**lists, b"AUTHENTICATE": b"%s OK done\r\n"})[0], NotLoggedIn)
    assert isinstance(tried("imap", Security.IMPLICIT, {b"LOGIN": b"%s FOO done\r\n"})[0], NotLoggedIn)


@pytest.mark.parametrize(
    "answer",
    [
        b"535 5.7.8 Authentication failed, please try again later\r\n",
        b"535 5.7.139 user is locked by your organization's security defaults policy\r\n",
        b"535 too many bad logins, wait 5 seconds\r\n",
    ],
)
def test_words_of_patience_are_said_of_wrong_passwords_too(answer: bytes) -> None:
    """Only a code says that the account was not looked at."""
    outcome, _ = tried("smtp", Security.IMPLICIT, {LOGINS["smtp"]: answer})
    assert isinstance(outcome, NotLoggedIn)
    assert outcome.was_refused


@pytest.mark.parametrize("protocol", list(ANSWERS))
def test_a_password_that_was_sent_is_not_sent_again(monkeypatch: pytest.MonkeyPatch, protocol: str) -> None:
    """Cut off, or not answered in time: it may count against the account."""
    monkeypatch.setattr("tightlip.network.login._DEADLINE", 1.0)
    for answer in (b"", b"no line end"):
        whole = mailbox(protocol, Security.IMPLICIT, CONTEXT, {LOGINS[protocol]: answer})
        with serving(whole) as server:
            at = endpoint_of(server, protocol, Security.IMPLICIT)
            outcome = log_in(at, server.address, "127.0.0.2", BOB, Trust.OWN_HOST)
            assert len(server.clients) == 1
        assert isinstance(outcome, NotLoggedIn)
        assert outcome.was_refused


@pytest.mark.parametrize("written", ["HUNTER2!SESAME", "hunter2%21sesame", PASSWORD.encode().hex(), "hunter2\\!sesame"])
def test_a_password_in_another_writing_is_not_quoted_either(written: str) -> None:
    """Only the code is left of what the server says."""
    outcome, _ = tried("pop3", Security.IMPLICIT, {b"PASS": f"-ERR bad {written} here\r\n".encode()})
    assert outcome == NotLoggedIn("-ERR ‹secret›", was_refused=True)


@pytest.mark.parametrize("said", [b"+OK" + b"x" * 100_000, b"* OK hi\r\n* 1 FETCH {99999999999}\r\n", b""])
@pytest.mark.parametrize("protocol", list(ANSWERS))
def test_no_server_keeps_us_or_fills_our_memory(monkeypatch: pytest.MonkeyPatch, protocol: str, said: bytes) -> None:
    """A line without an end, a literal of a hundred gigabytes, and a drip: all before TLS, from anybody on the way."""
    monkeypatch.setattr("tightlip.network.login._DEADLINE", 0.6)

    def act(client: Client) -> None:
        client.say(said)
        while True:
            client.say(b"x")
            time.sleep(0.05)

    began = time.monotonic()
    with serving(act) as server:
        at = endpoint_of(server, protocol, Security.STARTTLS)
        outcome = log_in(at, server.address, "127.0.0.2", BOB, Trust.OWN_HOST)
    assert isinstance(outcome, NotLoggedIn)
    assert time.monotonic() - began < 3
    assert PASSWORD.encode() not in server.clients[0].heard


def test_nobody_there_is_no_login() -> None:
    """In the machine's words."""
    with closed_port() as port:
        outcome = log_in(Endpoint("localhost", port, "pop3", Security.IMPLICIT), "127.0.0.1", None, BOB, Trust.OWN_HOST)
    assert isinstance(outcome, NotLoggedIn)
    assert "refused" in outcome.why


@pytest.mark.parametrize("protocol", list(ANSWERS))
def test_a_server_that_hangs_up_is_no_login(protocol: str) -> None:
    """Before the greeting, under TLS."""
    with serving(lambda client: client.socket.close()) as server:
        outcome = log_in(
            endpoint_of(server, protocol, Security.IMPLICIT), server.address, "127.0.0.2", BOB, Trust.OWN_HOST
        )
    assert isinstance(outcome, NotLoggedIn)


def test_credentials_do_not_show_their_password() -> None:
    """Not in a traceback either."""
    assert PASSWORD not in f"{BOB!r} {BOB}"


def test_a_login_that_was_cut_off_is_tried_once_more() -> None:
    """The process that served before a reload may end in the middle; the next one answers."""
    mailbox_after = mailbox("pop3", Security.IMPLICIT, CONTEXT)

    def act(client: Client) -> None:
        if client.number:
            mailbox_after(client)

    with serving(act) as server:
        at = endpoint_of(server, "pop3", Security.IMPLICIT)
        assert log_in(at, server.address, "127.0.0.2", BOB, Trust.OWN_HOST) == LoggedIn()
        assert len(server.clients) == 2


def test_a_password_that_was_refused_is_not_sent_again() -> None:
    """Once is an answer; more would count as guessing."""
    outcome, server = tried("pop3", Security.IMPLICIT, {b"PASS": b"-ERR no\r\n"})
    assert outcome == NotLoggedIn("-ERR no", was_refused=True)
    assert len(server.clients) == 1

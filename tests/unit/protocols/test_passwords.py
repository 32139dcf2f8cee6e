"""The question whether a password would be taken: what is said and heard, and that no password is ever said."""

import pytest

from tests.unit.protocols.holding import asking, hold
from tightlip.model.endpoint import Security
from tightlip.model.facts import Acceptance, Challenge, Fact, PasswordRefused, PasswordWanted, Refusal, Standing
from tightlip.talk.probes import PasswordProbe, Question

WANTED, USER_WANTED = PasswordWanted("PLAIN"), PasswordWanted("USER")

GREETED = {
    "pop3": [b"+OK hi\r\n", b"+OK\r\nUIDL\r\n.\r\n", b"-ERR what\r\n"],
    "imap": [b"* OK hi\r\n", b"* CAPABILITY IMAP4rev1 LOGINDISABLED\r\na1 OK\r\n"],
    "smtp": [b"220 mx ESMTP\r\n", b"250 mx\r\n"],
    "lmtp": [b"220 mx LMTP\r\n", b"250 mx\r\n"],
    "nntp": [b"200 hi\r\n", b"101\r\nVERSION 2\r\n.\r\n"],
    "managesieve": [b'"SASL" ""\r\nOK\r\n'],
}
# The go-ahead to PLAIN, the answer to the cancel, what else may be asked; and all that we say to it.
TAKEN = [
    ("pop3", [b"+ \r\n", b"-ERR\r\n", b"+OK\r\n"], [b"AUTH PLAIN\r\n", b"*\r\n", b"USER tightlip\r\n", b"QUIT\r\n"]),
    ("imap", [b"+ \r\n", b"a2 BAD\r\n"], [b"a2 AUTHENTICATE PLAIN\r\n", b"*\r\n", b"a3 LOGOUT\r\n"]),
    ("smtp", [b"334 \r\n", b"501 no\r\n"], [b"AUTH PLAIN\r\n", b"*\r\n", b"QUIT\r\n"]),
    ("lmtp", [b"334 \r\n", b"501 no\r\n"], [b"AUTH PLAIN\r\n", b"*\r\n", b"QUIT\r\n"]),
    (
        "nntp",
        [b"383 =\r\n", b"481\r\n", b"381 go on\r\n"],
        [b"AUTHINFO SASL PLAIN\r\n", b"*\r\n", b"AUTHINFO USER tightlip\r\n", b"QUIT\r\n"],
    ),
    ("managesieve", [b'""\r\n', b"NO\r\n"], [b'AUTHENTICATE "PLAIN"\r\n', b'"*"\r\n', b"LOGOUT\r\n"]),
]
# What real servers answer before TLS once they are mended (transcripts), and what it holds for.
REFUSED = [
    (
        "pop3",
        [
            b"-ERR [AUTH] authenticating: encryption needed to use mechanism\r\n",
            b"-ERR [AUTH] USER command only available under a layer\r\n",
        ],
        [Standing.TLS_REQUIRED, Standing.TLS_REQUIRED],
    ),
    (
        "pop3",
        [
            b"-ERR [AUTH] Authentication not allowed until SSL/TLS is enabled.\r\n",
            b"-ERR [AUTH] Plaintext authentication disallowed on non-secure (SSL/TLS) connections.\r\n",
        ],
        [Standing.TLS_REQUIRED, Standing.TLS_REQUIRED],
    ),
    ("imap", [b"a2 NO encryption needed to use mechanism\r\n"], [Standing.TLS_REQUIRED]),
    ("smtp", [b"503 5.5.1 Error: authentication not enabled\r\n"], [Standing.NO_AUTHENTICATION]),
    ("smtp", [b"503 AUTH command used when not advertised\r\n"], [Standing.NO_AUTHENTICATION]),
    ("smtp", [b"454 4.7.0 try later\r\n"], [Standing.TEMPORARY]),
    ("lmtp", [b"502 5.5.1 Unknown command\r\n"], [Standing.UNCLEAR]),
    (
        "nntp",
        [
            b"483 encryption needed to use mechanism\r\n",
            b"483 AUTHINFO USER command only available under a layer\r\n",
        ],
        [Standing.TLS_REQUIRED, Standing.TLS_REQUIRED],
    ),
    ("managesieve", [b'NO "Authentication Error"\r\n'], [Standing.UNCLEAR]),
]


def about_passwords() -> Question:
    """The question, once."""
    return asking(Security.PLAIN, PasswordProbe())


def told_of(facts: list[Fact]) -> list[Fact]:
    """What is known of logins."""
    return [fact for fact in facts if isinstance(fact, PasswordWanted | PasswordRefused)]


@pytest.mark.parametrize(("name", "answers", "said"), TAKEN)
def test_a_password_that_is_waited_for_is_not_sent(name: str, answers: list[bytes], said: list[bytes]) -> None:
    """PLAIN is taken back before anything of it was said; a name is nobody's, and no password follows it."""
    held = hold(name, about_passwords(), [*GREETED[name], *answers])
    assert held.said[-len(said) :] == said
    assert told_of(held.facts) == ([WANTED, USER_WANTED] if name in ("pop3", "nntp") else [WANTED])


@pytest.mark.parametrize(("name", "answers", "standings"), REFUSED)
def test_a_refusal_is_told_with_what_it_holds_for(name: str, answers: list[bytes], standings: list[Standing]) -> None:
    """In the server's words; nothing is cancelled that was not begun."""
    held = hold(name, about_passwords(), [*GREETED[name], *answers])
    told = [fact for fact in told_of(held.facts) if isinstance(fact, PasswordRefused)]
    assert [fact.standing for fact in told] == standings
    assert not [line for line in held.said if b"*" in line]


@pytest.mark.parametrize(("name", "answers", "_said"), TAKEN)
def test_nothing_is_said_of_ntlm(name: str, answers: list[bytes], _said: list[bytes]) -> None:
    """Neither what the server takes nor what it refuses counts for or against NTLM."""
    for each in (answers, [b"-ERR\r\n"]):
        held = hold(name, about_passwords(), [*GREETED[name], *each])
        assert not [fact for fact in held.facts if isinstance(fact, Acceptance | Challenge | Refusal)]


@pytest.mark.parametrize(
    ("name", "answers"),
    [
        ("pop3", [b"+ \r\n", b"+ go on\r\n", b"-ERR\r\n"]),
        ("imap", [b"+ \r\n", b"+ go on\r\n", b"a2 BAD\r\n"]),
        ("smtp", [b"334 \r\n", b"334 go on\r\n", b"501\r\n"]),
    ],
)
def test_who_goes_on_after_the_cancel_gets_nothing_but_cancels(name: str, answers: list[bytes]) -> None:
    """No challenge is read out of it."""
    held = hold(name, about_passwords(), [*GREETED[name], *answers])
    assert held.said.count(b"*\r\n") == 2
    assert told_of(held.facts)[0] == WANTED
    assert not held.of(Challenge)

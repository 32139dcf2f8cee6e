"""Whether TLS is enforced: an empty list is no proof, a refusal of what was really asked is."""

import pytest

from tests.unit.assess.observed import ACCEPTED, REFUSED, REFUSED_FOR_NOW, TLS_FIRST, challenge, observed
from tightlip.model.disclosure import Disclosure
from tightlip.model.facts import (
    Asked,
    Banner,
    Door,
    Fact,
    LoginCommand,
    Mechanisms,
    PasswordRefused,
    PasswordWanted,
    Refusal,
    Standing,
)
from tightlip.talk.enforcement import Enforced, Enforcement, Lax, Undecided, enforcement

EMPTY, LISTED = Mechanisms(()), Mechanisms(("PLAIN", "LOGIN"))
NO = PasswordRefused("PLAIN", Standing.NO_AUTHENTICATION, "503 authentication not enabled")
NO_USER = PasswordRefused("USER", Standing.NO_SUCH_MECHANISM, "-ERR unknown command")
NO_NAME = PasswordRefused("USER", Standing.UNCLEAR, "-ERR no such mailbox")
ANY_LOGIN = Refusal(Asked.MECHANISM, Standing.NO_AUTHENTICATION, "503 authentication not enabled", Door.AUTH, "NTLM")
NOT_NOW = PasswordRefused("USER", Standing.TEMPORARY, "-ERR try later")
NOT_YOU = PasswordRefused("PLAIN", Standing.BANNED, "-ERR Your IP address has been blocked")
ONLY_UNDER_TLS = PasswordRefused("USER", Standing.TLS_REQUIRED, "-ERR only under TLS")
GREETED_TLS_FIRST = Refusal(Asked.GREETING, Standing.TLS_REQUIRED, "554 TLS required")


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ([EMPTY, TLS_FIRST], Enforced("530 STARTTLS first")),
        ([TLS_FIRST], Enforced("530 STARTTLS first")),
        ([EMPTY, REFUSED, NO, NO_USER], Enforced("PLAIN: 503 authentication not enabled")),
        ([EMPTY, REFUSED, NO_USER], Enforced("USER: -ERR unknown command")),
        ([REFUSED, NO, ONLY_UNDER_TLS], Enforced("USER: -ERR only under TLS")),
        ([EMPTY, REFUSED_FOR_NOW, ONLY_UNDER_TLS], Enforced("USER: -ERR only under TLS")),
        (
            [EMPTY, Mechanisms(("GSSAPI",), Door.X_EXPS), REFUSED, NO, NO_USER],
            Enforced("PLAIN: 503 authentication not enabled"),
        ),
        ([LISTED, TLS_FIRST], Lax("listed before TLS: PLAIN, LOGIN")),
        ([LISTED, REFUSED, NO], Lax("listed before TLS: PLAIN, LOGIN")),
        ([EMPTY, LoginCommand("USER"), REFUSED, NO], Lax("listed before TLS: the USER command")),
        ([EMPTY, REFUSED, PasswordWanted("PLAIN")], Lax("a password is asked for before TLS, by PLAIN")),
        ([EMPTY, TLS_FIRST, PasswordWanted("USER")], Lax("a password is asked for before TLS, by USER")),
        ([EMPTY, ACCEPTED], Lax("NTLM is accepted before TLS")),
        ([EMPTY, challenge(Disclosure(target_name="CORP")), NO], Lax("NTLM is accepted before TLS")),
    ],
)
def test_a_servers_own_word_decides(facts: list[Fact], expected: Enforcement) -> None:
    """What is listed or begun before TLS is lax; a demand of TLS, or an empty list and a refusal, is enforcement."""
    assert enforcement(observed(Banner("ready"), *facts)) == expected


def test_smtp_without_auth_takes_no_login_and_pop3_may() -> None:
    """RFC 1939's USER needs no AUTH; submission has nothing but AUTH."""
    facts = (EMPTY, ANY_LOGIN)
    assert enforcement(observed(*facts, protocol="submission")) == Enforced("503 authentication not enabled")
    assert isinstance(enforcement(observed(*facts)), Undecided)


@pytest.mark.parametrize(
    "facts",
    [
        [],
        [EMPTY],
        [EMPTY, REFUSED],
        [REFUSED],
        [REFUSED, NO, NO_USER],
        [EMPTY, REFUSED, NO, NO_NAME],
        [EMPTY, REFUSED, NO],
        [EMPTY, REFUSED, NO, NOT_NOW],
        [EMPTY, REFUSED, NOT_YOU],
        [EMPTY, REFUSED_FOR_NOW],
        [GREETED_TLS_FIRST],
    ],
)
def test_silence_and_doubt_prove_nothing(facts: list[Fact]) -> None:
    """Only NTLM or AUTH was refused, no list was read, unclear words, "not now", "not you", who turned us away."""
    assert isinstance(enforcement(observed(Banner("ready"), *facts)), Undecided)


ENCRYPTION = "538 5.7.11 Encryption required for requested authentication mechanism"


def test_a_demand_of_tls_by_one_mechanism_speaks_for_no_other() -> None:
    """RFC 4954 section 6 has a reply for a mechanism that wants encryption: LOGIN may be taken without."""
    plain, login = (PasswordRefused(name, Standing.TLS_REQUIRED, ENCRYPTION) for name in ("PLAIN", "LOGIN"))
    heard = (Banner("ready"), EMPTY, REFUSED)
    assert isinstance(enforcement(observed(*heard, plain, protocol="smtp")), Undecided)
    assert isinstance(enforcement(observed(*heard, plain, login, protocol="smtp")), Enforced)
    assert isinstance(enforcement(observed(*heard, plain, PasswordWanted("LOGIN"), protocol="smtp")), Lax)


def test_long_words_are_cut() -> None:
    """To what a line can show."""
    said = enforcement(observed(EMPTY, PasswordRefused("USER", Standing.NO_AUTHENTICATION, "5" * 1_000)))
    assert isinstance(said, Enforced)
    assert len(said.why) < 200

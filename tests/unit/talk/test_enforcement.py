"""Whether TLS is enforced: an empty list is no proof, a refusal of what was really asked is."""

import pytest

from tests.unit.assess.observed import ACCEPTED, REFUSED, REFUSED_FOR_NOW, TLS_FIRST, challenge
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
NO = PasswordRefused("PLAIN", Standing.PERMANENT, "503 authentication not enabled")
NO_NAME = PasswordRefused("USER", Standing.PERMANENT, "-ERR no such mailbox")
NOT_NOW = PasswordRefused("USER", Standing.TEMPORARY, "-ERR try later")
NOT_YOU = PasswordRefused("PLAIN", Standing.BANNED, "-ERR Your IP address has been blocked")
ONLY_UNDER_TLS = PasswordRefused("USER", Standing.TLS_REQUIRED, "-ERR only under TLS")
GREETED_TLS_FIRST = Refusal(Asked.GREETING, Standing.TLS_REQUIRED, "554 TLS required")


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ([EMPTY, TLS_FIRST], Enforced("530 STARTTLS first")),
        ([TLS_FIRST], Enforced("530 STARTTLS first")),
        ([EMPTY, REFUSED, NO], Enforced("PLAIN: 503 authentication not enabled")),
        ([EMPTY, REFUSED, NO, NO_NAME], Enforced("PLAIN: 503 authentication not enabled")),
        ([REFUSED, NO, ONLY_UNDER_TLS], Enforced("USER: -ERR only under TLS")),
        ([EMPTY, REFUSED_FOR_NOW, ONLY_UNDER_TLS], Enforced("USER: -ERR only under TLS")),
        ([EMPTY, Mechanisms(("GSSAPI",), Door.X_EXPS), REFUSED, NO], Enforced("PLAIN: 503 authentication not enabled")),
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
    assert enforcement([Banner("ready"), *facts]) == expected


@pytest.mark.parametrize(
    "facts",
    [
        [],
        [EMPTY],
        [EMPTY, REFUSED],
        [REFUSED],
        [REFUSED, NO, NO_NAME],
        [EMPTY, REFUSED, NO, NOT_NOW],
        [EMPTY, REFUSED, NOT_YOU],
        [EMPTY, REFUSED_FOR_NOW],
        [GREETED_TLS_FIRST],
    ],
)
def test_silence_and_doubt_prove_nothing(facts: list[Fact]) -> None:
    """NTLM alone was refused, no list was read, a "not now" or "not you", a server that turned us away."""
    assert isinstance(enforcement([Banner("ready"), *facts]), Undecided)


def test_long_words_are_cut() -> None:
    """To what a line can show."""
    said = enforcement([EMPTY, PasswordRefused("PLAIN", Standing.PERMANENT, "5" * 1_000)])
    assert isinstance(said, Enforced)
    assert len(said.why) < 200

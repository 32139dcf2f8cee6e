"""What closes a finding about passwords in clear: the server's word that logins have to wait, never a list alone."""

import pytest
from msgspec.structs import replace

from tests.unit.assess.observed import REFUSED, TLS_FIRST, TLS_LISTED, observed
from tightlip.assess.judge import judge
from tightlip.assess.verdict import assess
from tightlip.model.facts import (
    Asked,
    Control,
    ControlAnswer,
    Door,
    Fact,
    LoginCommand,
    Mechanisms,
    PasswordRefused,
    PasswordWanted,
    Refusal,
    Standing,
)
from tightlip.model.finding import Cleared
from tightlip.model.host_view import Assessed, HostView
from tightlip.model.observation import Depth, Ending, Observation
from tightlip.model.oddity import Oddity, OddityName

NOTHING_LISTED, STRONG_LISTED = Mechanisms(()), Mechanisms(("CRAM-MD5",))
NO_AUTH = Refusal(Asked.MECHANISM, Standing.NO_AUTHENTICATION, "503 authentication not enabled", Door.AUTH, "NTLM")
UNCLEAR = Refusal(Asked.MECHANISM, Standing.UNCLEAR, 'NO "Authentication Error"', Door.AUTH, "NTLM")
UNKNOWN = Refusal(Asked.MECHANISM, Standing.UNCLEAR, "502 what?", Door.AUTH, "NTLM")
LIKE_ANYTHING = (
    ControlAnswer(Control.UNKNOWN_COMMAND, "XTIGHTLIP", taken=False, text="502 what?"),
    ControlAnswer(Control.KNOWN_COMMAND, "NOOP", taken=True, text="250 ok"),
)
WANTED = PasswordWanted("USER")


def refused(by: str, standing: Standing) -> PasswordRefused:
    """What came of asking for a password, where none was wanted."""
    return PasswordRefused(by, standing, "no")


def closes(observation: Observation) -> bool:
    """Whether the rule is proven not to hold."""
    said = judge(HostView((Assessed(observation, assess(observation)),)))
    return any(isinstance(each, Cleared) and each.rule == "cleartext-login-without-tls" for each in said)


def heard(protocol: str, *facts: Fact) -> Observation:
    """What a thorough asking of the plain state taught."""
    return observed(*facts, depth=Depth.THOROUGH, protocol=protocol)


PLAIN_UNKNOWN = refused("PLAIN", Standing.NO_SUCH_MECHANISM)
LOGIN_UNKNOWN = refused("LOGIN", Standing.NO_SUCH_MECHANISM)
PLAIN_UNCLEAR = refused("PLAIN", Standing.UNCLEAR)
MECHANISM_NEEDS_TLS = replace(TLS_FIRST, text="-ERR encryption needed to use mechanism")
AUTH_NEEDS_TLS = replace(TLS_FIRST, text="-ERR AUTH command only available under a layer")
PLAIN_NEEDS_TLS, USER_NEEDS_TLS = refused("PLAIN", Standing.TLS_REQUIRED), refused("USER", Standing.TLS_REQUIRED)


@pytest.mark.parametrize(
    ("protocol", "facts"),
    [
        ("pop3", (NOTHING_LISTED, TLS_LISTED, TLS_FIRST)),
        ("imap", (STRONG_LISTED, TLS_LISTED, TLS_FIRST)),
        ("smtp", (NOTHING_LISTED, NO_AUTH)),
        ("smtp", (NOTHING_LISTED, UNKNOWN, *LIKE_ANYTHING)),
        ("managesieve", (NOTHING_LISTED, TLS_LISTED, UNCLEAR, replace(PLAIN_UNCLEAR, text=UNCLEAR.text))),
        ("smtp", (STRONG_LISTED, REFUSED, PLAIN_UNKNOWN, LOGIN_UNKNOWN)),
        ("imap", (NOTHING_LISTED, REFUSED, PLAIN_NEEDS_TLS)),
        ("pop3", (NOTHING_LISTED, REFUSED, PLAIN_NEEDS_TLS, USER_NEEDS_TLS)),
        ("nntp", (NOTHING_LISTED, REFUSED, PLAIN_UNKNOWN, LOGIN_UNKNOWN, USER_NEEDS_TLS)),
    ],
)
def test_the_servers_word_closes(protocol: str, facts: tuple[Fact, ...]) -> None:
    """TLS first; no authentication here, where AUTH is the only login; a password asked for and understandably refused.

    ManageSieve's empty list beside STARTTLS is TLS first by RFC 5804 section 1.7.
    """
    assert closes(heard(protocol, *facts))


@pytest.mark.parametrize(
    ("protocol", "facts"),
    [
        ("pop3", (NOTHING_LISTED, REFUSED)),
        ("smtp", (STRONG_LISTED, REFUSED)),
        ("pop3", (TLS_LISTED, TLS_FIRST)),
        ("smtp", (STRONG_LISTED, REFUSED, PLAIN_UNKNOWN)),
        ("imap", (STRONG_LISTED, TLS_LISTED, MECHANISM_NEEDS_TLS)),
        ("pop3", (NOTHING_LISTED, TLS_LISTED, AUTH_NEEDS_TLS)),
        ("managesieve", (NOTHING_LISTED, TLS_LISTED, UNCLEAR, PLAIN_UNCLEAR)),
        ("pop3", (NOTHING_LISTED, TLS_FIRST)),
        ("pop3", (NOTHING_LISTED, NO_AUTH)),
        ("imap", (NOTHING_LISTED, UNKNOWN, *LIKE_ANYTHING)),
        ("pop3", (NOTHING_LISTED, REFUSED, PLAIN_UNKNOWN)),
        ("pop3", (NOTHING_LISTED, REFUSED, PLAIN_UNKNOWN, refused("USER", Standing.UNCLEAR))),
        ("smtp", (NOTHING_LISTED, REFUSED, refused("PLAIN", Standing.UNCLEAR))),
        ("smtp", (NOTHING_LISTED, REFUSED, refused("PLAIN", Standing.TEMPORARY))),
        ("smtp", (NOTHING_LISTED, NO_AUTH, refused("PLAIN", Standing.BANNED))),
        ("pop3", (NOTHING_LISTED, TLS_LISTED, TLS_FIRST, WANTED)),
        ("pop3", (NOTHING_LISTED, LoginCommand("USER"), TLS_LISTED, TLS_FIRST)),
        ("smtp", (NOTHING_LISTED, Mechanisms(("LOGIN",)), TLS_LISTED, TLS_FIRST)),
        ("smtp", (NOTHING_LISTED, TLS_LISTED, TLS_FIRST, UNKNOWN)),
        ("pop3", (NOTHING_LISTED, TLS_LISTED, TLS_FIRST, Oddity(OddityName.OUT_OF_STEP, "+OK"))),
    ],
)
def test_anything_less_closes_nothing(protocol: str, facts: tuple[Fact, ...]) -> None:
    """A list alone, no list, words about AUTH where USER is another way in, words that say nothing, one node's word."""
    assert not closes(heard(protocol, *facts))


def test_only_a_thorough_and_whole_asking_closes() -> None:
    """Not a polite one, not one that was cut off, not one of a host that throttled us."""
    whole = heard("pop3", NOTHING_LISTED, TLS_LISTED, TLS_FIRST)
    assert not closes(replace(whole, depth=Depth.POLITE))
    assert not closes(replace(whole, ending=Ending.TIMED_OUT))
    assert not closes(replace(whole, was_throttled=True))

"""Heard: facts of several connections are told as one."""

from tests.unit.reports.challenges import EXCHANGE, EXIM
from tightlip.model.disclosure import Disclosure, Implementation
from tightlip.model.facts import (
    Acceptance,
    Asked,
    Banner,
    Challenge,
    Door,
    Mechanisms,
    Refusal,
    Standing,
)
from tightlip.model.oddity import Oddity, OddityName
from tightlip.reports._heard import heard


def answer(door: Door, disclosure: Disclosure, implementation: Implementation = Implementation.UNKNOWN) -> Challenge:
    """A challenge by ``door``."""
    return Challenge(door, EXCHANGE, disclosure, implementation)


def test_every_door_that_answered_is_listed_once() -> None:
    """In the order they opened; a door that refused is none."""
    told = heard(
        (
            Acceptance(Door.AUTH),
            answer(Door.AUTH, Disclosure()),
            Acceptance(Door.AUTH),
            Acceptance(Door.X_EXPS),
            Refusal(Asked.MECHANISM, Standing.PERMANENT, "no", Door.SPNEGO),
        )
    )
    assert told.via == (Door.AUTH, Door.X_EXPS)


def test_a_second_challenge_completes_the_first() -> None:
    """The first one's fields stand; what it left open comes from the next."""
    told = heard(
        (
            answer(Door.AUTH, Disclosure("CORP", product_version=None)),
            answer(Door.SPNEGO, Disclosure("OTHER", product_version="10.0.17763"), Implementation.WINDOWS),
        )
    )
    assert told.disclosure == Disclosure("CORP", product_version="10.0.17763")
    assert told.implementation is Implementation.WINDOWS


def test_the_mechanisms_are_those_of_the_usual_door() -> None:
    """Repeated lists count once; X-EXPS has a list of its own, yet NTLM there is advertised too."""
    told = heard((Mechanisms(("PLAIN",)), Mechanisms(("PLAIN", "LOGIN")), Mechanisms(("NTLM",), Door.X_EXPS)))
    assert (told.mechanisms, told.advertised) == (("PLAIN", "LOGIN"), True)


def test_oddities_of_message_and_conversation_come_together() -> None:
    """Each once, however many connections showed it."""
    loose = Oddity(OddityName.BASE64_LOOSE)
    empty = Oddity(OddityName.EMPTY_NAME, "target name", 12)
    challenge = Challenge(Door.AUTH, EXIM, Disclosure(), Implementation.EXIM, "", (empty,))
    assert heard((loose, challenge, loose, challenge)).oddities == (loose, empty)


def test_the_first_banner_stands() -> None:
    """Further connections greet again; no greeting is no banner."""
    assert heard((Banner("one"), Banner("two"))).banner == "one"
    assert heard(()).banner is None

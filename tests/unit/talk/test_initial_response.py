"""Servers to which a mechanism's name alone is too little: the first message is sent along (RFC 4422 section 4)."""

from tightlip.model.endpoint import Security
from tightlip.model.facts import Asked, Door, Fact, Kerberos, Mechanisms, Opening, Refusal, Standing
from tightlip.model.verdict import Reason
from tightlip.registry import pick
from tightlip.talk.grounds import grounds_of
from tightlip.talk.next_probe import Inquiry
from tightlip.talk.probes import PathProbe
from tightlip.talk.protocol import Protocol

WANTS_MORE = "501 5.5.4 Syntax: AUTH mechanism initial-response"


def refusal(text: str, standing: Standing, door: Door = Door.AUTH, opening: Opening = Opening.NAME) -> Refusal:
    """A refusal of a mechanism."""
    return Refusal(Asked.MECHANISM, standing, text, door, "NTLM", opening)


def asked_of(text: str) -> list[tuple[Door, Opening]]:
    """What a scan asks of an SMTP server that refuses each name with ``text``, and then each message plainly."""
    inquiry = Inquiry(pick("protocols", "smtp", Protocol), Security.IMPLICIT)
    asked = []
    more = True
    while more:
        facts: list[Fact] = [Mechanisms(("PLAIN",))]
        inquiry.connect(facts)
        while isinstance(probe := inquiry.next_probe(), PathProbe):
            asked.append((probe.via, probe.opening))
            is_name = probe.opening is Opening.NAME
            said = (text, Standing.UNCLEAR) if is_name else ("504 no such mechanism", Standing.NO_SUCH_MECHANISM)
            facts.append(refusal(*said, probe.via, probe.opening))
        inquiry.disconnect()
        more = inquiry.wants_connection()
    return asked


def test_who_asks_for_more_is_given_it_on_every_path() -> None:
    """The message follows each name that was too little, and no control is needed where that was refused plainly."""
    doors = (Door.AUTH, Door.SPNEGO, Door.GSSAPI)
    assert asked_of(WANTS_MORE) == [(door, opening) for door in doors for opening in Opening]


def test_others_are_asked_by_the_name() -> None:
    """An unclear refusal that asks for nothing is left to the controls."""
    openings = [opening for door, opening in asked_of("535 5.7.8 failed") if door is not Door.AUTH]
    assert openings == [Opening.NAME, Opening.NAME]


def test_kerberos_alone_is_an_answer_too() -> None:
    """GSSAPI that was refused by its name and answered without NTLM, given the message, is no path into it."""
    facts: list[Fact] = [
        Mechanisms(("GSSAPI",)),
        refusal("504 unknown mechanism", Standing.NO_SUCH_MECHANISM),
        refusal(WANTS_MORE, Standing.UNCLEAR, Door.GSSAPI),
        Kerberos(Door.GSSAPI, "334 oRQ="),
    ]
    grounds = grounds_of("smtp", Security.IMPLICIT, facts)
    assert [ground.reason for ground in grounds] == [Reason.REFUSED, Reason.REFUSED]

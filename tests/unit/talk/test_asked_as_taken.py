"""Further messages go the way that was taken; lists that are not whole and names that may mean SPNEGO hide nothing."""

import pytest

from tests.unit.talk.inquired import Server, asked_of, protocol
from tightlip.model.endpoint import Security
from tightlip.model.facts import Acceptance, Asked, Door, Fact, Kerberos, Mechanisms, Opening, Refusal, Standing
from tightlip.model.observation import Depth
from tightlip.model.oddity import Oddity, OddityName
from tightlip.talk.next_probe import Inquiry
from tightlip.talk.probes import FirstMessage, PathProbe, Probe

TEXT = "-ERR no such mechanism"


def refused(probe: PathProbe, asked: Asked = Asked.MECHANISM) -> Refusal:
    """A refusal of what was asked."""
    return Refusal(asked, Standing.NO_SUCH_MECHANISM, TEXT, probe.via, probe.mechanism, probe.opening)


def at_once_alone(door: Door) -> Server:
    """A server that knows this door with a message alone, and takes the first one for Kerberos."""

    def answer(probe: Probe) -> list[Fact]:
        if not isinstance(probe, PathProbe):
            return []
        is_taken = probe.via is door and probe.opening is Opening.INITIAL_RESPONSE
        return [Kerberos(door, "+ oQcwBaADCgEC")] if is_taken else [refused(probe)]

    return answer


@pytest.mark.parametrize(
    ("door", "name", "other"),
    [(Door.GSSAPI, "GSSAPI", FirstMessage.WRAPPED), (Door.SPNEGO, "GSS-SPNEGO", FirstMessage.CURRENT)],
)
def test_who_refuses_the_name_gets_the_other_message_in_the_same_line(
    door: Door, name: str, other: FirstMessage
) -> None:
    """Behind the name it would never be read."""
    inquiry = Inquiry(protocol("pop3"), Security.IMPLICIT, Depth.THOROUGH)
    lists = Mechanisms(("CRAM-MD5", name))
    asked = [each for connection in asked_of(inquiry, at_once_alone(door), lists) for each in connection]
    wrapped = "" if other is FirstMessage.CURRENT else f" {other}"
    assert f"{door} {name}{wrapped} initial_response" in asked
    assert f"{door} {name}{wrapped}" not in asked[1:] or door is Door.SPNEGO


def test_a_name_of_negotiation_is_given_the_message_in_spnego() -> None:
    """NEGOTIATE is what HTTP calls SPNEGO."""

    def answer(probe: Probe) -> list[Fact]:
        if not isinstance(probe, PathProbe):
            return []
        is_known = probe.mechanism == "NEGOTIATE" and probe.opening is Opening.NAME
        return [Acceptance(Door.AUTH), refused(probe, Asked.MESSAGE)] if is_known else [refused(probe)]

    inquiry = Inquiry(protocol("pop3"), Security.IMPLICIT)
    asked = [
        each for connection in asked_of(inquiry, answer, Mechanisms(("CRAM-MD5", "NEGOTIATE"))) for each in connection
    ]
    assert "auth NEGOTIATE wrapped" in asked


def test_a_list_that_was_cut_is_none() -> None:
    """What stood behind the cut may be listed: every path is asked."""
    lists = (Mechanisms(("CRAM-MD5",)), Oddity(OddityName.LIST_TOO_LONG, "mechanisms"))
    inquiry = Inquiry(protocol("pop3"), Security.IMPLICIT)
    asked = asked_of(inquiry, lambda probe: [refused(probe)] if isinstance(probe, PathProbe) else [], *lists)
    assert [each for connection in asked for each in connection][:4] == [
        "auth NTLM",
        "spnego GSS-SPNEGO wrapped",
        "msn MSN",
        "gssapi GSSAPI",
    ]

"""From the bytes of a door to the fact."""

from spnego._spnego import NegState, NegTokenResp

from tests.unit.ntlm import wire
from tightlip.model.disclosure import Disclosure, Implementation
from tightlip.model.facts import Challenge, Door
from tightlip.model.oddity import Oddity, OddityName
from tightlip.ntlm.reading import read_challenge

ENVELOPED = NegTokenResp(
    neg_state=NegState.accept_incomplete, supported_mech="1.3.6.1.4.1.311.2.2.10", response_token=wire.SAMBA
).pack()


def test_a_plain_challenge_becomes_a_fact() -> None:
    """Fields, author and reason together."""
    assert read_challenge(Door.AUTH, wire.EXIM) == Challenge(
        via=Door.AUTH,
        raw=wire.EXIM,
        disclosure=Disclosure(),
        implementation=Implementation.EXIM,
        why="flags 0x8201 and an empty target at 0x2800, as Exim's spa driver writes",
        oddities=(
            Oddity(
                name=OddityName.FIELD_OUT_OF_RANGE,
                detail="target name: 0 bytes at 10240, the message has 48",
                offset=12,
            ),
        ),
    )


def test_the_envelope_is_taken_off_at_the_spnego_door() -> None:
    """The fact holds the NTLMSSP message, so that offsets fit it."""
    challenge = read_challenge(Door.SPNEGO, ENVELOPED)
    assert challenge.raw == wire.SAMBA
    assert challenge.implementation is Implementation.SAMBA
    assert [oddity.name for oddity in challenge.oddities] == [OddityName.EMPTY_NAME]


def test_oddities_of_envelope_and_message_come_together() -> None:
    """First the envelope's, then the message's."""
    challenge = read_challenge(Door.SPNEGO, wire.SAMBA)
    assert [oddity.name for oddity in challenge.oddities] == [
        OddityName.NTLMSSP_OUTSIDE_SPNEGO,
        OddityName.EMPTY_NAME,
    ]


def test_an_envelope_that_was_not_asked_for_hides_nothing() -> None:
    """The names are read, and the oddity says how they came."""
    challenge = read_challenge(Door.AUTH, ENVELOPED)
    assert challenge.disclosure.target_name == "MAIL"
    assert [oddity.name for oddity in challenge.oddities] == [OddityName.SPNEGO_UNASKED, OddityName.EMPTY_NAME]


def test_what_holds_no_message_is_kept_raw() -> None:
    """The evidence stays, whichever door it came through."""
    for door, expected in (
        (Door.AUTH, [OddityName.NOT_NTLMSSP]),
        (Door.SPNEGO, [OddityName.SPNEGO_MALFORMED, OddityName.NOT_NTLMSSP]),
    ):
        challenge = read_challenge(door, b"sorry")
        assert challenge.raw == b"sorry"
        assert challenge.implementation is Implementation.UNKNOWN
        assert [oddity.name for oddity in challenge.oddities] == expected

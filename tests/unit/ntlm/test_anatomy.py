"""The annotated byte ranges of a challenge."""

import pytest

from tests.unit.ntlm import wire
from tightlip.ntlm.anatomy import Kind, Span, spans
from tightlip.ntlm.negotiate import CURRENT
from tightlip.ntlm.spnego import wrap_negotiate


def named(raw: bytes) -> dict[str, tuple[int, int, str]]:
    """Start, end and value of each range by name."""
    return {span.name: (span.start, span.end, span.value) for span in spans(raw)}


def test_every_field_of_a_windows_challenge_has_its_range() -> None:
    """Header, target name and AV pairs in the order of the bytes, with what they say."""
    assert spans(wire.WINDOWS) == (
        Span(start=0, end=8, name="signature", value="NTLMSSP"),
        Span(start=8, end=12, name="message type", value="2 (challenge)"),
        Span(start=12, end=20, name="target name field", value="14 bytes (at most 14) at offset 56"),
        Span(
            start=20,
            end=24,
            name="flags",
            value="0xa2898205: UNICODE, REQUEST_TARGET, NTLM, ALWAYS_SIGN, TARGET_TYPE_DOMAIN, "
            "EXTENDED_SESSIONSECURITY, TARGET_INFO, VERSION, 128, 56",
            kind=Kind.FLAGS,
        ),
        Span(start=24, end=32, name="server challenge", value="0123456789abcdef"),
        Span(start=32, end=40, name="reserved", value="0000000000000000"),
        Span(start=40, end=48, name="target info field", value="152 bytes (at most 152) at offset 70"),
        Span(start=48, end=56, name="version", value="10.0.17763, NTLMSSP revision 15", kind=Kind.LEAK),
        Span(start=56, end=70, name="target name", value="CORPLAB", kind=Kind.LEAK),
        Span(start=70, end=88, name="AV pair 2: NetBIOS domain name", value="CORPLAB", kind=Kind.LEAK),
        Span(start=88, end=108, name="AV pair 1: NetBIOS computer name", value="POPSRV01", kind=Kind.LEAK),
        Span(start=108, end=138, name="AV pair 4: DNS domain name", value="corp.lab.test", kind=Kind.LEAK),
        Span(start=138, end=186, name="AV pair 3: DNS computer name", value="popsrv01.corp.lab.test", kind=Kind.LEAK),
        Span(start=186, end=206, name="AV pair 5: DNS tree name", value="lab.test", kind=Kind.LEAK),
        Span(start=206, end=218, name="AV pair 7: timestamp", value="2024-01-17T21:20:00+00:00", kind=Kind.LEAK),
        Span(start=218, end=222, name="AV pair 0: end of list"),
    )


def test_a_flag_without_a_name_is_shown_by_its_bit() -> None:
    """Reserved bits are not passed over."""
    raw = wire.Message(flags=0x08000009, info=None, context=None).encode()
    assert named(raw)["flags"] == (20, 24, "0x08000009: UNICODE, 0x00000008, 0x08000000")


def test_bytes_that_no_field_claims_are_named_so() -> None:
    """What hides between and behind the fields is visible."""
    raw = wire.Message(flags=0x205, name=wire.utf16("A"), info=None, name_field=wire.field(2, 42)).encode()
    hidden = raw[:40] + b"??" + raw[40:] + b"!"
    assert [(span.start, span.end) for span in spans(hidden) if span.name == "claimed by no field"] == [
        (40, 42),
        (44, 45),
    ]


def test_fields_that_share_bytes_do_not_overlap_in_the_view() -> None:
    """The header keeps its bytes, and the first payload field those it shares with the second."""
    info = wire.pair(1, wire.utf16("BOX")) + wire.end()
    raw = wire.Message(flags=0x00800205, info=info, name_field=wire.field(4, 46)).encode()
    ranges = named(raw)
    assert ranges["target info field"][:2] == (40, 48)
    assert ranges["target name"][:2] == (48, 50)
    assert ranges["AV pair 1: NetBIOS computer name"][:2] == (50, 58)


def test_equal_pairs_side_by_side_stay_two() -> None:
    """A duplicate is seen as one."""
    raw = wire.Message(flags=0x00800205, info=wire.pair(1, wire.utf16("B")) * 2 + wire.end()).encode()
    twice = [span for span in spans(raw) if span.name == "AV pair 1: NetBIOS computer name"]
    assert [(span.start, span.end) for span in twice] == [(48, 54), (54, 60)]


def test_a_list_that_goes_on_after_its_end_is_shown_to_the_end() -> None:
    """Pairs after the end mark are the rest of the target info."""
    raw = wire.Message(flags=0x00800205, info=wire.end() + wire.pair(1, wire.utf16("B"))).encode()
    assert named(raw)["rest of the target info"] == (52, 58, "")


def test_an_envelope_is_a_range_of_its_own() -> None:
    """The message is found inside, offsets count from the first byte given."""
    wrapped = wrap_negotiate(CURRENT)
    begin = wrapped.index(b"NTLMSSP")
    assert spans(wrapped) == (
        Span(start=0, end=begin, name="envelope", value="before the NTLMSSP message"),
        Span(start=begin, end=begin + 8, name="signature", value="NTLMSSP"),
        Span(start=begin + 8, end=begin + 12, name="message type", value="1 (negotiate)"),
        Span(start=begin + 12, end=len(wrapped), name="rest of the negotiate message", kind=Kind.ODD),
    )


def test_what_is_no_message_is_one_range() -> None:
    """Nothing is read into other bytes, and nothing at all into none."""
    assert spans(b"no message") == (Span(start=0, end=10, name="not NTLMSSP", kind=Kind.ODD),)
    assert spans(b"") == ()


def test_a_cut_header_is_shown_as_far_as_it_goes() -> None:
    """Signature and type are known, the rest is not taken apart."""
    assert [(span.end, span.name) for span in spans(wire.WINDOWS[:30])] == [
        (8, "signature"),
        (12, "message type"),
        (30, "a header cut short"),
    ]
    assert [(span.end, span.name) for span in spans(wire.WINDOWS[:10])] == [
        (8, "signature"),
        (10, "claimed by no field"),
    ]


def test_a_header_with_room_for_a_version_may_state_none() -> None:
    """The eight zero bytes are the version's place all the same."""
    raw = wire.Message(flags=0x205, name=wire.utf16("A"), version=bytes(8)).encode()
    assert named(raw)["version"] == (48, 56, "none stated")


@pytest.mark.parametrize(
    ("name", "value", "kind"),
    [
        (1, wire.utf16("BOX"), Kind.LEAK),
        (1, b"", Kind.FRAME),
        (6, bytes(4), Kind.FRAME),
        (9, wire.utf16("pop/box"), Kind.LEAK),
    ],
)
def test_a_pair_leaks_where_it_says_something_of_the_host(name: int, value: bytes, kind: Kind) -> None:
    """Names, clock and the service do; an empty name and flags do not."""
    raw = wire.Message(flags=0x00800205, info=wire.pair(name, value) + wire.end()).encode()
    assert [span.kind for span in spans(raw) if span.name.startswith(f"AV pair {name}:")] == [kind]

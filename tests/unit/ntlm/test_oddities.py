"""What the reader of challenges says about messages that stray from MS-NLMP."""

import pytest

from tests.unit.ntlm import wire
from tightlip.model.oddity import Oddity, OddityName
from tightlip.ntlm import HeaderShape, parse_challenge

UNICODE = 0x00000205
WITH_INFO = 0x00800205
WITH_VERSION = 0x02000205
DOM = wire.utf16("DOM")
BOX = wire.pair(1, wire.utf16("BOX"))


def oddities_of(raw: bytes) -> list[tuple[OddityName, int | None]]:
    """Names and offsets of what is odd, in the order told."""
    return [(oddity.name, oddity.offset) for oddity in parse_challenge(raw).oddities]


def info_message(info: bytes) -> bytes:
    """A 48-byte header and nothing but TargetInfo, which begins at 48."""
    return wire.Message(flags=WITH_INFO, info=info).encode()


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        pytest.param(b"", (OddityName.NOT_NTLMSSP, 0), id="nothing"),
        pytest.param(b"NTLM supported", (OddityName.NOT_NTLMSSP, 0), id="text"),
        pytest.param(b"NTLMSSP\0\2\0\0", (OddityName.TRUNCATED_HEADER, 11), id="cut-in-the-type"),
        pytest.param(wire.WINDOWS[:31], (OddityName.TRUNCATED_HEADER, 31), id="one-byte-short"),
        pytest.param(b"NTLMSSP\0\1\0\0\0" + bytes(20), (OddityName.WRONG_MESSAGE_TYPE, 8), id="a-type-1"),
    ],
)
def test_what_is_no_challenge_says_so(raw: bytes, expected: tuple[OddityName, int]) -> None:
    """Bytes that are no whole header give one oddity and no fields."""
    message = parse_challenge(raw)
    assert oddities_of(raw) == [expected]
    assert message.shape is HeaderShape.CUT
    assert message.disclosure.names == ()


def test_a_cut_header_keeps_the_flags_it_still_has() -> None:
    """Flags and half a server challenge are read from 28 bytes."""
    message = parse_challenge(wire.WINDOWS[:28])
    assert (message.flags, message.server_challenge) == (0xA2898205, bytes.fromhex("01234567"))


def test_a_message_cut_in_its_last_pair_still_names_the_host() -> None:
    """What arrived before the cut is disclosed, and the cut is told twice: by the field and by the pair."""
    cut = wire.WINDOWS[:-10]
    message = parse_challenge(cut)
    assert message.disclosure.dns_tree_name == "lab.test"
    assert message.disclosure.system_time is None
    assert oddities_of(cut) == [
        (OddityName.FIELD_TRUNCATED, 40),
        (OddityName.AV_PAIR_TRUNCATED, len(wire.WINDOWS) - 16),
        (OddityName.AV_PAIR_WRONG_LENGTH, len(wire.WINDOWS) - 16),
    ]


def test_a_cut_target_name_is_kept_as_far_as_it_goes() -> None:
    """The name is shorter, and the oddity says what was stated."""
    raw = wire.Message(flags=UNICODE, name=wire.utf16("SERVER"), info=None).encode()[:-4]
    message = parse_challenge(raw)
    assert message.target_name == "SERV"
    assert message.oddities == (
        Oddity(name=OddityName.FIELD_TRUNCATED, detail="target name: 12 bytes at 40, 8 are there", offset=12),
    )


@pytest.mark.parametrize(
    ("name_field", "expected"),
    [
        pytest.param(wire.field(0, 0x2800), OddityName.FIELD_OUT_OF_RANGE, id="empty-but-wild"),
        pytest.param(wire.field(6, 0xFFFFFFFF), OddityName.FIELD_OUT_OF_RANGE, id="wild"),
        pytest.param(wire.field(6, 48), OddityName.FIELD_OUT_OF_RANGE, id="just-behind-the-end"),
        pytest.param(wire.field(6, 16), OddityName.FIELD_IN_HEADER, id="in-the-header"),
        pytest.param(wire.field(0, 48, maximum=65535), None, id="a-large-maximum-is-fine"),
        pytest.param(wire.field(0, 0), None, id="empty-at-zero-is-fine"),
    ],
)
def test_a_target_name_that_points_nowhere_is_no_name(name_field: bytes, expected: OddityName | None) -> None:
    """No bytes are taken for a name that are not the payload's."""
    raw = wire.Message(flags=UNICODE, name_field=name_field, info_field=bytes(8)).encode()
    assert parse_challenge(raw).target_name is None
    assert oddities_of(raw) == ([(expected, 12)] if expected else [])


def test_a_name_in_the_header_does_not_hide_promised_target_info() -> None:
    """The flags promise TargetInfo, so it is read although the name points before it."""
    raw = wire.Message(flags=WITH_INFO, name_field=wire.field(6, 34), info=BOX + wire.end()).encode()
    message = parse_challenge(raw)
    assert message.disclosure.netbios_computer_name == "BOX"
    assert (OddityName.FIELD_IN_HEADER, 12) in oddities_of(raw)


def test_a_length_over_its_maximum_is_told_and_read() -> None:
    """MS-NLMP says to ignore the maximum; a lie there is worth telling."""
    raw = wire.Message(flags=UNICODE, name=DOM, info=None, name_field=wire.field(6, 40, maximum=2)).encode()
    assert parse_challenge(raw).target_name == "DOM"
    assert oddities_of(raw) == [(OddityName.LENGTH_OVER_MAXIMUM, 12)]


@pytest.mark.parametrize(
    ("flags", "name", "text", "expected"),
    [
        pytest.param(UNICODE, DOM + b"X", "DOM", [OddityName.ODD_UTF16_LENGTH], id="odd-length"),
        pytest.param(UNICODE, b"\0\xd8A\0", "\ufffdA", [OddityName.INVALID_UTF16], id="lone-surrogate"),
        pytest.param(UNICODE, b"A\0\0\xd8", "A\ufffd", [OddityName.INVALID_UTF16], id="half-a-pair-at-the-end"),
        pytest.param(UNICODE, DOM + b"\0\0", "DOM\0", [OddityName.NUL_BYTE], id="closed-by-nul"),
        pytest.param(UNICODE, bytes(4), None, [OddityName.NUL_BYTE, OddityName.EMPTY_NAME], id="only-nul"),
        pytest.param(0x206, b"SRV\x9a", "SRV\x9a", [OddityName.NOT_ASCII_OEM], id="unknown-code-page"),
        pytest.param(0x200, b"SRV1", "SRV1", [OddityName.CHARSET_UNSTATED], id="unstated-and-bytes"),
        pytest.param(0x200, DOM, "DOM", [OddityName.CHARSET_UNSTATED], id="unstated-and-wide"),
    ],
)
def test_a_name_that_is_oddly_spelled_is_read_and_told(
    flags: int, name: bytes, text: str | None, expected: list[OddityName]
) -> None:
    """The text is what can be read; nothing is raised, and the name of the trouble is given."""
    message = parse_challenge(wire.Message(flags=flags, name=name, info=None).encode())
    assert message.target_name == text
    assert [oddity.name for oddity in message.oddities] == expected


@pytest.mark.parametrize(
    ("info", "expected"),
    [
        pytest.param(BOX, [(OddityName.AV_EOL_MISSING, 58)], id="no-end-mark"),
        pytest.param(BOX + wire.end() + BOX, [(OddityName.AV_PAIRS_AFTER_EOL, 62)], id="pairs-after-the-end"),
        pytest.param(
            BOX + b"\0\0\4\0ABCD",
            [(OddityName.AV_PAIR_WRONG_LENGTH, 58), (OddityName.AV_PAIRS_AFTER_EOL, 62)],
            id="an-end-mark-with-a-length",
        ),
        pytest.param(
            BOX + b"\2",
            [(OddityName.AV_PAIR_TRUNCATED, 58), (OddityName.AV_EOL_MISSING, 59)],
            id="half-a-pair-header",
        ),
        pytest.param(BOX + wire.pair(2, b"D\0", length=6), [(OddityName.AV_PAIR_TRUNCATED, 58)], id="half-a-value"),
        pytest.param(BOX + wire.pair(77, b"??") + wire.end(), [(OddityName.AV_PAIR_UNKNOWN, 58)], id="unknown-id"),
        pytest.param(BOX + wire.pair(6, b"\1") + wire.end(), [(OddityName.AV_PAIR_WRONG_LENGTH, 58)], id="short-flags"),
        pytest.param(BOX + wire.pair(7, b"\1") + wire.end(), [(OddityName.AV_PAIR_WRONG_LENGTH, 58)], id="short-clock"),
        pytest.param(
            BOX + wire.pair(7, bytes(8)) + wire.end(),
            [(OddityName.TIMESTAMP_OUT_OF_RANGE, 62)],
            id="clock-of-1601",
        ),
        pytest.param(
            BOX + wire.pair(7, b"\xff" * 8) + wire.end(),
            [(OddityName.TIMESTAMP_OUT_OF_RANGE, 62)],
            id="clock-beyond-9999",
        ),
        pytest.param(
            BOX + wire.pair(4, b"") + wire.end(), [(OddityName.EMPTY_NAME, 62)], id="empty-name-as-samba-gives"
        ),
        pytest.param(
            BOX + wire.pair(4, b"x") + wire.end(),
            [(OddityName.ODD_UTF16_LENGTH, 62), (OddityName.EMPTY_NAME, 62)],
            id="one-byte-of-a-name",
        ),
    ],
)
def test_a_list_of_pairs_that_strays_is_read_and_told(info: bytes, expected: list[tuple[OddityName, int]]) -> None:
    """The sound pair before the trouble is disclosed; the trouble has its name and place."""
    raw = info_message(info)
    assert parse_challenge(raw).disclosure.netbios_computer_name == "BOX"
    assert oddities_of(raw) == expected


def test_of_duplicate_pairs_the_first_wins_and_the_oddity_names_the_rest() -> None:
    """Both values stay visible, one as the name, one in the oddity."""
    message = parse_challenge(info_message(BOX + wire.pair(1, wire.utf16("LIAR")) + wire.end()))
    assert message.disclosure.netbios_computer_name == "BOX"
    assert message.oddities == (Oddity(name=OddityName.AV_PAIR_DUPLICATE, detail="pair 1 again: LIAR", offset=58),)


def test_a_list_without_end_is_bounded() -> None:
    """Of thousands of pairs 64 are kept, and the oddity says so."""
    message = parse_challenge(info_message(wire.pair(6, bytes(4)) * 5000))
    assert len(message.av_pairs) == 64
    assert message.oddities[0].name is OddityName.TOO_MANY_AV_PAIRS


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        pytest.param(
            wire.Message(flags=UNICODE, name=DOM, info=BOX + wire.end()),
            (OddityName.TARGET_INFO_UNFLAGGED, 40),
            id="target-info-not-promised",
        ),
        pytest.param(
            wire.Message(flags=WITH_INFO, name=DOM, info=None),
            (OddityName.TARGET_INFO_MISSING, 20),
            id="target-info-promised-and-no-room",
        ),
        pytest.param(
            wire.Message(flags=WITH_INFO, name=DOM),
            (OddityName.TARGET_INFO_MISSING, 20),
            id="target-info-promised-and-empty",
        ),
        pytest.param(
            wire.Message(flags=WITH_VERSION, name=DOM),
            (OddityName.VERSION_MISSING, 20),
            id="version-promised-and-no-room",
        ),
        pytest.param(
            wire.Message(flags=WITH_VERSION, name=DOM, version=bytes(8)),
            (OddityName.VERSION_MISSING, 48),
            id="version-promised-and-zero",
        ),
        pytest.param(
            wire.Message(flags=UNICODE, name=DOM, version=wire.WINDOWS_VERSION),
            (OddityName.VERSION_UNFLAGGED, 48),
            id="version-not-promised",
        ),
    ],
)
def test_flags_that_contradict_the_message_are_told(message: wire.Message, expected: tuple[OddityName, int]) -> None:
    """What the flags promise and what is there are compared; the name is read either way."""
    raw = message.encode()
    assert parse_challenge(raw).target_name == "DOM"
    assert oddities_of(raw).count(expected) == 1


def test_an_unpromised_version_is_believed_only_if_it_looks_like_one() -> None:
    """Windows' bytes are a version; chance bytes are not."""
    windows = wire.Message(flags=UNICODE, name=DOM, version=wire.WINDOWS_VERSION).encode()
    chance = wire.Message(flags=UNICODE, name=DOM, version=b"\x37" * 8).encode()
    assert parse_challenge(windows).version == (10, 0, 17763)
    assert parse_challenge(chance).version is None


def test_unpromised_target_info_is_disclosed() -> None:
    """The names are on the wire whatever the flags say."""
    raw = wire.Message(flags=UNICODE, name=DOM, info=BOX + wire.end()).encode()
    assert parse_challenge(raw).disclosure.netbios_computer_name == "BOX"

"""Challenge recipes: the bytes they make, compared with the specification and with other people's readers."""

import struct
from datetime import UTC, datetime

import pytest
from spnego._ntlm_raw.messages import AvId, Challenge

from tightlip.talk.recipe import type2

WHOLE = (
    "target=CORP version=10.0.17763 nb_domain=CORP nb_computer=MX1 dns_domain=corp.example"
    " dns_computer=mx1.corp.example dns_tree=corp.example time=2024-05-01T12:00:00Z"
)

# MS-NLMP 4.2.4.3: the CHALLENGE_MESSAGE of the worked example for NTLMv2.
EXAMPLE = bytes.fromhex(
    "4e544c4d53535000020000000c000c003800000033828ae20123456789abcdef000000000000000024002400"
    "440000000600701700000"
    "00f53006500720076006500720002000c0044006f006d00610069006e0001000c0053006500720076006500720000000000"
)


def test_the_example_of_the_specification() -> None:
    """A recipe with the example's values makes the example's bytes."""
    recipe = "target=Server flags=0xe28a8233 version=6.0.6000 nb_domain=Domain nb_computer=Server"
    assert type2(recipe) == EXAMPLE


def test_another_reader_finds_every_field() -> None:
    """pyspnego reads names, version and clock out of a recipe's message."""
    read = Challenge.unpack(type2(WHOLE))
    assert read.target_name == "CORP"
    assert read.version is not None
    assert (read.version.major, read.version.minor, read.version.build) == (10, 0, 17763)
    assert read.target_info is not None
    assert read.target_info[AvId.dns_tree_name] == "corp.example"
    assert read.target_info[AvId.nb_computer_name] == "MX1"
    assert read.target_info[AvId.timestamp].replace(tzinfo=UTC) == datetime(2024, 5, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "words"), [(32, "oem header=32"), (40, "header=40"), (48, ""), (56, "version=6.1.0")]
)
def test_the_historic_shapes(header: int, words: str) -> None:
    """The payload begins where the header of that age ends."""
    message = type2(f"target=OLD {words}")
    offset = struct.unpack_from("<I", message, 16)[0]
    assert (offset, message[header:][:1]) == (header, b"O")


@pytest.mark.parametrize(
    ("words", "place", "layout", "value"),
    [
        ("target_offset=0x2800", 16, "<I", 0x2800),
        ("target_length=9", 12, "<H", 9),
        ("info_offset=7", 44, "<I", 7),
        ("info_length=3", 40, "<H", 3),
        ("flags=0x8201", 20, "<I", 0x8201),
    ],
)
def test_lies_about_the_fields(words: str, place: int, layout: str, value: int) -> None:
    """A recipe can state lengths, offsets and flags that are wrong."""
    assert struct.unpack_from(layout, type2(f"target=X {words}"), place)[0] == value


def test_pairs_stand_as_written() -> None:
    """Order and repetition are the recipe's; the list ends with EOL unless told not to."""
    message = type2("nb_computer=B nb_domain=A nb_computer=C pair=0x0b:ff")
    assert message[48:].hex() == "010002004200" + "020002004100" + "010002004300" + "0b000100ff" + "00000000"
    assert type2("nb_computer=B no_eol")[48:].hex() == "010002004200"


def test_cut_and_tail() -> None:
    """The message can end early, or have bytes behind it."""
    assert type2("target=CORP cut=50") == type2("target=CORP")[:50]
    assert type2("target=CORP tail=c0ffee")[-3:].hex() == "c0ffee"


@pytest.mark.parametrize(
    "recipe", ["target", "colour=red", "version=10", "time=noon", "pair=1:zz", "cut=a", 'target="x']
)
def test_a_bad_recipe_is_refused(recipe: str) -> None:
    """What cannot be understood is a ValueError, not a guess."""
    with pytest.raises(ValueError):
        type2(recipe)

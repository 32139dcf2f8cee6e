"""Bytes bent at random: changed, lost, doubled, put in, and spliced from two of their kind."""

from collections.abc import Iterator, Sequence
from random import Random

from msgspec import Struct

# What lengths and offsets turn over at.
_EDGES = (0, 1, 2, 7, 8, 31, 32, 47, 48, 55, 56, 127, 128, 255, 256, 32_767, 32_768, 65_535, 1 << 31, (1 << 32) - 1)
_MOST = 5


class Case(Struct, frozen=True):
    """One case: its number, which with the run's seed makes it again, and its bytes."""

    number: int
    data: bytes


def cases(seed: str, grown_from: Sequence[bytes]) -> Iterator[Case]:
    """Without end; each from one of these, or from two."""
    number = 0
    while True:
        yield case(seed, number, grown_from)
        number += 1


def case(seed: str, number: int, grown_from: Sequence[bytes]) -> Case:
    """The case of this number."""
    dice = Random(f"{seed}/{number}")
    data = dice.choice(grown_from)
    if dice.random() < 0.1:
        other = dice.choice(grown_from)
        data = data[: dice.randrange(len(data) + 1)] + other[dice.randrange(len(other) + 1) :]
    for _ in range(dice.randrange(1, _MOST)):
        data = bent(data, dice)
    return Case(number, data)


def bent(data: bytes, dice: Random) -> bytes:
    """The bytes with one thing wrong."""
    place = dice.randrange(len(data) + 1)
    match dice.randrange(6):
        case 0:
            return data[:place] + dice.randbytes(1) + data[place + 1 :]
        case 1:
            return data[:place] + data[place + dice.randrange(1, 40) :]
        case 2:
            return data[:place] + data[max(0, place - dice.randrange(1, 40)) :]
        case 3:
            width = dice.choice((2, 4))
            edge = dice.choice(_EDGES) & ((1 << 8 * width) - 1)
            return data[:place] + edge.to_bytes(width, "little") + data[place + width :]
        case 4:
            return data[:place] + dice.randbytes(dice.randrange(1, 9)) + data[place:]
        case _:
            return data[:place]

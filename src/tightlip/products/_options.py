"""What a server's arguments say, read as getopt(3) reads them: glued values, switches together, the last one counts."""

from collections.abc import Iterable, Mapping

from msgspec import Struct


class Arguments(Struct, frozen=True):
    """The value of each option, "" of a switch; and the words behind the options."""

    options: Mapping[str, str]
    operands: tuple[str, ...]


def read_arguments(words: Iterable[str], with_values: str) -> Arguments:
    """Take arguments apart; ``with_values`` are the letters of the options that have a value."""
    options: dict[str, str] = {}
    left = iter(words)
    for word in left:
        if word == "--":
            return Arguments(options, tuple(left))
        if not word.startswith("-") or word == "-":
            return Arguments(options, (word, *left))
        for at, letter in enumerate(word[1:], 2):
            options[letter] = (word[at:] or next(left, "")) if letter in with_values else ""
            if letter in with_values:
                break
    return Arguments(options, ())

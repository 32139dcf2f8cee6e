"""What a server's arguments say, read as getopt(3) reads them: glued values, switches together, the last one counts."""

from collections.abc import Iterable, Iterator, Mapping

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
        if not _is_option(word):
            return Arguments(options, (word, *left))
        _take(options, word, left, with_values)
    return Arguments(options, ())


def read_permuted(words: Iterable[str], with_values: str) -> Mapping[str, str]:
    """The options alone, as glibc's getopt(3) finds them, which goes on behind words that are none."""
    options: dict[str, str] = {}
    left = iter(words)
    for word in left:
        if word == "--":
            break
        if _is_option(word):
            _take(options, word, left, with_values)
    return options


def _is_option(word: str) -> bool:
    return word.startswith("-") and word != "-"


def _take(options: dict[str, str], word: str, left: Iterator[str], with_values: str) -> None:
    """Enter the options of one word, of which the last may have the next word for its value."""
    for at, letter in enumerate(word[1:], 2):
        options[letter] = (word[at:] or next(left, "")) if letter in with_values else ""
        if letter in with_values:
            break

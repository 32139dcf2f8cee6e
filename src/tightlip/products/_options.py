"""What a server's arguments say, read as getopt(3) reads them: glued values, switches together, the last one counts."""

from collections.abc import Iterable, Mapping


def options_of(arguments: Iterable[str], with_values: str) -> Mapping[str, str]:
    """The value of each option, "" of a switch; ``with_values`` are the letters of those that have one."""
    said: dict[str, str] = {}
    words = iter(arguments)
    for word in words:
        if word == "--" or not word.startswith("-"):
            break
        for at, letter in enumerate(word[1:], 2):
            said[letter] = (word[at:] or next(words, "")) if letter in with_values else ""
            if letter in with_values:
                break
    return said

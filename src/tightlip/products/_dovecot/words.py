"""The words of a list of mechanisms: which can be the name of one, and what may be shown of the others."""

import re
from functools import lru_cache

from tightlip.syntax.edits import words_of
from tightlip.syntax.showing import UNSEEN

_MECHANISM = re.compile(r"[A-Za-z0-9_-]{1,20}")


def is_mechanism(word: str) -> bool:
    """Whether a word can be the name of a SASL mechanism (RFC 4422 section 3.1), in either case."""
    return _MECHANISM.fullmatch(word) is not None


@lru_cache(maxsize=4)  # every mechanism of a list asks for the whole list
def shown_words(value: str) -> str:
    """A list of mechanisms as it may be shown: what cannot be the name of one may be anything, a password too."""
    if all(map(is_mechanism, words_of(value))):
        return value
    return " ".join(word if is_mechanism(word) else UNSEEN for word in words_of(value))

"""ManageSieve's responses (RFC 5804 section 4): words, and strings that are quoted or counted."""

import re
from collections.abc import Generator

from msgspec import Struct

from tightlip.talk.steps import HEAR_LINE, HearBytes, Step

_TOKEN = re.compile(rb'"((?:[^"\\]|\\.)*)"?|([()])|([^\s"()]+)')
_COUNTED = re.compile(rb"\{(\d{1,9})\+?\}$")
_ESCAPED = re.compile(rb"\\(.)")


class Sentence(Struct, frozen=True):
    """One response. ``word`` is OK, NO or BYE (upper case) or empty where it begins with a string.

    ``code`` is what stood in parentheses, upper case; ``strings`` are those outside of them; ``raw`` is all of it
    as it came, counted strings after their line.
    """

    word: bytes
    code: bytes
    strings: tuple[bytes, ...]
    raw: bytes


def hear_sentence() -> Generator[Step, bytes, Sentence]:
    """The next response, whatever it is."""
    return (yield from rest_of_sentence((yield HEAR_LINE)))


def rest_of_sentence(line: bytes) -> Generator[Step, bytes, Sentence]:
    """The whole of the response that begins with ``line``: a counted string goes on in another line."""
    raw = [line]
    tokens: list[tuple[bytes, bytes]] = []
    while counted := _COUNTED.search(line):
        tokens += _tokens(line[: counted.start()])
        string = yield HearBytes(int(counted[1]))
        tokens.append((b'"', string))
        line = yield HEAR_LINE
        raw += (b" ", string, line)
    return _sentence(tokens + _tokens(line), b"".join(raw))


def _tokens(line: bytes) -> list[tuple[bytes, bytes]]:
    """Each token with its kind: a quote for a string, a parenthesis for itself, nothing for a word."""
    tokens: list[tuple[bytes, bytes]] = []
    for found in _TOKEN.finditer(line):
        if found[1] is not None:
            tokens.append((b'"', _ESCAPED.sub(rb"\1", found[1])))
        elif found[2]:
            tokens.append((found[2], b""))
        else:
            tokens.append((b"", found[3]))
    return tokens


def _sentence(tokens: list[tuple[bytes, bytes]], raw: bytes) -> Sentence:
    word = tokens[0][1].upper() if tokens and not tokens[0][0] else b""
    code: list[bytes] = []
    strings: list[bytes] = []
    depth = 0
    for kind, value in tokens:
        if kind == b"(":
            depth += 1
        elif kind == b")":
            depth -= 1
        elif depth > 0:
            code.append(value.upper())
        elif kind == b'"':
            strings.append(value)
    return Sentence(word, b" ".join(code), tuple(strings), raw)

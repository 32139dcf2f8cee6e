"""Decoding: what people paste, name or pipe in, and the NTLM messages that are in it."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from msgspec import Struct

from tightlip.model.errors import UsageError
from tightlip.model.facts import Challenge, Door
from tightlip.ntlm.armour import read_any
from tightlip.ntlm.challenge import ChallengeMessage, parse_challenge
from tightlip.ntlm.layout import SIGNATURE
from tightlip.ntlm.reading import read_challenge
from tightlip.reports._escape import visible

# A challenge has a few hundred bytes; somebody who gives this much means a capture.
MOST_BYTES = 4 << 20

CHALLENGE = 2

_TYPE = slice(8, 12)
_SOURCE_SHOWN = 40
_MOST_STRAY = 20
# What dumps and base64 may go on with behind a message: hex, padding, marks, a column of characters.
_IN_MESSAGES = re.compile(r"[0-9A-Fa-f]+|[^A-Za-z0-9]+|\|.*\|?|.*NTLMSSP.*")
_PATHS = ("/", "./", "../", "~/")


class Input(Struct, frozen=True):
    """Bytes to look for messages in; ``source`` is what to call them, safe to show.

    ``is_like_a_name``: they are text that may have been meant as a file's name, and there is no such file.
    """

    source: str
    data: bytes
    is_like_a_name: bool = False


class Decoded(Struct, frozen=True):
    """One message; ``kind`` is its type as stated, 0 where it ends before that; ``envelope`` counts bytes around it.

    Of other types than 2 nothing is read but the type.
    """

    source: str
    kind: int
    envelope: int
    challenge: Challenge
    message: ChallengeMessage


def read_inputs(words: tuple[str, ...], stdin: BinaryIO) -> Iterator[Input]:
    """The inputs that ``words`` name: a file, ``-`` for ``stdin``, else text; pieces of text in a row are one input.

    Words behind a message that have no part in it are inputs of their own.
    """
    pieces: list[str] = []
    for word in words:
        path = _path(word)
        if path is None and word != "-":
            pieces.append(word)
            continue
        yield from _texts(pieces)
        pieces = []
        yield Input("standard input", _read(stdin, "standard input")) if path is None else _file(path)
    yield from _texts(pieces)


def decode(given: Input) -> tuple[Decoded, ...]:
    """Every message in one input, in order; () where there is none."""
    found = (raw for raw in read_any(given.data) if SIGNATURE in raw)
    return tuple(_decoded(given.source, raw) for raw in found)


def _path(word: str) -> Path | None:
    """The file (or pipe) that goes by this name; base64 may be too long for a name."""
    try:
        path = Path(word)
        return path if word != "-" and path.exists() and not path.is_dir() else None
    except (OSError, ValueError):
        return None


def _texts(pieces: list[str]) -> Iterator[Input]:
    """The pieces as one input, and each word at their end that mends nothing of what is found in the others."""
    kept = list(pieces)
    while len(kept) > 1 and len(pieces) - len(kept) < _MOST_STRAY and _is_stray(kept):
        kept.pop()
    if kept:
        yield _text(kept)
    yield from (_text([each]) for each in pieces[len(kept) :])


def _is_stray(pieces: list[str]) -> bool:
    """Whether the last piece belongs to no message: with it there are the same, or a challenge is only longer."""
    if _IN_MESSAGES.fullmatch(pieces[-1]):
        return False
    found, without = decode(_text(pieces)), decode(_text(pieces[:-1]))
    if not found or len(found) != len(without):
        return False
    last, shorter = found[-1].challenge, without[-1].challenge
    if last.raw == shorter.raw:
        return True
    mended = {each.name for each in shorter.oddities} - {each.name for each in last.oddities}
    return found[-1].kind == CHALLENGE and not mended


def _text(pieces: list[str]) -> Input:
    text = " ".join(pieces)
    shown = text if len(text) <= _SOURCE_SHOWN else f"{text[:_SOURCE_SHOWN]}…"
    data = "\n".join(pieces).encode("utf-8", "surrogateescape")
    return Input(repr(shown), data, len(pieces) == 1 and _is_like_a_name(text))


def _is_like_a_name(text: str) -> bool:
    """A path, or one word with a dot or slash: base64 may have one as well, the line of a transcript has more words."""
    return text.startswith(_PATHS) or (len(text.split()) == 1 and ("/" in text or "." in text))


def _file(path: Path) -> Input:
    try:
        with path.open("rb") as file:
            return Input(visible(str(path)), _read(file, str(path)))
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}", "name a readable file, or - for stdin") from None


def _read(file: BinaryIO, name: str) -> bytes:
    data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise UsageError(f"{name} holds more than {MOST_BYTES >> 20} MiB", "cut the message out of it first")
    return data


def _decoded(source: str, raw: bytes) -> Decoded:
    door = Door.AUTH if raw.startswith(SIGNATURE) else Door.SPNEGO
    challenge = read_challenge(door, raw)
    return Decoded(
        source=source,
        kind=int.from_bytes(challenge.raw[_TYPE], "little") if len(challenge.raw) >= _TYPE.stop else 0,
        envelope=len(raw) - len(challenge.raw),
        challenge=challenge,
        message=parse_challenge(challenge.raw),
    )

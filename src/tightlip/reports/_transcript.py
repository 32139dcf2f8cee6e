"""A conversation's lines as a person reads them: who spoke, what it meant, long base64 folded away."""

import re
from collections.abc import Iterable

from msgspec import Struct

from tightlip.model.observation import Line, Speaker
from tightlip.reports._commands import command_of
from tightlip.reports._escape import visible_bytes

BYTES_KEPT = 8192

_FOLD_OVER = 64
_FOLD_TO = 20
_BASE64 = re.compile(r"[A-Za-z0-9+/]{40,}={0,2}")
# The signature, then the message type, in base64 (MS-NLMP 2.2.1).
_TYPE_1 = "TlRMTVNTUAAB"
_TYPE_2 = "TlRMTVNTUAAC"


class Said(Struct, frozen=True):
    """One line: ``text`` as shown at once, ``folded`` the whole where that was shortened, ``note`` what it means."""

    speaker: Speaker
    text: str
    folded: str | None
    note: str


def said(transcript: Iterable[Line]) -> list[Said]:
    """The lines of a transcript, in order."""
    return [_said(line) for line in transcript]


def trimmed(transcript: tuple[Line, ...]) -> tuple[Line, ...]:
    """At most ``BYTES_KEPT`` bytes of a transcript; where more was said, a note of ours says so."""
    if sum(len(line.data) for line in transcript) <= BYTES_KEPT:
        return transcript
    kept: list[Line] = []
    left = BYTES_KEPT
    for line in transcript:
        kept.append(Line(line.speaker, line.data[:left]))
        left -= len(line.data)
        if left <= 0:
            break
    return (*kept, Line(Speaker.NOTE, b"the report leaves out the rest of this conversation"))


def _said(line: Line) -> Said:
    text = visible_bytes(line.data)
    encoded = _BASE64.search(text)
    note = _meaning(line.speaker, text, encoded[0] if encoded else "")
    if encoded is None or len(text) <= _FOLD_OVER:
        return Said(line.speaker, text, None, note)
    short = f"{text[: encoded.start() + _FOLD_TO]}… ({len(encoded[0])} characters of base64)"
    return Said(line.speaker, short, text, note)


def _meaning(speaker: Speaker, text: str, encoded: str) -> str:
    if speaker is Speaker.NOTE:
        return ""
    if encoded.startswith(_TYPE_1):
        return "NTLM type 1: names nobody"
    if encoded.startswith(_TYPE_2):
        return "NTLM type 2: the challenge, decoded below"
    if speaker is Speaker.SERVER:
        return ""
    command = command_of(text)
    return command.meaning if command else ""

"""What is said in a .talk file: server text with its recipes made into bytes, client text made into a cue."""

import re
import struct
from base64 import b64decode, b64encode
from enum import Enum

from msgspec import Struct

from tightlip.talk.escapes import as_bytes
from tightlip.talk.recipe import type2

# One repeat may not blow a small file up without measure.
_REPEAT_LIMIT = 2_000_000

_RECIPE = re.compile(r"<(type2|hex|b64|repeat)(?:\s([^>]*))?>")
_BLANK = re.compile(r"<(any|tag|base64|type1(?: version| spnego)?)>")
_BASE64 = rb"(?P<message>[A-Za-z0-9+/]+={0,2})"
_TYPE1 = b"NTLMSSP\0\x01\0\0\0"
_NEGOTIATE_VERSION = 0x02000000

Phrase = tuple[bytes, ...]
"""Server bytes, in pieces between which the client's tag (IMAP) is put."""


class Message(Enum):
    """What the base64 of a client line must hold."""

    NOTHING = ""
    ANYTHING = "base64"
    TYPE1 = "type1"
    TYPE1_VERSION = "type1 version"
    TYPE1_SPNEGO = "type1 spnego"


class Cue(Struct, frozen=True):
    """What a client line must look like; ``text`` is how the file writes it."""

    text: str
    pattern: re.Pattern[bytes]
    message: Message

    def match(self, line: bytes) -> re.Match[bytes] | None:
        """The match whose group ``tag`` (where there is one) is the client's tag, or None."""
        found = self.pattern.fullmatch(line)
        if found is None or self.message is Message.NOTHING:
            return found
        return found if _holds(found["message"], self.message) else None


def phrase(text: str) -> Phrase:
    """The bytes of a server text; ValueError says what in it cannot be understood."""
    return tuple(_spoken(piece) for piece in text.split("<tag>"))


def cue(text: str) -> Cue:
    """The cue of a client text: letters match in either case, blanks such as ``<any>`` what they name."""
    pattern = b""
    message = Message.NOTHING
    done = 0
    for found in _BLANK.finditer(text):
        pattern += re.escape(as_bytes(text[done : found.start()])) + _blank(found[1])
        if found[1] not in ("any", "tag"):
            message = Message(found[1])
        done = found.end()
    pattern += re.escape(as_bytes(text[done:]))
    return Cue(text, re.compile(pattern, re.IGNORECASE | re.DOTALL), message)


def _spoken(text: str) -> bytes:
    data = b""
    done = 0
    for found in _RECIPE.finditer(text):
        data += as_bytes(text[done : found.start()]) + _made(found[1], found[2] or "")
        done = found.end()
    return data + as_bytes(text[done:])


def _made(kind: str, recipe: str) -> bytes:
    match kind:
        case "type2":
            return b64encode(type2(recipe))
        case "hex":
            return b64encode(bytes.fromhex(recipe))
        case "b64":
            return b64encode(as_bytes(recipe))
        case _:
            return _repeated(recipe)


def _repeated(recipe: str) -> bytes:
    count, _, text = recipe.partition(" ")
    data = as_bytes(text)
    if int(count) * len(data) > _REPEAT_LIMIT:
        raise ValueError(f"repeat makes more than {_REPEAT_LIMIT} bytes")
    return data * int(count)


def _blank(name: str) -> bytes:
    match name:
        case "any":
            return b".*"
        case "tag":
            return rb"(?P<tag>[^ ]{1,64})"
        case _:
            return _BASE64


def _holds(encoded: bytes, wanted: Message) -> bool:
    try:
        raw = b64decode(encoded, validate=True)
    except ValueError:
        return False
    start = raw.find(_TYPE1)
    match wanted:
        case Message.TYPE1:
            return start == 0
        case Message.TYPE1_VERSION:
            return start == 0 and len(raw) >= 16 and bool(struct.unpack_from("<I", raw, 12)[0] & _NEGOTIATE_VERSION)
        case Message.TYPE1_SPNEGO:
            return start > 0
        case _:
            return True

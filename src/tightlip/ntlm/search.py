"""A challenge found wherever it stands in what a server said: in any line, behind any words, enveloped, in pieces."""

import re
from binascii import a2b_base64
from collections.abc import Iterator
from itertools import islice
from struct import Struct

from tightlip.ntlm.layout import SIGNATURE, TARGET_INFO
from tightlip.ntlm.spnego import token_size

_BEGINNING = SIGNATURE + b"\2\0\0\0"

# The beginning in base64, where 0, 1 or 2 bytes of its first group are the envelope's: as much of it as does not depend
# on them; and how many characters before it that group begins.
_MARK = re.compile(rb"TlRMTVNTUAAC|5UTE1TU1AAAg|OVExNU1NQAAI")
_LEADS = {b"T": 0, b"5": 2, b"O": 3}
# A line of marks without messages behind them is somebody's trap.
_MOST_MARKS = 8
_RUN = re.compile(rb"[A-Za-z0-9+/_-]*")
_PIECE = re.compile(rb"[A-Za-z0-9+/_-]+={0,2}")
_WORD = re.compile(rb"[A-Za-z]?[a-z]{0,19}")
# A reply code or an abbreviation; or the last piece, for most challenges end in zeros.
_SHORT = re.compile(rb"[A-Z0-9]{1,7}")
_LINE_END = re.compile(rb'"?[ \t]*\r?\n(?:[0-9]{3}[ -]|[+*] +|")?')
# The same for messages of any type, in runs that can hold one.
_ANY_MARK = re.compile(rb"TlRMTVNTUA|5UTE1TU1AA|OVExNU1NQA")
_LONG_RUN = re.compile(rb"[A-Za-z0-9+/_-]{16,}")
_ENVELOPES = (b"\x60", b"\xa0", b"\xa1")
_URL_SAFE = bytes.maketrans(b"-_", b"+/")
# The two groups before the message hold the header of the octet string that it is in.
_HEADER = 8

_MOST_PIECES = 2_000

_target_name = Struct("<12xH2xII").unpack_from
_target_info = Struct("<40xH2xI").unpack_from
_OLDEST_HEADER, _HEADER_WITH_TARGET_INFO = 32, 48
# So many characters hold the header and what may stand before it in its first group.
_HEAD = 72


def challenge_in(data: bytes) -> bytes | None:
    """The first type 2 message in ``data``, from its signature on, None where there is none; never raises.

    ``data`` is one line or several, with whatever stands around the message: reply codes, words, quotes. The length
    that an envelope states is heeded, and a message in pieces is put together where that makes it whole.
    """
    if len(data) < len(_BEGINNING):
        return None
    start = data.find(_BEGINNING)
    if start >= 0:
        return _within(data[start:], token_size(data[max(start - 4, 0) : start]))
    found = _in_base64(data)
    if found is None and data.find(b"\n", 0, -2) >= 0:
        # A line may be broken within the signature.
        found = _in_base64(_LINE_END.sub(b"", data))
    return found


def is_short(message: bytes) -> bool:
    """Whether a message ends before its own header says so; only a type 2 is asked."""
    return message.startswith(_BEGINNING) and len(message) < _promised(message)


def fits(data: bytes) -> bool:
    """Whether a type 2 ends where its own header says that it does, or before what is no part of it."""
    start = data.find(_BEGINNING)
    return start >= 0 and len(data) - start == _promised(data[start:])


def characters_of(text: bytes) -> int | None:
    """How many characters of base64 the type 2 that ``text`` begins with promises to have; None for anything else."""
    run = _RUN.match(text)
    return _wanted(bytearray(run[0]), 0)[1] if run and _MARK.match(text) and text.startswith(b"T") else None


def starts_in(text: bytes) -> Iterator[int]:
    """Where messages of any type begin in base64, as far as that can be seen without decoding it."""
    return (mark.start() for mark in _ANY_MARK.finditer(text))


def messages_in(line: bytes) -> Iterator[bytes]:
    """Messages of any type in the base64 of one line, behind whatever stands there; with their envelopes, if whole."""
    for run in _LONG_RUN.finditer(line):
        if mark := _ANY_MARK.search(run[0]):
            yield _any_message(run[0], mark)


def _any_message(run: bytes, mark: re.Match[bytes]) -> bytes:
    lead = _LEADS[mark[0][:1]]
    start = mark.start() - lead
    if start < 0:
        return b""
    whole = _decode(run[start % 4 :])
    if whole[:1] in _ENVELOPES and SIGNATURE in whole:
        return whole
    skip = max(lead - 1, 0)
    return _within(_decode(run[start:])[skip:], token_size(_before(run, start, skip)))


def _in_base64(text: bytes) -> bytes | None:
    if not _MARK.search(text):
        return None
    messages = (_message_at(text, mark) for mark in islice(_MARK.finditer(text), _MOST_MARKS))
    return next((message for message in messages if message.startswith(_BEGINNING)), None)


def _message_at(text: bytes, mark: re.Match[bytes]) -> bytes:
    lead = _LEADS[mark[0][:1]]
    start = mark.start() - lead
    run = _RUN.match(text, max(start, 0))
    if start < 0 or run is None or run.end() < mark.end():
        return b""
    skip = max(lead - 1, 0)
    message = _decode(run[0])[skip:]
    if not _BEGINNING.startswith(message[: len(_BEGINNING)]):
        return b""
    size = token_size(_before(text, start, skip))
    if len(message) >= _promised(message) or text[run.end() : run.end() + 1] == b"=":
        return _within(message, size)
    return _joined(text, run, skip, size is not None) or message


def _before(text: bytes, start: int, skip: int) -> bytes:
    # The bytes before the message, the last of which share its first group, where they are base64 too.
    groups = text[max(start - _HEADER, 0) : start + 4]
    is_whole = len(groups) == _HEADER + 4 and _RUN.fullmatch(groups)
    return _decode(groups)[: _HEADER * 3 // 4 + skip] if is_whole else b""


def _within(message: bytes, size: int | None) -> bytes:
    # A length that would cut off what the message itself promises is a lie, and hides nothing.
    return message if size is None else message[: max(size, _promised(message))]


def _joined(text: bytes, run: re.Match[bytes], skip: int, is_enveloped: bool) -> bytes:
    # Words between the pieces are known by their letters; where the pieces do not make it whole, to the last character
    # unless the envelope goes on behind it, nothing is made up.
    characters = bytearray(run[0])
    promised, wanted = _wanted(characters, skip)
    for piece in islice(_PIECE.finditer(_LINE_END.sub(b" ", text[run.end() :])), _MOST_PIECES):
        if _WORD.fullmatch(piece[0]) or (_SHORT.fullmatch(piece[0]) and len(characters) + len(piece[0]) != wanted):
            continue
        characters += piece[0].rstrip(b"=")
        promised, wanted = _wanted(characters, skip)
        if len(characters) == wanted or (is_enveloped and len(characters) > wanted):
            return _decode(characters)[skip : skip + promised]
    return b""


def _wanted(characters: bytearray, skip: int) -> tuple[int, int]:
    # The bytes that the message promises to have, and the characters that spell them.
    promised = _promised(_decode(characters[:_HEAD])[skip:])
    return promised, (4 * (skip + promised) + 2) // 3


def _promised(message: bytes) -> int:
    # How long the message is by its own header, as far as that is there.
    if len(message) < _OLDEST_HEADER:
        return _HEADER_WITH_TARGET_INFO
    length, offset, flags = _target_name(message)
    end = max(_OLDEST_HEADER, offset + length if length else 0)
    if not flags & TARGET_INFO:
        return end
    length, offset = _target_info(message) if len(message) >= _HEADER_WITH_TARGET_INFO else (0, 0)
    return max(end, _HEADER_WITH_TARGET_INFO, offset + length if length else 0)


def _decode(characters: bytes | bytearray) -> bytes:
    body = characters.translate(_URL_SAFE)
    body = body[: len(body) - (len(body) % 4 == 1)]
    return a2b_base64(body + b"=" * (-len(body) % 4))

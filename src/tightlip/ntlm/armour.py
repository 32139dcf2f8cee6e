"""Messages out of the text they travel in: base64 as servers send it, and whatever a person pastes."""

import re
from binascii import Error, a2b_base64
from collections.abc import Iterable, Iterator
from itertools import accumulate, islice, pairwise

from tightlip.model.oddity import Oddity, OddityName
from tightlip.ntlm.dumps import Part, bare_rows, is_squeezed, parted
from tightlip.ntlm.hexes import hex_in, read_hex
from tightlip.ntlm.layout import SIGNATURE
from tightlip.ntlm.literals import read_literals, read_numbers
from tightlip.ntlm.search import challenge_in, characters_of, fits, is_short, messages_in, starts_in

# What a message begins with in base64: the signature, known to its 10th character.
_SIGNATURE_BASE64 = b"TlRMTVNTUA"
_SPACE = b" \t\r\n\v\f"
_URL_SAFE = bytes.maketrans(b"-_", b"+/")
_NOT_ALPHABET = re.compile(rb"[^A-Za-z0-9+/]")
_ARMOURED = re.compile(rb"TlRMTVNTUA[A-Za-z0-9+/_-]*={0,2}")
_WRAPPED = re.compile(rb"[A-Za-z0-9+/_\s-]*+=*+\s*+")
# What a transcript goes on with.
_COMMAND = re.compile(
    rb"QUIT|AUTH|AUTHENTICATE|NTLM|PLAIN|LOGIN|CAPA|CAPABILITY|STLS|STARTTLS|NOOP|RSET|LOGOUT|[EH][EH]LO"
)
# How source code, JSON and quoted-printable break a text.
_BREAK = re.compile(
    rb"""["'][ \t]*[+.&]?[ \t]*\\?\r?\n[ \t]*[+.&]?[ \t]*[bu]?["'] | (?:\\r)?\\n | =\r?\n(?=[A-Za-z0-9+/_-])""",
    re.VERBOSE,
)
_ENVELOPE_TAGS = (0x60, 0xA0, 0xA1)
# A message whose type is there and known: no chance hit in the text column of a dump, or in somebody's words.
_MESSAGE = re.compile(rb"NTLMSSP\0[\1-\3]\0\0\0")
# A broken line and its continuation, not the rest of a long input for each of many.
_LONGEST_BROKEN = 4096
_MOST_BROKEN = 50
# So many characters of base64 spell a signature and a type.
_SHORTEST_LINE = 16

_PREFIX = re.compile(
    rb"""\s*+(?:
      (?:[SC]|server|client):\s* | [<>]\s*        # who spoke, in a transcript
    | \{\d{1,9}\+?\}\s*                           # ManageSieve literal
    | ["']+                                       # quotes
    | \+(?:OK)?[ ]*                               # POP3 and IMAP; no NTLMSSP message begins with + in base64
    | (?:235|250|334|38[123])[ =-]+               # SMTP and NNTP
    | (?:proxy-|www-)?(?:authenticate|authorization):\s*
    | (?:x-exps|auth(?:enticate)?|authinfo\ (?:sasl|generic))\s+(?=["']?(?:ntlm|gss-spnego)\b)
    | (?:ntlm|negotiate|gss-spnego)["']?[\s:,]+
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_MOST_PREFIXES = 8


def decode_base64(text: bytes) -> tuple[bytes, tuple[Oddity, ...]]:
    """The bytes that one line of base64 spells; strict first (RFC 4648), then as loosely as clients do.

    White space, missing padding, the URL-safe alphabet, a dangling character and text around a message are
    forgiven and told; what is no base64 gives ``b""`` and NOT_BASE64.
    """
    try:
        return a2b_base64(text, strict_mode=True), ()
    except Error:
        return _decode_loosely(text)


def strip_prefix(text: str | bytes) -> bytes:
    """A line without what mail and HTTP put before and behind a message: ``+ ``, ``334 ``, ``NTLM ``, quotes."""
    rest = _to_bytes(text)
    for _ in range(_MOST_PREFIXES):
        match = _PREFIX.match(rest)
        if match is None:
            break
        rest = rest[match.end() :]
    return rest.strip(_SPACE + b"\"'<>")


def read_any(text: str | bytes) -> tuple[bytes, ...]:
    """The messages in raw bytes, base64, hex, dumps or source code, in any wrapping people paste, in their order.

    What spells bytes that begin like no message is given all the same, for the reader to say so; text that
    spells nothing gives ``()``. Only the whole of a text is believed where the message's type is missing.
    """
    data = _to_bytes(text)
    if SIGNATURE in data:
        start = 0 if data[0] in _ENVELOPE_TAGS else data.index(SIGNATURE)
        return (data[start:],)
    parts = tuple(parted(data))
    whole = b"" if any(part.is_dump for part in parts) else _from_whole(data)
    if whole and _is_message(whole) and whole.count(SIGNATURE) == 1:
        return (whole,)
    if whole and whole.count(SIGNATURE) < 2 and read_hex(strip_prefix(data)) and (packet := tuple(_from_dump(whole))):
        return packet
    found = tuple(message for part in parts for message in _from_part(part) if _MESSAGE.search(message))
    if found:
        return found
    return (whole,) if whole else ()


def _decode_loosely(text: bytes) -> tuple[bytes, tuple[Oddity, ...]]:
    reasons = []
    packed = text.translate(None, delete=_SPACE)
    if len(packed) != len(text):
        reasons.append("white space")
    if b"-" in packed or b"_" in packed:
        packed = packed.translate(_URL_SAFE)
        reasons.append("URL-safe alphabet")
    body = packed.rstrip(b"=")
    if packed == b"=":
        return b"", ()  # how SASL writes an empty message (RFC 4954 section 4)
    if stray := _NOT_ALPHABET.search(body):
        return _decode_salvage(text, stray[0])
    if len(body) % 4 == 1:
        if not body.startswith(_SIGNATURE_BASE64):
            return b"", (Oddity(name=OddityName.NOT_BASE64, detail=f"{len(body)} characters"),)
        body = body[:-1]
        reasons.append("a dangling character")
    elif len(packed) % 4 or len(packed) - len(body) > 2:
        reasons.append("padding")
    decoded = a2b_base64(body + b"=" * (-len(body) % 4))
    return decoded, (Oddity(name=OddityName.BASE64_LOOSE, detail=", ".join(reasons)),)


def _decode_salvage(text: bytes, stray: bytes) -> tuple[bytes, tuple[Oddity, ...]]:
    match = _ARMOURED.search(text)
    if match is None:
        detail = f"character 0x{stray.hex()}"
        return b"", (Oddity(name=OddityName.NOT_BASE64, detail=detail, offset=text.find(stray)),)
    decoded, odd = decode_base64(match[0])
    around = len(text) - len(match[0])
    detail = f"{around} other bytes around it"
    return decoded, (Oddity(name=OddityName.BASE64_LOOSE, detail=detail, offset=match.start()), *odd)


def _from_whole(text: bytes) -> bytes:
    stripped = strip_prefix(text)
    spelled = read_hex(stripped)
    if spelled is None and _WRAPPED.fullmatch(stripped) and not _has_several(stripped):
        spelled = _wrapped(stripped)
    return spelled or b""


def _wrapped(text: bytes) -> bytes:
    """What base64 in pieces spells: no command that follows, and of a type 2 no piece behind what makes it whole."""
    pieces = text.split() if _WRAPPED.fullmatch(text) else [text]
    needed = characters_of(b"".join(pieces))
    if sum(map(len, pieces)) != needed:
        while len(pieces) > 1 and _COMMAND.fullmatch(pieces[-1]):
            pieces.pop()
    sizes = accumulate(len(piece.rstrip(b"=")) for piece in pieces)
    enough = next((number for number, size in enumerate(sizes, 1) if needed is not None and size >= needed), None)
    if enough is not None and b"".join(pieces[enough:]).strip(b"A="):
        pieces = pieces[:enough]
    return decode_base64(b" ".join(pieces))[0]


def _from_part(part: Part) -> Iterable[bytes]:
    if part.is_dump:
        return _from_dump(part.data)
    if is_squeezed(part.data):
        return ()
    for read in (read_literals, read_numbers, bare_rows):
        found = [message for spelled in read(part.data) for message in _from_dump(spelled)]
        if found:
            return found
    return _from_lines(part.data)


def _from_dump(data: bytes) -> Iterable[bytes]:
    """Of a message as such, of a packet with one in it, or of a packet with a line of base64."""
    return _from_bytes(data) or (message for line in data.splitlines() for message in messages_in(line))


def _from_bytes(data: bytes) -> list[bytes]:
    starts = [found.start() for found in _MESSAGE.finditer(data)]
    if len(starts) == 1 and data[0] in _ENVELOPE_TAGS:
        return [data]
    return [data[start:end] for start, end in pairwise([*starts, len(data)])]


def _from_lines(text: bytes) -> Iterator[bytes]:
    at = broken = 0
    for line in text.splitlines(keepends=True):
        for message in _from_line(line):
            if is_short(message) and broken < _MOST_BROKEN:
                broken += 1
                yield _mended(text[at : at + _LONGEST_BROKEN]) or message
            else:
                yield message
        at += len(line)


def _mended(text: bytes) -> bytes | None:
    """A challenge whose base64 goes on behind its line, put together in the way that makes it whole."""
    alone = text[: next(islice(starts_in(text), 1, None), len(text))]
    plain, followed = challenge_in(alone), challenge_in(_BREAK.sub(b"", alone))
    return followed if followed and fits(followed) and (plain is None or is_short(plain)) else plain


def _has_several(text: bytes) -> bool:
    """Whether more than one message begins in it."""
    return next(islice(starts_in(text), 1, None), None) is not None


def _from_line(line: bytes) -> Iterable[bytes]:
    if len(line) < _SHORTEST_LINE:
        return ()
    stripped = strip_prefix(line)
    spelled = read_hex(stripped)
    if spelled is None and _has_several(line):
        return messages_in(line)
    message = _wrapped(stripped) if spelled is None else spelled
    if _is_message(message) and _MESSAGE.search(message):
        return (message,)
    return (*messages_in(line), *hex_in(line))


def _is_message(candidate: bytes) -> bool:
    return candidate.startswith(SIGNATURE) or (SIGNATURE in candidate and candidate[0] in _ENVELOPE_TAGS)


def _to_bytes(text: str | bytes) -> bytes:
    if isinstance(text, str):
        return text.encode("utf-8", "replace")
    if text[:2] in (b"\xff\xfe", b"\xfe\xff"):
        # A file that PowerShell's ">" wrote.
        return text.decode("utf-16", "replace").encode("utf-8", "replace")
    return text.removeprefix(b"\xef\xbb\xbf")

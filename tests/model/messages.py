"""NTLM's first two messages as a server has them (MS-NLMP 2.2.1): a type 1 told from anything else, a type 2 made."""

from base64 import b64decode, b64encode
from enum import Enum
from struct import pack, unpack_from

_SIGNATURE = b"NTLMSSP\0"
_TYPE1 = _SIGNATURE + pack("<I", 1)
_NEGOTIATE_VERSION = 0x02000000
_SPNEGO = b"\x60"
_WITH_VERSION = 40

_UNICODE, _TARGET_INFO, _NTLM = 0x1, 0x00800000, 0x200


class First(Enum):
    """What came as a first message."""

    NONE = "no type 1"
    SHORT = "32 bytes"
    LONG = "40 bytes and a version"
    WRAPPED = "in SPNEGO"


def first_message(encoded: bytes) -> First:
    """What the base64 of a client holds."""
    try:
        raw = b64decode(encoded, validate=True)
    except ValueError:
        return First.NONE
    if raw.startswith(_SPNEGO) and _TYPE1 in raw:
        return First.WRAPPED
    if not raw.startswith(_TYPE1) or len(raw) < 16:
        return First.NONE
    has_version = len(raw) >= _WITH_VERSION and unpack_from("<I", raw, 12)[0] & _NEGOTIATE_VERSION
    return First.LONG if has_version else First.SHORT


def _pair(number: int, value: str) -> bytes:
    data = value.encode("utf-16-le")
    return pack("<HH", number, len(data)) + data


def _type2() -> bytes:
    name = "CORP".encode("utf-16-le")
    info = _pair(2, "CORP") + _pair(1, "MAIL") + _pair(3, "mail.corp.example") + pack("<HH", 0, 0)
    flags = pack("<I", _UNICODE | _NTLM | _TARGET_INFO | _NEGOTIATE_VERSION)
    header = _SIGNATURE + pack("<IHHI", 2, len(name), len(name), 56) + flags + b"\1\2\3\4\5\6\7\x08" + bytes(8)
    return header + pack("<HHI", len(info), len(info), 56 + len(name)) + bytes.fromhex("0a0063450000000f") + name + info


def _der(tag: int, *contents: bytes) -> bytes:
    body = b"".join(contents)
    size = len(body)
    length = bytes((size,)) if size < 0x80 else b"\x81" + bytes((size,)) if size < 0x100 else b"\x82" + pack(">H", size)
    return bytes((tag,)) + length + body


def _answer(mechanism: str, *token: bytes) -> bytes:
    # A NegTokenResp: accept-incomplete, the mechanism, its token (RFC 4178 section 4.2.2).
    fields = [_der(0xA0, _der(0x0A, b"\1")), _der(0xA1, _der(0x06, bytes.fromhex(mechanism)))]
    fields += [_der(0xA2, _der(0x04, each)) for each in token]
    return _der(0xA1, _der(0x30, *fields))


CHALLENGE = b64encode(_type2())
WRAPPED_CHALLENGE = b64encode(_answer("2b06010401823702020a", _type2()))
# "I would rather have Kerberos."
KERBEROS_ONLY = b64encode(_answer("2a864886f712010202"))

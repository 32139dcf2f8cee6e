"""Builds challenge messages (MS-NLMP 2.2.1.2) from readable recipes, well-formed or wrong in a chosen way.

It shares nothing with the reader in ``ntlm/``, so that what is written here and read there proves something.
"""

import shlex
import struct
from datetime import UTC, datetime, timedelta

from tightlip.talk.escapes import as_text

_NAMES = {"nb_computer": 1, "nb_domain": 2, "dns_computer": 3, "dns_domain": 4, "dns_tree": 5, "target_spn": 9}
_SETTINGS = frozenset(
    "target version flags header challenge target_offset target_length info_offset info_length cut tail".split()
)
_SWITCHES = frozenset("oem spnego no_eol".split())

_UNICODE, _OEM, _TARGET_INFO, _VERSION = 0x1, 0x2, 0x800000, 0x02000000
_TYPE_DOMAIN, _TYPE_SERVER = 0x10000, 0x20000
# REQUEST_TARGET, NTLM, ALWAYS_SIGN, EXTENDED_SESSIONSECURITY, 128 and 56 bits, KEY_EXCH: what Windows answers.
_USUAL = 0x4 | 0x200 | 0x8000 | 0x80000 | 0x20000000 | 0x40000000 | 0x80000000

_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
_NTLMSSP_OID = bytes.fromhex("060a2b06010401823702020a")


def type2(recipe: str) -> bytes:
    """The challenge that ``recipe`` describes, such as ``target=CORP nb_computer=EX01 version=10.0.17763``.

    ValueError says what cannot be understood in it.
    """
    try:
        return _built(*_read(recipe))
    except (OverflowError, struct.error) as error:
        raise ValueError(f"a number does not fit its field: {error}") from None


def _built(settings: dict[str, str], pairs: list[bytes], switches: set[str]) -> bytes:
    message = _message(settings, pairs, switches) + bytes.fromhex(settings.get("tail", ""))
    message = message[: _number(settings, "cut", len(message))]
    return _in_spnego(message) if "spnego" in switches else message


def _read(recipe: str) -> tuple[dict[str, str], list[bytes], set[str]]:
    settings: dict[str, str] = {}
    pairs: list[bytes] = []
    switches: set[str] = set()
    for word in _words(recipe):
        key, equals, value = word.partition("=")
        if equals and key in _SETTINGS:
            settings[key] = value
        elif equals:
            pairs.append(_pair(key, value))
        elif key in _SWITCHES:
            switches.add(key)
        else:
            raise ValueError(f"unknown word {key!r}")
    return settings, pairs, switches


def _words(recipe: str) -> list[str]:
    reader = shlex.shlex(recipe, posix=True, punctuation_chars=False)
    reader.whitespace_split = True
    reader.escape = reader.commenters = ""
    return list(reader)


def _pair(key: str, value: str) -> bytes:
    """One AV pair; ``pair=ID:HEX`` is any pair at all."""
    if key == "pair":
        number, _, digits = value.partition(":")
        return _av(int(number, 0), bytes.fromhex(digits))
    if key == "time":
        since = datetime.fromisoformat(value) - _EPOCH
        return _av(7, struct.pack("<Q", since // timedelta(microseconds=1) * 10))
    if key == "av_flags":
        return _av(6, struct.pack("<I", int(value, 0)))
    if key not in _NAMES:
        raise ValueError(f"unknown key {key!r}")
    return _av(_NAMES[key], as_text(value).encode("utf-16-le"))


def _av(number: int, value: bytes) -> bytes:
    return struct.pack("<HH", number, len(value)) + value


def _message(settings: dict[str, str], pairs: list[bytes], switches: set[str]) -> bytes:
    charset = "ascii" if "oem" in switches else "utf-16-le"
    target = as_text(settings.get("target", "")).encode(charset)
    info = b"".join(pairs) + (_av(0, b"") if pairs and "no_eol" not in switches else b"")
    start = _number(settings, "header", 56 if "version" in settings else 48)
    header = b"NTLMSSP\0" + struct.pack("<I", 2)
    header += _field(settings, "target", len(target), start)
    header += struct.pack("<I", _number(settings, "flags", _flags(settings, pairs, switches)))
    header += bytes.fromhex(settings.get("challenge", "0123456789abcdef")) + bytes(8)
    header += _field(settings, "info", len(info), start + len(target))
    header += _version(settings.get("version", "0.0.0"))
    return header[:start] + target + info


def _field(settings: dict[str, str], name: str, length: int, offset: int) -> bytes:
    length = _number(settings, f"{name}_length", length)
    return struct.pack("<HHI", length, length, _number(settings, f"{name}_offset", offset))


def _flags(settings: dict[str, str], pairs: list[bytes], switches: set[str]) -> int:
    flags = _USUAL | (_OEM if "oem" in switches else _UNICODE)
    if "target" in settings:
        named = _av(1, as_text(settings["target"]).encode("utf-16-le"))
        flags |= _TYPE_SERVER if named in pairs else _TYPE_DOMAIN
    flags |= _TARGET_INFO if pairs else 0
    return flags | (_VERSION if "version" in settings else 0)


def _version(text: str) -> bytes:
    """MS-NLMP 2.2.2.10; the last byte is NTLMSSP_REVISION_W2K3."""
    major, minor, build = (int(part) for part in text.split("."))
    return struct.pack("<BBH", major, minor, build) + b"\0\0\0\x0f"


def _number(settings: dict[str, str], key: str, otherwise: int) -> int:
    return int(settings[key], 0) if key in settings else otherwise


def _in_spnego(token: bytes) -> bytes:
    """The NegTokenResp around it (RFC 4178 section 4.2.2): accept-incomplete, NTLMSSP, the token."""
    state = _der(0xA0, _der(0x0A, b"\x01"))
    body = state + _der(0xA1, _NTLMSSP_OID) + _der(0xA2, _der(0x04, token))
    return _der(0xA1, _der(0x30, body))


def _der(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    digits = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(digits))) + digits + content

"""Challenges that stray from MS-NLMP 2.2.1.2 and what they still say, made by hand with no code of tightlip."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.real.servers.disclosure import DOMAIN_MEMBER
from tests.real.servers.ntlm_helper import challenge

_UNICODE, _OEM, _NTLM, _TARGET_INFO = 0x1, 0x2, 0x200, 0x800000
_NONCE = bytes.fromhex("0123456789abcdef")


@dataclass(frozen=True, kw_only=True)
class Hostile:
    """One message, the verdict and reason it deserves, and what is to be read from it."""

    raw: bytes
    says: tuple[str, str] = ("discloses", "names")
    fields: Mapping[str, str] = field(default_factory=dict)
    oddities: tuple[str, ...] = ()


def _utf16(text: str) -> bytes:
    return text.encode("utf-16-le", "surrogatepass")


def _pair(number: int, value: bytes) -> bytes:
    return struct.pack("<HH", number, len(value)) + value


def _field(data: bytes, offset: int) -> bytes:
    return struct.pack("<HHI", len(data), len(data), offset)


def _short(name: bytes, header: int, flags: int) -> bytes:
    """The oldest shapes: the payload begins at byte 32 or 40, and there is no target information."""
    context = bytes(header - 32)
    head = b"NTLMSSP\0\2\0\0\0" + _field(name, header) + struct.pack("<I", flags)
    return head + _NONCE + context + name


def _with_info(*pairs: bytes, end: bytes = _pair(0, b"")) -> bytes:
    """A 48-byte header, the target name LAB, and these pairs."""
    name, info = _utf16("LAB"), b"".join(pairs) + end
    head = b"NTLMSSP\0\2\0\0\0" + _field(name, 48) + struct.pack("<I", _UNICODE | _NTLM | _TARGET_INFO)
    return head + _NONCE + bytes(8) + _field(info, 48 + len(name)) + name + info


# Header of 56 bytes, 14 of the name, then pairs of 18, 20 and 30 bytes: byte 120 lies in the third one's value.
_CUT_IN_THE_THIRD_PAIR = challenge(dict(DOMAIN_MEMBER))[:120]
_UNREADABLE = ("offers", "unreadable_challenge")

HOSTILE = {
    "truncated-in-a-pair": Hostile(
        raw=_CUT_IN_THE_THIRD_PAIR,
        fields={
            "target_name": "CORPLAB",
            "netbios_domain_name": "CORPLAB",
            "netbios_computer_name": "POPSRV01",
            "dns_domain_name": "corp",
            "product_version": "10.0.17763",
            "product": "Windows 10 1809, Server 2019 or Server 1809",
        },
        oddities=("av_pair_truncated", "field_truncated"),
    ),
    "truncated-in-the-header": Hostile(
        raw=_CUT_IN_THE_THIRD_PAIR[:20], says=_UNREADABLE, oddities=("truncated_header",)
    ),
    "32-byte-header": Hostile(raw=_short(b"NT4SRV", 32, _OEM | _NTLM), fields={"target_name": "NT4SRV"}),
    "40-byte-header": Hostile(raw=_short(_utf16("NT4DOM"), 40, _UNICODE | _NTLM), fields={"target_name": "NT4DOM"}),
    "nothing-but-a-header": Hostile(raw=_short(b"", 32, _UNICODE | _NTLM), says=("offers", "empty_challenge")),
    "first-of-duplicate-pairs-wins": Hostile(
        raw=_with_info(_pair(1, _utf16("FIRST")), _pair(1, _utf16("SECOND"))),
        fields={"target_name": "LAB", "netbios_computer_name": "FIRST"},
        oddities=("av_pair_duplicate",),
    ),
    "pairs-after-the-end": Hostile(
        raw=_with_info(_pair(1, _utf16("SEEN")), _pair(0, b""), _pair(2, _utf16("UNSEEN"))),
        fields={"target_name": "LAB", "netbios_computer_name": "SEEN"},
        oddities=("av_pairs_after_eol",),
    ),
    "no-end-of-pairs": Hostile(
        raw=_with_info(_pair(1, _utf16("OPEN")), end=b""),
        fields={"target_name": "LAB", "netbios_computer_name": "OPEN"},
        oddities=("av_eol_missing",),
    ),
    "name-beyond-the-message": Hostile(
        raw=b"NTLMSSP\0\2\0\0\0" + struct.pack("<HHII", 12, 12, 0xFFFFFFF0, _UNICODE | _NTLM) + _NONCE + bytes(16),
        says=("offers", "empty_challenge"),
        oddities=("field_out_of_range",),
    ),
    "half-a-surrogate": Hostile(
        raw=_with_info(_pair(1, _utf16("A\ud800B"))),
        fields={"target_name": "LAB", "netbios_computer_name": "A\ufffdB"},
        oddities=("invalid_utf16",),
    ),
    "terminal-escapes-in-a-name": Hostile(
        raw=_with_info(_pair(1, _utf16("\x1b[2J\x07\r\nX"))),
        fields={"target_name": "LAB", "netbios_computer_name": "\x1b[2J\x07\r\nX"},
    ),
    "another-message-type": Hostile(
        raw=b"NTLMSSP\0\3\0\0\0" + bytes(64), says=_UNREADABLE, oddities=("wrong_message_type",)
    ),
    "garbage": Hostile(raw=b"\xff" * 300, says=_UNREADABLE, oddities=("not_ntlmssp",)),
}

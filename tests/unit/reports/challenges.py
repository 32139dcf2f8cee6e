"""Type 2 messages laid out by hand (MS-NLMP 2.2.1.2), for reports to show."""

import struct

COMPUTER, DOMAIN, DNS_COMPUTER, DNS_DOMAIN, DNS_TREE, TIMESTAMP = 1, 2, 3, 4, 5, 7


def challenge(target: str, pairs: list[tuple[int, bytes]], version: bytes | None, flags: int = 0x628A8205) -> bytes:
    """A whole message: header of 56 bytes (48 without ``version``), target name in UTF-16LE, AV pairs with EOL."""
    name = target.encode("utf-16-le")
    info = b"".join(struct.pack("<HH", kind, len(value)) + value for kind, value in pairs)
    info += b"\0\0\0\0"
    start = 48 if version is None else 56
    head = b"NTLMSSP\0" + struct.pack("<IHHI", 2, len(name), len(name), start)
    head += struct.pack("<I", flags) + bytes.fromhex("0123456789abcdef") + bytes(8)
    head += struct.pack("<HHI", len(info), len(info), start + len(name))
    return head + (version or b"") + name + info


def text(value: str) -> bytes:
    """A name as AV pairs carry it."""
    return value.encode("utf-16-le")


EXCHANGE = challenge(
    "CORP",
    [
        (DOMAIN, text("CORP")),
        (COMPUTER, text("EX01")),
        (DNS_DOMAIN, text("corp.example.org")),
        (DNS_COMPUTER, text("ex01.corp.example.org")),
        (DNS_TREE, text("example.org")),
        (TIMESTAMP, struct.pack("<Q", 134408484000000000)),
    ],
    bytes.fromhex("0a0063450000000f"),
)

SAMBA = challenge(
    "FILER",
    [
        (DOMAIN, text("FILER")),
        (COMPUTER, text("FILER")),
        (DNS_DOMAIN, b""),
        (DNS_COMPUTER, text("filer")),
        (TIMESTAMP, struct.pack("<Q", 134408484010000000)),
    ],
    bytes.fromhex("060100000000000f"),
)

EXIM = b"NTLMSSP\0" + struct.pack("<IHHI", 2, 0, 0, 0x2800) + struct.pack("<I", 0x8201) + bytes(8 + 8 + 8)

"""The NTLM challenge that the bench's responder gives, and what a client must read out of it."""

import base64
import struct

FIELDS = {
    "target_name": "CONTOSO",
    "netbios_domain_name": "CONTOSO",
    "netbios_computer_name": "MAIL01",
    "dns_domain_name": "contoso.example",
    "dns_computer_name": "mail01.contoso.example",
    "dns_tree_name": "contoso.example",
    "product_version": "10.0.17763",
}
# The order in which Windows writes its AV pairs (MS-NLMP 2.2.2.1 gives the numbers).
NAMES = (
    (2, "netbios_domain_name"),
    (1, "netbios_computer_name"),
    (4, "dns_domain_name"),
    (3, "dns_computer_name"),
    (5, "dns_tree_name"),
)
TIMESTAMP = 133_497_504_000_000_000
FLAGS = 0xA2898205
HEADER_SIZE = 56


def encoded_challenge() -> str:
    """Return a Windows Server 2019 CHALLENGE_MESSAGE (MS-NLMP 2.2.1.2) in base64."""
    name = FIELDS["target_name"].encode("utf-16le")
    info = b"".join(_pair(number, FIELDS[field].encode("utf-16le")) for number, field in NAMES)
    info += _pair(7, struct.pack("<Q", TIMESTAMP)) + _pair(0, b"")
    version = struct.pack("<BBH3xB", *map(int, FIELDS["product_version"].split(".")), 15)
    message = b"NTLMSSP\0" + struct.pack("<I", 2)
    message += struct.pack("<HHI", len(name), len(name), HEADER_SIZE)
    message += struct.pack("<I", FLAGS) + bytes(range(0x10, 0x18)) + bytes(8)
    message += struct.pack("<HHI", len(info), len(info), HEADER_SIZE + len(name))
    return base64.b64encode(message + version + name + info).decode()


def _pair(number: int, value: bytes) -> bytes:
    return struct.pack("<HH", number, len(value)) + value

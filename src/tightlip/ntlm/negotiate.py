"""NEGOTIATE_MESSAGE (MS-NLMP 2.2.1.1): the one message we send, which names neither workstation nor domain."""

from enum import StrEnum
from struct import pack

from tightlip.ntlm.layout import (
    ALWAYS_SIGN,
    EXTENDED_SESSIONSECURITY,
    KEY_56,
    KEY_128,
    NTLM,
    OEM,
    REQUEST_TARGET,
    SIGNATURE,
    UNICODE,
    VERSION,
)


class Wish(StrEnum):
    """What a type 1 message asks for: what mail clients ask, or the same with a version wanted and shown."""

    COMMON = "common"
    WITH_VERSION = "with_version"


# The flags of Mozilla's clients; Windows' own client adds key lengths and its version.
_COMMON_FLAGS = UNICODE | OEM | REQUEST_TARGET | NTLM | ALWAYS_SIGN | EXTENDED_SESSIONSECURITY
_VERSION_FLAGS = _COMMON_FLAGS | VERSION | KEY_128 | KEY_56

# Two empty fields, DomainName and Workstation. Cyrus refuses a message that ends before them.
_NAMELESS = bytes(16)
_WINDOWS_10 = pack("<BBH3xB", 10, 0, 19045, 15)

COMMON = SIGNATURE + pack("<II", 1, _COMMON_FLAGS) + _NAMELESS
WITH_VERSION = SIGNATURE + pack("<II", 1, _VERSION_FLAGS) + _NAMELESS + _WINDOWS_10


def negotiate_message(wish: Wish) -> bytes:
    """The type 1 message for a wish: 32 bytes, 40 with a version."""
    match wish:
        case Wish.COMMON:
            return COMMON
        case Wish.WITH_VERSION:
            return WITH_VERSION

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
    """Which client's type 1 message is sent: a current one's, or an older one's where the first is refused."""

    CURRENT = "current"
    OLDER = "older"


# Mozilla's clients ask with the older flags; Windows' own client adds key lengths and its version, without which
# gss-ntlmssp reads no message, and a policy that wants 128 bits gives no challenge.
_OLDER_FLAGS = UNICODE | OEM | REQUEST_TARGET | NTLM | ALWAYS_SIGN | EXTENDED_SESSIONSECURITY
_CURRENT_FLAGS = _OLDER_FLAGS | VERSION | KEY_128 | KEY_56

# Two empty fields, DomainName and Workstation. Cyrus refuses a message that ends before them.
_NAMELESS = bytes(16)
_WINDOWS_11 = pack("<BBH3xB", 10, 0, 26100, 15)

CURRENT = SIGNATURE + pack("<II", 1, _CURRENT_FLAGS) + _NAMELESS + _WINDOWS_11
OLDER = SIGNATURE + pack("<II", 1, _OLDER_FLAGS) + _NAMELESS


def negotiate_message(wish: Wish) -> bytes:
    """The type 1 message for a wish: 40 bytes with a version, or 32 without."""
    match wish:
        case Wish.CURRENT:
            return CURRENT
        case Wish.OLDER:
            return OLDER

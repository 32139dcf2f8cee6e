"""The words of MS-NLMP that more than one file of this room needs: signature, flags, AV pair ids."""

SIGNATURE = b"NTLMSSP\0"

# MS-NLMP 2.2.2.5; the flags that decide how a challenge is read.
UNICODE = 0x00000001
OEM = 0x00000002
REQUEST_TARGET = 0x00000004
NTLM = 0x00000200
ALWAYS_SIGN = 0x00008000
TARGET_TYPE_DOMAIN = 0x00010000
TARGET_TYPE_SERVER = 0x00020000
EXTENDED_SESSIONSECURITY = 0x00080000
TARGET_INFO = 0x00800000
VERSION = 0x02000000
KEY_128 = 0x20000000
KEY_56 = 0x80000000

# MS-NLMP 2.2.2.1
AV_EOL = 0
AV_NB_COMPUTER = 1
AV_NB_DOMAIN = 2
AV_DNS_COMPUTER = 3
AV_DNS_DOMAIN = 4
AV_DNS_TREE = 5
AV_FLAGS = 6
AV_TIMESTAMP = 7
AV_SINGLE_HOST = 8
AV_TARGET_NAME = 9
AV_CHANNEL_BINDINGS = 10

AV_NAMES = {
    AV_EOL: "end of list",
    AV_NB_COMPUTER: "NetBIOS computer name",
    AV_NB_DOMAIN: "NetBIOS domain name",
    AV_DNS_COMPUTER: "DNS computer name",
    AV_DNS_DOMAIN: "DNS domain name",
    AV_DNS_TREE: "DNS tree name",
    AV_FLAGS: "flags",
    AV_TIMESTAMP: "timestamp",
    AV_SINGLE_HOST: "single host data",
    AV_TARGET_NAME: "target name",
    AV_CHANNEL_BINDINGS: "channel bindings",
}
AV_TEXTS = frozenset({*range(AV_NB_COMPUTER, AV_DNS_TREE + 1), AV_TARGET_NAME})
AV_LENGTHS = {AV_FLAGS: 4, AV_TIMESTAMP: 8, AV_SINGLE_HOST: 48, AV_CHANNEL_BINDINGS: 16}

MESSAGE_TYPES = {1: "negotiate", 2: "challenge", 3: "authenticate"}

_FLAG_NAMES = {
    0x00000001: "UNICODE",
    0x00000002: "OEM",
    0x00000004: "REQUEST_TARGET",
    0x00000010: "SIGN",
    0x00000020: "SEAL",
    0x00000040: "DATAGRAM",
    0x00000080: "LM_KEY",
    0x00000200: "NTLM",
    0x00000800: "ANONYMOUS",
    0x00001000: "OEM_DOMAIN_SUPPLIED",
    0x00002000: "OEM_WORKSTATION_SUPPLIED",
    0x00008000: "ALWAYS_SIGN",
    0x00010000: "TARGET_TYPE_DOMAIN",
    0x00020000: "TARGET_TYPE_SERVER",
    0x00080000: "EXTENDED_SESSIONSECURITY",
    0x00100000: "IDENTIFY",
    0x00400000: "REQUEST_NON_NT_SESSION_KEY",
    0x00800000: "TARGET_INFO",
    0x02000000: "VERSION",
    0x20000000: "128",
    0x40000000: "KEY_EXCH",
    0x80000000: "56",
}


def flag_names(flags: int) -> tuple[str, ...]:
    """The names of the bits set, lowest first; a bit that MS-NLMP reserves is named by its hex value."""
    bits = (1 << shift for shift in range(32))
    return tuple(_FLAG_NAMES.get(bit, f"0x{bit:08x}") for bit in bits if flags & bit)

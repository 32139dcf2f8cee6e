"""An own little writer of challenges, so that the reader is not tested against itself."""

from dataclasses import dataclass

WINDOWS_VERSION = bytes([10, 0]) + (17763).to_bytes(2, "little") + bytes([0, 0, 0, 15])
SAMBA_VERSION = bytes([6, 1, 0, 0, 0, 0, 0, 15])

# 2024-01-17 21:20:00 UTC
CLOCK_TICKS = 133_500_000_000_000_000


def utf16(text: str) -> bytes:
    """Text as AV pairs carry it."""
    return text.encode("utf-16-le")


def pair(av_id: int, value: bytes, *, length: int | None = None) -> bytes:
    """One AV pair, its length stated truly unless told otherwise."""
    stated = len(value) if length is None else length
    return av_id.to_bytes(2, "little") + stated.to_bytes(2, "little") + value


def end() -> bytes:
    """The end mark of a list of AV pairs."""
    return bytes(4)


def field(length: int, offset: int, *, maximum: int | None = None) -> bytes:
    """The eight bytes that point to a payload field."""
    most = length if maximum is None else maximum
    return length.to_bytes(2, "little") + most.to_bytes(2, "little") + offset.to_bytes(4, "little")


@dataclass(frozen=True, kw_only=True)
class Message:
    """A challenge to be written; fields that are None are left out of the header."""

    flags: int
    name: bytes = b""
    info: bytes | None = b""
    version: bytes | None = None
    context: bytes | None = bytes(8)
    name_field: bytes | None = None
    info_field: bytes | None = None

    def encode(self) -> bytes:
        """The bytes on the wire: header, target name, target info."""
        header = 32 + sum(8 for part in (self.context, self.info, self.version) if part is not None)
        parts = [
            b"NTLMSSP\0" + (2).to_bytes(4, "little"),
            self.name_field or field(len(self.name), header),
            self.flags.to_bytes(4, "little"),
            bytes.fromhex("0123456789abcdef"),
            b"" if self.context is None else self.context,
        ]
        if self.info is not None:
            parts.append(self.info_field or field(len(self.info), header + len(self.name)))
        return b"".join([*parts, self.version or b"", self.name, self.info or b""])


WINDOWS_PAIRS = (
    pair(2, utf16("CORPLAB"))
    + pair(1, utf16("POPSRV01"))
    + pair(4, utf16("corp.lab.test"))
    + pair(3, utf16("popsrv01.corp.lab.test"))
    + pair(5, utf16("lab.test"))
    + pair(7, CLOCK_TICKS.to_bytes(8, "little"))
    + end()
)
WINDOWS = Message(flags=0xA2898205, name=utf16("CORPLAB"), info=WINDOWS_PAIRS, version=WINDOWS_VERSION).encode()

SAMBA = Message(
    flags=0xA28A8205,
    name=utf16("MAIL"),
    info=pair(2, utf16("MAIL"))
    + pair(1, utf16("MAIL"))
    + pair(4, b"")
    + pair(3, utf16("mail"))
    + pair(7, CLOCK_TICKS.to_bytes(8, "little"))
    + end(),
    version=SAMBA_VERSION,
).encode()

DOVECOT = Message(flags=0x00820205, name=utf16("mx1"), info=pair(3, utf16("mx1")) + end()).encode()

CYRUS = Message(flags=0x00028205, name=utf16("PF01.LAB.TEST"), info_field=bytes(8)).encode()

EXIM = Message(flags=0x00008201, name_field=field(0, 0x2800), info_field=bytes(8)).encode()

NT4 = Message(flags=0x00008206, name=b"NTDOM", info=None).encode()

OLDEST = Message(flags=0x00000202, name=b"OLDDOM", info=None, context=None).encode()

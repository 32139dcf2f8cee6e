"""Names as a challenge carries them: UTF-16LE or the unstated code page of an OEM, never refused."""

from codecs import utf_16_le_decode

from tightlip.model.oddity import Oddity, OddityName
from tightlip.ntlm.layout import OEM, UNICODE


def plain_utf16(value: bytes) -> str | None:
    """The text of UTF-16LE bytes when nothing about them is odd, else None (an empty text is odd)."""
    try:
        text, used = utf_16_le_decode(value)
    except UnicodeDecodeError:
        return None
    return None if used != len(value) or "\0" in text or not text else text


def read_utf16(value: bytes, field: str, offset: int, odd: list[Oddity]) -> str | None:
    """The text of UTF-16LE bytes, None for an empty one; what cannot be read becomes U+FFFD and an oddity."""
    text = plain_utf16(value)
    if text is not None:
        return text
    if len(value) % 2:
        detail = f"{field}: {len(value)} bytes"
        odd.append(Oddity(name=OddityName.ODD_UTF16_LENGTH, detail=detail, offset=offset))
        value = value[:-1]
    text = value.decode("utf-16-le", "replace")
    if text.encode("utf-16-le") != value:
        odd.append(Oddity(name=OddityName.INVALID_UTF16, detail=field, offset=offset))
    return _name_or_none(text, field, offset, odd)


def read_target_name(value: bytes, flags: int, offset: int, odd: list[Oddity]) -> str | None:
    """The TargetName, in the character set that the flags state (MS-NLMP 2.2.2.5: Unicode wins over OEM)."""
    if flags & UNICODE:
        return read_utf16(value, "target name", offset, odd)
    if flags & OEM:
        return _read_oem(value, offset, odd)
    odd.append(Oddity(name=OddityName.CHARSET_UNSTATED, detail="neither UNICODE nor OEM is set", offset=20))
    if len(value) % 2 == 0 and not any(value[1::2]):
        return read_utf16(value, "target name", offset, odd)
    return _read_oem(value, offset, odd)


def _read_oem(value: bytes, offset: int, odd: list[Oddity]) -> str | None:
    # The code page is nowhere stated: Latin-1 keeps every byte, and the oddity says not to trust the letters.
    text = value.decode("latin-1")
    if not text.isascii():
        detail = "target name: the code page is not stated, shown as Latin-1"
        odd.append(Oddity(name=OddityName.NOT_ASCII_OEM, detail=detail, offset=offset))
    return _name_or_none(text, "target name", offset, odd)


def _name_or_none(text: str, field: str, offset: int, odd: list[Oddity]) -> str | None:
    if "\0" in text:
        odd.append(Oddity(name=OddityName.NUL_BYTE, detail=field, offset=offset))
    if text.strip("\0"):
        return text
    odd.append(Oddity(name=OddityName.EMPTY_NAME, detail=field, offset=offset))
    return None

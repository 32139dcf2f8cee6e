"""CHALLENGE_MESSAGE (MS-NLMP 2.2.1.2) read from any bytes: every field as far as it is there, every oddity told.

The message has grown twice since NT 4, and nothing in it says which shape it has: the payload begins where the
header ends, so the smallest offset of a field that is not empty decides what the header can hold.
"""

from datetime import datetime
from enum import IntEnum
from functools import lru_cache
from struct import Struct as Layout

from msgspec import Struct

from tightlip.model.disclosure import Disclosure
from tightlip.model.oddity import Oddity, OddityName
from tightlip.ntlm.builds import products_of
from tightlip.ntlm.filetime import from_filetime
from tightlip.ntlm.layout import (
    AV_DNS_COMPUTER,
    AV_DNS_DOMAIN,
    AV_DNS_TREE,
    AV_NAMES,
    AV_NB_COMPUTER,
    AV_NB_DOMAIN,
    AV_TARGET_NAME,
    AV_TIMESTAMP,
    MESSAGE_TYPES,
    SIGNATURE,
    TARGET_INFO,
    VERSION,
)
from tightlip.ntlm.target_info import AvPair, pairs_by_id, read_pairs, value_offset
from tightlip.ntlm.text import plain_utf16, read_target_name, read_utf16


class HeaderShape(IntEnum):
    """How many bytes the header has; ``CUT`` is a message that ends inside the oldest one."""

    CUT = 0
    OLDEST = 32
    WITH_CONTEXT = 40
    WITH_TARGET_INFO = 48
    WITH_VERSION = 56


class ChallengeMessage(Struct, frozen=True, gc=False):
    """A type 2 message; ``target_name_offset`` is as stated, in range or not.

    ``version`` is major, minor, build; ``revision`` the NTLMSSP revision beside it, both None where the message
    carries none. ``av_pairs`` are raw, in their order, without the end mark.
    """

    flags: int = 0
    server_challenge: bytes = b""
    shape: HeaderShape = HeaderShape.CUT
    target_name: str | None = None
    target_name_offset: int = 0
    av_pairs: tuple[AvPair, ...] = ()
    version: tuple[int, int, int] | None = None
    revision: int | None = None
    disclosure: Disclosure = Disclosure()
    oddities: tuple[Oddity, ...] = ()


_BEGINNING = SIGNATURE + b"\2\0\0\0"
_OLDEST, _WITH_VERSION = int(HeaderShape.OLDEST), int(HeaderShape.WITH_VERSION)
_SHAPES = tuple(HeaderShape)[1:]
_NAMES = (AV_NB_COMPUTER, AV_NB_DOMAIN, AV_DNS_COMPUTER, AV_DNS_DOMAIN, AV_DNS_TREE, AV_TARGET_NAME)
_header = Layout("<12xHHII8s8xHHIBBH3xB").unpack_from
_u32 = Layout("<I").unpack_from
_u64 = Layout("<Q").unpack


def parse_challenge(raw: bytes) -> ChallengeMessage:
    """Read a challenge from any bytes; never raises, and whatever strays from MS-NLMP is in ``oddities``."""
    size = len(raw)
    if raw[:12] != _BEGINNING or size < _OLDEST:
        return _without_fields(raw)
    odd: list[Oddity] = []
    # fmt: off
    (name_length, name_maximum, name_offset, flags, server_challenge,
     info_length, info_maximum, info_offset,
     major, minor, build, revision) = _header(raw if size >= 56 else raw.ljust(56, b"\0"))
    # fmt: on
    payload = payload_start(size, flags, name_length, name_offset, info_length, info_offset)
    if payload < 48:
        info_length = info_maximum = info_offset = 0
    floor = 48 if payload >= 48 else 32
    start, end = _locate("target name", 12, name_length, name_maximum, name_offset, floor, size, odd)
    target_name = read_target_name(raw[start:end], flags, start, odd) if start < end else None
    start, end = _locate("target info", 40, info_length, info_maximum, info_offset, floor, size, odd)
    if (flags & TARGET_INFO != 0) != (info_length != 0):
        _note_unlike_flag(info_length, odd)
    pairs = read_pairs(raw, start, end, odd) if start < end else []
    version = _version(flags, payload, major, minor, build, odd)
    disclosure = _disclose(target_name, version, pairs, start, odd)
    return ChallengeMessage(
        flags=flags,
        server_challenge=server_challenge,
        shape=_SHAPES[min(payload, 56) // 8 - 4],
        target_name=target_name,
        target_name_offset=name_offset,
        av_pairs=tuple(pairs),
        version=version,
        revision=None if version is None else revision,
        disclosure=disclosure,
        oddities=tuple(odd),
    )


def payload_start(size: int, flags: int, name_length: int, name_offset: int, info_length: int, info_offset: int) -> int:
    """Where the payload begins; 48 or more means that the header holds the TargetInfo fields.

    An empty field's offset says nothing, many servers leave it 0. A TargetName inside the header does not hide
    TargetInfo that the flags promise.
    """
    start = name_offset if name_length and _OLDEST <= name_offset < size else size
    if size < 48 or (start < 48 and not flags & TARGET_INFO):
        return start
    if start < 48:
        start = size
    return info_offset if info_length and 48 <= info_offset < start else start


def _without_fields(raw: bytes) -> ChallengeMessage:
    if not raw.startswith(SIGNATURE):
        oddity = Oddity(name=OddityName.NOT_NTLMSSP, detail=f"{len(raw)} bytes", offset=0)
        return ChallengeMessage(oddities=(oddity,))
    if len(raw) >= 12 and raw[:12] != _BEGINNING:
        stated = _u32(raw, 8)[0]
        detail = f"type {stated} ({MESSAGE_TYPES.get(stated, 'unknown')})"
        return ChallengeMessage(oddities=(Oddity(name=OddityName.WRONG_MESSAGE_TYPE, detail=detail, offset=8),))
    detail = f"{len(raw)} of at least 32 bytes"
    return ChallengeMessage(
        flags=_u32(raw, 20)[0] if len(raw) >= 24 else 0,
        server_challenge=raw[24:32],
        oddities=(Oddity(name=OddityName.TRUNCATED_HEADER, detail=detail, offset=len(raw)),),
    )


def _locate(
    field: str, at: int, length: int, maximum: int, offset: int, floor: int, size: int, odd: list[Oddity]
) -> tuple[int, int]:
    # The range of a field's bytes as far as they exist, empty where they cannot be the field's.
    end = offset + length
    if length <= maximum and end <= size and (offset >= floor or not length):
        return offset, end
    stated = f"{field}: {length} bytes at {offset}"
    if length > maximum:
        odd.append(Oddity(name=OddityName.LENGTH_OVER_MAXIMUM, detail=f"{stated}, at most {maximum}", offset=at))
    if offset > size or (length and offset == size):
        odd.append(Oddity(name=OddityName.FIELD_OUT_OF_RANGE, detail=f"{stated}, the message has {size}", offset=at))
        return 0, 0
    if length and offset < floor:
        odd.append(Oddity(name=OddityName.FIELD_IN_HEADER, detail=stated, offset=at))
        if offset < HeaderShape.OLDEST:
            return 0, 0
    if end > size:
        odd.append(Oddity(name=OddityName.FIELD_TRUNCATED, detail=f"{stated}, {size - offset} are there", offset=at))
    return offset, min(end, size)


def _note_unlike_flag(info_length: int, odd: list[Oddity]) -> None:
    if info_length:
        odd.append(Oddity(name=OddityName.TARGET_INFO_UNFLAGGED, detail=f"{info_length} bytes", offset=40))
    else:
        odd.append(Oddity(name=OddityName.TARGET_INFO_MISSING, detail="the flags promise it", offset=20))


def _version(
    flags: int, payload: int, major: int, minor: int, build: int, odd: list[Oddity]
) -> tuple[int, int, int] | None:
    if payload < _WITH_VERSION:
        if flags & VERSION:
            detail = f"the flags promise it, the header ends at {payload}"
            odd.append(Oddity(name=OddityName.VERSION_MISSING, detail=detail, offset=20))
        return None
    if flags & VERSION:
        if major or minor or build:
            return major, minor, build
        odd.append(Oddity(name=OddityName.VERSION_MISSING, detail="all zero", offset=48))
        return None
    if not (major or minor or build):
        return None
    odd.append(Oddity(name=OddityName.VERSION_UNFLAGGED, detail=f"{major}.{minor}.{build}", offset=48))
    # Nothing vouches for these bytes but their looks: every NTLMSSP so far is 5, 6 or 10.
    return (major, minor, build) if major in (5, 6, 10) else None


def _disclose(
    target_name: str | None,
    version: tuple[int, int, int] | None,
    pairs: list[AvPair],
    start: int,
    odd: list[Oddity],
) -> Disclosure:
    values = pairs_by_id(pairs, start, odd) if pairs else {}
    clock = values.get(AV_TIMESTAMP)
    product_version, product = (None, None) if version is None else _release(version)
    computer, domain, dns_computer, dns_domain, dns_tree, service = [
        None
        if (value := values.get(av_id)) is None
        else plain_utf16(value) or read_utf16(value, AV_NAMES[av_id], value_offset(pairs, start, av_id), odd)
        for av_id in _NAMES
    ]
    return Disclosure(
        target_name=target_name,
        netbios_computer_name=computer,
        netbios_domain_name=domain,
        dns_computer_name=dns_computer,
        dns_domain_name=dns_domain,
        dns_tree_name=dns_tree,
        product_version=product_version,
        product=product,
        system_time=None if clock is None else _clock(clock, pairs, start, odd),
        service_name=service,
    )


# Ten thousand servers have a handful of versions.
@lru_cache(maxsize=256)
def _release(version: tuple[int, int, int]) -> tuple[str, str | None]:
    return "{}.{}.{}".format(*version), products_of(*version)


def _clock(value: bytes, pairs: list[AvPair], start: int, odd: list[Oddity]) -> datetime | None:
    if len(value) != 8:
        return None
    ticks = _u64(value)[0]
    moment = from_filetime(ticks)
    if moment is None:
        offset = value_offset(pairs, start, AV_TIMESTAMP)
        odd.append(Oddity(name=OddityName.TIMESTAMP_OUT_OF_RANGE, detail=str(ticks), offset=offset))
    return moment

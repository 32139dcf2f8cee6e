"""A challenge as annotated byte ranges, for people who look at the hex."""

from enum import StrEnum
from itertools import pairwise
from struct import Struct as Layout

from msgspec import Struct
from msgspec.structs import replace

from tightlip.ntlm.challenge import ChallengeMessage, HeaderShape, parse_challenge
from tightlip.ntlm.filetime import from_filetime
from tightlip.ntlm.layout import (
    AV_DNS_TREE,
    AV_NAMES,
    AV_NB_COMPUTER,
    AV_TARGET_NAME,
    AV_TEXTS,
    AV_TIMESTAMP,
    MESSAGE_TYPES,
    SIGNATURE,
    flag_names,
)
from tightlip.ntlm.target_info import MAX_PAIRS


class Kind(StrEnum):
    """What a range is to somebody who wants to know what the challenge gives away."""

    LEAK = "leak"
    FRAME = "frame"
    FLAGS = "flags"
    ODD = "odd"


class Span(Struct, frozen=True):
    """Bytes ``start`` to ``end`` (exclusive), the field they belong to, and what it says, escaped nowhere."""

    start: int
    end: int
    name: str
    value: str = ""
    kind: Kind = Kind.FRAME


_u32 = Layout("<I").unpack_from
_field = Layout("<HHI").unpack_from
_pair = Layout("<HH").unpack_from
_LONGEST_VALUE = 200
# The AV pairs that speak of the host; the target name in pair 9 is a client's word by MS-NLMP, and gss-ntlmssp's own.
_TELLING = frozenset({*range(AV_NB_COMPUTER, AV_DNS_TREE + 1), AV_TIMESTAMP, AV_TARGET_NAME})
_NOBODY = Span(start=0, end=0, name="claimed by no field", kind=Kind.ODD)


def spans(raw: bytes) -> tuple[Span, ...]:
    """Ranges that cover the bytes exactly, in order, none empty, none overlapping.

    Where fields claim the same bytes the header comes first, then the payload in header order; bytes that no
    field claims are named so. What stands before the message (an envelope) is one range.
    """
    offset = max(raw.find(SIGNATURE), 0)
    message = raw[offset:]
    claims = [Span(start=0, end=offset, name="envelope", value="before the NTLMSSP message")] if offset else []
    claims += (replace(span, start=span.start + offset, end=span.end + offset) for span in _claims(message))
    return _settle(claims, len(raw))


def _claims(raw: bytes) -> list[Span]:
    if not raw.startswith(SIGNATURE):
        return [Span(start=0, end=len(raw), name="not NTLMSSP", kind=Kind.ODD)]
    claims = [Span(start=0, end=8, name="signature", value="NTLMSSP")]
    if len(raw) < 12:
        return claims
    stated = _u32(raw, 8)[0]
    kind = MESSAGE_TYPES.get(stated, "unknown")
    claims.append(Span(start=8, end=12, name="message type", value=f"{stated} ({kind})"))
    if stated != 2:
        return [*claims, Span(start=12, end=len(raw), name=f"rest of the {kind} message", kind=Kind.ODD)]
    message = parse_challenge(raw)
    if message.shape is HeaderShape.CUT:
        return [*claims, Span(start=12, end=len(raw), name="a header cut short", kind=Kind.ODD)]
    return claims + _header_claims(raw, message) + _payload_claims(raw, message)


def _header_claims(raw: bytes, message: ChallengeMessage) -> list[Span]:
    flags = ", ".join(flag_names(message.flags))
    claims = [
        Span(start=12, end=20, name="target name field", value=_describe_field(raw, 12)),
        Span(start=20, end=24, name="flags", value=f"0x{message.flags:08x}: {flags}", kind=Kind.FLAGS),
        Span(start=24, end=32, name="server challenge", value=message.server_challenge.hex()),
    ]
    if message.shape >= HeaderShape.WITH_CONTEXT:
        claims.append(Span(start=32, end=40, name="reserved", value=raw[32:40].hex()))
    if message.shape >= HeaderShape.WITH_TARGET_INFO:
        claims.append(Span(start=40, end=48, name="target info field", value=_describe_field(raw, 40)))
    if message.shape >= HeaderShape.WITH_VERSION:
        kind = Kind.LEAK if message.version else Kind.FRAME
        claims.append(Span(start=48, end=56, name="version", value=_describe_version(message), kind=kind))
    return claims


def _payload_claims(raw: bytes, message: ChallengeMessage) -> list[Span]:
    claims = []
    length, _, offset = _field(raw, 12)
    if length and offset >= HeaderShape.OLDEST:
        end = offset + length
        name = message.target_name or ""
        claims.append(Span(start=offset, end=end, name="target name", value=name, kind=_leak_if(name)))
    if message.shape >= HeaderShape.WITH_TARGET_INFO:
        length, _, offset = _field(raw, 40)
        if length and offset >= HeaderShape.OLDEST:
            claims += _pair_claims(raw, offset, min(offset + length, len(raw)))
    return claims


def _pair_claims(raw: bytes, start: int, end: int) -> list[Span]:
    claims: list[Span] = []
    position = start
    while position + 4 <= end and len(claims) <= MAX_PAIRS:
        av_id, length = _pair(raw, position)
        stop = min(position + 4 + length, end)
        name = f"AV pair {av_id}: {AV_NAMES.get(av_id, 'unknown')}"
        value = _describe_value(av_id, raw[position + 4 : stop])
        kind = _leak_if(value) if av_id in _TELLING else Kind.FRAME
        claims.append(Span(start=position, end=stop, name=name, value=value, kind=kind))
        position = stop
        if not av_id:
            break
    if position < end:
        claims.append(Span(start=position, end=end, name="rest of the target info", kind=Kind.ODD))
    return claims


def _leak_if(value: str) -> Kind:
    return Kind.LEAK if value else Kind.FRAME


def _describe_field(raw: bytes, at: int) -> str:
    length, maximum, offset = _field(raw, at)
    return f"{length} bytes (at most {maximum}) at offset {offset}"


def _describe_version(message: ChallengeMessage) -> str:
    if message.version is None:
        return "none stated"
    return f"{'{}.{}.{}'.format(*message.version)}, NTLMSSP revision {message.revision}"


def _describe_value(av_id: int, value: bytes) -> str:
    if av_id in AV_TEXTS:
        return value[:_LONGEST_VALUE].decode("utf-16-le", "replace")
    if av_id == AV_TIMESTAMP and len(value) == 8:
        moment = from_filetime(int.from_bytes(value, "little"))
        return moment.isoformat() if moment else "out of range"
    return value[:_LONGEST_VALUE].hex()


def _settle(claims: list[Span], size: int) -> tuple[Span, ...]:
    # Cut the bytes at every edge; each piece goes to its first claimant, pieces of one claimant grow together.
    edges = sorted({0, size, *(edge for claim in claims for edge in (claim.start, claim.end) if edge < size)})
    runs: list[tuple[int, Span]] = []
    for start, _ in pairwise(edges):
        owner = next((claim for claim in claims if claim.start <= start < claim.end), _NOBODY)
        if not runs or runs[-1][1] is not owner:
            runs.append((start, owner))
    ends = [start for start, _ in runs[1:]] + [size]
    return tuple(replace(owner, start=start, end=end) for (start, owner), end in zip(runs, ends, strict=False))

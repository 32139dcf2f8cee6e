"""TargetInfo as it stands in the bytes: its AV pairs (MS-NLMP 2.2.2.1), and what is odd about the list."""

from struct import Struct

from tightlip.model.oddity import Oddity, OddityName
from tightlip.ntlm.layout import AV_LENGTHS, AV_NAMES

AvPair = tuple[int, bytes]

# MS-NLMP defines ten; a list of more than this is somebody's trap.
MAX_PAIRS = 64

_PAIR = Struct("<HH").unpack_from
_USUAL = frozenset({1, 2, 3, 4, 5, 7})
_TIMESTAMP = bytes(8)


def read_pairs(raw: bytes, start: int, end: int, odd: list[Oddity]) -> list[AvPair]:
    """The pairs between two offsets, in their order, without the end mark; a cut value is kept as far as it goes.

    At most ``MAX_PAIRS``; unknown ids and duplicates are kept, and told by ``odd``.
    """
    pairs: list[AvPair] = []
    position = start
    while position + 4 <= end:
        av_id, length = _PAIR(raw, position)
        position += 4
        if not av_id:
            if length or position != end:
                _note_end(length, position, end, odd)
            break
        if len(pairs) == MAX_PAIRS:
            detail = f"more than {MAX_PAIRS}, the rest was left unread"
            odd.append(Oddity(name=OddityName.TOO_MANY_AV_PAIRS, detail=detail, offset=position - 4))
            break
        if position + length > end:
            _note_cut(av_id, length, position, end, odd)
            pairs.append((av_id, raw[position:end]))
            break
        pairs.append((av_id, raw[position : position + length]))
        position += length
    else:
        _note_missing_end(position, end, odd)
    return pairs


def pairs_by_id(pairs: list[AvPair], start: int, odd: list[Oddity]) -> dict[int, bytes]:
    """The value of each id, the first of duplicates; duplicates, unknown ids and wrong lengths are told."""
    values = dict(pairs)
    if len(values) == len(pairs) and values.keys() <= _USUAL and len(values.get(7, _TIMESTAMP)) == 8:
        return values
    position = start
    values = {}
    for av_id, value in pairs:
        _note_pair(av_id, value, values, position, odd)
        values.setdefault(av_id, value)
        position += 4 + len(value)
    return values


def value_offset(pairs: list[AvPair], start: int, wanted: int) -> int:
    """Where in the message the value of the first pair of this id begins."""
    position = start + 4
    for av_id, value in pairs:
        if av_id == wanted:
            break
        position += 4 + len(value)
    return position


def _note_end(length: int, position: int, end: int, odd: list[Oddity]) -> None:
    if length:
        detail = f"end of list: {length} bytes instead of 0"
        odd.append(Oddity(name=OddityName.AV_PAIR_WRONG_LENGTH, detail=detail, offset=position - 4))
    if position < end:
        detail = f"{end - position} bytes"
        odd.append(Oddity(name=OddityName.AV_PAIRS_AFTER_EOL, detail=detail, offset=position))


def _note_cut(av_id: int, length: int, position: int, end: int, odd: list[Oddity]) -> None:
    detail = f"pair {av_id}: {end - position} of {length} bytes"
    odd.append(Oddity(name=OddityName.AV_PAIR_TRUNCATED, detail=detail, offset=position - 4))


def _note_missing_end(position: int, end: int, odd: list[Oddity]) -> None:
    if position < end:
        detail = f"{end - position} of a pair's 4 header bytes"
        odd.append(Oddity(name=OddityName.AV_PAIR_TRUNCATED, detail=detail, offset=position))
    odd.append(Oddity(name=OddityName.AV_EOL_MISSING, offset=end))


def _note_pair(av_id: int, value: bytes, seen: dict[int, bytes], offset: int, odd: list[Oddity]) -> None:
    if av_id not in AV_NAMES:
        detail = f"pair {av_id}: {len(value)} bytes"
        odd.append(Oddity(name=OddityName.AV_PAIR_UNKNOWN, detail=detail, offset=offset))
    elif len(value) != AV_LENGTHS.get(av_id, len(value)):
        detail = f"{AV_NAMES[av_id]}: {len(value)} bytes instead of {AV_LENGTHS[av_id]}"
        odd.append(Oddity(name=OddityName.AV_PAIR_WRONG_LENGTH, detail=detail, offset=offset))
    if av_id in seen:
        shown = value[:64].decode("utf-16-le", "replace")
        detail = f"pair {av_id} again: {shown}"
        odd.append(Oddity(name=OddityName.AV_PAIR_DUPLICATE, detail=detail, offset=offset))

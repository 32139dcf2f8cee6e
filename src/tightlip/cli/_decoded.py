"""A decoded message for a person (what it gives away, and every byte by its field) and for machines."""

from collections.abc import Iterator

from msgspec import Struct
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tightlip.model.disclosure import LABELS, Disclosure, Implementation
from tightlip.model.oddity import Oddity, OddityName
from tightlip.ntlm.anatomy import Kind
from tightlip.ntlm.challenge import HeaderShape
from tightlip.ntlm.layout import AV_NAMES, MESSAGE_TYPES, flag_names
from tightlip.reports._escape import visible
from tightlip.reports._hexview import Field, HexView, Row, hex_view
from tightlip.reports._layout import labelled
from tightlip.workflows.decoding import CHALLENGE, Decoded

_AUTHENTICATE = 3
_INSET = (0, 0, 0, 2)
_STYLES = {Kind.LEAK: "bold red", Kind.ODD: "yellow", Kind.FLAGS: "", Kind.FRAME: ""}
_MARKS = {Kind.LEAK: "!", Kind.ODD: "?", Kind.FLAGS: "", Kind.FRAME: ""}
_CUT_SHORT = {
    OddityName.TRUNCATED_HEADER,
    OddityName.FIELD_OUT_OF_RANGE,
    OddityName.FIELD_TRUNCATED,
    OddityName.AV_PAIR_TRUNCATED,
}
# The header's flags are its bytes 20 to 24 (MS-NLMP section 2.2.1.2).
_FLAGS_END = 24
# What the flags promise and is not there.
_PROMISED = {OddityName.TARGET_INFO_MISSING, OddityName.VERSION_MISSING}
_SHAPES = {
    HeaderShape.CUT: "cut short",
    HeaderShape.OLDEST: "32 bytes: the oldest shape",
    HeaderShape.WITH_CONTEXT: "40 bytes: no target info, no version",
    HeaderShape.WITH_TARGET_INFO: "48 bytes: target info, no version",
    HeaderShape.WITH_VERSION: "56 bytes: target info and version",
}


class FlagsRecord(Struct, frozen=True):
    """The flags as one number in hex, and by name."""

    value: str
    names: tuple[str, ...]


class AvPairRecord(Struct, frozen=True):
    """One AV pair as it came, its value in hex."""

    id: int
    name: str
    value: str


class MessageRecord(Struct, frozen=True):
    """One message for machines; ``fields`` has the keys of a scan's observation record, ``raw`` is base64.

    What only a challenge has is null where the message is none.
    """

    source: str
    type: int
    size: int
    envelope: int
    implementation: Implementation | None
    why: str | None
    fields: Disclosure
    flags: FlagsRecord | None
    server_challenge: str | None
    av_pairs: tuple[AvPairRecord, ...]
    oddities: tuple[Oddity, ...]
    raw: bytes


def record_of(decoded: Decoded) -> MessageRecord:
    """The record of one message."""
    challenge, message = decoded.challenge, decoded.message
    is_challenge = decoded.kind == CHALLENGE
    return MessageRecord(
        source=decoded.source,
        type=decoded.kind,
        size=len(challenge.raw),
        envelope=decoded.envelope,
        implementation=challenge.implementation if is_challenge else None,
        why=challenge.why if is_challenge else None,
        fields=challenge.disclosure,
        flags=FlagsRecord(f"0x{message.flags:08x}", flag_names(message.flags)) if _has_flags(decoded) else None,
        server_challenge=message.server_challenge.hex() if is_challenge else None,
        av_pairs=tuple(AvPairRecord(kind, AV_NAMES.get(kind, "unknown"), v.hex()) for kind, v in message.av_pairs),
        oddities=challenge.oddities,
        raw=challenge.raw,
    )


def page_of(decoded: Decoded) -> RenderableType:
    """One message for a person."""
    if decoded.kind != CHALLENGE:
        return Group(_title(decoded), Padding(_other_message(decoded), _INSET))
    view = hex_view(decoded.challenge.raw)
    parts: list[RenderableType] = [_title(decoded)]
    given = _given(decoded.challenge.disclosure)
    if given:
        parts += [Padding(labelled(given), _INSET), Text()]
    parts.append(Padding(labelled(list(_particulars(decoded))), _INSET))
    parts += [Text(), Text.assemble(("Byte by byte", "bold"), ("  ! tells about the host, ? is odd", "dim"))]
    parts += [Padding(_hex(view), _INSET), Text(), Padding(_fields(view), _INSET)]
    return Group(*parts)


def _title(decoded: Decoded) -> Text:
    kind = MESSAGE_TYPES.get(decoded.kind, f"type {decoded.kind}") if decoded.kind else "cut"
    title = Text.assemble((f"NTLM {kind} message, {len(decoded.challenge.raw):,} bytes", "bold underline"))
    title.append(f"  {decoded.source}", "dim")
    return title


def _other_message(decoded: Decoded) -> RenderableType:
    """Only challenges speak of a server; an authenticate message may hold what a password can be guessed from."""
    said = "Only a challenge (type 2) tells about a server, and only that is decoded."
    if decoded.kind == _AUTHENTICATE:
        return Text(
            f"This is a client's login. {said} Take care where you paste it: a password can be guessed from it."
        )
    return Group(Text(said), labelled([_oddity(each) for each in decoded.challenge.oddities]))


def _given(disclosure: Disclosure) -> list[tuple[str, str]]:
    rows = [(label, str(value)) for name, label in LABELS.items() if (value := getattr(disclosure, name))]
    if disclosure.system_time:
        rows.append(("server's clock", f"{disclosure.system_time:%Y-%m-%d %H:%M:%S} UTC"))
    return rows


def _particulars(decoded: Decoded) -> Iterator[tuple[str, str]]:
    challenge, message = decoded.challenge, decoded.message
    if not _given(challenge.disclosure):
        nothing = "nothing: no name, no version, no clock"
        yield "gives away", "cannot be told: the message is cut short" if _is_cut_short(decoded) else nothing
    why = f": {challenge.why}" if challenge.why else ""
    yield "server code", f"{challenge.implementation}{why}"
    yield "header", _SHAPES[message.shape]
    flags = f"0x{message.flags:08x} {', '.join(flag_names(message.flags))}"
    yield "flags", flags if _has_flags(decoded) else "none: the message ends before them"
    yield "server challenge", message.server_challenge.hex()
    if decoded.envelope:
        yield "envelope", f"{decoded.envelope:,} bytes of GSS-SPNEGO around it"
    yield from map(_oddity, challenge.oddities)


def _has_flags(decoded: Decoded) -> bool:
    return decoded.kind == CHALLENGE and len(decoded.challenge.raw) >= _FLAGS_END


def _is_cut_short(decoded: Decoded) -> bool:
    """Whether more was meant to come than is there; 48 bytes are a whole header, with a version promised or not."""
    raw, oddities = decoded.challenge.raw, decoded.challenge.oddities
    names = {oddity.name for oddity in oddities if not _is_of_an_empty_field(oddity, raw)}
    is_no_header = len(raw) < HeaderShape.WITH_VERSION and len(raw) != HeaderShape.WITH_TARGET_INFO
    return bool(names & _CUT_SHORT) or (is_no_header and bool(names & _PROMISED))


def _is_of_an_empty_field(oddity: Oddity, raw: bytes) -> bool:
    """Whether a field points beyond the end for nothing, as Exim's empty target name does."""
    at = oddity.offset or 0
    return oddity.name is OddityName.FIELD_OUT_OF_RANGE and raw[at : at + 2] == bytes(2)


def _oddity(oddity: Oddity) -> tuple[str, str]:
    where = f" (at byte {oddity.offset})" if oddity.offset is not None else ""
    detail = f": {oddity.detail}" if oddity.detail else ""
    return "odd", f"{oddity.name.replace('_', ' ')}{detail}{where}"


def _hex(view: HexView) -> Text:
    """Sixteen bytes a row; a bar where the next field begins, so that the fields are seen without colour too."""
    lines = Text("\n").join(_row(row) for row in view.rows)
    if view.left_out:
        lines.append(f"\n{view.left_out:,} more bytes are not shown", "dim")
    return lines


def _row(row: Row) -> Text:
    line = Text.assemble((f"{row.offset:04x}  ", "dim"))
    width = len(line)
    for number, run in enumerate(row.runs):
        line.append("|" if number else "", "dim")
        line.append(run.hexes, _style(run.field))
    line.append(" " * (width + 16 * 3 - len(line) + 1))
    return line.append(row.characters, "dim")


def _fields(view: HexView) -> Table:
    grid = Table.grid(padding=(0, 1))
    grid.add_column(no_wrap=True, min_width=1)
    grid.add_column(no_wrap=True, style="dim")
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold", ratio=1)
    for field in view.fields:
        style = _style(field)
        name = Text(field.name, style)
        # The names of the flags stand above already.
        said = field.value.partition(":")[0] if field.kind is Kind.FLAGS else field.value
        value = Text(visible(said), overflow="fold")
        grid.add_row(Text(_MARKS[field.kind], style), f"{field.start:04x}-{field.end - 1:04x}", name, value)
    return grid


def _style(field: Field) -> str:
    return _STYLES[field.kind] or ("" if field.shade else "dim")

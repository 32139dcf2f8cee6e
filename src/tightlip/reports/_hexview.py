"""A challenge in hex, sixteen bytes a row, every byte belonging to a named field."""

from msgspec import Struct

from tightlip.ntlm.anatomy import Kind, Span, spans

BYTES_SHOWN = 1024

_ROW = 16


class Field(Struct, frozen=True):
    """One field: its byte range, name, value and kind; ``shade`` tells neighbours apart."""

    start: int
    end: int
    name: str
    value: str
    kind: Kind
    shade: int


class Run(Struct, frozen=True):
    """Bytes of one row that belong to one field."""

    hexes: str
    field: Field


class Row(Struct, frozen=True):
    """Up to sixteen bytes: the offset of the first, the runs, and the printable characters."""

    offset: int
    runs: tuple[Run, ...]
    characters: str


class HexView(Struct, frozen=True):
    """The rows, the fields they show, and how many bytes were left out."""

    rows: tuple[Row, ...]
    fields: tuple[Field, ...]
    left_out: int


def hex_view(raw: bytes) -> HexView:
    """The first ``BYTES_SHOWN`` bytes of a challenge as rows and fields."""
    size = min(len(raw), BYTES_SHOWN)
    fields = [_field(span, index % 2) for index, span in enumerate(spans(raw)) if span.start < size]
    rows = [_row(raw, start, min(start + _ROW, size), fields) for start in range(0, size, _ROW)]
    return HexView(tuple(rows), tuple(fields), len(raw) - size)


def _field(span: Span, shade: int) -> Field:
    return Field(span.start, span.end, span.name, span.value, span.kind, shade)


def _row(raw: bytes, start: int, end: int, fields: list[Field]) -> Row:
    inside = [field for field in fields if field.start < end and field.end > start]
    runs = [Run(raw[max(f.start, start) : min(f.end, end)].hex(" "), f) for f in inside]
    characters = "".join(chr(byte) if 0x20 <= byte < 0x7F else "·" for byte in raw[start:end])
    return Row(start, tuple(runs), characters)

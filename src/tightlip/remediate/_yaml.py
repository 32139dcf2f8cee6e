"""Writes values as YAML, every text quoted, and data marked so that Ansible runs no template that stands in it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}

_TEMPLATES = ("{{", "{%", "{#")


class Data(Struct, frozen=True):
    """A text that is data and no template: ``{{`` in it stays ``{{``."""

    text: str


def document(value: Sequence[Any]) -> str:
    """One document. Values are mappings with plain keys, sequences, texts, Data, numbers, True and False."""
    return "---\n" + "".join(f"{line}\n" for line in _lines(value))


def _lines(value: Any) -> Iterator[str]:
    match value:
        case Mapping():
            for key, each in value.items():
                yield from _below(f"{key}:", each, "  ")
        case list() | tuple():
            for each in value:
                yield from _item(each)
        case _:
            raise TypeError(f"a {type(value).__name__} stands in no line of its own")


def _item(value: Any) -> Iterator[str]:
    """An item: what it consists of begins behind the dash."""
    if not isinstance(value, Mapping) or not value:
        yield from _below("-", value, "  ")
        return
    for number, line in enumerate(_lines(value)):
        yield f"{'  ' if number else '- '}{line}"


def _below(head: str, value: Any, indent: str) -> Iterator[str]:
    if isinstance(value, Data) and _is_readable(value.text):
        yield f"{head} {_tag(value)}|2"
        yield from (f"{indent}{line}" if line else "" for line in value.text.removesuffix("\n").split("\n"))
    elif isinstance(value, Mapping | list | tuple) and value:
        yield head
        yield from (f"{indent}{line}" for line in _lines(value))
    else:
        yield f"{head} {_scalar(value)}"


def _scalar(value: Any) -> str:
    match value:
        case Data():
            return f"{_tag(value)}{_quoted(value.text)}"
        case str():
            return _quoted(value)
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case Mapping():
            return "{}"
        case list() | tuple():
            return "[]"
        case _:
            raise TypeError(f"a {type(value).__name__} has no place in a playbook")


def _tag(data: Data) -> str:
    """Only where it is needed: under this tag Ansible takes a quoted ``true`` or ``010`` for what it looks like."""
    return "!unsafe " if any(each in data.text for each in _TEMPLATES) else ""


def _is_readable(text: str) -> bool:
    """Whether a text can stand as it is, line by line: more than one line, all of it printable."""
    inside = text.removesuffix("\n")
    letters = inside.replace("\n", "").replace("\t", "")
    return text.endswith("\n") and "\n" in inside and not inside.endswith("\n") and letters.isprintable()


def _quoted(text: str) -> str:
    """Double-quoted; all that is not printable ASCII by its number (YAML 1.2, 5.7)."""
    return '"' + "".join(_ESCAPES.get(each) or _plain(each) for each in text) + '"'


def _plain(letter: str) -> str:
    code = ord(letter)
    if 0x20 <= code < 0x7F:
        return letter
    return f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"

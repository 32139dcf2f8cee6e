"""The JSON of Exchange's cmdlets: values with places, nothing written back."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.syntax.shelf import CORPUS
from tightlip.syntax import edits
from tightlip.syntax.edits import Declined
from tightlip.syntax.lenses.cmdlets import CMDLETS, DEEPEST
from tightlip.syntax.reading import Form, Kind, effective, inside

POP = CMDLETS.read((CORPUS / "cmdlets/exchange-pop-and-connectors.json").read_bytes())
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


def test_values_have_places() -> None:
    """Line, path by key and number, text or literal."""
    flag = effective(POP, "EnableGSSAPIAndNTLMAuth", ("Get-PopSettings", "0"))
    assert flag is not None
    assert (flag.line, flag.value, flag.form) == (6, "true", Form.PLAIN)
    assert POP.text[flag.at.start : flag.at.end] == b"true"
    identity = effective(POP, "Identity", ("Get-ReceiveConnector", "0"))
    assert identity is not None
    assert (identity.value, identity.form) == ("EX01\\Client Frontend EX01", Form.QUOTED)


def test_nothing_is_written_back() -> None:
    """What was collected is evidence."""
    assert edits.set_value(POP, "collected", "x") == Declined("the output of a cmdlet is only read", 2)
    assert edits.set_value(POP, "new", "x") == Declined("the output of a cmdlet is only read")


@given(JSON, st.sampled_from([None, 1]), st.booleans())
def test_all_of_any_document_is_read(document: object, indent: int | None, ascii_only: bool) -> None:
    """Every scalar is an entry, as the standard library writes and reads it."""
    text = json.dumps(document, indent=indent, ensure_ascii=ascii_only)
    reading = CMDLETS.read(text.encode())
    assert reading.unread == ()
    values = [each.value for each in reading.entries if each.kind is Kind.SETTING]
    assert values == list(scalars(document))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", 1),
        ('{"a": 1}\n x', 2),
        ("[1,\n]", 2),
        ('{"a":\n\n', 1),
        ('{"a" 1}', 1),
        ("[01]", 1),
        ("[tru]", 1),
        ('["a\nb"]', 1),
        ("[" * (DEEPEST + 1), 1),
        ("]", 1),
        ("{1: 2}", 1),
        ("\ufffe[]", 1),
    ],
)
def test_what_is_no_json_is_named_by_its_line(text: str, line: int) -> None:
    """Where the reader stopped."""
    assert [each.line for each in CMDLETS.read(text.encode()).unread] == [line]


def test_blocks_hold_what_stands_in_them() -> None:
    """An object's entries are those between its braces."""
    second = next(each for each in POP.entries if each.full == ("Get-PopSettings", "1"))
    assert [each.name for each in inside(POP, second)][:2] == ["Server", "EnableGSSAPIAndNTLMAuth"]


def scalars(document: object) -> list[str]:
    """The scalars of a document in their order, strings as they are, others as JSON."""
    match document:
        case dict():
            return [each for value in document.values() for each in scalars(value)]
        case list():
            return [each for value in document for each in scalars(value)]
        case str():
            return [document]
        case _:
            return [json.dumps(document)]

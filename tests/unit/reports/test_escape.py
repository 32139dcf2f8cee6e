"""Escaping: what steers a terminal or misleads the eye is written out, all else is left as it is."""

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tightlip.reports._escape import safe_json, visible, visible_bytes

# Whatever Unicode calls a control, a format character, a surrogate or a line separator.
INVISIBLE = {"Cc", "Cf", "Cs", "Zl", "Zp"}


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain text: ünïcode, 漢字", "plain text: ünïcode, 漢字"),
        ("\x1b[2J", r"\x1b[2J"),
        ("a\r\nb\tc\0", r"a\x0d\x0ab\x09c\x00"),
        ("\x9b31m", r"\x9b31m"),
        ("moc.\u202egro", r"moc.\u202egro"),
        ("zero\u200bwidth", r"zero\u200bwidth"),
        ("tag\U000e0041", r"tag\U000e0041"),
        ("half\ud83d", r"half\ud83d"),
    ],
)
def test_what_misleads_is_written_out(raw: str, shown: str) -> None:
    """Controls, escapes, bidi marks and invisible characters by their code; letters of any script as they are."""
    assert visible(raw) == shown


def test_no_character_at_all_is_forgotten() -> None:
    """Every control, format, surrogate or separator is written out, not only those that chance finds."""
    left = [
        hex(code)
        for code in range(0x110000)
        if unicodedata.category(chr(code)) in INVISIBLE and len(visible(chr(code))) == 1
    ]
    assert left == []


@given(st.text(st.characters(codec=None)))
def test_nothing_invisible_is_left(text: str) -> None:
    """Whatever comes in, no control, format or surrogate character goes out."""
    assert [char for char in visible(text) if unicodedata.category(char) in INVISIBLE] == []


@given(st.text(st.characters(categories=["L", "Nd", "P", "Zs"])))
def test_words_are_left_alone(text: str) -> None:
    """Letters, digits, punctuation and spaces pass unchanged, but for the few letters that are blank."""
    blank = {char for char in text if char in "\u115f\u1160\u3164\uffa0"}
    assert visible(text) == text or blank


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (b"+OK ready", "+OK ready"),
        ("+OK bereit für".encode(), "+OK bereit für"),
        (b"\xff\xfe\x1b", r"\xff\xfe\x1b"),
        (b"+\0\r", r"+\x00\x0d"),
    ],
)
def test_bytes_are_shown_whole(raw: bytes, shown: str) -> None:
    """UTF-8 where it is, else byte by byte; nothing is dropped."""
    assert visible_bytes(raw) == shown


@given(st.text())
def test_json_keeps_its_value(text: str) -> None:
    """Escaping changes how JSON looks and not what it says; no control character is left in it."""
    safe = safe_json(json.dumps(text, ensure_ascii=False))
    assert json.loads(safe) == text
    assert [char for char in safe if unicodedata.category(char) in {"Cc", "Zl", "Zp"} or char == "\u202e"] == []

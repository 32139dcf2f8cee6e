"""Peer bytes as text."""

from tightlip.talk.text import words


def test_text_keeps_every_byte() -> None:
    """UTF-8 where it is UTF-8, else one letter a byte."""
    assert words("+OK gr\u00fc\u00df".encode()) == "+OK gr\u00fc\u00df"
    assert words(b"+OK \xff") == "+OK \u00ff"


def test_text_is_bounded() -> None:
    """A line of 64 KiB must not become a quarter of a megabyte of facts."""
    kept = words("\U0001f600".encode() * 16_384)
    assert kept.endswith("\u2026")
    assert len(kept) <= 1_025

"""Peer bytes as text."""

from tightlip.talk.text import words


def test_words_keep_every_byte() -> None:
    """UTF-8 is read as such, and what is none byte by byte."""
    assert (words("grün".encode()), words(b"gr\xfcn")) == ("grün", "grün")

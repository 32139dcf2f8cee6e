"""Cutting a stream into pieces in any way, as a network does."""

from collections.abc import Iterator

from hypothesis import strategies as st


def pieces(data: bytes, cuts: list[int]) -> Iterator[bytes]:
    """``data`` in pieces whose sizes go round through ``cuts``."""
    at = turn = 0
    while at < len(data):
        size = cuts[turn % len(cuts)] if cuts else len(data)
        yield data[at : at + size]
        at += size
        turn += 1


CUTS = st.lists(st.integers(1, 7), max_size=6)
"""Sizes for ``pieces``; none means: all at once."""

"""How the tour speaks: titles and paragraphs for a terminal of 80 columns, each at once."""

from textwrap import fill

WIDTH = 78


def title(text: str) -> None:
    """The heading of a station."""
    print(f"\n{text}\n{'-' * len(text)}", flush=True)


def paragraph(text: str) -> None:
    """A paragraph of our own words."""
    print(fill(text, WIDTH), flush=True)

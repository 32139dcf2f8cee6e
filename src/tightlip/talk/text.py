"""Peer bytes as text, whole and as a line's worth of it."""

# What a fact keeps of one line. A letter beyond the basic plane costs four bytes each, whole lines would add up.
TEXT_LIMIT = 1_024
# What of it is shown where it is told in a line.
DETAIL_LIMIT = 160


def words(line: bytes) -> str:
    """Peer bytes as text that keeps every byte: UTF-8, else Latin-1; beyond 1,024 bytes it ends in an ellipsis."""
    if len(line) > TEXT_LIMIT:
        return words(line[:TEXT_LIMIT]) + "…"
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode("latin-1")


def shortened(text: str) -> str | None:
    """The peer's words, cut to a line's length; None when it said nothing."""
    text = text.strip()
    if len(text) > DETAIL_LIMIT:
        text = text[: DETAIL_LIMIT - 1] + "…"
    return text or None

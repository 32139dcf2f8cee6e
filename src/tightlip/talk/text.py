"""Peer bytes as text."""

# What a fact keeps of one line. A letter beyond the basic plane costs four bytes each, whole lines would add up.
TEXT_LIMIT = 1_024


def words(line: bytes) -> str:
    """Peer bytes as text that keeps every byte: UTF-8, else Latin-1; beyond 1,024 bytes it ends in an ellipsis."""
    if len(line) > TEXT_LIMIT:
        return _decoded(line[:TEXT_LIMIT]) + "…"
    return _decoded(line)


def _decoded(line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode("latin-1")

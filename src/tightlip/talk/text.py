"""Peer bytes as text."""


def words(line: bytes) -> str:
    """Peer bytes as text that keeps every byte: UTF-8, else Latin-1."""
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode("latin-1")

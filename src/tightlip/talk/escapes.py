r"""The escapes of .talk files: ``\r``, ``\n``, ``\t``, ``\\`` and ``\xHH``, as bytes or as characters."""

import re

_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|.|$)", re.DOTALL)
_SHORT = {"r": 13, "n": 10, "t": 9, "\\": 92}


def as_bytes(text: str) -> bytes:
    r"""UTF-8, where ``\xHH`` stands for that byte; ValueError names an unknown escape."""
    data = b""
    done = 0
    for found in _ESCAPE.finditer(text):
        data += text[done : found.start()].encode() + bytes((_code(found[1]),))
        done = found.end()
    return data + text[done:].encode()


def as_text(text: str) -> str:
    r"""The same as characters: ``\xHH`` stands for the character with that number."""
    return _ESCAPE.sub(lambda found: chr(_code(found[1])), text)


def _code(escape: str) -> int:
    if len(escape) == 3:
        return int(escape[1:], 16)
    if escape not in _SHORT:
        raise ValueError(f"unknown escape \\{escape}")
    return _SHORT[escape]

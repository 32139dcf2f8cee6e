"""As much DER (X.690) as the SPNEGO envelope needs: definite lengths, one-byte tags, no recursion."""

from msgspec import Struct

OID = 0x06
OCTET_STRING = 0x04
ENUMERATED = 0x0A
SEQUENCE = 0x30
APPLICATION = 0x60


class Element(Struct, frozen=True):
    """One element: its tag and where its content begins and ends in the bytes it was read from."""

    tag: int
    start: int
    end: int


def encode(tag: int, content: bytes) -> bytes:
    """One element with the shortest length form."""
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


def context(number: int) -> int:
    """The tag of a constructed context-specific element."""
    return 0xA0 | number


def read_element(raw: bytes, position: int, end: int) -> Element | None:
    """The element at a position, None where none fits before ``end``."""
    if position + 2 > end:
        return None
    size = raw[position + 1]
    start = position + 2
    if size >= 0x80:
        length_bytes = size & 0x7F
        start += length_bytes
        if not 1 <= length_bytes <= 4 or start > end:
            return None
        size = int.from_bytes(raw[position + 2 : start], "big")
    return Element(tag=raw[position], start=start, end=start + size) if start + size <= end else None


def read_elements(raw: bytes, position: int, end: int) -> tuple[Element, ...]:
    """The elements side by side from a position on, at most 16; what cannot be read ends them."""
    found: list[Element] = []
    while len(found) < 16 and (element := read_element(raw, position, end)):
        found.append(element)
        position = element.end
    return tuple(found)

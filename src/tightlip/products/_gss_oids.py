"""Object identifiers as MIT Kerberos reads those of its lists of mechanisms (``generic_gss_str_to_oid``)."""

import re

_ARC = re.compile(r"([0-9]+)\.*")
# More digits than the library's numbers have: what comes of them depends on the machine.
_MOST_DIGITS = 18
_MOST_ROOTS, _MOST_BELOW = 2, 39


def arcs(text: str) -> tuple[int, ...] | None:
    """The numbers of an identifier without blanks in it; None where the library does not take it for one.

    It may stand in braces. Zeros in front of a number and dots behind it count for nothing, and neither does
    whatever stands behind the last number, where there is no brace to be closed.
    """
    is_braced = text.startswith("{")
    at, found = int(is_braced), list[int]()
    while arc := _ARC.match(text, at):
        digits = arc[1].lstrip("0")
        if len(digits) > _MOST_DIGITS:
            return None
        found.append(int(digits or "0"))
        at = arc.end()
    if len(found) < 2 or found[0] > _MOST_ROOTS or (found[0] < _MOST_ROOTS and found[1] > _MOST_BELOW):
        return None
    return None if is_braced and text[at : at + 1] != "}" else tuple(found)

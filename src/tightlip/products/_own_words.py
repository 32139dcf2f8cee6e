"""What a product's own command says when it does not take a configuration: where, and why, without any value.

Seen of doveconf 2.3.19, postconf 3.7 and exim 4.96. They quote what they stumble over, which may be a password: what
stands in quotes or behind a colon is not told, but where that is the name of a setting or of a file.
"""

import re

from msgspec import Struct

from tightlip.products._product import Ran
from tightlip.syntax.showing import UNSEEN

_LONGEST = 200
_REFUSALS = tuple(
    re.compile(pattern, re.MULTILINE)
    for pattern in (
        r"^\S+: (?:Fatal|Panic): Error in configuration file (?P<file>/\S+?)(?: line (?P<line>\d{1,9}))?: (?P<why>.+)",
        r"Exim configuration error in line (?P<line>\d{1,9}) of (?P<file>/\S+):\s+(?P<why>.+)",
        r"^\S+: fatal: (?:file )?(?P<file>/[^\s,:]+)[,:] line (?P<line>\d{1,9}): (?P<why>.+)",
        r"^(?:\S+: (?:Fatal|Panic|fatal|panic)|fatal error): (?P<why>.+)",
        r"Exim configuration error:\s+(?P<why>.+)",
    )
)
# Dovecot's own, whole where a name or a path stands behind the colon.
_NAMING = re.compile(
    r"Unknown setting: [\w/]+$|Recursive include file: /[\w./-]+$|Couldn't open include file /[\w./-]+: [A-Za-z ]+$"
)
_QUOTED = re.compile(r"\"[^\"]*(?:\"|$)|(?<!\w)'[^']{2,}'")
_VALUE = re.compile(r": | = ")
_NOT_ALLOWED = re.compile(r"Permission denied|Operation not permitted")


class Refusal(Struct, frozen=True):
    """That a product does not take its configuration; ``file`` and ``line`` are where, if it says it."""

    why: str
    file: str | None = None
    line: int | None = None


def refusal(ran: Ran) -> Refusal | None:
    """What a command says of a configuration with which the product would not start; None where it says no such thing.

    That the command may not read what the product may is no such thing.
    """
    if ran.status == 0 or _NOT_ALLOWED.search(ran.output):
        return None
    found = next((match for pattern in _REFUSALS if (match := pattern.search(ran.output))), None)
    if found is None:
        return None
    named = found.groupdict()
    line = named.get("line")
    return Refusal(_tellable(named["why"].strip()), named.get("file"), int(line) if line else None)


def _tellable(why: str) -> str:
    if _NAMING.match(why):
        return why[:_LONGEST]
    return _VALUE.split(_QUOTED.sub(UNSEEN, why), maxsplit=1)[0][:_LONGEST]

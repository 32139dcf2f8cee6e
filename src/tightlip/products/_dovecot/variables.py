"""What `$name` comes to in Dovecot's files before 2.4: the value that the setting of this name had so far."""

import re
from collections.abc import Mapping

from tightlip.syntax.reading import Entry, Form, Path

_VARIABLE = re.compile(r"\$(?:SET:)?(\w+)")
_LONGEST_VALUE = 4_000
_MOST_IN_ALL = 8 << 20


class Variables:
    """The settings so far, by path and name; ``cut`` says why not all of a value was put in."""

    def __init__(self, defaults: Mapping[str, str]) -> None:
        """Begin with Dovecot's own."""
        self.cut = ""
        self._known: dict[tuple[Path, str], str] = {((), name): value for name, value in defaults.items()}
        self._left = _MOST_IN_ALL

    def define(self, path: Path, name: str, value: str) -> None:
        """Remember a value."""
        self._known[path, name] = value

    def expanded(self, entry: Entry, path: Path) -> str:
        """A value with its variables put in, no further than values are ever long; quotes leave it as it is."""
        if entry.form is not Form.PLAIN or "$" not in entry.value:
            return entry.value
        pieces, size, done = list[str](), 0, 0
        for found in _VARIABLE.finditer(entry.value):
            so_far = self._known.get((path, found[1]), self._known.get(((), found[1]), found[0]))
            pieces += [entry.value[done : found.start()], so_far]
            size, done = size + len(pieces[-1]) + len(pieces[-2]), found.end()
            if size > _LONGEST_VALUE:
                break
        pieces.append(entry.value[done : done + _LONGEST_VALUE])
        self._left -= size
        return self._checked("".join(pieces), entry)

    def _checked(self, value: str, entry: Entry) -> str:
        if self._left < 0:
            self.cut = f"its variables come to more than {_MOST_IN_ALL >> 20} MiB"
            return entry.value
        if len(value) > _LONGEST_VALUE:
            self.cut = f"line {entry.line} comes to more than {_LONGEST_VALUE:,} characters with its variables"
        return value[:_LONGEST_VALUE]

"""A host of which no more is read than a configuration can be, however many includes and links lead to how much."""

from collections.abc import Iterable

from msgspec import Struct

from tightlip.files.read import TOO_FAR, TOO_LARGE
from tightlip.hosts._host import Host
from tightlip.hosts._patterns import Listing
from tightlip.products._product import Absent, Command, Process, Ran

# A line of four bytes costs a lens some hundred bytes and microseconds: bytes alone would bound neither.
MOST_BYTES = 64 << 20
MOST_LINES = 500_000
MOST_PATTERNS = 200
MOST_REQUESTS = 10_000

_MOST_CUTS = 100
_NOT_ABSOLUTE = Absent("it is no absolute path")


class Ration(Struct):
    """What may still be read of a host."""

    bytes: int = MOST_BYTES
    lines: int = MOST_LINES
    patterns: int = MOST_PATTERNS


class Cut(Struct, frozen=True):
    """A file or pattern that was not looked at, or not wholly, and why."""

    path: str
    why: str


class RationedHost:
    """``host`` for one instance: it gets half of what is left, so that it leaves something to those after it.

    ``cuts`` are what was kept from it; of files the first alone, for none is read after that.
    """

    def __init__(self, host: Host, ration: Ration) -> None:
        """What is read and listed is taken off ``ration``."""
        self.name = host.name
        self.reach = host.reach
        self.place = host.place
        self.cuts: list[Cut] = []
        self._host = host
        self._ration = ration
        self._kept = Ration(bytes=ration.bytes // 2, lines=ration.lines // 2, patterns=ration.patterns // 2)
        self._requests = 0
        self._refusal: Absent | None = None

    def read(self, path: str) -> bytes | Absent:
        """A file's bytes; one that is read by several names counts each time."""
        self._requests += 1
        if self._refusal is None and self._requests > MOST_REQUESTS:
            return self._refuse(path, f"more than {MOST_REQUESTS:,} files are named")
        if not path.startswith("/"):
            return _NOT_ABSOLUTE  # it would be one of the folder that we happen to be in
        answer = self._refusal or self._host.read(path)
        if isinstance(answer, bytes) and not self._affords(len(answer), answer.count(b"\n")):
            size = f"{self._kept.bytes >> 20} MiB or {self._kept.lines:,} lines"
            return self._refuse(path, f"with it there would be more than {size} of this instance")
        if answer in (TOO_LARGE, TOO_FAR):
            self._cut(path, f"not read: {answer.why}")
        return answer

    def stands(self, path: str) -> bool:
        """Whether there is anything of this name."""
        return self._host.stands(path)

    def matching(self, pattern: str) -> Listing:
        """The regular files that match a shell pattern, as the host has them."""
        if self._ration.patterns <= self._kept.patterns:
            self._cut(pattern, "not listed: more patterns are named than a configuration can have")
            return Listing(())
        self._ration.patterns -= 1
        listing = self._host.matching(pattern)
        if listing.cut:
            self._cut(pattern, f"not all of its files were listed: {listing.cut}")
        return listing

    def processes(self) -> Iterable[Process]:
        """What runs."""
        return self._host.processes()

    def run(self, command: Command) -> Ran | Absent:
        """Run a command."""
        return self._host.run(command)

    def _affords(self, size: int, lines: int) -> bool:
        left = self._ration
        if left.bytes - size < self._kept.bytes or left.lines - lines < self._kept.lines:
            return False
        left.bytes -= size
        left.lines -= lines
        return True

    def _refuse(self, path: str, why: str) -> Absent:
        self._refusal = Absent(f"not read: {why}", hidden=True)
        self._cut(path, f"neither this nor what is named after it was read: {why}")
        return self._refusal

    def _cut(self, path: str, why: str) -> None:
        if len(self.cuts) < _MOST_CUTS:
            self.cuts.append(Cut(path, why))

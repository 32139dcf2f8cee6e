"""A host of which only some files may be read: those that a user named."""

from collections.abc import Iterable

from tightlip.hosts._host import Host, Reach
from tightlip.hosts._patterns import Listing, fits
from tightlip.products._product import Absent, Command, Process, Ran

_NOT_NAMED = Absent("it is none of the files that were named", hidden=True)


class OnlyFiles:
    """The files of ``host`` at these absolute paths and nothing else; no command is run, whatever the host."""

    reach = Reach.COPIED
    place = ""

    def __init__(self, host: Host, paths: Iterable[str]) -> None:
        """Keep the paths in their order."""
        self._host = host
        self._paths = tuple(paths)
        self.name = host.name

    def read(self, path: str) -> bytes | Absent:
        """A named file's bytes."""
        return self._host.read(path) if path in self._paths else _NOT_NAMED

    def stands(self, path: str) -> bool:
        """Whether there is anything of this name, where it is named."""
        return path in self._paths and self._host.stands(path)

    def matching(self, pattern: str) -> Listing:
        """The named files that match a shell pattern, sorted; any other that is there cannot be looked at.

        What is one name and no pattern was asked for by that name, which says itself that it was not named.
        """
        there = self._host.matching(pattern)
        others = (path for path in there.files if path not in (*self._paths, pattern))
        named = sorted(path for path in self._paths if fits(path, pattern))
        return Listing(tuple(named), there.cut, (*there.closed, *others))

    def processes(self) -> Iterable[Process]:
        """None."""
        return ()

    def run(self, command: Command) -> Ran | Absent:
        """Never."""
        return Absent(f"{command.argv[0]} is not run where only files are read")

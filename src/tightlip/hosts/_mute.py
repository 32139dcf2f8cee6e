"""A host on which no command is run, for a configuration that others than root and we can write."""

from collections.abc import Iterable

from tightlip.hosts._host import Host
from tightlip.hosts._patterns import Listing
from tightlip.products._product import Absent, Command, Process, Ran


class MuteHost:
    """``host`` without its commands; ``why`` is what is said of each."""

    def __init__(self, host: Host, why: str) -> None:
        """Everything else is the host's."""
        self.name = host.name
        self.reach = host.reach
        self.place = host.place
        self._host = host
        self._why = why

    def read(self, path: str) -> bytes | Absent:
        """A file's bytes."""
        return self._host.read(path)

    def stands(self, path: str) -> bool:
        """Whether there is anything of this name."""
        return self._host.stands(path)

    def matching(self, pattern: str) -> Listing:
        """The regular files that match a shell pattern."""
        return self._host.matching(pattern)

    def processes(self) -> Iterable[Process]:
        """What runs."""
        return self._host.processes()

    def run(self, command: Command) -> Ran | Absent:
        """Never."""
        return Absent(f"{command.argv[0]} is not run on it: {self._why}")

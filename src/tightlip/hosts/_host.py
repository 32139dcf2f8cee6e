"""What every kind of host can do for a reader: files, processes, commands; those that can be changed do more."""

from collections.abc import Iterable
from enum import Enum
from typing import Protocol

from msgspec import Struct

from tightlip.hosts._patterns import Listing
from tightlip.products._product import Absent, Command, Process, Ran


class Reach(Enum):
    """Whether commands may be run: on the live host only."""

    LIVE = "live"
    COPIED = "copied"


class Host(Protocol):
    """A host whose configuration can be read. Paths are absolute and as the host itself knows them."""

    @property
    def name(self) -> str:
        """Its name in reports: the host's own, or the folder of a copied tree."""

    @property
    def reach(self) -> Reach:
        """Whether it is live."""

    @property
    def place(self) -> str:
        """The folder in which a copied tree lies; empty of any other host."""

    def read(self, path: str) -> bytes | Absent:
        """A file's bytes (at most 16 MiB); never what lies outside of a copied tree.

        A folder that may be listed is no regular file; one that is kept from us is told as such.
        """

    def stands(self, path: str) -> bool:
        """Whether there is anything of this name, links not followed: a link that leads nowhere, a folder, a FIFO."""

    def matching(self, pattern: str) -> Listing:
        """The regular files that match a shell pattern, sorted; at most 10,000, why not all, and what is closed."""

    def processes(self) -> Iterable[Process]:
        """What runs; nothing in a copied tree."""

    def run(self, command: Command) -> Ran | Absent:
        """Run a command of at most 60 s; Absent where it is not installed, or the host is not live."""


class HostKind(Struct, frozen=True, kw_only=True):
    """One kind of host, as its plug names it."""

    title: str

"""Takes what 0.1.0 left behind out of its archives, and puts its changes on a host of today's in a temporary folder."""

import lzma
import os
import tarfile
from datetime import datetime, timedelta
from pathlib import Path

from msgspec.structs import replace

from tests.crash.recorded import Recorded, site_of
from tightlip.config.changes import ChangeFolder, Shelf
from tightlip.files import replace as files
from tightlip.files.replace import Snapshot
from tightlip.files.trust import exposed, root_and_we
from tightlip.products._product import Absent, Command, Instance, Ran
from tightlip.remediate._manifest import Form, Metadata
from tightlip.workflows.change.driving import Site, story_of
from tightlip.workflows.change.live import product_named

LEFT = Path(__file__).with_name("0.1.0")
STATES = ("kept", "confirming", "restoring-before", "restoring-after", "stuck")
# Where the files of the recorded host lay.
_PLACE = "/srv/mail/host/"


def store_left(folder: Path) -> Path:
    """A copy of the store, to be opened and written to."""
    copy = folder / "left.db"
    copy.write_bytes(lzma.decompress((LEFT / "store.db.xz").read_bytes()))
    return copy


class Relived(Recorded):
    """The recorded practice server: its files below a folder, and in its memory what it had read when it was left."""

    def __init__(self, folder: Path) -> None:
        """``folder`` holds ``changes`` and ``host`` as they were taken out of the archive."""
        super().__init__(folder)
        (self.change,) = Shelf(folder / "changes").folders()
        opening = story_of(self.change).opening
        self.host = opening.host
        self.config = folder / "host/dovecot.conf"
        self._began = opening.at
        self._memory = self.change.read("new/0") or b""

    def now(self) -> datetime:
        """Some minutes after the change began, well before it had to be confirmed."""
        return self._began + timedelta(minutes=10) + self.later

    def take(self, path: str) -> Snapshot | Absent:
        """The file in its new place."""
        return files.take(self._moved(path))

    def hindrance(self, path: str) -> str | None:
        """The same."""
        return files.hindrance(self._moved(path))

    def exposed(self, path: str) -> str | None:
        """The real thing."""
        return exposed(self._moved(path), root_and_we())

    def replace(self, path: str, was: Form, new: bytes, like: Metadata, mark: str) -> None:
        """The same, owned by whoever runs this."""
        files.replace(self._moved(path), was, new, _ours(like), mark)

    def lay_ready(self, path: str, was: Form, new: bytes, like: Metadata, mark: str) -> None:
        """The same."""
        files.lay_ready(self._moved(path), was, new, _ours(like), mark)

    def clear(self, path: str, mark: str) -> None:
        """The same."""
        files.clear(self._moved(path), mark)

    def runs(self, instance: Instance) -> bool:
        """Its server is alive, whatever the instance."""
        return instance.pid is None

    def run(self, command: Command) -> Ran | Absent:
        """Every check passes; the reload has the server read its file."""
        self.calls.append(command.argv[0])
        if command.argv[0] == "doveadm":
            self._memory = self.config.read_bytes()
        return Ran(command, 0, "")

    def silent(self, endpoints: tuple[str, ...]) -> frozenset[str]:
        """All of them, where its server has read nothing."""
        return frozenset(endpoints) if not self._memory else frozenset()

    def listed(self) -> tuple[str, ...]:
        """The mechanisms that the file in its memory names."""
        line = next(line for line in self._memory.decode().splitlines() if line.startswith("auth_mechanisms"))
        return tuple(line.partition("=")[2].upper().split())

    def _moved(self, path: str) -> str:
        assert path.startswith(_PLACE)
        return str(self.config.with_name(path.removeprefix(_PLACE)))


def relived(folder: Path, state: str) -> Relived:
    """The host whose change was left in ``state``; its changes lie where XDG_STATE_HOME=``folder`` finds them."""
    with tarfile.open(LEFT / "changes.tar.xz") as archive:
        wanted = [member for member in archive.getmembers() if member.name.startswith(f"{state}/")]
        archive.extractall(folder, wanted, filter="data")
    (folder / state).rename(folder / "tightlip")
    return Relived(folder / "tightlip")


def site(host: Relived) -> Site:
    """Where its change goes on, with the products of today."""
    made = site_of(host)
    return replace(made, gate=replace(made.gate, product=product_named))


def backup_of(change: ChangeFolder) -> bytes:
    """The server's file as it was before the change."""
    return change.read("backup/0") or b""


def _ours(like: Metadata) -> Metadata:
    return replace(like, uid=os.geteuid(), gid=os.getegid())

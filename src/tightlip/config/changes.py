"""The folders of changes: plan, manifest, backups, journal and evidence, private and durable; and the lock on them."""

import fcntl
import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from errno import ENOSPC
from pathlib import Path

from msgspec import Struct

from tightlip.config.private import private_folder, write_private
from tightlip.files.trust import refuse_untrusted
from tightlip.model.errors import DiskFull, Exit, TightlipError, UsageError, is_full

PLAN = "plan.json"
MANIFEST = "manifest.json"
JOURNAL = "journal.jsonl"
# What an undo said that nobody watched.
UNDO_LOG = "undo.log"

# Room that is given free when the disk is full, so that an undo can still be journalled.
_RESERVE = "reserve"
_RESERVED = 64 << 10
# A rollback needs a folder like that of its change, with more evidence, and copies beside the files.
_AS_MUCH_AGAIN = 4
_BLOCK = 4 << 10
_MAKING, _GONE, _ASIDE = ".making-", ".gone-", ".damaged"
# When it began, what its plan's hash begins with, and a number where another one has the same name.
_ID = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9a-f]{4}(-[0-9]+)?")
_HINT = "see tightlip doctor"


class ChangeFolder(Struct, frozen=True):
    """One change's folder; its name is the change's id."""

    path: Path

    @property
    def id(self) -> str:
        """The change's id."""
        return self.path.name

    def read(self, name: str) -> bytes | None:
        """A file of the change; None where it is not there."""
        try:
            return (self.path / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise UsageError(f"cannot read {self.path / name}: {error.strerror}", _HINT) from None

    def write(self, name: str, content: bytes) -> None:
        """Put a file in its place, whole, mode 0600, and safe from a loss of power."""
        path = self.path / name
        try:
            write_private(path, content)
        except DiskFull:
            if not self.give_reserve():
                raise
            write_private(path, content)
        _sync(path.parent)

    def note(self, line: str) -> None:
        """Add to what an undo says that nobody watches; where there is no room it is lost, and the undo goes on."""
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        with suppress(OSError), os.fdopen(os.open(self.path / UNDO_LOG, flags, 0o600), "w", encoding="utf-8") as file:
            file.write(f"{line}\n")

    def append(self, line: bytes) -> None:
        """Write one line to the journal, and return when it is on the disk."""
        try:
            self._append(line)
        except OSError as error:
            if not is_full(error) or not self.give_reserve():
                raise _unwritten(self.path / JOURNAL, error) from None
            try:
                self._append(line)
            except OSError as again:
                raise _unwritten(self.path / JOURNAL, again) from None

    def widen_reserve(self) -> None:
        """Lay room by for a rollback of this change, once all that it begins with is in the folder."""
        sizes = (file.stat().st_size for file in self.path.rglob("*") if file.is_file() and file.name != _RESERVE)
        used = sum(-(-size // _BLOCK) * _BLOCK for size in sizes)
        write_private(self.path / _RESERVE, _filling(_RESERVED + _AS_MUCH_AGAIN * used))

    def give_reserve(self) -> bool:
        """Free the room that was laid by; False where there is none any more."""
        try:
            (self.path / _RESERVE).unlink()
        except OSError:
            return False
        return True

    def cut_journal(self, size: int) -> None:
        """Cut off what a crash has left behind the last whole line, and remove files that were half written."""
        with (self.path / JOURNAL).open("r+b") as file:
            if file.seek(0, os.SEEK_END) > size:
                file.truncate(size)
                os.fsync(file.fileno())
        for folder in (self.path, self.path / "backup", self.path / "new"):
            for leftover in folder.glob(".*"):
                leftover.unlink()

    def _append(self, line: bytes) -> None:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        descriptor = os.open(self.path / JOURNAL, flags, 0o600)
        try:
            size = os.fstat(descriptor).st_size
            try:
                if os.write(descriptor, line) != len(line):
                    raise OSError(ENOSPC, os.strerror(ENOSPC))
            except OSError:
                os.ftruncate(descriptor, size)
                raise
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


class Shelf(Struct, frozen=True):
    """The folder in which all changes lie; TightlipError (exit 6) where others than root and we may write there."""

    path: Path

    def create(self, name: str, files: dict[str, bytes]) -> ChangeFolder:
        """Make a change's folder with its first files, all at once; the name must be free."""
        private_folder(self.path)
        making = ChangeFolder(private_folder(self.path / f"{_MAKING}{name}"))
        making.write(_RESERVE, _filling(_RESERVED))
        for each, content in files.items():
            making.write(each, content)
        for folder in ("backup", "new"):
            private_folder(making.path / folder)
        _sync(making.path)
        made = self.path / name
        making.path.rename(made)
        _sync(self.path)
        return ChangeFolder(made)

    def folders(self) -> tuple[ChangeFolder, ...]:
        """All changes, the oldest first; a folder with another name than a change's is none."""
        self._refuse_untrusted()
        try:
            found = sorted(self.path.iterdir())
        except OSError:
            return ()
        return tuple(ChangeFolder(path) for path in found if _ID.fullmatch(path.name) and path.is_dir())

    def find(self, name: str) -> ChangeFolder:
        """The change of this id, or the only one whose id begins so."""
        found = [each for each in self.folders() if name and each.id.startswith(name)]
        exact = [each for each in found if each.id == name]
        if len(exact or found) != 1:
            why = "several changes begin with" if found else "there is no change"
            raise UsageError(f"{why} {name!r}", "see tightlip changes")
        return (exact or found)[0]

    def discard(self, folder: ChangeFolder) -> None:
        """Remove a change for good; a crash leaves all of it, or what sweep() takes away."""
        gone = self.path / f"{_GONE}{folder.id}"
        folder.path.rename(gone)
        shutil.rmtree(gone)

    def set_aside(self, folder: ChangeFolder) -> Path:
        """Give a change another name, by which it is none any more, and hand back where all of it is."""
        aside = self.path / f"{folder.id}{_ASIDE}"
        try:
            folder.path.rename(aside)
        except OSError as error:
            raise UsageError(f"cannot rename {folder.path}: {error.strerror}", _HINT) from None
        _sync(self.path)
        return aside

    def sweep(self) -> None:
        """Take away what a crash has left of folders in the making or in the removing; only under the lock."""
        for prefix in (_MAKING, _GONE):
            for leftover in self.path.glob(f"{prefix}*"):
                shutil.rmtree(leftover, ignore_errors=True)

    @contextmanager
    def held(self, patience: float = 0.0) -> Iterator[None]:
        """Hold the lock against other changes; TightlipError where another holds it longer than ``patience`` (s)."""
        self._refuse_untrusted()
        private_folder(self.path)
        until = time.monotonic() + patience
        descriptor = os.open(self.path / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            while not _locked(descriptor):
                if time.monotonic() >= until:
                    raise TightlipError("another change is being made at this moment", "wait for it", Exit.REFUSED)
                time.sleep(0.1)
            self.sweep()
            yield
        finally:
            os.close(descriptor)

    def _refuse_untrusted(self) -> None:
        """A change that is taken up again is carried out as it is written down there."""
        refuse_untrusted(self.path, "the folder of changes")


def _filling(size: int) -> bytes:
    """Not zeros, for which a file system that compresses would lay no room by."""
    return os.urandom(size)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _sync(folder: Path) -> None:
    with suppress(OSError):  # some file systems sync no folders
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _unwritten(path: Path, error: OSError) -> TightlipError:
    hint = "make room, then: tightlip recover"
    return TightlipError(f"cannot write the journal {path}: {error.strerror}", hint, Exit.REFUSED)

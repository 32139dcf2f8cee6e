"""Where a store is: a file of our own, a PostgreSQL server, or nowhere."""

import os
import stat
from pathlib import Path

from msgspec import Struct

from tightlip.model.errors import StoreError, UsageError

# What --store says where nothing is to be kept.
NO_STORE = "none"
_MAGIC = b"SQLite format 3\0"
# Device and inode of the files that this process has looked into.
_INSPECTED: set[tuple[int, int]] = set()


class SqliteFile(Struct, frozen=True):
    """An embedded store."""

    path: Path


class Postgres(Struct, frozen=True):
    """A store on a server; ``url`` may hold a password."""

    url: str


class Nowhere(Struct, frozen=True):
    """Nothing is kept."""


def place_of(url: str) -> SqliteFile | Postgres | Nowhere:
    """Understand ``none``, ``sqlite:///path``, a bare path, or ``postgresql://…``."""
    scheme, separator, rest = url.partition("://")
    if url == NO_STORE:
        return Nowhere()
    if not separator and url not in ("", ":memory:"):
        return SqliteFile(Path(url).expanduser())
    if scheme == "sqlite" and rest.startswith("/") and rest[1:] not in ("", ":memory:"):
        return SqliteFile(Path(rest[1:]).expanduser())
    if scheme in ("postgres", "postgresql", "postgresql+psycopg"):
        return Postgres(f"postgresql+psycopg://{rest}")
    # The URL may hold a password: only its scheme is told.
    told = f"{scheme}://…" if rest else repr(url)
    raise UsageError(f"cannot keep a store at {told}", "give sqlite:///path, a path, postgresql://… or none")


def is_there(url: str) -> bool:
    """Whether there is a store to open: a file that is missing would be made, and ``none`` keeps nothing."""
    match place_of(url):
        case SqliteFile(path):
            return path.exists()
        case Postgres():
            return True
        case Nowhere():
            return False


def prepare(path: Path) -> None:
    """Make sure of a file that only we can read, empty or holding an SQLite database; never alter another's.

    SQLite gives its -wal and -shm the mode of the file itself, whatever the umask.
    """
    try:
        _make_folder(path.parent)
        try:
            opened = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        except FileExistsError:
            _inspect(path)
        else:
            os.fchmod(opened, 0o600)
            _INSPECTED.add(_identity(os.fstat(opened)))
            os.close(opened)
    except OSError as error:
        hint = "choose another place with --store, or --store none to keep nothing"
        raise StoreError(f"the store {path} cannot be opened: {error.strerror}", hint) from None


def close_to_others(path: Path) -> None:
    """Take the rights of others from a store that is known to be ours."""
    status = path.stat()
    if status.st_uid == os.geteuid() and stat.S_IMODE(status.st_mode) & 0o077:
        for file in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
            if file.exists():
                file.chmod(0o600)


def _make_folder(folder: Path) -> None:
    for missing in reversed([each for each in (folder, *folder.parents) if not each.exists()]):
        missing.mkdir(exist_ok=True)
        missing.chmod(0o700)


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino


def _inspect(path: Path) -> None:
    if not path.is_file():
        raise StoreError(f"the store {path} is not a file")
    status = path.stat()
    if status.st_uid != os.geteuid():
        raise StoreError(f"the store {path} belongs to another user", "give another file with --store")
    # Once a process: to close any descriptor of the file gives up all its POSIX locks (fcntl(2)), those of an open
    # connection too. Another process would then take itself for the last one, and remove the log that we write.
    if _identity(status) in _INSPECTED:
        return
    with path.open("rb") as file:
        magic = file.read(len(_MAGIC))
    _INSPECTED.add(_identity(status))
    if magic not in (b"", _MAGIC):
        hint = "it was left as it is; give another file with --store"
        raise StoreError(f"{path} is not a tightlip store: it is no SQLite database", hint)

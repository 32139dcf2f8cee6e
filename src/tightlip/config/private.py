"""Files that only their owner may read, whatever the umask, replaced whole or not at all."""

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from errno import ENOTDIR
from pathlib import Path

from tightlip.model.errors import UsageError, unwritten


def private_folder(path: Path) -> Path:
    """Make a folder of mode 0700, whatever the umask; parents that have to be made are private too."""
    try:
        for missing in reversed([each for each in (path, *path.parents) if not each.exists()]):
            missing.mkdir(exist_ok=True)
            missing.chmod(0o700)
        if not path.is_dir():
            raise NotADirectoryError(ENOTDIR, "a file is in its place")
        if path.stat().st_uid == os.geteuid():
            path.chmod(0o700)
    except OSError as error:
        raise unwritten(f"cannot make the folder {path}", error, "see tightlip doctor") from None
    return path


def write_private(path: Path, content: bytes) -> None:
    """The same as write_owner_only() in a folder of ours, which is made, or made private, first."""
    private_folder(path.parent)
    write_owner_only(path, content)


def write_owner_only(path: Path, content: bytes) -> None:
    """Replace ``path`` with a file of mode 0600: written beside it, synced, renamed; a crash leaves the old one.

    The folder is left as it is: it may be anybody's.
    """
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, 0o600)
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        beside.replace(path)
    except OSError as error:
        with suppress(OSError):
            beside.unlink()
        raise unwritten(f"cannot write {path}", error, "see tightlip doctor") from None


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the kernel's lock on ``path`` (made if missing) against other processes; a dead holder holds nothing."""
    private_folder(path.parent)
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise unwritten(f"cannot open {path}", error, "see tightlip doctor") from None
    try:
        os.fchmod(descriptor, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def secret_key(path: Path) -> bytes:
    """32 random bytes that stay the same: read from ``path``, or made there on first use."""
    with locked(path.with_name(f"{path.name}.lock")):
        try:
            key = path.read_bytes()
        except FileNotFoundError:
            key = b""
        except OSError as error:
            raise UsageError(f"cannot read {path}: {error.strerror}", "see tightlip doctor") from None
        if len(key) != 32:
            key = secrets.token_bytes(32)
            write_private(path, key)
    return key

"""Replaces a file whole or not at all: a copy beside it with the same owner, mode, ACL and label, synced, renamed."""

import errno
import fcntl
import os
import stat
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from tightlip.hosts._reading import READ, content
from tightlip.model.errors import Exit, TightlipError
from tightlip.products._product import Absent
from tightlip.remediate._manifest import Metadata

# Seals over the bytes themselves, which the kernel makes anew (integrity measurement): they cannot be carried over.
_SEALS = frozenset({"security.ima", "security.evm"})
# linux/fs.h: FS_IOC_GETFLAGS on 64 bits, and the flags that chattr calls +i and +a.
_GET_FLAGS = 0x80086601
_IMMUTABLE, _APPEND_ONLY = 0x10, 0x20
_LONGEST_NAME = 255

_WORDS = {
    errno.EROFS: "its file system is read-only",
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the quota is used up",
    errno.EFBIG: "it would be larger than a file may be here",
    errno.EBUSY: "it is mounted by itself, as containers do it: change it where it comes from",
    errno.EACCES: "its folder may not be written; run this as root",
}


class Snapshot(Struct, frozen=True, kw_only=True):
    """A file at one moment: its bytes and its metadata."""

    content: bytes
    metadata: Metadata


def take(path: str) -> Snapshot | Absent:
    """Read a regular file (at most 16 MiB), through a symbolic link, with what belongs to it."""
    try:
        descriptor = os.open(path, READ)
    except OSError as error:
        return Absent(error.strerror or str(error))
    try:
        status = os.fstat(descriptor)
        metadata = Metadata(
            mode=stat.S_IMODE(status.st_mode),
            uid=status.st_uid,
            gid=status.st_gid,
            xattrs=_xattrs(descriptor),
            mtime=status.st_mtime_ns,
        )
        read = content(os.dup(descriptor))
    except OSError as error:
        return Absent(error.strerror or str(error))
    finally:
        os.close(descriptor)
    return read if isinstance(read, Absent) else Snapshot(content=read, metadata=metadata)


def replace(path: str, new: bytes, like: Metadata, mark: str) -> None:
    """Put ``new`` in the place of a file that is there, with the metadata ``like``; TightlipError, and nothing done.

    A symbolic link stays, and what it points to is replaced. ``mark`` names the copy beside it; one that lay_ready()
    has made is used. ``like.mtime`` None is the present.
    """
    target = Path(path).resolve()
    beside = _beside(target, mark)
    try:
        if not _holds(beside, new):
            _refuse_links(path, target)
            _make(beside, new, like)
        try:
            beside.rename(target)
        except BaseException:
            with suppress(OSError):
                beside.unlink()
            raise
        _sync_folder(target)
    except OSError as error:
        raise TightlipError(f"{path} cannot be replaced: {_why(error, target)}", "", Exit.REFUSED) from None


def lay_ready(path: str, new: bytes, like: Metadata, mark: str) -> None:
    """Write the copy that replace() needs, whole or not at all; TightlipError where it cannot be."""
    target = Path(path).resolve()
    try:
        _refuse_links(path, target)
        _make(_beside(target, mark), new, like)
        _sync_folder(target)
    except OSError as error:
        raise TightlipError(f"{path} cannot be replaced: {_why(error, target)}", "", Exit.REFUSED) from None


def clear(path: str, mark: str) -> None:
    """Remove the copy of this mark beside a file, whole or half written."""
    with suppress(FileNotFoundError, NotADirectoryError):
        _beside(Path(path).resolve(), mark).unlink()


def hindrance(path: str) -> str | None:
    """Why a file could not be replaced, as far as can be told without writing; None where nothing is known."""
    target = Path(path).resolve()
    try:
        _refuse_links(path, target)
        if flags := _flags(target):
            return f"it is {flags} (chattr)"
        if os.statvfs(target).f_flag & os.ST_RDONLY:
            return _WORDS[errno.EROFS]
        if not os.access(target.parent, os.W_OK | os.X_OK, effective_ids=True):
            return _WORDS[errno.EACCES]
    except OSError as error:
        return error.strerror
    except TightlipError as error:
        return error.message
    return None


def _refuse_links(path: str, target: Path) -> None:
    if (links := target.lstat().st_nlink) > 1:
        hint = f"its other names: find / -xdev -inum {target.lstat().st_ino}"
        raise TightlipError(f"{path} has {links} hard links: replacing it would part it from them", hint, Exit.REFUSED)


def _beside(target: Path, mark: str) -> Path:
    """The name of the copy: with a dot in front and no usual ending, so that no include pattern takes it in."""
    ending = f".tightlip-{mark}"
    return target.with_name(os.fsdecode(os.fsencode(f".{target.name}")[: _LONGEST_NAME - len(ending)]) + ending)


def _holds(beside: Path, new: bytes) -> bool:
    """Whether the copy was laid ready before, and is whole."""
    there = take(str(beside))
    return isinstance(there, Snapshot) and there.content == new


def _make(beside: Path, new: bytes, like: Metadata) -> None:
    with suppress(FileNotFoundError):
        beside.unlink()
    try:
        _write(beside, new, like)
    except BaseException:
        with suppress(OSError):
            beside.unlink()
        raise


def _write(path: Path, new: bytes, like: Metadata) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        _dress(descriptor, like)
        left = memoryview(new)
        while left:
            left = left[os.write(descriptor, left) :]
        if like.mtime is not None:
            os.utime(descriptor, ns=(like.mtime, like.mtime))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _dress(descriptor: int, like: Metadata) -> None:
    """Owner first, for it takes set-id bits away; then labels and ACL; the mode at last, which the ACL would alter."""
    status = os.fstat(descriptor)
    if (status.st_uid, status.st_gid) != (like.uid, like.gid):
        os.fchown(descriptor, like.uid, like.gid)
    now = _xattrs(descriptor)
    for name in now.keys() - like.xattrs.keys():
        os.removexattr(descriptor, name)  # an ACL that the folder hands down
    for name, value in like.xattrs.items():
        if now.get(name) != value:
            os.setxattr(descriptor, name, value)
    os.fchmod(descriptor, like.mode)


def _xattrs(descriptor: int) -> dict[str, bytes]:
    try:
        names = os.listxattr(descriptor)
    except OSError:
        return {}  # this file system has none
    return {name: os.getxattr(descriptor, name) for name in sorted(names) if name not in _SEALS}


def _sync_folder(target: Path) -> None:
    descriptor = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _why(error: OSError, target: Path) -> str:
    if error.errno == errno.EPERM and (flags := _flags(target) or _flags(target.parent)):
        return f"it, or its folder, is {flags} (chattr)"
    return _WORDS.get(error.errno or 0) or error.strerror or str(error)


def _flags(path: Path) -> str | None:
    """``immutable`` or ``append-only``; None where neither, or where the file system does not say."""
    answer = bytearray(8)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.ioctl(descriptor, _GET_FLAGS, answer)
    except OSError:
        return None
    finally:
        os.close(descriptor)
    flags = int.from_bytes(answer[:4], "little")
    return "immutable" if flags & _IMMUTABLE else "append-only" if flags & _APPEND_ONLY else None

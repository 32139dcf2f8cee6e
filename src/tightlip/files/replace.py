"""Replaces a file whole or not at all: a copy beside it with the same owner, mode, ACL and label, synced, renamed."""

import errno
import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from msgspec import Struct

from tightlip.files.read import FOLDER, READ, content
from tightlip.files.trust import exposed, root_and_we
from tightlip.files.walk import Walk
from tightlip.model.errors import DiskFull, Exit, TightlipError, is_full
from tightlip.products._product import Absent
from tightlip.remediate._manifest import Form, Metadata
from tightlip.syntax.spans import digest

# Seals over the bytes themselves, which the kernel makes anew (integrity measurement): they cannot be carried over.
_SEALS = frozenset({"security.ima", "security.evm"})
# linux/fs.h: FS_IOC_GETFLAGS on 64 bits, and the flags that chattr calls +i and +a.
_GET_FLAGS = 0x80086601
_IMMUTABLE, _APPEND_ONLY = 0x10, 0x20
_LONGEST_NAME = 255
_LOOK = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC

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
        with Walk(path) as walk:
            return _taken(walk.to_the_end().folder, walk.name)
    except OSError as error:
        return Absent(error.strerror or str(error))


def replace(path: str, was: Form, new: bytes, like: Metadata, mark: str) -> None:
    """Put ``new`` in the place of a file that is as it ``was``, bytes and owner, with the metadata ``like``.

    TightlipError, and nothing done, where that cannot be; Changed where the bytes are others. A symbolic link
    stays, and what it points to is replaced. ``mark`` names the copy beside it; one that lay_ready() has made is used.
    ``like.mtime`` None is the present.
    """
    with _at(path) as spot:
        if not _holds(spot, mark, new, like):
            _refuse_links(path, spot)
            _make(spot, mark, new, like)
        # From here to the renaming nothing is looked up by its path: what is hashed lies where what is renamed goes.
        beside = _beside(spot.name, mark)
        try:
            _refuse_changed(path, spot, was)
            os.rename(beside, spot.name, src_dir_fd=spot.folder, dst_dir_fd=spot.folder)
        except BaseException:
            with suppress(OSError):
                os.unlink(beside, dir_fd=spot.folder)
            raise
        _sync_folder(spot)


def lay_ready(path: str, was: Form, new: bytes, like: Metadata, mark: str) -> None:
    """Write the copy that replace() needs, whole or not at all; TightlipError where it cannot be, Changed as there."""
    with _at(path) as spot:
        _refuse_changed(path, spot, was)
        _refuse_links(path, spot)
        _make(spot, mark, new, like)
        _sync_folder(spot)


def clear(path: str, mark: str) -> None:
    """Remove the copy of this mark beside a file, whole or half written; a folder of that name is none of ours."""
    try:
        with Walk(path) as walk:
            spot = walk.to_the_end()
            os.unlink(_beside(spot.name, mark), dir_fd=spot.folder)
    except OSError as error:
        if error.errno not in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EISDIR):
            raise


def obstacle(path: str) -> str | None:
    """Why nobody at all could replace a file; None: nothing is known."""
    try:
        with _at(path) as spot:
            _refuse_links(path, spot)
            if flags := _flags(spot.name, spot.folder):
                return f"it is {flags} (chattr)"
            return _WORDS[errno.EBUSY] if _is_mounted_by_itself(spot) else None
    except OSError as error:
        return error.strerror
    except TightlipError as error:
        return error.message.removeprefix(f"{path} cannot be replaced: ")


def hindrance(path: str) -> str | None:
    """The same, or why we could not replace it, as far as can be told without writing."""
    if found := obstacle(path):
        return found
    with _at(path) as spot:
        if os.statvfs(f"/proc/self/fd/{spot.folder}").f_flag & os.ST_RDONLY:
            return _WORDS[errno.EROFS]
        if not os.access(".", os.W_OK | os.X_OK, dir_fd=spot.folder, effective_ids=True):
            return _WORDS[errno.EACCES]
    return None


class Changed(TightlipError):
    """A file is not what was to be replaced."""


@contextmanager
def _at(path: str) -> Iterator[Walk]:
    """The folder that a file lies in, and its name there; what cannot be done in it is a TightlipError."""
    with Walk(path) as walk:
        try:
            yield walk.to_the_end()
        except OSError as error:
            told = f"{path} cannot be replaced: {_why(error, walk)}"
            raise DiskFull(told) if is_full(error) else TightlipError(told, "", Exit.REFUSED) from None


def _taken(folder: int, name: str) -> Snapshot | Absent:
    descriptor = os.open(name, READ | os.O_NOFOLLOW, dir_fd=folder)
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
    finally:
        os.close(descriptor)
    return read if isinstance(read, Absent) else Snapshot(content=read, metadata=metadata)


def _refuse_changed(path: str, spot: Walk, was: Form) -> None:
    """Where others may write, the bytes alone are no proof: they can be made those of one of root's, and lead there.

    In hands that are ours alone another owner is an administrator's doing, and no reason to leave the file as it is.
    """
    now = _taken(spot.folder, spot.name)
    if isinstance(now, Absent) or digest(now.content) != was.sha256:
        raise Changed(f"{path}: somebody changed it at this moment", "", Exit.REFUSED)
    if _owners(now.metadata) != _owners(was.metadata) and exposed(path, root_and_we()):
        there, before = (":".join(map(str, _owners(each))) for each in (now.metadata, was.metadata))
        told = f"{path}: it belongs to {there} now, not to {before}, and others may change it"
        # A line that somebody may copy must give away no file that a link was laid to.
        at = str(Path(f"/proc/self/fd/{spot.folder}").readlink() / spot.name)
        way_on = f"chown {before} {path}, where that is right" if at == path else f"it is a link that leads to {at}"
        raise TightlipError(told, way_on, Exit.REFUSED)


def _is_mounted_by_itself(spot: Walk) -> bool:
    """Whether the file is a mount of its own, as containers make them: renaming onto it is EBUSY."""
    descriptor = os.open(spot.name, _LOOK, dir_fd=spot.folder)
    try:
        return _mount_of(descriptor) != _mount_of(spot.folder)
    finally:
        os.close(descriptor)


def _mount_of(descriptor: int) -> str:
    """The id of the mount that a descriptor is on (proc(5), fdinfo), which two mounts of one device do not share."""
    told = Path(f"/proc/self/fdinfo/{descriptor}").read_text()
    return next((line.split()[1] for line in told.splitlines() if line.startswith("mnt_id:")), "")


def _refuse_links(path: str, spot: Walk) -> None:
    status = os.stat(spot.name, dir_fd=spot.folder, follow_symlinks=False)
    if status.st_nlink > 1 and stat.S_ISREG(status.st_mode):
        hint = f"its other names: find / -xdev -inum {status.st_ino}"
        told = f"{path} has {status.st_nlink} hard links: replacing it would part it from them"
        raise TightlipError(told, hint, Exit.REFUSED)


def _beside(name: str, mark: str) -> str:
    """The name of the copy: with a dot in front and no usual ending, so that no include pattern takes it in."""
    ending = f".tightlip-{mark}"
    return os.fsdecode(os.fsencode(f".{name}")[: _LONGEST_NAME - len(ending)]) + ending


def _owners(metadata: Metadata) -> tuple[int, int]:
    return metadata.uid, metadata.gid


def _holds(spot: Walk, mark: str, new: bytes, like: Metadata) -> bool:
    """Whether the copy was laid ready before, whole, and by us."""
    try:
        there = _taken(spot.folder, _beside(spot.name, mark))
    except OSError:
        return False
    if not isinstance(there, Snapshot):
        return False
    is_dressed = (*_owners(there.metadata), there.metadata.mode) == (*_owners(like), like.mode)
    return is_dressed and there.content == new


def _make(spot: Walk, mark: str, new: bytes, like: Metadata) -> None:
    beside = _beside(spot.name, mark)
    with suppress(FileNotFoundError):
        os.unlink(beside, dir_fd=spot.folder)
    try:
        _write(beside, spot.folder, new, like)
    except BaseException:
        with suppress(OSError):
            os.unlink(beside, dir_fd=spot.folder)
        raise


def _write(name: str, folder: int, new: bytes, like: Metadata) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
    descriptor = os.open(name, flags, 0o600, dir_fd=folder)
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


def _sync_folder(spot: Walk) -> None:
    descriptor = os.open(".", FOLDER, dir_fd=spot.folder)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _why(error: OSError, spot: Walk) -> str:
    if error.errno == errno.EPERM and (flags := _flags(spot.name, spot.folder) or _flags(".", spot.folder)):
        return f"it, or its folder, is {flags} (chattr)"
    return _WORDS.get(error.errno or 0) or error.strerror or str(error)


def _flags(name: str, folder: int) -> str | None:
    """``immutable`` or ``append-only``; None where neither, or where the file system does not say."""
    answer = bytearray(8)
    try:
        descriptor = os.open(name, READ | os.O_NOFOLLOW, dir_fd=folder)
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

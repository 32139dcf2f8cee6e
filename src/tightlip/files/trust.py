"""Whose a file is: reads those that may widen the scope, and tells whether a path is in the hands of root, or ours."""

import grp
import os
import pwd
import stat
from collections.abc import Callable, Iterable
from grp import struct_group
from pathlib import Path
from pwd import struct_passwd
from struct import Struct as Layout

from msgspec import Struct

from tightlip.files.walk import Hop, Walk
from tightlip.model.errors import Exit, TightlipError, UsageError

# Some ten thousand scope entries.
_LARGEST = 4 << 20


def read_trusted(path: Path) -> str | None:
    """The text of a file, None where there is none; UsageError where it cannot be read or trusted."""
    try:
        # Without O_NONBLOCK a FIFO would keep us waiting for a writer.
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            _check(path, os.fstat(file.fileno()))
            data = file.read(_LARGEST + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from None
    if len(data) > _LARGEST:
        raise UsageError(f"{path} is larger than {_LARGEST >> 20} MiB")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UsageError(f"{path}, line {line}: not UTF-8") from None


class Owners(Struct, frozen=True):
    """Whose hands a file may be in: user ids, and ids of groups whose members may write."""

    users: frozenset[int]
    groups: frozenset[int] = frozenset()


def root_and_we() -> Owners:
    """Root, and whoever runs this."""
    return Owners(frozenset({0, os.geteuid()}), frozenset({0}))


def owners_too(names: Iterable[str]) -> Owners:
    """Root, whoever runs this, and these users and ``%groups``, by name or number; UsageError for an unknown one."""
    ours = root_and_we()
    users, groups = set(ours.users), set(ours.groups)
    for name in names:
        try:
            number = name.removeprefix("%")
            if name.startswith("%"):
                groups.add(int(number) if number.isdecimal() else grp.getgrnam(number).gr_gid)
            else:
                users.add(int(number) if number.isdecimal() else pwd.getpwnam(name).pw_uid)
        except KeyError:
            kind = "group" if name.startswith("%") else "user"
            raise UsageError(f"trusted_owners names {name!a}, and there is no such {kind}") from None
    return Owners(frozenset(users), frozenset(groups))


def is_trusted(path: str) -> bool:
    """Whether nobody but root and we can change the file, or put another in its place anywhere on the way to it."""
    return not distrust(path)


def distrust(path: str) -> str:
    """Why a file is not trusted, empty where it is: who else could change it, or where, or that it is not there."""
    if not path.startswith("/"):
        return f"{path} is no absolute path"
    try:
        found = exposure(Path(path), root_and_we())
    except (OSError, ValueError) as error:
        return f"{path} cannot be looked at: {error.strerror if isinstance(error, OSError) else 'no path at all'}"
    return f"others than root and you may write {found.path}" if found else ""


def refuse_untrusted(path: Path, what: str) -> None:
    """TightlipError (exit 6) where others may change what is there, or may make it; ``what`` begins the sentence."""
    try:
        found = exposure(path, root_and_we())
    except FileNotFoundError:
        return  # whoever makes the rest of it is one of those who may write so far
    except OSError as error:
        raise UsageError(f"cannot look at {path}: {error.strerror}", "see tightlip doctor") from None
    if found:
        told = f"{what} is {path}, and others than you and root may write {found.path}"
        hint = f"see whose {found.path} is, and what is in it, before you chmod go-w"
        raise TightlipError(told, hint, Exit.REFUSED)


def exposed(path: str, owners: Owners) -> str | None:
    """Why a file should not be replaced: others than its ``owners`` can change it, or put another in its place.

    None where nobody can, or where it cannot be looked at.
    """
    try:
        found = exposure(path, owners)
    except OSError:
        return None
    return _exposed(found) if found else None


class Exposure(Struct, frozen=True):
    """A place where somebody else may change what a path leads to: ``who`` in words, ``name`` as settings have it.

    ``name`` is a user's name, a group's behind ``%`` as in sudoers, or empty: everybody.
    """

    path: Path
    who: str
    name: str


def exposure(path: Path | str, owners: Owners) -> Exposure | None:
    """The first place on the way to a file, or the file itself, that others than its owners may change.

    OSError where the path leads nowhere; nobody else may write what was passed by then.
    """
    with Walk(path) as walk:
        return next((Exposure(walk.path, *who) for hop in walk.hops() if (who := _stranger(hop, owners))), None)


def _exposed(found: Exposure) -> str:
    """The exposure, and the way to allow it."""
    place = f"{found.path} is not in your hands alone: {found.who}"
    if not found.name:
        return f"{place}; take that right away: chmod o-w {found.path}"
    line = f'trusted_owners = ["{found.name}"]'
    return f"{place}; if that is as it should be, write {line} under [policy] in /etc/tightlip/tightlip.toml"


def _stranger(hop: Hop, owners: Owners) -> tuple[str, str] | None:
    """Who else may write what stands at a hop, or put something else there, in words and as a name.

    In a sticky folder others may make files, and not touch those of root; a link has no rights of its own.
    """
    status = hop.status
    if status.st_uid not in owners.users:
        name = _named(pwd.getpwuid, status.st_uid)
        return f"it belongs to {name}", name
    if stat.S_ISLNK(status.st_mode) or (stat.S_ISDIR(status.st_mode) and status.st_mode & stat.S_ISVTX):
        return None
    if status.st_mode & stat.S_IWOTH:
        return "everybody may write it", ""
    rights = _acl(hop.descriptor)
    users = [each.id for each in rights if each.tag == _USER and each.writes]
    groups = [each.id for each in rights if each.tag == _GROUP and each.writes]
    # With an ACL the group's bits of the mode are the mask, which bounds all entries but the owner's.
    if any(each.writes for each in rights if each.tag == _OWN_GROUP) if rights else status.st_mode & stat.S_IWGRP:
        groups.append(status.st_gid)
    for uid in users if status.st_mode & stat.S_IWGRP else ():
        if uid not in owners.users:
            name = _named(pwd.getpwuid, uid)
            return f"{name} may write it (ACL)", name
    for gid in groups if status.st_mode & stat.S_IWGRP else ():
        if gid not in owners.groups:
            name = f"%{_named(grp.getgrgid, gid)}"
            return f"the group {name[1:]} may write it", name
    return None


class _Right(Struct, frozen=True):
    """One entry of an ACL."""

    tag: int
    writes: bool
    id: int


# linux/posix_acl_xattr.h and posix_acl.h: a version, then entries of tag, rights and id; 2 is the right to write.
_USER, _OWN_GROUP, _GROUP = 0x02, 0x04, 0x08
_ACL_ENTRY = Layout("<HHI")


def _acl(descriptor: int) -> list[_Right]:
    """The entries of a file's ACL; none where there is none."""
    try:
        # An O_PATH descriptor lends its attributes by its name in /proc alone (open(2)).
        value = os.getxattr(f"/proc/self/fd/{descriptor}", "system.posix_acl_access")
    except OSError:
        return []
    whole = value[4 : 4 + (len(value) - 4) // 8 * 8]
    return [_Right(tag, bool(rights & 2), each) for tag, rights, each in _ACL_ENTRY.iter_unpack(whole)]


def _named(look_up: Callable[[int], struct_passwd | struct_group], number: int) -> str:
    try:
        return look_up(number)[0]
    except KeyError:
        return str(number)


def _check(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise UsageError(f"{path} is not a file")
    if status.st_mode & stat.S_IWOTH:
        raise UsageError(f"{path} can be written by everybody, and it may widen the scope", f"chmod o-w {path}")
    if status.st_uid not in (0, os.geteuid()):
        raise UsageError(f"{path} belongs to another user, and it may widen the scope", "copy it to a file of your own")

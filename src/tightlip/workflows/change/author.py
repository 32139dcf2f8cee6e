"""Who is behind a change: the login that sudo does not change, and where keys of theirs may lie."""

import os
from getpass import getuser
from pathlib import Path
from pwd import getpwnam, getpwuid, struct_passwd

from tightlip.config.folders import folders

LOGINUID = Path("/proc/self/loginuid")
_NEVER_SET = 0xFFFFFFFF


def login_name() -> str:
    """The login that the kernel has kept (proc(5), loginuid), else the name that sudo or the environment gives."""
    if kept := _of_login():
        return kept.pw_name
    try:
        return os.environ.get("SUDO_USER") or getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def keys_folders() -> tuple[Path, ...]:
    """Ours, and that in the home of the user whom this runs as, of the login, and of whoever called sudo.

    With sudo HOME is another's, and what the login set XDG_CONFIG_HOME to is not known.
    """
    homes = (each.pw_dir for each in (_of_uid(os.getuid()), _of_login(), _of_sudo()) if each)
    found = (folders(), *(folders({"HOME": home}) for home in homes))
    return tuple(dict.fromkeys(each.config / "keys" for each in found))


def _of_login() -> struct_passwd | None:
    try:
        uid = int(LOGINUID.read_text())
    except (OSError, ValueError):
        return None
    return _of_uid(uid) if uid != _NEVER_SET else None


def _of_uid(uid: int) -> struct_passwd | None:
    try:
        return getpwuid(uid)
    except KeyError:
        return None


def _of_sudo() -> struct_passwd | None:
    try:
        return getpwnam(os.environ.get("SUDO_USER", ""))
    except KeyError:
        return None

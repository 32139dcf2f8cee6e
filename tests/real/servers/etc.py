"""The files of /etc a server sees on top of its packages': its users, and names that never leave loopback."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

_FIRST_ID = 61001
_HOSTS = "127.0.0.1 localhost mail.lab.test\n127.0.0.2 client2.lab.test\n127.0.0.9 client9.lab.test\n"


def write_etc(folder: Path, users: Sequence[str]) -> Path:
    """Make `etc` in the folder, with the host's accounts and these `user:group`s added; returns its path."""
    etc = folder / "etc"
    etc.mkdir(exist_ok=True)
    accounts = Path("/etc/passwd").read_text(encoding="utf-8").splitlines()
    groups = Path("/etc/group").read_text(encoding="utf-8").splitlines()
    for number, pair in enumerate(users, _FIRST_ID):
        user, group = pair.split(":")
        if _line_of(groups, group) is None:
            groups.append(f"{group}:x:{number}:")
        if user and _line_of(accounts, user) is None:
            gid = (_line_of(groups, group) or "").split(":")[2]
            accounts.append(f"{user}:x:{number}:{gid}::/nonexistent:/usr/sbin/nologin")
    _write(etc / "passwd", "\n".join(accounts) + "\n")
    _write(etc / "group", "\n".join(groups) + "\n")
    _write(etc / "hosts", _HOSTS)
    # No name server: a daemon that looks a client up must not wait for, or tell, anybody outside.
    _write(etc / "resolv.conf", "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
    _write(etc / "nsswitch.conf", "passwd: files\ngroup: files\nshadow: files\nhosts: files\n")
    return etc


def _line_of(lines: Sequence[str], name: str) -> str | None:
    return next((line for line in lines if line.startswith(f"{name}:")), None)


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o644)

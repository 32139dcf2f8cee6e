"""Secrets from a file or from a terminal, and never from an argument, which everybody on the machine can read."""

import os
import stat
import sys
from getpass import getpass
from pathlib import Path

from tightlip.model.errors import UsageError

_LONGEST = 4_096


def secret_from(path: Path) -> str:
    """The first line of a file that nobody but root and we may read, or have written."""
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            mode = status.st_mode
            if stat.S_ISREG(mode) and status.st_uid not in (0, os.geteuid()):
                raise UsageError(f"{path} holds a secret, and belongs to another user", f"chown {os.geteuid()} {path}")
            if mode & (stat.S_IRWXG | stat.S_IRWXO) and stat.S_ISREG(mode):
                raise UsageError(f"{path} holds a secret, and others may read it", f"chmod 600 {path}")
            line = file.readline(_LONGEST + 1)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from None
    if len(line) > _LONGEST:
        raise UsageError(f"the first line of {path} is too long", f"a secret has at most {_LONGEST} bytes")
    try:
        secret = line.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not UTF-8") from None
    if not secret:
        raise UsageError(f"{path} is empty", "its first line is the secret")
    return secret


def secret_typed(question: str) -> str:
    """What somebody types at the terminal without its being shown; UsageError where there is no terminal."""
    if not sys.stdin.isatty():
        raise UsageError("there is no terminal to ask at", "give the secret in a file")
    return getpass(f"{question}: ", sys.stderr)

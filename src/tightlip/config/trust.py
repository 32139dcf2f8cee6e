"""Reads files that may widen the scope: small, text, and writable by nobody but their owner."""

import os
import stat
from pathlib import Path

from tightlip.model.errors import UsageError

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


def _check(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise UsageError(f"{path} is not a file")
    if status.st_mode & stat.S_IWOTH:
        raise UsageError(f"{path} can be written by everybody, and it may widen the scope", f"chmod o-w {path}")
    if status.st_uid not in (0, os.geteuid()):
        raise UsageError(f"{path} belongs to another user, and it may widen the scope", "copy it to a file of your own")

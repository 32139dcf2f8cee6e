"""The practice server's own commands, as much of ``dovecot``, ``doveconf`` and ``doveadm`` as a change needs."""

import os
import signal
import sys
from pathlib import Path

from tightlip.lab.practice_talk import Unreadable, practice_talk
from tightlip.syntax.lenses.blocks import DOVECOT
from tightlip.syntax.reading import effective

NAMES = ("dovecot", "doveconf", "doveadm")
PID_FILE = "master.pid"
_VERSION = "2.3.21 (practice server)"
# What doveconf ends with where it cannot take its file (sysexits.h plus Dovecot's own, as seen on 2.3).
_FATAL = 89


def main(arguments: list[str]) -> int:
    """Carry one command out; its output is what the plug of the real product reads."""
    match arguments:
        case ["dovecot", "--version"]:
            print(_VERSION)
            return 0
        case ["doveconf", "-c", file, "-n"]:
            return _shown(Path(file))
        case ["doveconf", "-c", file, "-x", setting]:
            return _setting(Path(file), setting)
        case ["doveadm", "-c", file, "reload"]:
            return _reload(Path(file).parent)
        case _:
            print(f"the practice server does not know: {' '.join(arguments)}", file=sys.stderr)
            return 2


def _shown(file: Path) -> int:
    """The file without its comments; first of all whether it can be taken at all."""
    content = file.read_bytes()
    try:
        practice_talk(content)
    except Unreadable as error:
        print(f"doveconf: Fatal: Error in configuration file {file}: {error}")
        return _FATAL
    lines = (line for line in content.decode().splitlines() if line.strip() and not line.lstrip().startswith("#"))
    print("\n".join([f"# {_VERSION}: {file}", *lines]))
    return 0


def _setting(file: Path, name: str) -> int:
    entry = effective(DOVECOT.read(file.read_bytes()), name)
    print(f"{name} = {entry.value if entry else ''}")
    return 0


def _reload(folder: Path) -> int:
    try:
        os.kill(int((folder / PID_FILE).read_text()), signal.SIGHUP)
    except (OSError, ValueError):
        print("doveadm: Fatal: the practice server does not run", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Where the program starts: the version without delay, everything else through the command line."""

import os
import sys
from pathlib import Path


def main() -> None:
    """Run the command line and leave with its exit code."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        from tightlip import __version__

        print(f"tightlip {__version__}")
        return
    # A closed stdout or stderr (2>&-) must not turn into a wrong exit code.
    sys.stdout = sys.stdout or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 it stays until the end
    sys.stderr = sys.stderr or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 it stays until the end
    try:
        from tightlip.cli._app import run

        code = run(sys.argv[1:])
    except KeyboardInterrupt:  # so early that nothing has begun
        code = 130
    sys.exit(code)


if __name__ == "__main__":
    main()

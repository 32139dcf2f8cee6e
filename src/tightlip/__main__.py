"""Where the program starts: the version without delay, everything else through the command line."""

import gc
import os
import sys
from pathlib import Path

# Configurations, runs and plans come as very many values, hardly ever as a cycle, and stay until the end: looking for
# cycles among them is worth doing seldom.
_SELDOM = (50_000, 10, 10)


def main() -> None:
    """Run the command line and leave with its exit code."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        from tightlip import __version__

        print(f"tightlip {__version__}")
        return
    gc.set_threshold(*_SELDOM)
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

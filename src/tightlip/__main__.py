"""Where the program starts: the version without delay, everything else through the command line."""

import sys


def main() -> None:
    """Run the command line and leave with its exit code."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        from tightlip import __version__

        print(f"tightlip {__version__}")
        return
    from tightlip.cli._app import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()

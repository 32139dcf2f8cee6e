"""What a timer's process runs in tests: waits for a change of a recorded host to be overdue, and undoes it."""

import sys
from pathlib import Path

from tests.crash.recorded import Recorded, site_of
from tightlip.workflows.change.waiting import wait_and_undo


def main() -> None:
    """Called with the host's folder and the change's id."""
    site = site_of(Recorded(Path(sys.argv[1])))
    wait_and_undo(site.shelf.find(sys.argv[2]), site, look_again=0.05)


if __name__ == "__main__":
    main()

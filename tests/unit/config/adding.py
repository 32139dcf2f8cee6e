"""A process that adds scope entries to a folder, for several to do so at once."""

import sys
from pathlib import Path

from tightlip.config.entries import authority
from tightlip.config.scope_file import allow


def main() -> None:
    """``FOLDER FIRST COUNT``: entries for 10.FIRST.0.0/16 and the networks after it."""
    folder, first, count = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    for number in range(first, first + count):
        allow(folder, authority(f"10.{number}.0.0/16", "A. Admin", "2027-06-30"))


if __name__ == "__main__":
    main()

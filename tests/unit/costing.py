"""What something may cost in time and memory, so that a hostile input fails a test and not the machine."""

import gc
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import process_time

_SELF = Path("/proc/self")


@contextmanager
def at_most(seconds: float, mebibytes: int) -> Iterator[None]:
    """Fail where the block takes longer, or needs more memory beside what was there before it."""
    gc.collect()
    (_SELF / "clear_refs").write_text("5")  # the peak begins anew (proc_pid_clear_refs(5))
    before, began = _peak(), process_time()
    yield
    taken, grown = process_time() - began, _peak() - before
    assert taken < seconds, f"{taken:.1f} s"
    assert grown < mebibytes, f"{grown} MiB"


def _peak() -> int:
    """The largest that this process has been, in MiB."""
    found = re.search(r"VmHWM:\s+(\d+) kB", (_SELF / "status").read_text())
    assert found, "the system tells no peak"
    return int(found[1]) >> 10

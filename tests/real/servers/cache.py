"""What is made once and kept between runs, outside the checkout: unpacked packages and a whole Debian."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_KEPT_UNUSED = 14 * 24 * 3600


def make_once(name: str, key: str, build: Callable[[Path], None]) -> Path:
    """The folder `name-key`, built into an empty one first where it is not there yet.

    It is complete or absent, and two runs do not build it at once.
    """
    folder = _cache_folder() / f"{name}-{key}"
    with _locked(name):
        if not folder.exists():
            _tidy(name)
            unfinished = Path(tempfile.mkdtemp(prefix=f"{name}.", dir=_cache_folder()))
            try:
                build(unfinished)
                unfinished.chmod(0o755)
                unfinished.rename(folder)
            finally:
                shutil.rmtree(unfinished, ignore_errors=True)
        os.utime(folder)
    return folder


def _cache_folder() -> Path:
    named = os.environ.get("TIGHTLIP_TEST_CACHE")
    folder = Path(named) if named else Path.home() / ".cache" / "tightlip-tests"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def _locked(name: str) -> Iterator[None]:
    with (_cache_folder() / f"{name}.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _tidy(name: str) -> None:
    """Remove what a killed run left unfinished, and what no run has used for two weeks."""
    unfinished = [path for path in _cache_folder().glob(f"{name}.*") if path.is_dir()]
    finished = _cache_folder().glob(f"{name}-" + "[0-9a-f]" * 16)
    unused = [path for path in finished if time.time() - path.stat().st_mtime > _KEPT_UNUSED]
    for path in unfinished + unused:
        shutil.rmtree(path, ignore_errors=True)

"""Debian packages fetched by apt and unpacked into a folder of the cache: nothing is installed on the host."""

from __future__ import annotations

import functools
import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.real.servers.cache import make_once
from tests.real.servers.contract import Unavailable
from tests.real.servers.namespace import run_once

_FETCH_SECONDS = 420
_TOOLS = ("apt-get", "dpkg", "unshare", "nsenter", "mount", "chroot")
_DPKG_STATUS = Path("/var/lib/dpkg/status")
_LISTS = Path("/var/lib/apt/lists")


def prefix(name: str, packages: Sequence[str]) -> Path:
    """The folder with these packages and what they need beyond the host's own. Raises Unavailable."""
    require_root_and_debian()

    def build(folder: Path) -> None:
        _fetch(packages, folder / "archives")
        _unpack(folder / "archives", folder)

    # apt fetches only what the host lacks, so the host's own packages belong to the key.
    told = hashlib.sha256(" ".join(sorted(packages)).encode() + _DPKG_STATUS.read_bytes())
    return make_once(name, told.hexdigest()[:16], build)


@functools.cache
def require_root_and_debian() -> None:
    """Raise Unavailable, with the reason, where packages cannot be fetched or namespaces not made."""
    if os.geteuid() != 0:
        raise Unavailable("needs root, for namespaces and overlays")
    for tool in _TOOLS:
        if shutil.which(tool) is None:
            raise Unavailable(f"needs Debian's {tool}")
    with tempfile.TemporaryDirectory() as empty:
        (Path(empty) / "usr").mkdir()
        done = run_once(Path(empty), "true", seconds=30)
    if done.returncode != 0:
        raise Unavailable(f"needs mount namespaces and overlays: {done.stdout.strip()}")


def ensure_lists() -> None:
    """Have apt fetch its package lists where it knows no package at all."""
    if not any(_LISTS.glob("*_Packages*")):
        _refresh_lists()


def _fetch(packages: Sequence[str], archives: Path) -> None:
    (archives / "partial").mkdir(parents=True)
    ensure_lists()
    options = [f"Dir::Cache::archives={archives}", "Debug::NoLocking=1", "APT::Sandbox::User=root"]
    download = ["-y", "--no-install-recommends", "--download-only"]
    download += [part for option in options for part in ("-o", option)] + ["install", *packages]
    done = _apt_get(*download)
    if done.returncode != 0:
        # Lists that are older than the archive name files that are gone.
        _refresh_lists()
        done = _apt_get(*download)
    if done.returncode != 0:
        raise Unavailable(f"apt-get cannot fetch {' '.join(packages)}: {done.stdout.strip().partition(chr(10))[0]}")


def _refresh_lists() -> None:
    """Its failure is no news yet: a foreign repository may be broken, and what matters is fetched next."""
    _apt_get("update")


def _apt_get(*words: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            ["apt-get", "-qq", "-o", "Acquire::Retries=1", *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_FETCH_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        raise Unavailable(f"apt-get did not end within {_FETCH_SECONDS} s") from late


def _unpack(archives: Path, root: Path) -> None:
    for name in ("usr", "etc"):
        (root / name).mkdir()
    for archive in sorted(archives.glob("*.deb")):
        subprocess.run(["dpkg", "-x", str(archive), str(root)], stdin=subprocess.DEVNULL, check=True)
    shutil.rmtree(archives)
    # Debian's /bin, /sbin and /lib are links into /usr; a package that still writes there belongs in usr.
    for name in ("bin", "sbin", "lib"):
        if (root / name).is_dir():
            shutil.copytree(root / name, root / "usr" / name, symlinks=True, dirs_exist_ok=True)
            shutil.rmtree(root / name)
    _choose_alternatives(root / "usr" / "lib")


def _choose_alternatives(libraries: Path) -> None:
    """Link the libraries that a package's own script would have chosen: BLAS, which nmap needs."""
    for chosen in (*libraries.glob("*/blas/*.so.*"), *libraries.glob("*/lapack/*.so.*")):
        link = chosen.parents[1] / chosen.name
        if not link.exists():
            link.symlink_to(chosen.relative_to(link.parent))

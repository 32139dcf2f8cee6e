"""A newer Debian in a folder of the cache, for servers that the host's own release does not have.

debootstrap makes it (itself from a package, not installed) out of the mirror that the host's apt already uses.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.real.servers.cache import make_once
from tests.real.servers.contract import Unavailable
from tests.real.servers.namespace import run_once
from tests.real.servers.prefix import ensure_lists, prefix, require_root_and_debian

_SECONDS = 900


def chroot(release: str, packages: Sequence[str]) -> Path:
    """The folder with this release and these packages in it. Raises Unavailable."""
    require_root_and_debian()

    def build(folder: Path) -> None:
        _bootstrap(release, packages, folder)
        for name in ("var/cache/apt/archives", "var/lib/apt/lists"):
            shutil.rmtree(folder / name, ignore_errors=True)

    told = hashlib.sha256(" ".join(sorted(packages)).encode())
    return make_once(release, told.hexdigest()[:16], build)


def _bootstrap(release: str, packages: Sequence[str], target: Path) -> None:
    tool = prefix("debootstrap", ["debootstrap", "debian-archive-keyring"])
    command = ["--variant=minbase", f"--include={','.join(packages)}", release, str(target), _mirror()]
    try:
        done = run_once(tool, "debootstrap", *command, seconds=_SECONDS)
    except subprocess.TimeoutExpired as late:
        raise Unavailable(f"debootstrap did not make {release} within {_SECONDS} s") from late
    if done.returncode != 0:
        raise Unavailable(f"debootstrap cannot make {release}: {done.stdout.strip()[-400:]}")


def _mirror() -> str:
    """The address the host's apt fetches Debian itself from."""
    ensure_lists()
    told = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(ORIGIN)|$(LABEL)|$(COMPONENT)|$(REPO_URI)"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
    )
    for line in told.stdout.splitlines():
        if line.startswith("Debian|Debian|main|"):
            return line.rpartition("|")[2]
    raise Unavailable("apt knows no Debian mirror")

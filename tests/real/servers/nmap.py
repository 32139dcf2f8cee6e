"""nmap, the peer, from its Debian package: asked about the same endpoints as tightlip."""

from __future__ import annotations

from tests.real.servers.contract import Unavailable
from tests.real.servers.namespace import run_once
from tests.real.servers.prefix import prefix

_SECONDS = 300


def nmap(*arguments: str) -> str:
    """What nmap prints when called with these arguments. Raises Unavailable."""
    done = run_once(prefix("nmap", ["nmap"]), "nmap", *arguments, seconds=_SECONDS)
    if done.returncode != 0:
        raise Unavailable(f"nmap does not run: {done.stdout.strip()[-400:]}")
    return done.stdout

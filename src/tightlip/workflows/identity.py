"""Who a host is: what plans and approvals are bound to, so that they are not carried out on another one."""

import re
from hashlib import sha256

from tightlip.hosts._host import Host, Reach
from tightlip.remediate.plan import COPY

# machine-id(5) asks that the id itself is not shown to others; a keyed hash of it is as good for us.
_MACHINE_IDS = ("/etc/machine-id", "/var/lib/dbus/machine-id")
_CONTEXT = b"tightlip host identity 1\n"
# What images have in its place ("uninitialized", nothing) is no id.
_MACHINE_ID = re.compile(rb"[0-9a-f]{32}")
# Every image has one of these.
_NO_NAMES = (b"", b"localhost", b"localhost.localdomain")
_TELLING = re.compile(r" \([0-9a-f]{16}\)\Z")


def machine_of(host: Host) -> str:
    """What tells a host from another one of its name, and from a copy of its files.

    Every container is called / by /proc/PID/root, and a folder of mended files as the host that they are for. A copy is
    known again by its machine id and host name; without either by the folder that it lies in.
    """
    if host.reach is not Reach.COPIED:
        return identity_of(host)
    known, name = (_first_line(host, path) for path in (_MACHINE_IDS[0], "/etc/hostname"))
    if not _MACHINE_ID.fullmatch(known) or not known.strip(b"0") or name in _NO_NAMES:
        known = host.place.encode("utf-8", "surrogateescape")
    if not known:
        return COPY  # single files, known by their own paths
    told = b"\n".join((known, name))
    return f"{COPY}{sha256(_CONTEXT + told).hexdigest()[:16]}"


def _first_line(host: Host, path: str) -> bytes:
    content = host.read(path)
    return content.strip() if isinstance(content, bytes) else b""


def identity_of(host: Host) -> str:
    """``name (16 hex digits)`` for a live host, ``tree:name`` for a copied one."""
    if host.reach is Reach.COPIED:
        return f"{COPY}{host.name}"
    for path in _MACHINE_IDS:
        content = host.read(path)
        if isinstance(content, bytes) and content.strip():
            return f"{host.name} ({sha256(_CONTEXT + content.strip()).hexdigest()[:16]})"
    return f"{host.name} (no machine id)"


def is_same_machine(one: str, other: str) -> bool:
    """Whether two identities are one machine's: its name may change, its machine id stays.

    For what was done here. Plans and approvals are for a name as well: machines that were cloned may have one id.
    """
    ids = [found[0] for found in map(_TELLING.search, (one, other)) if found]
    return one == other or (len(ids) == 2 and ids[0] == ids[1])

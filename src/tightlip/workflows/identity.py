"""Who a host is: what plans and approvals are bound to, so that they are not carried out on another one."""

from hashlib import sha256

from tightlip.hosts._host import Host, Reach
from tightlip.remediate.plan import COPY

# machine-id(5) asks that the id itself is not shown to others; a keyed hash of it is as good for us.
_MACHINE_IDS = ("/etc/machine-id", "/var/lib/dbus/machine-id")
_CONTEXT = b"tightlip host identity 1\n"


def machine_of(host: Host) -> str:
    """What tells a host from another one of its name, and from a copy of its files.

    Every container is called / by /proc/PID/root, and a folder of mended files as the host that they are for.
    """
    if host.reach is not Reach.COPIED:
        return identity_of(host)
    for path in (*_MACHINE_IDS, "/etc/hostname"):
        content = host.read(path)
        if isinstance(content, bytes) and content.strip():
            return f"{COPY}{sha256(_CONTEXT + content.strip()).hexdigest()[:16]}"
    return COPY


def identity_of(host: Host) -> str:
    """``name (16 hex digits)`` for a live host, ``tree:name`` for a copied one."""
    if host.reach is Reach.COPIED:
        return f"{COPY}{host.name}"
    for path in _MACHINE_IDS:
        content = host.read(path)
        if isinstance(content, bytes) and content.strip():
            return f"{host.name} ({sha256(_CONTEXT + content.strip()).hexdigest()[:16]})"
    return f"{host.name} (no machine id)"

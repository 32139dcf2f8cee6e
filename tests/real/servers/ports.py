"""Free ports on loopback for servers that are about to start."""

from __future__ import annotations

import random
import socket
from collections.abc import Iterable, Sequence

from tests.real.servers.contract import Listener, Unavailable

# Below the kernel's usual range for outgoing connections (32768 up), so that no client takes one meanwhile.
_FIRST, _LAST = 12000, 31999
_TRIES = 1000
# What these ports are known for: a server may be configured differently on them (RFC 6409, RFC 8314).
_WELL_KNOWN = {"smtp": 25, "submission": 587, "smtps": 465}


def free_ports(count: int) -> list[int]:
    """Different TCP ports nobody listens on, reserved until this process ends.

    Two runs side by side get different ones, even while neither has bound them yet.
    """
    ports: list[int] = []
    for candidate in random.sample(range(_FIRST, _LAST + 1), _TRIES):
        if _is_free(candidate) and _reserve(candidate):
            ports.append(candidate)
        if len(ports) == count:
            return ports
    raise OSError(f"fewer than {count} of {_TRIES} ports are free on loopback")


def free_listeners(schemes: Sequence[str]) -> tuple[Listener, ...]:
    """One listener for each scheme."""
    ports = free_ports(len(schemes))
    return tuple(Listener(scheme=scheme, port=port) for scheme, port in zip(schemes, ports, strict=True))


def well_known_listeners(schemes: Sequence[str]) -> tuple[Listener, ...]:
    """One for each scheme on its usual port, all on one address of loopback that no other run has.

    Raises Unavailable where the host's own server has such a port on every address.
    """
    high, low = divmod(free_ports(1)[0], 256)
    listeners = tuple(Listener(scheme=each, port=_WELL_KNOWN[each], host=f"127.9.{high}.{low}") for each in schemes)
    for taken in (each for each in listeners if not _is_free(each.port, each.host)):
        raise Unavailable(f"port {taken.port} of {taken.host} is taken")
    return listeners


def port_places(listeners: Iterable[Listener]) -> dict[str, str]:
    """What a template's places for ports are filled with: the scheme in capitals names the place."""
    return {listener.scheme.upper(): str(listener.port) for listener in listeners}


def _is_free(port: int, host: str = "127.0.0.1") -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _reserve(port: int) -> bool:
    """Take the abstract name of this port; the kernel gives it back when the process ends, however it ends."""
    mark = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        mark.bind(f"\0tightlip-tests-port-{port}")
    except OSError:
        mark.close()
        return False
    mark.detach()
    return True

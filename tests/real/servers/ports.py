"""Free ports on loopback for servers that are about to start."""

from __future__ import annotations

import random
import socket
from collections.abc import Iterable, Sequence

from tests.real.servers.contract import Listener

# Below the kernel's usual range for outgoing connections (32768 up), so that no client takes one meanwhile.
_FIRST, _LAST = 12000, 31999
_TRIES = 1000


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


def port_places(listeners: Iterable[Listener]) -> dict[str, str]:
    """What a template's places for ports are filled with: the scheme in capitals names the place."""
    return {listener.scheme.upper(): str(listener.port) for listener in listeners}


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
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

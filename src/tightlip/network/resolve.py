"""Names to addresses through the system's own resolver, several at once, without blocking whoever asks."""

import socket
from concurrent.futures import Future, ThreadPoolExecutor

_AT_ONCE = 16


class Resolver:
    """A small pool of look-ups; /etc/hosts and the machine's resolver settings apply."""

    def __init__(self) -> None:
        """No thread is started before the first look-up."""
        self._pool = ThreadPoolExecutor(_AT_ONCE, "resolve")

    def look_up(self, name: str) -> "Future[tuple[str, ...]]":
        """The addresses of a name, IPv4 first; none where it does not resolve."""
        return self._pool.submit(_addresses, name)

    def close(self) -> None:
        """Forget what is still being looked up."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def _addresses(name: str) -> tuple[str, ...]:
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return ()
    addresses = dict.fromkeys(str(entry[4][0]) for entry in found)
    return tuple(sorted(addresses, key=lambda address: ":" in address))

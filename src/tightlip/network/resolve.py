"""Names to addresses through the system's own resolver, several at once, without blocking whoever asks."""

import socket
from concurrent.futures import Future
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Thread

_AT_ONCE = 16

Addresses = tuple[str, ...]
_Wanted = SimpleQueue[tuple[str, Future[Addresses]] | None]


class Resolver:
    """A small pool of look-ups; /etc/hosts and the machine's resolver settings apply.

    Its threads are daemons, other than those of an executor: a name server that is silent for half a minute must not
    keep an interrupted scan from ending.
    """

    def __init__(self) -> None:
        """No thread is started before the first look-up."""
        self._wanted: _Wanted = SimpleQueue()
        self._threads = 0

    def look_up(self, name: str) -> Future[Addresses]:
        """The addresses of a name, IPv4 first; none where it does not resolve."""
        future: Future[Addresses] = Future()
        self._wanted.put((name, future))
        if self._threads < _AT_ONCE:
            self._threads += 1
            Thread(target=_answer, args=(self._wanted,), name="resolve", daemon=True).start()
        return future

    def close(self) -> None:
        """Forget what is still to be looked up."""
        with suppress(Empty):
            while True:
                self._wanted.get_nowait()
        for _ in range(self._threads):
            self._wanted.put(None)


def _answer(wanted: _Wanted) -> None:
    while (item := wanted.get()) is not None:
        name, future = item
        try:
            future.set_result(_addresses(name))
        except Exception as error:  # it is raised where the answer is asked for
            future.set_exception(error)


def _addresses(name: str) -> Addresses:
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return ()
    addresses = dict.fromkeys(str(entry[4][0]) for entry in found)
    return tuple(sorted(addresses, key=lambda address: ":" in address))

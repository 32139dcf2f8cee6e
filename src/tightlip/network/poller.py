"""Waiting for many sockets: epoll where there is one, selectors elsewhere, behind the same four calls."""

import select
import selectors
from typing import Protocol

READ = 1
WRITE = 4
FAILED = 8 | 16  # EPOLLERR, EPOLLHUP: epoll reports them unasked
BATCH = 512


class Poller(Protocol):
    """The smallest seam over readiness: level-triggered, addressed by file descriptor."""

    def register(self, fd: int, mask: int, /) -> None:
        """Watch ``fd`` for ``mask`` (READ, WRITE)."""

    def modify(self, fd: int, mask: int, /) -> None:
        """Watch for something else."""

    def unregister(self, fd: int, /) -> None:
        """Stop watching a descriptor that stays open."""

    def discard(self, fd: int, /) -> None:
        """Stop watching a descriptor that is closed next."""

    def poll(self, timeout: float, /) -> list[tuple[int, int]]:
        """The descriptors that are ready within ``timeout`` seconds, with what they are ready for."""

    def close(self) -> None:
        """Give the descriptor back."""


class EpollPoller:
    """Linux: the kernel keeps the set; a closed descriptor leaves it by itself."""

    def __init__(self) -> None:
        """Open the epoll descriptor."""
        self._epoll = select.epoll()
        self.register = self._epoll.register
        self.modify = self._epoll.modify
        self.unregister = self._epoll.unregister
        self.close = self._epoll.close

    def discard(self, fd: int, /) -> None:
        """Nothing to do: closing the descriptor, which the caller does next, removes it (epoll(7))."""

    def poll(self, timeout: float, /) -> list[tuple[int, int]]:
        """As Poller; an error or hang-up counts as ready to read, since reading tells what it is."""
        return self._epoll.poll(timeout, BATCH)


class SelectorPoller:
    """Anywhere else: kqueue, poll or select through the standard library."""

    def __init__(self) -> None:
        """Open the platform's best selector."""
        self._selector = selectors.DefaultSelector()

    def register(self, fd: int, mask: int, /) -> None:
        """As Poller."""
        self._selector.register(fd, _events(mask))

    def modify(self, fd: int, mask: int, /) -> None:
        """As Poller."""
        self._selector.modify(fd, _events(mask))

    def unregister(self, fd: int, /) -> None:
        """As Poller."""
        self._selector.unregister(fd)

    def discard(self, fd: int, /) -> None:
        """As Poller."""
        self._selector.unregister(fd)

    def poll(self, timeout: float, /) -> list[tuple[int, int]]:
        """As Poller."""
        ready = self._selector.select(timeout)
        return [
            (key.fd, (READ if events & selectors.EVENT_READ else 0) | (WRITE if events & selectors.EVENT_WRITE else 0))
            for key, events in ready
        ]

    def close(self) -> None:
        """As Poller."""
        self._selector.close()


def open_poller() -> Poller:
    """The best poller of this platform."""
    return EpollPoller() if hasattr(select, "epoll") else SelectorPoller()


def _events(mask: int) -> int:
    return (selectors.EVENT_READ if mask & READ else 0) | (selectors.EVENT_WRITE if mask & WRITE else 0)

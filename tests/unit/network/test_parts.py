"""The small parts of the room alone: both pollers behave alike, descriptors, name resolution, address literals."""

import os
import resource
import socket
from collections.abc import Callable

import pytest

from tightlip.network.descriptors import RESERVE, raise_limit
from tightlip.network.poller import FAILED, READ, WRITE, EpollPoller, Poller, SelectorPoller, open_poller
from tightlip.network.resolve import Resolver
from tightlip.network.visit import address_literal

POLLERS = pytest.mark.parametrize("kind", [EpollPoller, SelectorPoller])


@POLLERS
def test_a_poller_tells_what_is_ready(kind: Callable[[], Poller]) -> None:
    """Readable and writable are told, in their turn, until nobody watches any more."""
    poller = kind()
    left, right = socket.socketpair()
    with left, right:
        poller.register(left.fileno(), READ)
        assert poller.poll(0.0) == []
        right.send(b"x")
        assert poller.poll(1.0) == [(left.fileno(), READ)]
        poller.modify(left.fileno(), WRITE)
        assert poller.poll(1.0) == [(left.fileno(), WRITE)]
        poller.modify(left.fileno(), READ | WRITE)
        assert poller.poll(1.0) == [(left.fileno(), READ | WRITE)]
        poller.unregister(left.fileno())
        assert poller.poll(0.0) == []
    poller.close()


@POLLERS
def test_a_descriptor_that_is_discarded_and_closed_can_come_again(kind: Callable[[], Poller]) -> None:
    """The next connection may have the same number."""
    poller = kind()
    for _ in range(3):
        left, right = socket.socketpair()
        with left, right:
            poller.register(left.fileno(), READ)
            right.send(b"x")
            assert [fd for fd, _ in poller.poll(1.0)] == [left.fileno()]
            poller.discard(left.fileno())
        assert poller.poll(0.0) == []
    poller.close()


@POLLERS
def test_a_hang_up_is_something_to_read(kind: Callable[[], Poller]) -> None:
    """Reading tells what happened, so a closed peer must lead there."""
    poller = kind()
    readable, writable = os.pipe()
    poller.register(readable, READ)
    os.close(writable)
    ((fd, mask),) = poller.poll(1.0)
    assert fd == readable
    assert mask & (READ | FAILED)
    os.close(readable)
    poller.close()


def test_linux_has_epoll() -> None:
    """The best poller of the platform is taken."""
    poller = open_poller()
    assert isinstance(poller, EpollPoller)
    poller.close()


def test_concurrency_fits_the_descriptors() -> None:
    """The limit is raised as far as allowed, never beyond it, and some descriptors stay in reserve."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    lower = min(512, soft)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (lower, hard))
        assert raise_limit(10) == 10
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (lower, hard)
        assert raise_limit(lower) == min(lower, hard - RESERVE)
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] >= min(lower + RESERVE, hard)
        assert raise_limit(10 * hard) == raise_limit(0) == hard - RESERVE
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_names_are_looked_up_without_waiting() -> None:
    """A name gives its addresses, IPv4 first; what is no name gives none."""
    resolver = Resolver()
    futures = [resolver.look_up(name) for name in ("localhost", "a" * 300, "\udcff", "127.0.0.9")]
    found = [future.result(timeout=10) for future in futures]
    resolver.close()
    assert found[0][0] == "127.0.0.1"
    assert found[1:] == [(), (), ("127.0.0.9",)]


def test_an_address_literal_says_its_family() -> None:
    """What EHLO calls us (RFC 5321 section 4.1.3)."""
    assert address_literal("192.0.2.1") == "[192.0.2.1]"
    assert address_literal("2001:db8::1") == "[IPv6:2001:db8::1]"

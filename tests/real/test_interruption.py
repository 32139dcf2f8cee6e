"""How long a service is away while a change is applied: a client in a loop asks for the greeting all the while."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from tests.house.told import Tell
from tests.real.administration import Administrator
from tests.real.servers.contract import Listener

# Not an address that anybody else asks from: what the server holds against that one must not reach this client.
_SOURCE = "127.0.0.7"
_ONE_TRY = 5.0
_PAUSE = 0.005
# Far above what was measured (docs/performance.md); a restart of either server takes longer.
_LONGEST = 1.0

CASES = [("dovecot", "pop3", b"+OK"), ("mail-host", "smtp", b"220"), ("postfix-cyrus-sasl", "smtp", b"220")]


@dataclass
class Watcher:
    """Greets again and again; `gap` is the longest time from one greeting to the next, in seconds."""

    listener: Listener
    greeting: bytes
    gap: float = 0.0
    greetings: int = 0
    ended: threading.Event = field(default_factory=threading.Event)

    def watch(self) -> None:
        """Ask until told to end."""
        last = time.monotonic()
        # A client that came without a pause would fill the server's queue, and measure itself: a SYN that is dropped
        # is sent again after a second (RFC 6298 section 2).
        while not self.ended.wait(_PAUSE):
            if self._greets():
                now = time.monotonic()
                self.gap = max(self.gap, now - last)
                last = now
                self.greetings += 1
        self.gap = max(self.gap, time.monotonic() - last)

    def _greets(self) -> bool:
        try:
            where = (self.listener.host, self.listener.port)
            with socket.create_connection(where, _ONE_TRY, (_SOURCE, 0)) as connection:
                return connection.recv(64).startswith(self.greeting)
        except OSError:
            return False


@pytest.mark.drawn(3)
@pytest.mark.parametrize(("name", "scheme", "greeting"), CASES, ids=[case[0] for case in CASES])
def test_a_change_hardly_interrupts_the_service(
    administrator: Callable[[str], Administrator],
    record_property: Tell,
    name: str,
    scheme: str,
    greeting: bytes,
) -> None:
    """From the first write to the last proof, and on the way back, nobody waits a second for a greeting."""
    admin = administrator(name)
    plan = admin.plan()
    listener = [each for each in admin.server.listeners if each.scheme == scheme][-1]
    watcher = Watcher(listener, greeting)
    thread = threading.Thread(target=watcher.watch)
    thread.start()
    try:
        admin.run("apply", str(plan))
        admin.run("rollback", admin.changes()[0])
    finally:
        watcher.ended.set()
        thread.join()
    longest = f"longest interruption {watcher.gap * 1000:.0f} ms in {watcher.greetings:,} greetings"
    record_property("told", f"{name}, {scheme}: {longest}")
    assert watcher.greetings > 50
    assert watcher.gap < _LONGEST

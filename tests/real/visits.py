"""One visit to one configuration of one server: asked by hand and scanned by tightlip at the same time."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.real.scans import Scan, run_scan, urls
from tests.real.servers.ask import IMPLICIT_TLS, PLAIN, STARTTLS, Answer, ask
from tests.real.servers.contract import IMPLICIT, Server

# The scheme, which stands for one listener, and the TLS state.
State = tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class Visit:
    """Both results; one that failed raises where it is asked for, and not where the other is."""

    server: Server
    _asked: Future[dict[State, Answer]]
    _scanned: Future[Scan]

    @property
    def answers(self) -> dict[State, Answer]:
        """What the server said to the hand-written conversations."""
        return self._asked.result()

    @property
    def scan(self) -> Scan:
        """What tightlip made of it."""
        return self._scanned.result()


def visit(server: Server, home: Path) -> Visit:
    """Ask and scan all endpoints of the server as it runs now; reloading it costs more than either."""
    with ThreadPoolExecutor() as pool:
        asked = pool.submit(ask_all, server)
        scanned = pool.submit(run_scan, home, *urls(server.listeners))
    return Visit(server=server, _asked=asked, _scanned=scanned)


def ask_all(server: Server) -> dict[State, Answer]:
    """Ask every TLS state of every listener, all at once because some servers take seconds to refuse."""
    with ThreadPoolExecutor(max_workers=16) as pool:
        asked = {
            (listener.scheme, state): pool.submit(ask, listener.scheme, listener.port, state)
            for listener in server.listeners
            for state in ([IMPLICIT_TLS] if listener.scheme in IMPLICIT else [PLAIN, STARTTLS])
        }
        return {state: answer.result() for state, answer in asked.items()}

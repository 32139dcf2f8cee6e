"""One visit to one configuration of one server: asked by hand and scanned by tightlip at the same time."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from tests.real.scans import Scan, run_scan, urls
from tests.real.servers.ask import IMPLICIT_TLS, PLAIN, STARTTLS, Answer, ask
from tests.real.servers.contract import IMPLICIT, Server
from tests.real.truth import Truth

# The scheme, which stands for one listener, and the TLS state.
State = tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class Visit:
    """Both results; one that failed raises where it is asked for, and not where the other is."""

    server: Server
    _asked: Future[dict[State, Answer]]
    _asked_for_ntlm: Future[dict[State, Answer]]
    _scanned: Future[Scan]

    @property
    def answers(self) -> dict[State, Answer]:
        """What the server said to the hand-written conversations."""
        return self._asked.result()

    @property
    def answers_to_ntlm(self) -> dict[State, Answer]:
        """What it said when NTLM was asked for by that name."""
        return self._asked_for_ntlm.result()

    @property
    def scan(self) -> Scan:
        """What tightlip made of it."""
        return self._scanned.result()


def together(truths: Iterable[Truth]) -> list[ParameterSet]:
    """Each as a test's parameter: by its id ./check sees whose visit is shared (tests/house/drawn.py)."""
    return [pytest.param(truth, id=f"{truth.server}:{truth.variant}") for truth in truths]


def visit(server: Server, home: Path, mechanism: str) -> Visit:
    """Ask for the mechanism and scan all endpoints of the server as it runs now: reloading costs more than either."""
    with ThreadPoolExecutor() as pool:
        asked = pool.submit(ask_all, server, mechanism)
        asked_for_ntlm = asked if mechanism == "NTLM" else pool.submit(ask_all, server)
        scanned = pool.submit(run_scan, home, *urls(server.listeners))
    return Visit(server=server, _asked=asked, _asked_for_ntlm=asked_for_ntlm, _scanned=scanned)


def ask_all(server: Server, mechanism: str = "NTLM") -> dict[State, Answer]:
    """Ask every TLS state of every listener, all at once because some servers take seconds to refuse."""
    with ThreadPoolExecutor(max_workers=16) as pool:
        asked = {
            (listener.scheme, state): pool.submit(ask, listener.scheme, listener.port, state, mechanism=mechanism)
            for listener in server.listeners
            for state in ([IMPLICIT_TLS] if listener.scheme in IMPLICIT else [PLAIN, STARTTLS])
        }
        return {state: answer.result() for state, answer in asked.items()}

"""Waits until a server's listeners answer, and until a reload has taken effect on the wire."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from tests.real.servers.ask import IMPLICIT_TLS, STARTTLS, ask
from tests.real.servers.contract import IMPLICIT, Listener, ServerFailed
from tests.real.servers.namespace import Namespace, wait_until

CHALLENGED, REFUSED = "challenged", "refused"
# Not an address the tests ask from: what a server holds against one address must not reach the other.
_SOURCE = "127.0.0.9"
_SECONDS = 60.0


def wait_for_listeners(listeners: Iterable[Listener], namespace: Namespace) -> None:
    """Return once every port accepts connections."""
    for listener in listeners:
        complaint = f"nobody answers on {listener.url}"
        wait_until(partial(_accepts, listener, namespace), _SECONDS, partial(_explain, complaint, namespace))


def wait_for_ntlm(listeners: Iterable[Listener], outcome: str, namespace: Namespace, mechanism: str = "NTLM") -> None:
    """Return once every port, over TLS, does with a request for NTLM, under this name, what it now shall."""
    # All at once: a refusal may take the server some seconds.
    with ThreadPoolExecutor() as pool:
        list(pool.map(partial(_wait_for_one, outcome, namespace, mechanism), listeners))


def _wait_for_one(outcome: str, namespace: Namespace, mechanism: str, listener: Listener) -> None:
    complaint = f"{mechanism} is not {outcome} by {listener.url} after its reload"
    wait_until(partial(_is_now, listener, outcome, mechanism), _SECONDS, partial(_explain, complaint, namespace))


def _accepts(listener: Listener, namespace: Namespace) -> bool:
    if not namespace.is_running():
        raise ServerFailed(_explain("the server has ended", namespace))
    try:
        socket.create_connection((listener.host, listener.port), 1, (_SOURCE, 0)).close()
    except OSError:
        return False
    return True


def _is_now(listener: Listener, outcome: str, mechanism: str) -> bool:
    state = IMPLICIT_TLS if listener.scheme in IMPLICIT else STARTTLS
    try:
        answer = ask(listener.scheme, listener.port, state, _SOURCE, listener.host, mechanism)
    except OSError:
        return False
    return answer.discloses is (outcome == CHALLENGED)


def _explain(complaint: str, namespace: Namespace) -> str:
    return f"{complaint}\n{namespace.output()}"

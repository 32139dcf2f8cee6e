"""The truth table: what tightlip says of every real server, in every configuration and TLS state."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.real.conftest import Visited
from tests.real.expected import (
    CARRIED,
    CHALLENGES,
    EXCEPTIONS,
    LISTED_OTHERWISE,
    NO_CHALLENGE,
    NO_ORDER,
    OUT_OF_STEP,
    SEVERITIES,
    STATES,
    USUAL_DOORS,
    State,
    Told,
)
from tests.real.scans import Record, Scan, endpoints, is_plain, protocol_of
from tests.real.servers.certificate import COMMON_NAME
from tests.real.servers.contract import Server
from tests.real.truth import TRUTHS, Truth
from tests.real.visits import together

Scanned = Callable[[Truth], tuple[Server, Scan]]
Wanted = Callable[[State, Truth, str], Any]

_CLOCK_DRIFT = timedelta(minutes=2)
_CERTIFICATE_LIFE = timedelta(days=30)
_FINDINGS, _NOTHING_FOUND = 1, 0


@pytest.fixture(scope="module")
def scanned(visited: Visited) -> Scanned:
    """A function `scanned(truth)` that tells the server and what one scan of all its endpoints brought."""

    def scan_of(truth: Truth) -> tuple[Server, Scan]:
        visit = visited(truth.server, truth.variant)
        return visit.server, visit.scan

    return scan_of


@pytest.mark.parametrize("truth", together(TRUTHS))
class TestTruth:
    """One configuration of one server."""

    def test_every_state_is_observed_once(self, scanned: Scanned, truth: Truth) -> None:
        """There is exactly one observation of each TLS state of each listener, held to its end, from 127.0.0.2."""
        server, scan = scanned(truth)
        held = {
            endpoint: (told["ending"], told["address"], told["source_address"])
            for endpoint, told in scan.observations.items()
        }
        assert held == dict.fromkeys(endpoints(server.listeners), ("completed", "127.0.0.1", "127.0.0.2"))

    def test_verdicts(self, scanned: Scanned, truth: Truth) -> None:
        """Every state gets the verdict and the reason that its configuration means."""
        said, wanted = compared(scanned(truth), truth, lambda told: (told["verdict"], told["reason"]), says)
        assert said == wanted

    def test_mechanisms(self, scanned: Scanned, truth: Truth) -> None:
        """The mechanisms are those the server lists in that state, in its order; `advertised` is whether NTLM is."""
        said, wanted = compared(
            scanned(truth), truth, lambda told: (told["mechanisms"], told["ntlm"]["advertised"]), listed
        )
        assert said == wanted

    def test_doors(self, scanned: Scanned, truth: Truth) -> None:
        """NTLM counts as accepted, by every door that took it, where a challenge came, and else not."""
        said, wanted = compared(
            scanned(truth), truth, lambda told: (told["ntlm"]["accepted"], told["ntlm"]["via"]), doors
        )
        assert said == wanted

    def test_challenges(self, scanned: Scanned, truth: Truth) -> None:
        """The fields of a challenge are read with their exact values, its writer and its oddities are named."""
        said, wanted = compared(scanned(truth), truth, told_by, challenge)
        assert said == wanted

    def test_tls(self, scanned: Scanned, truth: Truth) -> None:
        """With TLS its version and certificate are told; the plain state has none."""
        server, scan = scanned(truth)
        said = {endpoint: certificate(told["tls"]) for endpoint, told in scan.observations.items()}
        assert said == {
            endpoint: None if is_plain(endpoint) else _CERTIFICATE for endpoint in endpoints(server.listeners)
        }

    def test_findings(self, scanned: Scanned, truth: Truth) -> None:
        """The rules find what the configuration means and nothing else; the exit code is 1 where they do, else 0."""
        server, scan = scanned(truth)
        wanted = as_expected(server, truth, found)
        assert scan.findings == wanted
        assert scan.exit == scan.summary["exit"] == (_FINDINGS if any(wanted.values()) else _NOTHING_FOUND)


_CERTIFICATE = {
    "version": "TLSv1.3",
    "subject_names": [COMMON_NAME, "localhost", "127.0.0.1"],
    "issuer": f"CN={COMMON_NAME}",
    "self_signed": True,
    "name_matches": True,
}


def compared(
    scanned: tuple[Server, Scan], truth: Truth, what: Callable[[Record], Any], wanted: Wanted
) -> tuple[dict[str, Any], dict[str, Any]]:
    """One thing by endpoint: as it is said, and as the table has it."""
    server, scan = scanned
    return {endpoint: what(told) for endpoint, told in scan.observations.items()}, as_expected(server, truth, wanted)


def as_expected(server: Server, truth: Truth, wanted: Wanted) -> dict[str, Any]:
    """By endpoint what the table means for its state, in clear or with TLS, and its protocol."""
    return {
        endpoint: wanted(_state(truth, endpoint), truth, protocol_of(endpoint))
        for endpoint in endpoints(server.listeners)
    }


def _state(truth: Truth, endpoint: str) -> State:
    bare, secured = EXCEPTIONS.get((str(truth), protocol_of(endpoint)), STATES[str(truth)])
    return bare if is_plain(endpoint) else secured


def says(state: State, _truth: Truth, _protocol: str) -> tuple[str, str]:
    """Verdict and reason."""
    return state.says


def listed(state: State, truth: Truth, protocol: str) -> tuple[list[str], bool]:
    """The mechanisms that this protocol lists in this state, and whether NTLM is among them."""
    mechanisms = LISTED_OTHERWISE.get((str(truth), protocol), state.lists).split()
    return mechanisms, "NTLM" in mechanisms


def doors(state: State, truth: Truth, _protocol: str) -> tuple[bool, list[str]]:
    """Whether NTLM is accepted, and by which doors."""
    return state.accepts, CARRIED.get(str(truth), USUAL_DOORS) if state.accepts else []


def challenge(state: State, truth: Truth, protocol: str) -> Told:
    """What the challenge says, where this state gives one."""
    if not state.accepts:
        return NO_ORDER if state.says == OUT_OF_STEP else NO_CHALLENGE
    named = (f"{truth}-{protocol}", str(truth), truth.server)
    return next(CHALLENGES[name] for name in named if name in CHALLENGES)


def found(state: State, _truth: Truth, _protocol: str) -> dict[str, str]:
    """The severity of each rule that finds something."""
    return {rule: SEVERITIES[rule] for rule in state.findings}


def told_by(told: Record) -> Told:
    """A record's `ntlm` in the table's terms."""
    ntlm = told["ntlm"]
    fields = dict(ntlm["fields"])
    clock = fields.pop("system_time", None)
    if clock is not None:
        # The server's clock is this machine's, and it was read when the server was asked.
        assert abs(datetime.fromisoformat(clock) - datetime.fromisoformat(told["time"])) < _CLOCK_DRIFT
    return Told(
        implementation=ntlm["implementation"],
        fields=fields,
        has_clock=clock is not None,
        oddities=tuple(sorted(oddity["name"] for oddity in ntlm["oddities"])),
    )


def certificate(tls: Record | None) -> dict[str, Any] | None:
    """A record's `tls` without what changes from run to run; the certificate is valid for thirty days."""
    if tls is None:
        return None
    assert tls["cipher"]
    left = datetime.fromisoformat(tls["not_after"]) - datetime.now(UTC)
    assert timedelta(0) < left <= _CERTIFICATE_LIFE
    return {name: value for name, value in tls.items() if name in _CERTIFICATE}

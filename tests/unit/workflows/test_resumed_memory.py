"""What a resumed run remembers of what it had heard before it was cut off."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.unit.workflows.responder import responding
from tests.unit.workflows.running import Told, scan
from tightlip.assess.scope import make_scope
from tightlip.model.endpoint import Endpoint, Security
from tightlip.model.errors import Exit
from tightlip.model.facts import Banner, TlsOffer
from tightlip.model.finding import FindingState
from tightlip.model.observation import Depth, Ending, Observation
from tightlip.model.verdict import Assessment, Reason, Verdict
from tightlip.network.messages import EngineSettings
from tightlip.store.opening import open_store
from tightlip.store.values import Batch, Kept
from tightlip.targets.order import walk
from tightlip.workflows.beginning import Sources, begin, read_sources

CLEAN = Assessment(Verdict.CLEAN, Reason.REFUSED)
BUSY = Assessment(Verdict.INCONCLUSIVE, Reason.THROTTLED)
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
OTHER_PORT = 9


def cut_off(home: Path, targets: tuple[str, ...], heard: Observation, assessment: Assessment) -> None:
    """A run of these targets that was killed once it had stored ``heard``."""
    place = home / "data" / "tightlip" / "store.db"
    sources = Sources(targets)
    with open_store(str(place)) as store, read_sources(sources, make_scope((), ())) as (itinerary, wanted):
        begun = begin(sources, itinerary, wanted, EngineSettings(allowed=(), rate=0.0), None, store)
        stops = walk(itinerary.singles(), itinerary.sweeps, begun.run.seed, 0)
        (position,) = [stop.position for stop in stops if heard.endpoint.port in {ask.port for ask in stop.asks}]
        store.commit(Batch(begun.run.id, [Kept(position, heard, assessment)], [], 0))


def found(home: Path) -> set[FindingState]:
    """The states of all findings about what NTLM gives away."""
    with open_store(str(home / "data" / "tightlip" / "store.db")) as store:
        kept = store.findings(frozenset())
        return {each.state for each in kept if each.finding.rule == "ntlm-discloses-host"}


def verdicts(told: Told) -> dict[int, tuple[str, str]]:
    """Verdicts and reasons by port."""
    return {each["port"]: (each["verdict"], each["reason"]) for each in told.records if each["record"] == "observation"}


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (BUSY, ("inconclusive", "stopped_asking")),
        (Assessment(Verdict.INCONCLUSIVE, Reason.BANNED), ("inconclusive", "stopped_asking")),
        (Assessment(Verdict.INCONCLUSIVE, Reason.STOPPED_ASKING), ("inconclusive", "stopped_asking")),
        (CLEAN, ("clean", "refused")),
    ],
)
def test_who_throttled_us_before_closes_nothing_after(tmp_path: Path, before: Assessment, now: tuple[str, str]) -> None:
    """Nor is it asked again where it had said so twice; as if the run had never been cut off."""
    host = "127.0.87.1"
    with responding() as server:
        target = f"pop3+plain://{host}:{server.port}"
        scan(tmp_path, target)
        server.mended = frozenset({host})
        other = Endpoint(host, OTHER_PORT, "pop3", Security.STARTTLS)
        heard = Observation(other, host, NOON, Ending.COMPLETED, depth=Depth.THOROUGH, was_throttled=True)
        cut_off(tmp_path, (target, str(other)), heard, before)
        told = scan(tmp_path, "--resume", "last")
        assert (verdicts(told)[server.port], found(tmp_path)) == (now, {FindingState.OPEN})
        scan(tmp_path, target)
        assert found(tmp_path) == {FindingState.FIXED}


@pytest.mark.parametrize(
    ("is_listed", "now", "code"),
    [(False, ("absent", "no_starttls"), Exit.OK), (True, ("inconclusive", "starttls_refused"), Exit.DOUBT)],
)
def test_a_starttls_that_was_listed_before_is_not_called_absent_after(
    tmp_path: Path, is_listed: bool, now: tuple[str, str], code: Exit
) -> None:
    """The plain state was stored when the run was cut off, and met another node of the pool."""
    host = "127.0.87.2"
    with responding() as server:
        server.smtp_now = frozenset({host})
        plain = Endpoint(host, server.port, "smtp", Security.PLAIN)
        heard = Observation(plain, host, NOON, Ending.COMPLETED, (Banner("ready"), TlsOffer(is_listed)))
        cut_off(tmp_path, (f"smtp://{host}:{server.port}",), heard, CLEAN)
        told = scan(tmp_path, "--resume", "last")
    (over_tls,) = [each for each in told.records if each.get("endpoint", "").startswith("smtp+starttls://")]
    assert ((over_tls["verdict"], over_tls["reason"]), told.code) == (now, code)

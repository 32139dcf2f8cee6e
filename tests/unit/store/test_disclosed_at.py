"""At which addresses of a name NTLM is still to be reckoned with, by what was heard of each."""

import pytest
from msgspec.structs import replace

from tests.unit.store.samples import DAY, DISCLOSES, NOON, endpoint, observation, run
from tightlip.model.endpoint import Endpoint, Security
from tightlip.model.observation import Depth
from tightlip.model.verdict import Assessment, Reason, Verdict
from tightlip.store import Batch, Kept, Store

PLAIN, TLS = endpoint(), replace(endpoint(), security=Security.STARTTLS)
CLEAN = Assessment(Verdict.CLEAN, Reason.REFUSED)
TLS_FIRST = Assessment(Verdict.CLEAN, Reason.TLS_REQUIRED)
DOUBT = Assessment(Verdict.INCONCLUSIVE, Reason.MUTE)
ADDRESS = "192.0.2.1"


def heard(
    of: Endpoint, assessment: Assessment, address: str = ADDRESS, depth: Depth = Depth.THOROUGH, throttled: bool = False
) -> Kept:
    """One outcome at an address, thorough unless it is said."""
    seen = replace(observation(of, NOON, address), depth=depth, was_throttled=throttled)
    return Kept(0, seen, assessment)


def after(store: Store, *runs: tuple[Kept, ...]) -> dict[str, frozenset[str]]:
    """Where NTLM stands once these runs have told what they heard, one a day."""
    for number, outcomes in enumerate(runs):
        name = f"run-of-day-{number}"
        store.begin_run(run(name), b"")
        moment = NOON + number * DAY
        rows = [replace(each, observation=replace(each.observation, time=moment)) for each in outcomes]
        store.commit(Batch(name, rows, [], 1))
    return store.disclosed_at([str(PLAIN), str(endpoint("other.example.org"))])


def test_where_ntlm_was_met_is_known_by_address(store: Store) -> None:
    """The last word of each counts; a doubt is none."""
    words = {
        "192.0.2.1": (DISCLOSES, CLEAN),
        "192.0.2.2": (CLEAN, DISCLOSES),
        "192.0.2.3": (DISCLOSES, DOUBT),
        "192.0.2.4": (CLEAN, DOUBT),
    }
    runs = [tuple(heard(PLAIN, said[number], address) for address, said in words.items()) for number in (0, 1)]
    assert after(store, *runs) == {str(PLAIN): frozenset({"192.0.2.2", "192.0.2.3"})}


@pytest.mark.parametrize(
    "since",
    [
        (heard(PLAIN, CLEAN, depth=Depth.POLITE),),
        (heard(PLAIN, CLEAN, throttled=True),),
        (heard(PLAIN, TLS_FIRST),),
        (heard(PLAIN, TLS_FIRST), heard(TLS, DOUBT)),
        (heard(PLAIN, TLS_FIRST), heard(TLS, DISCLOSES)),
        (heard(PLAIN, TLS_FIRST), heard(TLS, CLEAN, throttled=True)),
        (heard(PLAIN, TLS_FIRST), heard(TLS, CLEAN, "192.0.2.9")),
        (heard(TLS, CLEAN),),
    ],
)
def test_what_could_not_close_a_finding_takes_nothing_back(store: Store, since: tuple[Kept, ...]) -> None:
    """A polite clean, one of a host that throttled us, and TLS first beside a STARTTLS that is not proven to refuse."""
    assert after(store, (heard(PLAIN, DISCLOSES),), since) == {str(PLAIN): frozenset({ADDRESS})}


def test_tls_first_counts_together_with_the_same_runs_starttls(store: Store) -> None:
    """One of another day says nothing of today's."""
    apart = after(store, (heard(PLAIN, DISCLOSES),), (heard(TLS, CLEAN),), (heard(PLAIN, TLS_FIRST),))
    assert apart == {str(PLAIN): frozenset({ADDRESS})}
    store.begin_run(run("together"), b"")
    late = [heard(PLAIN, TLS_FIRST), heard(TLS, CLEAN)]
    rows = [replace(each, observation=replace(each.observation, time=NOON + 9 * DAY)) for each in late]
    store.commit(Batch("together", rows, [], 1))
    assert store.disclosed_at([str(PLAIN)]) == {}

"""What waits in the harvest until all states of a port are known."""

from datetime import UTC, datetime

import pytest

from tightlip.assess.verdict import assess
from tightlip.model.endpoint import Endpoint, Security
from tightlip.model.facts import Banner, Fact, TlsOffer, Upgrade
from tightlip.model.host_view import Assessed
from tightlip.model.observation import Ending, Observation
from tightlip.model.verdict import Reason, Verdict
from tightlip.store.null_store import NullStore
from tightlip.targets.reaching import Reaching
from tightlip.workflows.harvest import Harvest
from tightlip.workflows.judging import BY_THE_RULES, Together, judging_closed
from tightlip.workflows.tally import Tally

POSITION = 3


def asked(security: Security, *facts: Fact) -> Assessed:
    """What asking one state of a port that greets taught, with its verdict."""
    observation = Observation(
        Endpoint("mail.example.org", 110, "pop3", security),
        "192.0.2.7",
        datetime(2026, 5, 1, tzinfo=UTC),
        Ending.COMPLETED,
        (Banner("ready"), *facts),
    )
    return Assessed(observation, assess(observation))


ABSENT = asked(Security.STARTTLS, Upgrade(offered=False, accepted=False, text="-ERR TLS is not supported"))


@pytest.mark.parametrize("order", [1, -1], ids=["plain first", "plain last"])
@pytest.mark.parametrize(
    ("is_listed", "verdict", "reason"),
    [(True, Verdict.INCONCLUSIVE, Reason.STARTTLS_REFUSED), (False, Verdict.ABSENT, Reason.NO_STARTTLS)],
)
def test_a_starttls_that_one_node_lists_is_not_called_absent(
    order: int, is_listed: bool, verdict: Verdict, reason: Reason
) -> None:
    """Whichever of the two states ends first; the doubt is counted with the others."""
    harvest = Harvest("run", NullStore(), Tally(), {}, Reaching(()), BY_THE_RULES)
    for assessed in (asked(Security.PLAIN, TlsOffer(is_listed)), ABSENT)[::order]:
        harvest.take(POSITION, assessed)
    harvest.release(POSITION)
    told = {entry.assessed.observation.endpoint.security: entry.assessed.assessment for entry in harvest.commit(4)}
    assert (told[Security.STARTTLS].verdict, told[Security.STARTTLS].reason) == (verdict, reason)
    assert harvest.tally.verdicts[verdict] == 1 + (verdict is told[Security.PLAIN].verdict)


@pytest.mark.parametrize("several", [{}, {POSITION: Together.ALL}])
@pytest.mark.parametrize(
    ("others", "told"),
    [
        ((), []),
        ((asked(Security.PLAIN, TlsOffer(False)),), [Reason.NO_STARTTLS]),
        ((asked(Security.PLAIN, TlsOffer(True)),), [Reason.STARTTLS_REFUSED]),
    ],
)
def test_an_interrupted_run_keeps_what_can_be_told(
    several: dict[int, Together], others: tuple[Assessed, ...], told: list[Reason]
) -> None:
    """An absent state that waits for the plain one is no proof yet: it is asked again when the run is resumed."""
    harvest = Harvest("run", NullStore(), Tally(), dict(several), Reaching(()), BY_THE_RULES)
    for assessed in (ABSENT, *others):
        harvest.take(POSITION, assessed)
    harvest.release_rest()
    entries = [entry.assessed for entry in harvest.commit(0)]
    over_tls = [each for each in entries if each.observation.endpoint.security is Security.STARTTLS]
    assert [each.assessment.reason for each in over_tls] == told
    assert len(entries) == len(told) + len(others)


@pytest.mark.parametrize(("was_throttled", "closed", "doubts"), [(False, 1, 0), (True, 0, 1)])
def test_a_refused_connection_that_may_be_a_ban_is_not_what_was_hoped_for(
    was_throttled: bool, closed: int, doubts: int
) -> None:
    """Where services are expected to be closed it is a doubt, and no host counts as reached by it."""
    harvest = Harvest("run", NullStore(), Tally(), {}, Reaching(()), judging_closed(()))
    refused = Observation(
        Endpoint("mail.example.org", 110, "pop3", Security.PLAIN),
        "192.0.2.7",
        datetime(2026, 5, 1, tzinfo=UTC),
        Ending.CONNECTION_REFUSED,
        was_throttled=was_throttled,
    )
    harvest.take(POSITION, Assessed(refused, assess(refused)))
    harvest.release(POSITION)
    assert len(list(harvest.commit(4))) == 1
    assert (harvest.tally.closed, harvest.tally.doubts) == (closed, doubts)

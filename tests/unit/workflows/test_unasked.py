"""Listeners that a probe did not ask: no exit code 0 while one of them may leak."""

import pytest
from msgspec.structs import replace

from tests.unit.assess.observed import REFUSED, observed
from tests.unit.rules.postures import EVERY, MECHANISMS, NOW, posture, service
from tightlip.assess.verdict import assess
from tightlip.hosts._host import Reach
from tightlip.model.host_view import Assessed
from tightlip.model.posture import Listener
from tightlip.workflows.audit_run import _unasked
from tightlip.workflows.auditing import Audit


@pytest.mark.parametrize(
    ("address", "port", "unasked"),
    [
        ("127.0.0.1", 110, 0),
        ("*", 110, 0),
        ("127.0.0.1", 111, 1),
        ("mail.example.org", 110, 1),  # whatever answered at another address
        ("mail.example.org", 0, 0),
    ],
)
def test_what_was_not_asked_is_counted(address: str, port: int, unasked: int) -> None:
    """A name is not looked up: it may be another machine's."""
    heard = Assessed(observed(REFUSED), assess(observed(REFUSED)))
    listener = Listener(address=address, port=port, states=EVERY, place=MECHANISMS)
    listening = posture(replace(service(), listeners=(listener,)))
    done = Audit(
        host="mail1", machine="", reach=Reach.LIVE, time=NOW, instances=(), postures=(listening,), heard=(heard,)
    )
    assert _unasked(done) == unasked

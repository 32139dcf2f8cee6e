"""Every shipped talk, in every state it speaks of: tightlip finds exactly what the file expects."""

import pytest

from tests.unit.lab.found import found, stated
from tests.unit.lab.rehearsal import Cut, one_by_one, rehearse, whole
from tightlip.lab.shelf import shipped_talks
from tightlip.model.endpoint import Security
from tightlip.talk.script import Talk

CASES = [(talk, state) for talk in shipped_talks() for state in talk.states]
NAMES = [f"{talk.protocol}/{talk.claim}/{state}" for talk, state in CASES]


@pytest.mark.parametrize("cut", [whole, one_by_one])
@pytest.mark.parametrize(("talk", "state"), CASES, ids=NAMES)
def test_a_talk_gives_what_it_expects(talk: Talk, state: Security, cut: Cut) -> None:
    """Verdict, reason, fields and oddities are those of the file, however the bytes arrive."""
    expected = talk.states[state]
    assert stated(found(rehearse(talk, state, cut), expected)) == stated(expected)


def test_talks_are_found() -> None:
    """The shelf is not empty, and no two talks of a protocol make the same claim."""
    claims = [(talk.protocol, talk.claim) for talk in shipped_talks()]
    assert len(claims) == len(set(claims)) > 0

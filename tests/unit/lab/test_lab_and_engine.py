"""The whole loud half in one process: the engine asks every endpoint of a lab that serves every shipped talk."""

from collections.abc import Iterator

import pytest

from tests.unit.lab.engine_run import ask_all
from tests.unit.lab.found import found, stated
from tightlip.lab.servers import Served, open_lab
from tightlip.lab.shelf import shipped_talks
from tightlip.model.facts import TlsState
from tightlip.model.host_view import Assessed
from tightlip.talk.script import Certificate

TALKS = shipped_talks()
CASES = [(talk.protocol, talk.claim, state) for talk in TALKS for state in talk.states]

Answers = dict[tuple[str, str, str], tuple[Served, Assessed]]


@pytest.fixture(scope="module")
def answers() -> Iterator[Answers]:
    """Every endpoint state of the lab with what the engine said of it; asked once, all together."""
    with open_lab(TALKS) as lab:
        assessed = ask_all([each.endpoint for each in lab.served])
        yield {
            (each.talk.protocol, each.talk.claim, each.endpoint.security): (each, found_of_it)
            for each, found_of_it in zip(lab.served, assessed, strict=True)
        }


@pytest.mark.parametrize("case", CASES, ids="/".join)
def test_the_engine_finds_what_the_talk_expects(answers: Answers, case: tuple[str, str, str]) -> None:
    """Over sockets and real TLS the answer is the one that the talk states."""
    served, assessed = answers[case]
    assert stated(found(assessed, served.expectation)) == stated(served.expectation)


@pytest.mark.parametrize("case", CASES, ids="/".join)
def test_tls_is_reported_as_it_is(answers: Answers, case: tuple[str, str, str]) -> None:
    """Where TLS came up, version, expiry, name and self-signing are those that the talk chose.

    Lab servers are dialled by address: one that the certificate does not list is no statement about a name.
    """
    served, assessed = answers[case]
    kind = served.talk.certificate
    for state in (fact for fact in assessed.observation.facts if isinstance(fact, TlsState)):
        assert state.self_signed is True
        assert state.version == served.talk.newest_tls.value
        assert state.name_matches is (None if kind is Certificate.OTHER_NAME else True)
        assert state.not_after is not None
        assert (state.not_after < assessed.observation.time) is (kind is Certificate.EXPIRED)

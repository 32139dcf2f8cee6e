"""The real servers do what they are there for, asked with a hand-written conversation and no code of tightlip."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable

import pytest

from tests.real.conftest import Serve, Visited
from tests.real.servers.ask import PLAIN, Answer
from tests.real.servers.contract import LEAKY
from tests.real.servers.disclosure import DOMAIN_MEMBER
from tests.real.servers.dovecot import Dovecot
from tests.real.truth import CHALLENGE, NAMES, REFUSAL, REFUSALS, TRUTHS, Truth
from tests.real.visits import State, ask_all, together

Heard = Callable[[str, str], dict[State, Answer]]

_BY_ANOTHER_NAME = [truth for truth in TRUTHS if truth.carrier != "NTLM"]


@pytest.fixture(scope="module")
def heard(visited: Visited) -> Heard:
    """A function `heard(name, variant)` that tells what every state of that server answered."""
    return lambda name, variant: visited(name, variant).answers


@pytest.mark.parametrize("truth", together(TRUTHS))
def test_each_state_answers_as_configured(heard: Heard, truth: Truth) -> None:
    """Every listener, in every TLS state, challenges or refuses as the server's configuration means."""
    answers = heard(truth.server, truth.variant)
    does = {state: CHALLENGE if answer.discloses else REFUSAL for state, answer in answers.items()}
    assert does == {state: truth.clear if state[1] == PLAIN else truth.secured for state in answers}


@pytest.mark.parametrize("truth", together(TRUTHS))
def test_each_state_offers_as_configured(heard: Heard, truth: Truth) -> None:
    """The list of mechanisms names NTLM where the configuration says so, which is not always where it works."""
    answers = heard(truth.server, truth.variant)
    offers = {state: answer.advertises for state, answer in answers.items()}
    assert offers == {state: truth.offered_clear if state[1] == PLAIN else truth.offered_secured for state in answers}


@pytest.mark.parametrize("truth", together(truth for truth in TRUTHS if REFUSAL in (truth.clear, truth.secured)))
def test_refusals_are_worded_as_known(heard: Heard, truth: Truth) -> None:
    """A refusal says that TLS comes first where TLS is what is missing, and else that there is no NTLM."""
    refused = {state: answer for state, answer in heard(truth.server, truth.variant).items() if not answer.discloses}
    assert refused
    assert _oddly_worded(truth, refused) == {}


@pytest.mark.parametrize("truth", together(_BY_ANOTHER_NAME))
def test_ntlm_is_refused_where_another_mechanism_carries_it(visited: Visited, truth: Truth) -> None:
    """Asked for NTLM by that name, the server refuses it in every state: who asks for nothing else finds nothing."""
    answers = visited(truth.server, truth.variant).answers_to_ntlm
    assert [state for state, answer in answers.items() if answer.discloses] == []
    assert _oddly_worded(truth, answers) == {}


@pytest.mark.parametrize("name", ["dovecot", "postfix-cyrus-sasl"])
def test_kerberos_alone_is_offered_and_gives_no_challenge(serve: Serve, name: str) -> None:
    """Without gss-ntlmssp the same GSSAPI is listed, prompts, and takes a type 1 for a failed login."""
    answers = ask_all(serve(name, "kerberos"), "GSSAPI")
    secured = {state: answer for state, answer in answers.items() if state[1] != PLAIN}
    assert all(answer.advertises for answer in secured.values())
    assert {answer.challenge for answer in answers.values()} == {b""}
    assert all(re.search(rb"[Aa]uthentication failed", answer.reply) for answer in secured.values())


@pytest.mark.parametrize("truth", together(truth for truth in TRUTHS if (truth.server, truth.variant) in NAMES))
def test_challenges_name_the_host(heard: Heard, truth: Truth) -> None:
    """A leaky server's challenge carries the names it is known to give away; Exim's is a bare header."""
    names = NAMES[truth.server, truth.variant]
    challenges = [answer.challenge for answer in heard(truth.server, truth.variant).values() if answer.discloses]
    assert challenges
    for challenge in challenges:
        assert [text for text in names if text.encode("utf-16-le") not in challenge] == []
        assert names or len(challenge) == 48


def test_the_helper_sends_what_it_is_told_verbatim(serve: Serve) -> None:
    """Whatever bytes the stand-in helper is given as a challenge leave Dovecot unchanged."""
    server = serve("dovecot", LEAKY)
    assert isinstance(server, Dovecot)
    hostile = b"NTLMSSP\0\2\0\0\0" + b"\xff" * 300
    server.disclose({"raw": base64.b64encode(hostile).decode()})
    try:
        answers = ask_all(server)
    finally:
        server.disclose(DOMAIN_MEMBER)
    assert {answer.challenge for answer in answers.values()} == {hostile}


def _oddly_worded(truth: Truth, refused: dict[State, Answer]) -> dict[State, bytes]:
    tls_first, never = REFUSALS[truth.server]
    return {
        state: answer.reply
        for state, answer in refused.items()
        if not re.match(f"{tls_first}|{never}" if state[1] == PLAIN else never, answer.reply.decode())
    }

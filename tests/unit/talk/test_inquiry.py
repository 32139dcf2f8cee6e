"""What is asked next of an endpoint state, from what was heard; nothing is asked twice."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.assess.observed import ACCEPTED, REFUSED, REFUSED_FOR_NOW, TLS_FIRST, challenge
from tightlip.model.disclosure import Disclosure
from tightlip.model.endpoint import Security
from tightlip.model.facts import (
    Acceptance,
    Asked,
    Banner,
    Door,
    Fact,
    Mechanisms,
    OtherProtocol,
    Refusal,
    Standing,
    Upgrade,
)
from tightlip.ntlm.negotiate import Wish
from tightlip.talk.inquiry import next_question, told_to_wait
from tightlip.talk.protocol import Protocol
from tightlip.talk.question import Question, Subject
from tightlip.talk.steps import Dialogue, leave

FIRST = Question(Security.STARTTLS, ehlo_name="[192.0.2.1]")
NAMED, EMPTY = challenge(Disclosure(target_name="CORP")), challenge(Disclosure())
VERSIONED = challenge(Disclosure(product_version="6.1.0"))
SPNEGO_EMPTY = challenge(Disclosure(), Door.SPNEGO)
SPNEGO_LISTED = Mechanisms(("PLAIN", "GSS-SPNEGO"))
X_EXPS_LISTED = Mechanisms(("GSSAPI", "NTLM"), Door.X_EXPS)
CURRENT = Wish.CURRENT
NTLM_ALONE = (Subject.NTLM,)


def silent(_question: Question) -> Dialogue:
    """A dialogue that nobody holds here."""
    return leave(b"")


ONE_DOOR = Protocol("one", (), silent, bool)
TWO_DOORS = Protocol("two", (), silent, bool, (Door.AUTH, Door.GENERIC))

CASES: list[tuple[Protocol, list[Fact], list[tuple[Door, Wish]]]] = [
    (ONE_DOOR, [REFUSED], []),
    (ONE_DOOR, [ACCEPTED, NAMED], []),
    (ONE_DOOR, [ACCEPTED, VERSIONED], []),
    (ONE_DOOR, [ACCEPTED, EMPTY], []),
    (ONE_DOOR, [SPNEGO_LISTED, REFUSED], [(Door.SPNEGO, CURRENT)]),
    (ONE_DOOR, [SPNEGO_LISTED, ACCEPTED, NAMED], [(Door.SPNEGO, CURRENT)]),
    (ONE_DOOR, [SPNEGO_LISTED, SPNEGO_EMPTY], [(Door.SPNEGO, CURRENT)]),
    (ONE_DOOR, [X_EXPS_LISTED, REFUSED], [(Door.X_EXPS, CURRENT)]),
    (ONE_DOOR, [Mechanisms(("GSSAPI",), Door.X_EXPS), REFUSED], []),
    (ONE_DOOR, [Mechanisms(("GSSAPI", "NTLM")), REFUSED], []),
    (TWO_DOORS, [REFUSED], [(Door.GENERIC, CURRENT)]),
    (TWO_DOORS, [ACCEPTED, NAMED], [(Door.GENERIC, CURRENT)]),
    (TWO_DOORS, [OtherProtocol("SSH")], []),
    (TWO_DOORS, [TLS_FIRST], []),
    (TWO_DOORS, [REFUSED_FOR_NOW], []),
    (TWO_DOORS, [Upgrade(offered=True, accepted=False)], []),
    (TWO_DOORS, [Upgrade(offered=True, accepted=True), REFUSED], [(Door.GENERIC, CURRENT)]),
    (TWO_DOORS, [Refusal(Asked.GREETING, Standing.PERMANENT, "no")], []),
]

FACTS: st.SearchStrategy[Fact] = st.one_of(
    st.sampled_from([Banner("x"), NAMED, EMPTY, SPNEGO_EMPTY, SPNEGO_LISTED, X_EXPS_LISTED, REFUSED, ACCEPTED]),
    st.builds(challenge, st.just(Disclosure()), st.sampled_from(Door)),
)


@pytest.mark.parametrize(("protocol", "facts", "expected"), CASES)
def test_each_question_has_its_turn(protocol: Protocol, facts: list[Fact], expected: list[tuple[Door, Wish]]) -> None:
    """Asked on and on with the same facts, exactly these questions follow the first."""
    assert set(asked_out(protocol, facts)) == set(expected)


@settings(deadline=None)
@given(facts=st.lists(FACTS, max_size=6))
def test_asking_ends_and_nothing_is_asked_twice(facts: list[Fact]) -> None:
    """Whatever was heard, the questions of one state are few and all different."""
    questions = [(Door.AUTH, CURRENT), *asked_out(TWO_DOORS, facts)]
    assert len(questions) == len(set(questions)) <= len(Door) * len(Wish)


def test_a_further_question_stays_in_its_state() -> None:
    """State and name are those of the first question."""
    following = next_question(TWO_DOORS, [REFUSED], [FIRST], NTLM_ALONE)
    assert following == Question(Security.STARTTLS, Door.GENERIC, CURRENT, "[192.0.2.1]")


def test_passwords_are_asked_about_once_and_last() -> None:
    """In the plain state, by a connection of its own, after every question about NTLM."""
    plain = Question(Security.PLAIN, ehlo_name="[192.0.2.1]")
    asked = [plain]
    while following := next_question(TWO_DOORS, [REFUSED], asked, tuple(Subject)):
        asked.append(following)
    assert asked[1:] == [
        Question(Security.PLAIN, Door.GENERIC, CURRENT, "[192.0.2.1]"),
        Question(Security.PLAIN, Door.AUTH, CURRENT, "[192.0.2.1]", Subject.PASSWORDS),
    ]


@pytest.mark.parametrize(
    ("first", "fact", "subjects"),
    [
        (Question(Security.PLAIN), REFUSED, NTLM_ALONE),
        (Question(Security.STARTTLS), REFUSED, tuple(Subject)),
        (Question(Security.IMPLICIT), REFUSED, tuple(Subject)),
        (Question(Security.PLAIN), TLS_FIRST, tuple(Subject)),
        (Question(Security.PLAIN), REFUSED_FOR_NOW, tuple(Subject)),
    ],
)
def test_passwords_are_not_asked_about_needlessly(first: Question, fact: Fact, subjects: tuple[Subject, ...]) -> None:
    """Never in a scan for NTLM alone, nor where TLS is up, was demanded, or the server wants to be left alone."""
    assert next_question(ONE_DOOR, [fact], [first], subjects) is None


@pytest.mark.parametrize(
    ("facts", "waits"),
    [
        ([], False),
        ([REFUSED], False),
        ([TLS_FIRST], False),
        ([REFUSED_FOR_NOW], True),
        ([Refusal(Asked.GREETING, Standing.TEMPORARY, "421")], True),
        ([REFUSED_FOR_NOW, ACCEPTED], False),
        ([Acceptance(Door.AUTH), Refusal(Asked.MESSAGE, Standing.TEMPORARY, "454")], False),
    ],
)
def test_for_now_is_worth_waiting_unless_something_better_is_known(facts: list[Fact], waits: bool) -> None:
    """Only a "not now" with nothing accepted is a reason to come back."""
    assert told_to_wait(facts) is waits


def asked_out(protocol: Protocol, facts: list[Fact]) -> list[tuple[Door, Wish]]:
    """The questions that follow the first while the facts stay as they are."""
    asked = [FIRST]
    while following := next_question(protocol, facts, asked, NTLM_ALONE):
        asked.append(following)
        assert len(asked) < 20
    return [(question.door, question.wish) for question in asked[1:]]

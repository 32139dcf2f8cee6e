"""What an observation found, in the words in which a .talk file states what it expects."""

from collections.abc import Iterator, Sequence

from msgspec.structs import asdict

from tightlip.model.disclosure import Disclosure, Implementation
from tightlip.model.facts import Acceptance, Banner, Challenge, Fact, LoginCommand, Mechanisms
from tightlip.model.host_view import Assessed
from tightlip.model.oddity import Oddity
from tightlip.talk.expectation import Expectation


def found(assessed: Assessed, expected: Expectation) -> Expectation:
    """The expectation that would have been exactly right; what ``expected`` leaves open is left open."""
    observation, assessment = assessed.observation, assessed.assessment
    facts = observation.facts
    return Expectation(
        states=expected.states,
        verdict=assessment.verdict,
        reason=assessment.reason,
        ending=observation.ending,
        mechanisms={fact.via: fact.names for fact in facts if isinstance(fact, Mechanisms)},
        logins=tuple(dict.fromkeys(fact.name for fact in facts if isinstance(fact, LoginCommand))),
        via=tuple({fact.via: None for fact in facts if isinstance(fact, Acceptance | Challenge)}),
        implementation=expected.implementation and _implementation(facts),
        oddities=frozenset(oddity.name for oddity in _oddities(facts)),
        banner=expected.banner and next((fact.text for fact in facts if isinstance(fact, Banner)), None),
        fields=_fields(facts),
    )


def stated(expectation: Expectation) -> dict[str, object]:
    """The parts that say something, in a form whose differences read well."""
    parts = asdict(expectation)
    parts["via"] = sorted(expectation.via)
    parts["oddities"] = sorted(expectation.oddities)
    parts["fields"] = {key: value for key, value in asdict(expectation.fields).items() if value is not None}
    return {key: value for key, value in parts.items() if value}


def _implementation(facts: Sequence[Fact]) -> Implementation:
    named = [fact.implementation for fact in facts if isinstance(fact, Challenge)]
    return next((each for each in named if each is not Implementation.UNKNOWN), Implementation.UNKNOWN)


def _oddities(facts: Sequence[Fact]) -> Iterator[Oddity]:
    for fact in facts:
        if isinstance(fact, Challenge):
            yield from fact.oddities
        elif isinstance(fact, Oddity):
            yield fact


def _fields(facts: Sequence[Fact]) -> Disclosure:
    """All challenges together: of two that speak of one field the first counts."""
    together = {
        name: value
        for fact in reversed(facts)
        if isinstance(fact, Challenge)
        for name in Disclosure.__struct_fields__
        if name != "product" and (value := getattr(fact.disclosure, name)) is not None
    }
    return Disclosure(**together)

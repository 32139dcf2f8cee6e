"""Judging the states of one host together: what a finding's end depends on besides its own endpoint."""

import pytest
from msgspec.structs import replace

from tests.unit.assess.observed import challenge, proved
from tightlip.assess.verdict import assess
from tightlip.model.disclosure import Disclosure
from tightlip.model.endpoint import Endpoint, Security
from tightlip.model.facts import Acceptance, Asked, Door, Fact, Mechanisms, Refusal, Standing, TlsOffer
from tightlip.model.host_view import Assessed
from tightlip.model.observation import Answered, Ending
from tightlip.model.verdict import Assessment, Reason, Verdict
from tightlip.workflows.judging import judged, judged_together

REFUSED = Refusal(Asked.MECHANISM, Standing.NO_SUCH_MECHANISM, "-ERR unsupported mechanism", Door.AUTH, "NTLM")
NAMED = challenge(Disclosure(target_name="CORP"))
BOTH = (Answered(Verdict.CLEAN, Reason.REFUSED, 2), Answered(Verdict.DISCLOSES, Reason.NAMES, 1))


def asked(security: Security, port: int, *facts: Fact, answers: tuple[Answered, ...] = ()) -> Assessed:
    """A state of mail.example.org that was asked thoroughly."""
    observation = proved(Mechanisms(("PLAIN",)), *facts)
    endpoint = Endpoint("mail.example.org", port, "pop3", security)
    observation = replace(observation, endpoint=endpoint, answers=answers)
    return Assessed(observation, assess(observation))


def cleared(*group: Assessed) -> set[str]:
    """The endpoints whose disclosure is proven to have ended."""
    told = judged_together(group, judged)
    return {each.subject for said in told if said for each in said.cleared if each.rule == "ntlm-discloses-host"}


@pytest.mark.parametrize(("answers", "port", "ended"), [((), 110, True), (BOTH, 110, False), (BOTH, 111, True)])
def test_a_state_is_not_mended_where_a_node_at_its_port_is_not(
    answers: tuple[Answered, ...], port: int, ended: bool
) -> None:
    """The node that discloses under TLS has the plain state, too, and may just not have been met there."""
    plain = asked(Security.PLAIN, 110, REFUSED)
    beside = asked(Security.STARTTLS, port, Acceptance(Door.AUTH), NAMED, answers=answers)
    assert plain.assessment.verdict is Verdict.CLEAN
    assert beside.assessment.verdict is Verdict.DISCLOSES
    assert cleared(plain, beside) == ({"pop3://mail.example.org:110"} if ended else set())


def test_an_address_that_is_down_keeps_no_other_two_from_being_compared() -> None:
    """It answers soonest, with a refused connection, and stands first; nothing was heard of it."""

    def at(address: str, assessed: Assessed) -> Assessed:
        return replace(assessed, observation=replace(assessed.observation, address=address))

    silent = replace(asked(Security.PLAIN, 110, REFUSED).observation, facts=(), ending=Ending.UNREACHABLE)
    down = Assessed(silent, Assessment(Verdict.UNREACHABLE, Reason.CONNECTION_REFUSED))
    leaks = asked(Security.PLAIN, 110, Acceptance(Door.AUTH), NAMED)
    group = (at("192.0.2.3", down), at("192.0.2.1", leaks), at("192.0.2.2", asked(Security.PLAIN, 110, REFUSED)))
    flagged = [each.rule for said in judged_together(group, judged) if said for each in said.flagged]
    assert flagged.count("pool-answers-differ") == 1


def test_a_starttls_of_a_host_that_throttled_us_closes_no_plain_state() -> None:
    """ "TLS first" waits for the other state, and that one proves nothing any more."""
    first = asked(Security.PLAIN, 110, TlsOffer(listed=True), replace(REFUSED, standing=Standing.TLS_REQUIRED))
    upgraded = asked(Security.STARTTLS, 110, REFUSED)
    throttled = replace(upgraded, observation=replace(upgraded.observation, was_throttled=True))
    assert first.assessment.reason is Reason.TLS_REQUIRED
    assert "pop3://mail.example.org:110" in cleared(first, upgraded)
    assert "pop3://mail.example.org:110" not in cleared(first, throttled)

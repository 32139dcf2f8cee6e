"""The verdict of one endpoint state, over every verdict and reason of the closed lists."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.assess.observed import (
    ACCEPTED,
    REFUSED,
    REFUSED_FOR_NOW,
    TLS_FIRST,
    challenge,
    observed,
    unreadable,
)
from tightlip.assess.verdict import assess
from tightlip.model.disclosure import Disclosure
from tightlip.model.endpoint import Security
from tightlip.model.facts import (
    Acceptance,
    Asked,
    Banner,
    Challenge,
    Door,
    Fact,
    Mechanisms,
    OtherProtocol,
    Refusal,
    Standing,
    Unanswered,
    Upgrade,
)
from tightlip.model.observation import Ending, Observation
from tightlip.model.verdict import Reason, Verdict
from tightlip.ntlm.reading import read_challenge
from tightlip.talk.text import DETAIL_LIMIT, shortened

NAMED = challenge(Disclosure(target_name="CORP"))
VERSIONED = challenge(Disclosure(product_version="10.0.17763"))
CLOCKED = challenge(Disclosure(system_time=datetime(2026, 5, 1, tzinfo=UTC)))
EMPTY = challenge(Disclosure())
LISTED = Mechanisms(("PLAIN",))
GREETED = Banner("ready")
NO_ANSWER = Refusal(Asked.MESSAGE, Standing.PERMANENT, "535 failed", Door.AUTH)
BUSY = Refusal(Asked.GREETING, Standing.TEMPORARY, "421 too many connections", Door.AUTH)
TURNED_AWAY = Refusal(Asked.GREETING, Standing.PERMANENT, "554 no", Door.AUTH)
BUSY_FOR_TLS = Refusal(Asked.STARTTLS, Standing.TEMPORARY, "454 TLS not available", Door.AUTH)
NAME_REFUSED = Refusal(Asked.CAPABILITIES, Standing.PERMANENT, "550 Helo command rejected", Door.AUTH)
UPGRADED = Upgrade(offered=True, accepted=True)
NO_UPGRADE = Upgrade(offered=False, accepted=False, text="502 what")
FALSE_UPGRADE = Upgrade(offered=True, accepted=False, text="554 no key")
SPNEGO_ACCEPTED = Acceptance(Door.SPNEGO)
SPNEGO_NAMED = challenge(Disclosure(netbios_computer_name="MX1"), Door.SPNEGO)
SPNEGO_REFUSED = Refusal(Asked.MECHANISM, Standing.PERMANENT, "no", Door.SPNEGO)
X_EXPS_NAMED = challenge(Disclosure(dns_computer_name="mx1.example.org"), Door.X_EXPS)

# A challenge of 48 bytes that names nothing, in a NegTokenResp (RFC 4178) at a door that speaks plain NTLMSSP.
UNASKED_ENVELOPE = bytes.fromhex("a1363034a2320430") + b"NTLMSSP\0\2\0\0\0".ljust(48, b"\0")

TIMED_OUT, CLOSED = Ending.TIMED_OUT, Ending.CLOSED_EARLY

CASES: list[tuple[Reason, Observation]] = [
    # discloses: a challenge carries a name, a version or a clock, whatever happens next and by whichever door
    (Reason.NAMES, observed(GREETED, ACCEPTED, NAMED)),
    (Reason.NAMES, observed(ACCEPTED, NAMED, ending=CLOSED)),
    (Reason.NAMES, observed(ACCEPTED, NAMED, ending=TIMED_OUT)),
    (Reason.NAMES, observed(ACCEPTED, NAMED, ending=Ending.INTERNAL_ERROR, error="Traceback …")),
    (Reason.NAMES, observed(REFUSED, SPNEGO_ACCEPTED, SPNEGO_NAMED)),
    (Reason.NAMES, observed(REFUSED, X_EXPS_NAMED)),
    (Reason.NAMES, observed(ACCEPTED, NAMED, Unanswered(Door.SPNEGO, "timed_out"))),
    (Reason.VERSION, observed(ACCEPTED, VERSIONED)),
    (Reason.CLOCK, observed(ACCEPTED, CLOCKED)),
    # the most telling challenge counts, not the first
    (Reason.NAMES, observed(ACCEPTED, CLOCKED, VERSIONED, NAMED)),
    (Reason.VERSION, observed(ACCEPTED, CLOCKED, VERSIONED)),
    (Reason.VERSION, observed(ACCEPTED, VERSIONED, CLOCKED)),
    (Reason.VERSION, observed(ACCEPTED, EMPTY, VERSIONED)),
    # offers: accepted, then nothing that names
    (Reason.EMPTY_CHALLENGE, observed(ACCEPTED, EMPTY)),
    (Reason.EMPTY_CHALLENGE, observed(ACCEPTED, challenge(Disclosure(), raw=b""))),
    (Reason.EMPTY_CHALLENGE, observed(ACCEPTED, challenge(Disclosure(target_name="")))),
    (Reason.EMPTY_CHALLENGE, observed(ACCEPTED, read_challenge(Door.AUTH, UNASKED_ENVELOPE))),
    (Reason.UNREADABLE_CHALLENGE, observed(ACCEPTED, unreadable())),
    (Reason.REFUSED_AFTER_ACCEPTING, observed(ACCEPTED, NO_ANSWER)),
    (Reason.CLOSED_AFTER_ACCEPTING, observed(ACCEPTED, ending=CLOSED)),
    (Reason.CLOSED_AFTER_ACCEPTING, observed(ACCEPTED, ending=Ending.TLS_FAILED)),
    (Reason.UNREADABLE_CHALLENGE, observed(ACCEPTED, ending=Ending.TOO_LONG)),
    (Reason.SILENT_AFTER_ACCEPTING, observed(ACCEPTED, ending=TIMED_OUT)),
    (Reason.EMPTY_CHALLENGE, observed(REFUSED, SPNEGO_ACCEPTED, challenge(Disclosure(), Door.SPNEGO))),
    (Reason.EMPTY_CHALLENGE, observed(ACCEPTED, EMPTY, SPNEGO_REFUSED)),
    # clean: an explicit permanent refusal
    (Reason.REFUSED, observed(GREETED, LISTED, REFUSED)),
    (Reason.REFUSED, observed(REFUSED, SPNEGO_REFUSED)),
    (Reason.REFUSED, observed(Upgrade(offered=True, accepted=True), REFUSED, security=Security.STARTTLS)),
    (Reason.REFUSED, observed(NAME_REFUSED, UPGRADED, LISTED, REFUSED, security=Security.STARTTLS)),
    (Reason.TLS_REQUIRED, observed(GREETED, TLS_FIRST)),
    # inconclusive: connected, and nothing certain was said
    (Reason.MUTE, observed(ending=TIMED_OUT)),
    (Reason.TIMED_OUT, observed(GREETED, ending=TIMED_OUT)),
    (Reason.OTHER_PROTOCOL, observed(OtherProtocol("SSH-2.0-x"))),
    (Reason.TURNED_AWAY, observed(GREETED, TURNED_AWAY)),
    (Reason.TURNED_AWAY, observed(GREETED, TURNED_AWAY, REFUSED)),
    # our name was refused: what AUTH and STARTTLS are answered then may be about that
    (Reason.TURNED_AWAY, observed(GREETED, NAME_REFUSED, REFUSED)),
    (Reason.TURNED_AWAY, observed(GREETED, NAME_REFUSED, TLS_FIRST)),
    (Reason.TURNED_AWAY, observed(GREETED, NAME_REFUSED, ending=CLOSED)),
    (Reason.TURNED_AWAY, observed(GREETED, NAME_REFUSED, NO_UPGRADE, security=Security.STARTTLS)),
    (Reason.TURNED_AWAY, observed(LISTED, REFUSED, NAME_REFUSED, SPNEGO_REFUSED)),
    (Reason.THROTTLED, observed(GREETED, BUSY)),
    (Reason.THROTTLED, observed(ending=Ending.THROTTLED)),
    (Reason.THROTTLED, observed(REFUSED, Refusal(Asked.GREETING, Standing.TEMPORARY, "421", Door.SPNEGO))),
    (Reason.REFUSED_FOR_NOW, observed(GREETED, REFUSED_FOR_NOW)),
    (Reason.REFUSED_FOR_NOW, observed(GREETED, Refusal(Asked.CAPABILITIES, Standing.TEMPORARY, "421"))),
    (Reason.REFUSED_FOR_NOW, observed(REFUSED, Refusal(Asked.MECHANISM, Standing.TEMPORARY, "", Door.SPNEGO))),
    (Reason.REFUSED_FOR_NOW, observed(NO_UPGRADE, BUSY_FOR_TLS, security=Security.STARTTLS)),
    (Reason.STARTTLS_REFUSED, observed(FALSE_UPGRADE, security=Security.STARTTLS)),
    (Reason.CLOSED_EARLY, observed(GREETED, ending=CLOSED)),
    (Reason.CLOSED_EARLY, observed(GREETED)),
    (Reason.CLOSED_EARLY, observed(REFUSED, Unanswered(Door.SPNEGO, "closed by the peer"))),
    (Reason.TIMED_OUT, observed(REFUSED, Unanswered(Door.SPNEGO, "timed_out"))),
    (Reason.SCOPE_ENDED, observed(REFUSED, Unanswered(Door.SPNEGO, "scope_ended"))),
    (Reason.TOO_LONG, observed(GREETED, ending=Ending.TOO_LONG)),
    (Reason.TLS_FAILED, observed(ending=Ending.TLS_FAILED, security=Security.IMPLICIT, error="wrong_version_number")),
    (Reason.STOPPED_ASKING, observed(stopped="stopped_asking")),
    (Reason.SCOPE_ENDED, observed(stopped="scope_ended")),
    (Reason.INTERNAL_ERROR, observed(GREETED, ending=Ending.INTERNAL_ERROR, error="Traceback …")),
    (Reason.INTERNAL_ERROR, observed(REFUSED, ending=Ending.INTERNAL_ERROR, error="Traceback …")),
    (Reason.INTERNAL_ERROR, observed(ACCEPTED, ending=Ending.INTERNAL_ERROR, error="Traceback …")),
    (Reason.INTERNAL_ERROR, observed(ACCEPTED, EMPTY, ending=Ending.INTERNAL_ERROR, error="Traceback …")),
    # absent: STARTTLS neither offered nor accepted
    (Reason.NO_STARTTLS, observed(GREETED, NO_UPGRADE, security=Security.STARTTLS)),
    # unreachable: no TCP connection
    (Reason.CONNECTION_REFUSED, observed(ending=Ending.CONNECTION_REFUSED, error="ECONNREFUSED")),
    (Reason.NO_ANSWER, observed(ending=Ending.UNREACHABLE, error="timed_out")),
    (Reason.NO_ANSWER, observed(ending=Ending.UNREACHABLE, error="ETIMEDOUT")),
    (Reason.NO_ROUTE, observed(ending=Ending.UNREACHABLE, error="ENETUNREACH")),
]

OF_VERDICT = {
    Verdict.DISCLOSES: "names version clock",
    Verdict.OFFERS: "empty_challenge unreadable_challenge refused_after_accepting closed_after_accepting "
    "silent_after_accepting",
    Verdict.CLEAN: "refused tls_required",
    Verdict.INCONCLUSIVE: "mute other_protocol turned_away throttled refused_for_now closed_early timed_out too_long "
    "tls_failed starttls_refused stopped_asking scope_ended internal_error",
    Verdict.ABSENT: "no_starttls",
    Verdict.UNREACHABLE: "connection_refused no_answer no_route",
}
VERDICT_OF = {Reason(reason): verdict for verdict, reasons in OF_VERDICT.items() for reason in reasons.split()}

STANDINGS = st.sampled_from(Standing)
FACTS: st.SearchStrategy[Fact] = st.one_of(
    st.sampled_from([GREETED, NAMED, EMPTY, unreadable(), OtherProtocol("x"), NO_UPGRADE, FALSE_UPGRADE]),
    st.builds(Refusal, st.sampled_from(Asked), STANDINGS, st.text(max_size=5), st.sampled_from(Door)),
    st.builds(Acceptance, st.sampled_from(Door)),
    st.builds(Unanswered, st.sampled_from(Door), st.sampled_from(["timed_out", "ECONNRESET"])),
)


@pytest.mark.parametrize(("reason", "observation"), CASES, ids=lambda value: value if isinstance(value, str) else "")
def test_facts_and_ending_give_the_verdict(reason: Reason, observation: Observation) -> None:
    """Each row gets the verdict and reason that the design's section "Verdicts" draws."""
    assessment = assess(observation)
    assert (assessment.verdict, assessment.reason) == (VERDICT_OF[reason], reason)


def test_the_table_holds_every_reason() -> None:
    """No reason of the closed list is without an example."""
    assert {reason for reason, _ in CASES} == set(Reason) == set(VERDICT_OF)


@settings(deadline=None)
@given(facts=st.lists(FACTS, max_size=6), ending=st.sampled_from(Ending))
def test_clean_needs_an_explicit_lasting_refusal_and_no_doubt(facts: list[Fact], ending: Ending) -> None:
    """Whatever was heard: no silence, acceptance, delay or unanswered door ever makes an endpoint clean."""
    assessment = assess(observed(*facts, ending=ending))
    if assessment.verdict is Verdict.CLEAN:
        refusals = [fact for fact in facts if isinstance(fact, Refusal)]
        assert any(refusal.asked is Asked.MECHANISM for refusal in refusals)
        assert all(refusal.standing is not Standing.TEMPORARY for refusal in refusals)
        assert not any(isinstance(fact, Acceptance | Unanswered | OtherProtocol) for fact in facts)
        assert ending is not Ending.INTERNAL_ERROR


@given(facts=st.lists(FACTS, max_size=6))
def test_a_fault_of_ours_proves_nothing_but_what_was_disclosed(facts: list[Fact]) -> None:
    """What we failed to hear to its end neither offers nor is clean nor absent."""
    verdict = assess(observed(*facts, ending=Ending.INTERNAL_ERROR)).verdict
    assert verdict in {Verdict.INCONCLUSIVE, Verdict.DISCLOSES}


@settings(deadline=None)
@given(facts=st.lists(FACTS, max_size=6), ending=st.sampled_from(Ending))
def test_a_disclosure_is_never_lost(facts: list[Fact], ending: Ending) -> None:
    """A challenge that names decides, whatever else was heard, and nothing else discloses."""
    named = any(isinstance(fact, Challenge) and fact.disclosure.names for fact in facts)
    assert (assess(observed(*facts, ending=ending)).verdict is Verdict.DISCLOSES) == named


def test_the_peers_words_are_the_detail_and_are_cut_to_a_line() -> None:
    """A refusal's own words are shown, no longer than the limit, and an empty one as none."""
    long = Refusal(Asked.MECHANISM, Standing.PERMANENT, "no " * 500, Door.AUTH)
    detail = assess(observed(long)).detail
    assert detail is not None
    assert len(detail) == DETAIL_LIMIT
    assert detail.startswith("no no no")
    assert assess(observed(REFUSED)).detail == "-ERR no such mechanism"
    assert shortened(" \r\n") is None


def test_a_fault_of_ours_shows_no_traceback_as_the_peers_words() -> None:
    """The traceback stays in the observation's error; the verdict's detail is for what the peer said."""
    assert assess(observed(ending=Ending.INTERNAL_ERROR, error="Traceback …")).detail is None


def test_only_a_refusal_alone_is_clean() -> None:
    """Any other fact, alone, gets a verdict that is not clean."""
    alone: list[Fact] = [GREETED, OtherProtocol("x"), Unanswered(Door.SPNEGO, "x"), LISTED, NO_UPGRADE, ACCEPTED, EMPTY]
    assert Verdict.CLEAN not in {assess(observed(fact)).verdict for fact in alone}

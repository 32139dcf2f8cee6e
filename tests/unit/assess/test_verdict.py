"""The verdict of one endpoint state, over every verdict and reason of the closed lists."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.assess.observed import (
    ACCEPTED,
    REFUSED,
    REFUSED_FOR_NOW,
    TLS_FIRST,
    TLS_LISTED,
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
    Control,
    ControlAnswer,
    Door,
    Fact,
    Kerberos,
    LeftUnasked,
    Mechanisms,
    OtherProtocol,
    Refusal,
    Standing,
    TlsOffer,
    Unanswered,
    Upgrade,
)
from tightlip.model.observation import Ending, Observation
from tightlip.model.oddity import Oddity, OddityName
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
BANNED = Refusal(Asked.MECHANISM, Standing.BANNED, "-ERR your address has been blocked", Door.AUTH, "NTLM")
UNCLEAR = Refusal(Asked.MECHANISM, Standing.UNCLEAR, "-ERR no", Door.AUTH, "NTLM")
NO_AUTH = Refusal(Asked.MECHANISM, Standing.NO_AUTHENTICATION, "503 authentication not enabled", Door.AUTH, "NTLM")
X_EXPS_UNDER_TLS = Refusal(Asked.MECHANISM, Standing.TLS_REQUIRED, "530 STARTTLS first", Door.X_EXPS, "NTLM")
LIKE_NTLM = ControlAnswer(Control.UNKNOWN_MECHANISM, "X-TIGHTLIP", taken=False, text="-ERR no")
UNLIKE_NTLM = ControlAnswer(Control.UNKNOWN_MECHANISM, "X-TIGHTLIP", taken=False, text="-ERR unknown mechanism")
PLAIN_TAKEN = ControlAnswer(Control.LISTED_MECHANISM, "PLAIN", taken=True, text="+")
PLAIN_REFUSED = ControlAnswer(Control.LISTED_MECHANISM, "PLAIN", taken=False, text="-ERR no")
LISTS_NTLM = Mechanisms(("NTLM", "PLAIN"))
STRAY = Oddity(OddityName.OUT_OF_STEP, "-ERR what")
UPGRADED = Upgrade(offered=True, accepted=True)
NO_UPGRADE = Upgrade(offered=False, accepted=False, text="-ERR Unknown command: STLS")
SAYS_NO_TLS = Upgrade(offered=False, accepted=False, text="-ERR TLS support isn't enabled.")
INVENTED = ControlAnswer(Control.UNKNOWN_COMMAND, "STIGHTLIP", taken=False, text="-ERR Unknown command: STIGHTLIP")
FALSE_UPGRADE = Upgrade(offered=True, accepted=False, text="554 no key")
SPNEGO_ACCEPTED = Acceptance(Door.SPNEGO)
SPNEGO_NAMED = challenge(Disclosure(netbios_computer_name="MX1"), Door.SPNEGO)
SPNEGO_REFUSED = Refusal(Asked.MECHANISM, Standing.NO_SUCH_MECHANISM, "-ERR unsupported", Door.SPNEGO, "GSS-SPNEGO")
SPNEGO_UNCLEAR = Refusal(Asked.MECHANISM, Standing.UNCLEAR, "-ERR no", Door.SPNEGO, "GSS-SPNEGO")
KERBEROS = Kerberos(Door.SPNEGO, "-ERR no credentials")
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
    # clean: every path that was asked is refused, by a text that is understood or like what does not exist
    (Reason.REFUSED, observed(GREETED, LISTED, REFUSED)),
    (Reason.REFUSED, observed(REFUSED, SPNEGO_REFUSED)),
    (Reason.REFUSED, observed(Upgrade(offered=True, accepted=True), REFUSED, security=Security.STARTTLS)),
    (Reason.REFUSED, observed(NAME_REFUSED, UPGRADED, LISTED, REFUSED, security=Security.STARTTLS)),
    (Reason.REFUSED, observed(GREETED, REFUSED, KERBEROS)),
    (Reason.TLS_REQUIRED, observed(GREETED, TLS_LISTED, TLS_FIRST)),
    (Reason.AUTHENTICATION_NOT_OFFERED, observed(GREETED, Mechanisms(()), NO_AUTH)),
    (Reason.AUTHENTICATION_NOT_OFFERED, observed(GREETED, NO_AUTH)),
    (Reason.TLS_REQUIRED, observed(GREETED, TLS_LISTED, Mechanisms(()), NO_AUTH, X_EXPS_UNDER_TLS)),
    (Reason.REFUSED_LIKE_UNKNOWN, observed(GREETED, LISTED, UNCLEAR, PLAIN_TAKEN, LIKE_NTLM)),
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
    # not us: whatever else was said, before or after
    (Reason.BANNED, observed(GREETED, BANNED)),
    (Reason.BANNED, observed(GREETED, LISTED, REFUSED, Refusal(Asked.GREETING, Standing.BANNED, ""))),
    # a refusal that is not understood, and the controls that settle nothing
    (Reason.REFUSAL_UNCLEAR, observed(GREETED, LISTED, UNCLEAR)),
    (Reason.REFUSAL_UNCLEAR, observed(GREETED, LISTED, UNCLEAR, PLAIN_TAKEN, UNLIKE_NTLM)),
    (Reason.REFUSAL_UNCLEAR, observed(GREETED, LISTED, REFUSED, SPNEGO_UNCLEAR)),
    (Reason.REFUSAL_UNCLEAR, observed(GREETED, LISTS_NTLM, REFUSED)),
    (Reason.REFUSAL_UNCLEAR, observed(GREETED, LISTED, NO_AUTH)),
    (Reason.REFUSAL_UNCLEAR, observed(UPGRADED, LISTED, UNCLEAR, security=Security.STARTTLS)),
    (Reason.EVERYTHING_REFUSED, observed(GREETED, LISTED, UNCLEAR, PLAIN_REFUSED, LIKE_NTLM)),
    (Reason.EVERYTHING_REFUSED, observed(GREETED, UNCLEAR, LIKE_NTLM)),
    # TLS first, where there is none to be had
    (Reason.TLS_REQUIRED_BUT_ABSENT, observed(GREETED, TLS_FIRST)),
    (Reason.TLS_REQUIRED_BUT_ABSENT, observed(GREETED, TlsOffer(listed=False), TLS_FIRST)),
    # a TLS of the server's own, behind that of whoever ends TLS for it
    (Reason.STARTTLS_WITHIN_TLS, observed(GREETED, TLS_LISTED, NO_AUTH, security=Security.IMPLICIT)),
    (Reason.STARTTLS_WITHIN_TLS, observed(GREETED, TLS_LISTED, LISTED, REFUSED, security=Security.IMPLICIT)),
    # an answer that is perhaps another question's: neither clean nor absent
    (Reason.OUT_OF_STEP, observed(GREETED, STRAY, REFUSED)),
    (Reason.OUT_OF_STEP, observed(GREETED, REFUSED, STRAY)),
    (Reason.OUT_OF_STEP, observed(GREETED, STRAY, NO_UPGRADE, security=Security.STARTTLS)),
    # what the limits of the asking cut off
    (Reason.LEFT_UNASKED, observed(GREETED, REFUSED, LeftUnasked(Door.GSSAPI, "GSSAPI"))),
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
    (Reason.NO_STARTTLS, observed(GREETED, NO_UPGRADE, INVENTED, security=Security.STARTTLS)),
    (Reason.NO_STARTTLS, observed(GREETED, SAYS_NO_TLS, security=Security.STARTTLS)),
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
    Verdict.CLEAN: "refused tls_required authentication_not_offered refused_like_unknown",
    Verdict.INCONCLUSIVE: "mute other_protocol turned_away throttled refused_for_now banned refusal_unclear "
    "everything_refused tls_required_but_absent starttls_within_tls out_of_step left_unasked closed_early timed_out "
    "too_long tls_failed starttls_refused stopped_asking scope_ended internal_error",
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
    st.builds(LeftUnasked, st.sampled_from(Door), st.just("GSSAPI")),
    st.sampled_from([LISTED, LISTS_NTLM, TLS_LISTED, KERBEROS, STRAY]),
    st.builds(
        ControlAnswer, st.sampled_from(Control), st.just("PLAIN"), st.booleans(), st.sampled_from(["", "-ERR no"])
    ),
)
# What alone, or with a control, proves that NTLM is not taken.
UNDERSTOOD = {Standing.NO_SUCH_MECHANISM, Standing.TLS_REQUIRED, Standing.NO_AUTHENTICATION}


@pytest.mark.parametrize(("reason", "observation"), CASES, ids=lambda value: value if isinstance(value, str) else "")
def test_facts_and_ending_give_the_verdict(reason: Reason, observation: Observation) -> None:
    """Each row gets the verdict and reason that the design's section "Verdicts" draws."""
    assessment = assess(observation)
    assert (assessment.verdict, assessment.reason) == (VERDICT_OF[reason], reason)


def test_the_table_holds_every_reason() -> None:
    """No reason of the closed list is without an example."""
    assert {reason for reason, _ in CASES} == set(Reason) == set(VERDICT_OF)


@given(facts=st.lists(FACTS, max_size=6), ending=st.sampled_from(Ending))
def test_clean_needs_a_refusal_that_is_understood_or_measured_and_no_doubt(facts: list[Fact], ending: Ending) -> None:
    """Whatever was heard: no silence, acceptance, delay, ban, unanswered or unasked door makes an endpoint clean."""
    assessment = assess(observed(*facts, ending=ending))
    if assessment.verdict is Verdict.CLEAN:
        refusals = [fact for fact in facts if isinstance(fact, Refusal)]
        of_mechanisms = [refusal for refusal in refusals if refusal.asked is Asked.MECHANISM]
        assert of_mechanisms
        assert not {refusal.standing for refusal in refusals} & {Standing.TEMPORARY, Standing.BANNED}
        # A path that was answered with Kerberos is understood, whatever its name alone was answered.
        measured = any(isinstance(fact, ControlAnswer | Kerberos) for fact in facts)
        assert {each.standing for each in of_mechanisms} & UNDERSTOOD or measured
        assert not any(isinstance(fact, Acceptance | Unanswered | LeftUnasked | OtherProtocol) for fact in facts)
        assert STRAY not in facts
        assert ending is Ending.COMPLETED


@given(facts=st.lists(FACTS, max_size=6))
def test_a_fault_of_ours_proves_nothing_but_what_was_disclosed(facts: list[Fact]) -> None:
    """What we failed to hear to its end neither offers nor is clean nor absent."""
    verdict = assess(observed(*facts, ending=Ending.INTERNAL_ERROR)).verdict
    assert verdict in {Verdict.INCONCLUSIVE, Verdict.DISCLOSES}


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
    alone += [KERBEROS, LIKE_NTLM, PLAIN_TAKEN, LeftUnasked(Door.GSSAPI, "GSSAPI"), UNCLEAR, BANNED, TLS_LISTED]
    assert Verdict.CLEAN not in {assess(observed(fact)).verdict for fact in alone}

"""The checklist of the re-test: proven by a server's own word, failed by its deeds, and otherwise unknown."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from tests.unit.assess.observed import (
    ACCEPTED,
    MOMENT,
    REFUSED,
    REFUSED_FOR_NOW,
    TLS_FIRST,
    TLS_LISTED,
    challenge,
    observed,
)
from tightlip.assess.checklist import (
    Check,
    Credence,
    Distrusted,
    Outcome,
    Question,
    Trusted,
    Untried,
    Unverified,
    checks_of,
    closed_check_of,
    is_there,
)
from tightlip.assess.verdict import assess
from tightlip.model.disclosure import Disclosure
from tightlip.model.endpoint import Security
from tightlip.model.facts import (
    Banner,
    Fact,
    LoginCommand,
    Mechanisms,
    PasswordRefused,
    PasswordWanted,
    Standing,
    TlsState,
    Upgrade,
)
from tightlip.model.host_view import Assessed
from tightlip.model.observation import Ending, Intent

PROVEN, FAILED, UNKNOWN = Outcome.PROVEN, Outcome.FAILED, Outcome.UNKNOWN
NOT_TRIED = Untried()
GREETING, NOTHING_LISTED = Banner("ready"), Mechanisms(())
NO_PASSWORD = PasswordRefused("USER", Standing.NO_AUTHENTICATION, "503 5.5.1 Error: authentication not enabled")
SOUND = TlsState(
    version="TLSv1.3",
    cipher="TLS_AES_256_GCM_SHA384",
    subject_names=("mail.example.org",),
    issuer="CN=A CA",
    not_after=MOMENT + timedelta(days=30),
    self_signed=False,
    name_matches=True,
)


def assessed(
    *facts: Fact,
    security: Security = Security.PLAIN,
    ending: Ending = Ending.COMPLETED,
    intent: Intent = Intent.NAMED,
) -> Assessed:
    """One observation of ``pop3://mail.example.org:110`` and what it amounts to."""
    observation = replace(observed(GREETING, *facts, ending=ending, security=security), intent=intent)
    return Assessed(observation, assess(observation))


def checked(*facts: Fact, security: Security = Security.PLAIN, credence: Credence = NOT_TRIED) -> dict[Question, Check]:
    """The checks of one observation, by their question."""
    return {each.question: each for each in checks_of(assessed(*facts, security=security), credence, MOMENT)}


@pytest.mark.parametrize(
    ("facts", "outcome", "why"),
    [
        ((REFUSED,), PROVEN, "-ERR no such mechanism"),
        ((TLS_LISTED, TLS_FIRST), PROVEN, "530 STARTTLS first"),
        ((TLS_FIRST,), UNKNOWN, "530 STARTTLS first"),
        ((ACCEPTED, challenge(Disclosure(dns_computer_name="mx1.corp.example"))), FAILED, "mx1.corp.example"),
        ((ACCEPTED,), FAILED, "offers"),
        ((REFUSED_FOR_NOW,), UNKNOWN, "454 try later"),
        ((), UNKNOWN, "closed early"),
    ],
)
def test_ntlm_is_refused_only_by_a_refusal(facts: tuple[Fact, ...], outcome: Outcome, why: str) -> None:
    """What was given away is named; a "not now", a silence and TLS that is wanted but not offered prove nothing."""
    check = checked(*facts)[Question.NTLM_REFUSED]
    assert (check.outcome, check.endpoint, check.address) == (outcome, "pop3://mail.example.org:110", "192.0.2.7")
    assert why in check.why


@pytest.mark.parametrize(
    ("facts", "outcome", "why"),
    [
        ((NOTHING_LISTED, TLS_FIRST), PROVEN, "530 STARTTLS first"),
        ((NOTHING_LISTED, REFUSED, NO_PASSWORD), PROVEN, "authentication not enabled"),
        ((NOTHING_LISTED, REFUSED), UNKNOWN, "was not answered"),
        ((REFUSED, NO_PASSWORD), UNKNOWN, "could not be read"),
        ((NOTHING_LISTED, REFUSED, PasswordWanted("PLAIN")), FAILED, "by PLAIN"),
        ((NOTHING_LISTED, REFUSED, NO_PASSWORD, PasswordWanted("USER")), FAILED, "by USER"),
        ((Mechanisms(("PLAIN",)), REFUSED), FAILED, "PLAIN"),
        ((NOTHING_LISTED, LoginCommand("LOGIN"), REFUSED), FAILED, "the LOGIN command"),
        ((NOTHING_LISTED, ACCEPTED), FAILED, "NTLM is accepted"),
    ],
)
def test_tls_is_enforced_only_where_a_login_was_refused(facts: tuple[Fact, ...], outcome: Outcome, why: str) -> None:
    """A clean verdict and an empty list speak of NTLM alone: who hides PLAIN and takes it must not pass."""
    check = checked(*facts)[Question.TLS_ENFORCED]
    assert check.outcome is outcome
    assert why in check.why


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.IMPLICIT])
def test_a_secured_state_is_asked_for_its_certificate(security: Security) -> None:
    """And not for what only the plain state can answer."""
    checks = checked(SOUND, Mechanisms(("PLAIN",)), REFUSED, security=security)
    assert [*checks] == [Question.NTLM_REFUSED, Question.CERTIFICATE_SOUND]
    assert [*checked(SOUND, REFUSED)] == [Question.NTLM_REFUSED, Question.TLS_ENFORCED]


def certificate(tls: TlsState, credence: Credence) -> tuple[Outcome, str]:
    """What is said of a certificate."""
    check = checked(tls, REFUSED, security=Security.IMPLICIT, credence=credence)[Question.CERTIFICATE_SOUND]
    return check.outcome, check.why


@pytest.mark.parametrize(
    ("credence", "expected"),
    [
        (Trusted(), (PROVEN, "TLSv1.3, valid until 2026-05-31, trusted by this machine")),
        (Distrusted("unable to get issuer"), (FAILED, "not trusted: unable to get issuer")),
        (Unverified("timed out"), (UNKNOWN, "TLSv1.3, valid until 2026-05-31, could not be verified: timed out")),
    ],
)
def test_soundness_of_another_machines_certificate_is_verified(
    credence: Credence, expected: tuple[Outcome, str]
) -> None:
    """It is proven by a handshake that verifies, and by nothing less."""
    assert certificate(SOUND, credence) == expected


def test_on_this_machine_the_words_say_what_was_not_looked_at() -> None:
    """Sound by date, name and version; who issued it is left open, in so many words."""
    outcome, why = certificate(SOUND, Untried())
    assert outcome is PROVEN
    assert "who issued it was not verified" in why


def test_a_target_that_is_an_address_was_promised_no_name() -> None:
    """The words do not claim one."""
    outcome, why = certificate(replace(SOUND, name_matches=None), Trusted())
    assert (outcome, "for no name" in why) == (PROVEN, True)


@pytest.mark.parametrize("credence", [Trusted(), Untried(), Unverified("timed out"), Distrusted("no issuer")])
@pytest.mark.parametrize(
    ("tls", "why"),
    [
        (replace(SOUND, not_after=MOMENT - timedelta(days=1)), "expired on 2026-04-30"),
        (replace(SOUND, not_after=MOMENT), "expired on 2026-05-01"),
        (replace(SOUND, name_matches=False), "for other names"),
        (replace(SOUND, version="TLSv1.1"), "negotiated TLSv1.1"),
    ],
)
def test_what_the_scan_saw_wrong_is_wrong(tls: TlsState, why: str, credence: Credence) -> None:
    """Whatever a handshake of today's would say of it, or could not."""
    outcome, said = certificate(tls, credence)
    assert outcome is FAILED
    assert why in said


def test_a_self_signed_certificate_is_sound_where_this_machine_trusts_it() -> None:
    """An administrator may have made it an authority; without that it is not sound."""
    own = replace(SOUND, self_signed=True)
    assert certificate(own, Trusted())[0] is PROVEN
    assert certificate(own, Untried()) == (FAILED, "self-signed")


def test_an_unreadable_certificate_is_unknown() -> None:
    """Unless a handshake that verifies refuses it."""
    unread = TlsState("TLSv1.3", "a cipher")
    assert certificate(unread, Untried())[0] is UNKNOWN
    assert certificate(unread, Distrusted("bad encoding"))[0] is FAILED


def test_what_does_not_exist_is_not_checked() -> None:
    """A state without STARTTLS, and the closed port of a bare host; a port that was named is a doubt."""
    absent = assessed(Upgrade(offered=False, accepted=False, text="-ERR no TLS"), security=Security.STARTTLS)
    swept = assessed(ending=Ending.CONNECTION_REFUSED, intent=Intent.SWEPT)
    named = assessed(ending=Ending.CONNECTION_REFUSED)
    assert [is_there(each) for each in (absent, swept, named)] == [False, False, True]
    assert [*checks_of(absent, Untried(), MOMENT), *checks_of(swept, Untried(), MOMENT)] == []
    assert [(each.question, each.outcome) for each in checks_of(named, Untried(), MOMENT)] == [
        (Question.NTLM_REFUSED, UNKNOWN)
    ]


@pytest.mark.parametrize(
    ("ending", "error", "stopped", "outcome"),
    [
        (Ending.CONNECTION_REFUSED, None, None, PROVEN),
        (Ending.UNREACHABLE, "timed_out", None, UNKNOWN),
        (Ending.UNREACHABLE, "EHOSTUNREACH", None, UNKNOWN),
        (Ending.INTERNAL_ERROR, None, None, UNKNOWN),
        (Ending.COMPLETED, None, "stopped_asking", UNKNOWN),
        (Ending.TIMED_OUT, None, None, FAILED),
        (Ending.CLOSED_EARLY, None, None, FAILED),
        (Ending.COMPLETED, None, None, FAILED),
    ],
)
def test_only_a_refused_connection_proves_that_a_service_is_gone(
    ending: Ending, error: str | None, stopped: str | None, outcome: Outcome
) -> None:
    """Whatever takes a connection is there; silence and a missing route may be a filter's."""
    observation = observed(ending=ending, error=error, stopped=stopped)
    check = closed_check_of(Assessed(observation, assess(observation)))
    assert (check.question, check.outcome) == (Question.SERVICE_CLOSED, outcome)


def test_a_refused_connection_may_be_the_ban_of_a_host_that_turned_us_away() -> None:
    """fail2ban's tcp-reset looks just so: the check says why it is none."""
    observation = replace(observed(ending=Ending.CONNECTION_REFUSED), was_throttled=True)
    check = closed_check_of(Assessed(observation, assess(observation)))
    assert (check.outcome, check.why) == (
        UNKNOWN,
        "the host turned us away before in this run, so a refused connection may be a ban",
    )

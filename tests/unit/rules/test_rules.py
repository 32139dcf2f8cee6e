"""Each rule flags, clears, or stays silent: a finding closes only on proof."""

from datetime import timedelta
from enum import Enum
from pathlib import Path

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
    proved,
)
from tightlip.assess.judge import judge, rules
from tightlip.assess.verdict import assess
from tightlip.model.disclosure import Disclosure
from tightlip.model.endpoint import Security
from tightlip.model.facts import (
    Acceptance,
    Asked,
    Control,
    ControlAnswer,
    Door,
    LoginCommand,
    Mechanisms,
    OtherProtocol,
    PasswordWanted,
    Refusal,
    Standing,
    TlsState,
    Upgrade,
)
from tightlip.model.finding import Certainty, Cleared, Finding, Severity, finding_id
from tightlip.model.host_view import Assessed, HostView
from tightlip.model.observation import Answered, Ending, Observation
from tightlip.model.verdict import Reason, Verdict


class Says(Enum):
    """What a rule says of an observation."""

    FLAGS = "flags"
    CLEARS = "clears"
    NOTHING = "nothing"


FLAGS, CLEARS, NOTHING = Says.FLAGS, Says.CLEARS, Says.NOTHING
IMPLICIT, STARTTLS = Security.IMPLICIT, Security.STARTTLS

NAMED = challenge(Disclosure(target_name="CORP", netbios_computer_name="MX1"))
EMPTY = challenge(Disclosure())
NO_UPGRADE = Upgrade(offered=False, accepted=False)
LISTS_NTLM, LISTS_PLAIN = Mechanisms(("NTLM", "PLAIN")), Mechanisms(("PLAIN",))
LISTS_STRONG, LISTS_NOTHING = Mechanisms(("SCRAM-SHA-256",)), Mechanisms(())
X_EXPS, GENERIC = Acceptance(Door.X_EXPS), Acceptance(Door.GENERIC)
TURNED_AWAY = Refusal(Asked.GREETING, Standing.PERMANENT, "554 no", Door.AUTH)
NO_AUTHENTICATION = Refusal(Asked.MECHANISM, Standing.NO_AUTHENTICATION, "503 not enabled", Door.AUTH, "NTLM")
BANNED = Refusal(Asked.MECHANISM, Standing.BANNED, "-ERR your address has been blocked", Door.AUTH, "NTLM")
UNCLEAR = Refusal(Asked.MECHANISM, Standing.UNCLEAR, "-ERR no", Door.AUTH, "NTLM")
PLAIN_TAKEN = ControlAnswer(Control.LISTED_MECHANISM, "PLAIN", taken=True, text="+")
LIKE_NTLM = ControlAnswer(Control.UNKNOWN_MECHANISM, "X-TIGHTLIP", taken=False, text="-ERR no")
THROTTLED = replace(proved(REFUSED), was_throttled=True)
FRESH = TlsState("TLSv1.3", "AES", not_after=MOMENT + timedelta(days=1))
STALE = TlsState("TLSv1.2", "AES", not_after=MOMENT - timedelta(seconds=1))
UNDATED = TlsState("TLSv1.1", "AES")
LATE = Ending.TIMED_OUT


def answering(times: int, *verdicts: Verdict) -> Observation:
    """A state that gave each of these verdicts so many times."""
    facts = (ACCEPTED, NAMED) if Verdict.DISCLOSES in verdicts else (LISTS_PLAIN, UNCLEAR)
    answers = tuple(Answered(verdict, Reason.REFUSED, times) for verdict in verdicts)
    return replace(proved(*facts), answers=answers)


CASES: list[tuple[str, Says, Observation]] = [
    ("ntlm-discloses-host", FLAGS, observed(ACCEPTED, NAMED)),
    ("ntlm-discloses-host", FLAGS, observed(ACCEPTED, NAMED, ending=Ending.CLOSED_EARLY)),
    ("ntlm-discloses-host", FLAGS, observed(REFUSED, X_EXPS, challenge(Disclosure(target_name="C"), Door.X_EXPS))),
    ("ntlm-discloses-host", CLEARS, proved(REFUSED)),
    ("ntlm-discloses-host", NOTHING, observed(REFUSED)),
    ("ntlm-discloses-host", NOTHING, THROTTLED),
    ("ntlm-discloses-host", CLEARS, proved(TLS_LISTED, TLS_FIRST)),
    ("ntlm-discloses-host", NOTHING, observed(TLS_FIRST)),
    ("ntlm-discloses-host", NOTHING, observed(BANNED)),
    ("ntlm-discloses-host", NOTHING, observed(LISTS_PLAIN, UNCLEAR)),
    ("ntlm-discloses-host", NOTHING, observed(ACCEPTED, EMPTY)),
    ("ntlm-discloses-host", NOTHING, observed(REFUSED_FOR_NOW)),
    ("ntlm-discloses-host", NOTHING, observed(NO_UPGRADE, security=STARTTLS)),
    ("ntlm-discloses-host", NOTHING, observed(ending=Ending.CONNECTION_REFUSED)),
    ("ntlm-offered", FLAGS, observed(ACCEPTED, EMPTY)),
    ("ntlm-offered", FLAGS, observed(ACCEPTED, ending=LATE)),
    ("ntlm-offered", CLEARS, proved(REFUSED)),
    ("ntlm-offered", NOTHING, observed(REFUSED)),
    ("ntlm-offered", NOTHING, THROTTLED),
    ("ntlm-offered", NOTHING, observed(ACCEPTED, NAMED)),
    ("ntlm-offered", NOTHING, observed(ending=LATE)),
    ("ntlm-without-tls", FLAGS, observed(ACCEPTED, NAMED)),
    ("ntlm-without-tls", FLAGS, observed(ACCEPTED, ending=LATE)),
    ("ntlm-without-tls", FLAGS, observed(REFUSED, X_EXPS)),
    ("ntlm-without-tls", CLEARS, proved(TLS_LISTED, TLS_FIRST)),
    ("ntlm-without-tls", CLEARS, proved(REFUSED)),
    ("ntlm-without-tls", NOTHING, observed(REFUSED)),
    ("ntlm-without-tls", NOTHING, THROTTLED),
    ("ntlm-without-tls", NOTHING, observed(ACCEPTED, NAMED, security=IMPLICIT)),
    ("ntlm-without-tls", NOTHING, observed(REFUSED, security=STARTTLS)),
    ("ntlm-without-tls", NOTHING, observed(REFUSED_FOR_NOW)),
    ("cleartext-login-without-tls", FLAGS, observed(LISTS_PLAIN, REFUSED)),
    ("cleartext-login-without-tls", FLAGS, observed(Mechanisms(("CRAM-MD5", "LOGIN")), REFUSED)),
    ("cleartext-login-without-tls", FLAGS, observed(LISTS_STRONG, LoginCommand("USER"), ending=LATE)),
    ("cleartext-login-without-tls", CLEARS, proved(LISTS_NOTHING, TLS_LISTED, TLS_FIRST)),
    ("cleartext-login-without-tls", NOTHING, proved(LISTS_NOTHING, REFUSED)),
    ("cleartext-login-without-tls", FLAGS, proved(LISTS_NOTHING, LISTS_PLAIN, TLS_LISTED, TLS_FIRST)),
    ("cleartext-login-without-tls", FLAGS, observed(LISTS_NOTHING, REFUSED, PasswordWanted("PLAIN"))),
    ("cleartext-login-without-tls", NOTHING, observed(LISTS_PLAIN, REFUSED, security=STARTTLS)),
    ("cleartext-login-without-tls", NOTHING, observed(LISTS_PLAIN, REFUSED, security=IMPLICIT)),
    ("cleartext-login-without-tls", NOTHING, observed(Mechanisms(("PLAIN",), Door.X_EXPS))),
    ("cleartext-login-without-tls", NOTHING, observed(OtherProtocol("SSH"))),
    ("cleartext-login-without-tls", NOTHING, observed(REFUSED)),
    ("cleartext-login-without-tls", NOTHING, observed(LISTS_STRONG, ending=LATE)),
    ("tls-obsolete", FLAGS, observed(TlsState("TLSv1", "AES"), REFUSED, security=IMPLICIT)),
    ("tls-obsolete", FLAGS, observed(TlsState("TLSv1.1", "AES"), ending=LATE, security=STARTTLS)),
    ("tls-obsolete", CLEARS, observed(TlsState("TLSv1.2", "AES"), security=IMPLICIT)),
    ("tls-obsolete", CLEARS, observed(TlsState("TLSv1.3", "AES"), security=IMPLICIT)),
    ("tls-obsolete", NOTHING, observed(TlsState("unknown", "AES"), security=IMPLICIT)),
    ("tls-obsolete", NOTHING, observed(REFUSED)),
    ("tls-obsolete", NOTHING, observed(ending=Ending.TLS_FAILED, security=IMPLICIT)),
    ("certificate-expired", FLAGS, observed(STALE, REFUSED, security=IMPLICIT)),
    ("certificate-expired", CLEARS, observed(FRESH, REFUSED, security=IMPLICIT)),
    ("certificate-expired", NOTHING, observed(UNDATED, REFUSED, security=IMPLICIT)),
    ("certificate-expired", NOTHING, observed(REFUSED)),
    ("advertised-contradicts-accepted", FLAGS, observed(LISTS_PLAIN, ACCEPTED, NAMED)),
    ("advertised-contradicts-accepted", NOTHING, observed(LISTS_NTLM, REFUSED)),
    ("advertised-contradicts-accepted", FLAGS, observed(LISTS_NTLM, UNCLEAR, PLAIN_TAKEN, LIKE_NTLM)),
    ("advertised-contradicts-accepted", CLEARS, observed(LISTS_NTLM, ACCEPTED, NAMED)),
    ("advertised-contradicts-accepted", CLEARS, proved(LISTS_PLAIN, REFUSED)),
    ("advertised-contradicts-accepted", NOTHING, observed(ACCEPTED, NAMED)),
    ("advertised-contradicts-accepted", CLEARS, proved(LISTS_PLAIN, UNCLEAR, PLAIN_TAKEN, LIKE_NTLM)),
    ("advertised-contradicts-accepted", NOTHING, observed(LISTS_NTLM, UNCLEAR)),
    ("advertised-contradicts-accepted", NOTHING, observed(LISTS_PLAIN, UNCLEAR)),
    ("advertised-contradicts-accepted", NOTHING, observed(LISTS_NTLM, BANNED)),
    ("advertised-contradicts-accepted", NOTHING, observed(LISTS_NTLM, TLS_LISTED, TLS_FIRST)),
    ("advertised-contradicts-accepted", CLEARS, proved(LISTS_NTLM, TLS_LISTED, TLS_FIRST)),
    ("advertised-contradicts-accepted", CLEARS, proved(TLS_LISTED, TLS_FIRST)),
    ("advertised-contradicts-accepted", CLEARS, proved(NO_AUTHENTICATION)),
    ("advertised-contradicts-accepted", NOTHING, observed(NO_AUTHENTICATION)),
    ("advertised-contradicts-accepted", NOTHING, observed(LISTS_NTLM, REFUSED_FOR_NOW)),
    ("advertised-contradicts-accepted", NOTHING, observed(LISTS_NTLM, ending=LATE)),
    ("advertised-contradicts-accepted", NOTHING, observed(LISTS_NTLM, TURNED_AWAY)),
    ("advertised-contradicts-accepted", NOTHING, observed(LISTS_PLAIN, X_EXPS)),
    ("pool-answers-differ", FLAGS, answering(2, Verdict.CLEAN, Verdict.DISCLOSES)),
    ("pool-answers-differ", FLAGS, answering(1, Verdict.OFFERS, Verdict.CLEAN)),
    ("pool-answers-differ", CLEARS, proved(REFUSED)),
    ("pool-answers-differ", NOTHING, proved(ACCEPTED, NAMED)),
    ("pool-answers-differ", NOTHING, answering(1, Verdict.CLEAN, Verdict.INCONCLUSIVE)),
    ("pool-answers-differ", NOTHING, observed(REFUSED)),
    ("pool-answers-differ", NOTHING, THROTTLED),
]


@pytest.mark.parametrize(
    ("name", "says", "observation"), CASES, ids=lambda value: value if isinstance(value, str) else ""
)
def test_the_rule_says(name: str, says: Says, observation: Observation) -> None:
    """A condition that holds is flagged, one proven not to hold is cleared, anything less certain gets silence."""
    assert said(name, observation) is says


@pytest.mark.parametrize("name", [name for name, rule in rules().items() if rule.condition])
@pytest.mark.parametrize("says", list(Says), ids=lambda says: says.value)
def test_every_rule_has_a_case_of_each_kind(name: str, says: Says) -> None:
    """The table above shows each rule flagging, clearing and keeping silent."""
    assert any(case[:2] == (name, says) for case in CASES)


@pytest.mark.parametrize("name", list(rules()))
def test_the_page_has_its_parts(name: str) -> None:
    """The manual page opens with one sentence and has its four parts in order."""
    rule = rules()[name]
    parts = [rule.page.index(f"\n{part}:\n") for part in ("Flags", "Why it matters", "Mends it", "References")]
    assert parts == sorted(parts)
    assert rule.title.endswith(".")
    assert rule.title == rule.page.splitlines()[0]


def test_the_rules_are_there() -> None:
    """The rules are named for what they flag, and come in order; those that listen are in the table above."""
    assert [name for name, rule in rules().items() if rule.condition] == sorted({name for name, _, _ in CASES})
    assert list(rules()) == sorted(rules())


@pytest.mark.parametrize("name", list(rules()))
def test_every_rule_judges_something(name: str) -> None:
    """A rule asks observations, postures, or both together; over postures it has tests of its own."""
    rule = rules()[name]
    assert rule.condition or rule.written or rule.compared
    if rule.written or rule.compared:
        assert Path(__file__).with_name(f"test_{name.replace('-', '_')}.py").is_file()


@pytest.mark.parametrize("observation", [observation for _, says, observation in CASES if says is FLAGS])
def test_a_finding_says_all_it_must(observation: Observation) -> None:
    """Subject, stable id, evidence, a remedy and something to read; its severity is the one its rule states."""
    for finding in judged(observation):
        if isinstance(finding, Finding):
            assert finding.subject == str(observation.endpoint)
            assert finding.id == finding_id(finding.rule, finding.subject)
            assert finding.certainty is Certainty.HEARD
            assert finding.severity is rules()[finding.rule].severity
            assert finding.severity in Severity
            assert [evidence.observation for evidence in finding.evidence] == ["run/1"]
            assert finding.remediations
            assert all(reference.url.startswith("https://") for reference in finding.references)


def test_what_is_given_away_is_in_the_summary() -> None:
    """The finding names what the fullest challenge told."""
    names = Disclosure(netbios_computer_name="MX1", dns_domain_name="corp.example", product_version="10.0.17763")
    full = challenge(names, Door.SPNEGO)
    (finding,) = [each for each in judged(observed(ACCEPTED, EMPTY, full)) if each.rule == "ntlm-discloses-host"]
    assert isinstance(finding, Finding)
    assert finding.summary == (
        "NTLM challenge gives away NetBIOS computer name MX1, DNS domain name corp.example, version 10.0.17763"
    )


def test_a_login_command_is_told_once() -> None:
    """However often it was heard of: listed, and taken when it was asked for."""
    twice = observed(LISTS_PLAIN, LoginCommand("USER"), LoginCommand("USER"), REFUSED)
    (finding,) = [each for each in judged(twice) if each.rule == "cleartext-login-without-tls"]
    assert isinstance(finding, Finding)
    assert finding.summary == "passwords may be sent in clear: PLAIN, the USER command"


def said(name: str, observation: Observation) -> Says:
    """What the rule ``name`` says of one observation."""
    said = {type(each) for each in judged(observation) if each.rule == name}
    assert len(said) <= 1
    return {Finding: FLAGS, Cleared: CLEARS}[said.pop()] if said else NOTHING


def judged(observation: Observation) -> list[Finding | Cleared]:
    """What all rules say of a host that was asked once."""
    assessed = Assessed(observation, assess(observation), "run/1")
    return list(judge(HostView((assessed,))))

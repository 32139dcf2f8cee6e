"""Redaction: names become stable pseudonyms, free text goes, and no secret of the input is in any output."""

from base64 import b64encode
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.unit.reports.challenges import COMPUTER, challenge, text
from tests.unit.reports.examples import START, report_of
from tests.unit.reports.hosts import ALL, CLEAN_TLS, EXCHANGE_LEAK
from tests.unit.reports.rendering import FORMATS, rendered
from tightlip.model.disclosure import Disclosure, Implementation
from tightlip.model.endpoint import Endpoint, Security
from tightlip.model.errors import Exit
from tightlip.model.facts import (
    Acceptance,
    Asked,
    Banner,
    Challenge,
    Door,
    LoginCommand,
    Mechanisms,
    OtherProtocol,
    PasswordRefused,
    PasswordWanted,
    Refusal,
    Standing,
    TlsState,
    Unanswered,
    Upgrade,
)
from tightlip.model.finding import Certainty, Evidence, Finding, FindingState, Place, Severity
from tightlip.model.host_view import Assessed
from tightlip.model.observation import Ending, Line, Observation, Speaker
from tightlip.model.oddity import Oddity, OddityName
from tightlip.model.run import Authority, NotAsked, Run, Summary, Unasked
from tightlip.model.verdict import Assessment, Reason, Verdict
from tightlip.reports._redact import redact
from tightlip.reports._redact_facts import redacted_line
from tightlip.reports._report import Colour, Entry, Report, Style

KEY = b"a key of sixteen bytes or more"

# Marked so that no word of ours can be mistaken for one.
SECRETS = st.lists(st.from_regex(r"zq[a-z0-9]{8,14}", fullmatch=True), min_size=8, max_size=12, unique=True)


def leaking(secret: list[str]) -> Report:
    """A report with a secret in every place that a peer, a user or a machine can word."""
    host, name, domain, words, _, path, more, last = secret[:8]
    raw = challenge(domain, [(COMPUTER, text(name))], None)
    endpoint = Endpoint(host, 110, "pop3", Security.STARTTLS)
    facts = (
        Banner(words),
        OtherProtocol(f"220 {words}"),
        Unanswered(Door.SPNEGO, words),
        Mechanisms((name.upper(), "PLAIN", "NTLM")),
        LoginCommand(name),
        Upgrade(True, True, words),
        Acceptance(Door.AUTH),
        Challenge(
            Door.AUTH,
            raw,
            Disclosure(domain, name, domain, f"{name}.{domain}", domain, more, f"10.0.{last}", words, None, path),
            Implementation.WINDOWS,
            words,
            (Oddity(OddityName.AV_PAIR_DUPLICATE, name, 60),),
        ),
        Refusal(Asked.MESSAGE, Standing.PERMANENT, words, Door.AUTH),
        PasswordWanted("PLAIN"),
        PasswordRefused("USER", Standing.PERMANENT, words),
        TlsState(words, words, (name, f"*.{domain}"), more, START, True, False),
        Oddity(OddityName.UNEXPECTED_REPLY, words),
    )
    transcript = tuple(Line(who, data) for who in Speaker for data in said(secret, raw))
    observation = Observation(
        endpoint, more, START, Ending.INTERNAL_ERROR, facts, transcript, source_address=last, error=words, stopped=words
    )
    finding = Finding(
        "ntlm-discloses-host",
        str(endpoint),
        Severity.HIGH,
        Certainty.BOTH,
        f"{name} leaks",
        (Evidence(f"{host}/1", words), Evidence(None, words, path, 3, "0" * 64)),
        (Place(path, 3, more, words),),
    )
    other = replace(finding, subject=f"{host} {more}")
    entry = Entry(
        Assessed(observation, Assessment(Verdict.DISCLOSES, Reason.NAMES, words), f"{host}/1"),
        ((finding, FindingState.OPEN), (other, FindingState.FIXED)),
    )
    return whole_run(entry, secret)


def said(secret: list[str], raw: bytes) -> list[bytes]:
    """Lines that carry secrets behind, inside and instead of the words of a protocol."""
    name, words = secret[1].encode(), secret[3].encode()
    return [
        b"+OK " + words,
        b"220 " + name + b" ESMTP",
        b"* OK [ALERT] " + words,
        b"a1 NO " + words,
        b"EHLO " + name,
        b"a1 AUTHENTICATE " + name,
        name + b" QUIT",
        words,
        b"334 " + b64encode(raw),
        b64encode(words * 8),
        b"\xff" + name,
    ]


def whole_run(entry: Entry, secret: list[str]) -> Report:
    """The run and its summary, with secrets in what the user typed."""
    host, name, domain, words, user, path, more, last = secret[:8]
    scope = (Authority(domain, user, START, words), Authority(more, name))
    run = Run("20261204-090000-3f2a", "0.9.1", START, (f"pop3://{host}:110", domain), last, more, START, scope)
    not_asked = (NotAsked(path, Unasked.OUT_OF_SCOPE, 2, words),)
    summary = Summary(run, 1, 1, {"discloses": 1}, {"high": 1}, Exit.FINDINGS, f"{host} leaks", not_asked)
    return Report(run=run, entries=[entry], summary=lambda: summary)


@pytest.mark.parametrize("name", sorted(FORMATS))
@settings(max_examples=25)
@given(secret=SECRETS)
def test_no_secret_is_in_the_output(name: str, secret: list[str]) -> None:
    """Neither as it was, nor in another case, nor in hex, base64 or two-byte letters."""
    output = rendered(name, redact(leaking(secret), KEY), Style(400, Colour.STANDARD)).lower()
    found = [form for word in secret for form in forms(word) if form in output]
    assert found == []


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_without_redaction_the_secrets_are_there(name: str) -> None:
    """The test above looks at a report that would leak: nearly every secret shows in the plain rendering."""
    secret = [f"zqsecret{number}x" for number in range(8)]
    output = rendered(name, leaking(secret), Style(400)).lower()
    assert sum(word in output for word in secret) >= 7


def forms(word: str) -> set[str]:
    """How a secret could show, in lower case."""
    raw = word.encode()
    wide = word.encode("utf-16-le")
    shifted = {b64encode(pad + data)[4:-4].decode().lower() for pad in (b"", b"a", b"ab") for data in (raw, wide)}
    return {word, raw.hex(), raw.hex(" "), wide.hex(), wide.hex(" "), *shifted}


def pseudonyms(entries: list[Entry], key: bytes = KEY) -> list[Observation]:
    """The observations as redaction leaves them."""
    return [entry.assessed.observation for entry in redact(report_of(entries), key).entries]


def test_the_same_host_has_the_same_pseudonym_everywhere() -> None:
    """In every entry and every report under one key; under another key it has another."""
    first, second = pseudonyms([EXCHANGE_LEAK, CLEAN_TLS])
    assert first.endpoint.host == second.endpoint.host == pseudonyms([CLEAN_TLS])[0].endpoint.host
    assert first.endpoint.host != pseudonyms([EXCHANGE_LEAK], b"another key of sixteen bytes")[0].endpoint.host


def test_kinds_stay_apart_and_equal_values_can_be_told() -> None:
    """A name reads host-…, an address address-…; target and NetBIOS domain, both CORP, end alike."""
    observation = pseudonyms([EXCHANGE_LEAK])[0]
    told = next(fact.disclosure for fact in observation.facts if isinstance(fact, Challenge))
    assert observation.endpoint.host.startswith("host-")
    assert str(observation.address).startswith("address-")
    assert str(told.target_name).removeprefix("target-") == str(told.netbios_domain_name).removeprefix("domain-")


def test_what_names_nobody_stays() -> None:
    """Verdicts, ports, versions, products, severities, states and advice are what a ticket needs."""
    entry = next(iter(redact(report_of([EXCHANGE_LEAK]), KEY).entries))
    told = next(fact.disclosure for fact in entry.assessed.observation.facts if isinstance(fact, Challenge))
    assert entry.assessed.assessment == EXCHANGE_LEAK.assessed.assessment
    assert entry.assessed.observation.endpoint.port == 110
    assert told.product_version == "10.0.17763"
    assert told.product == "Windows 10 1809, Server 2019 or Server 1809"
    assert [state for _, state in entry.findings] == [state for _, state in EXCHANGE_LEAK.findings]
    assert entry.findings[0][0].remediations == EXCHANGE_LEAK.findings[0][0].remediations


def test_the_transcript_keeps_its_course() -> None:
    """Who spoke, which command it was and how it was answered can still be followed."""
    lines = pseudonyms([EXCHANGE_LEAK])[0].transcript
    assert [line.data for line in lines] == [
        b"+OK [removed]",
        b"CAPA",
        b"+OK [removed]",
        b"[removed]",
        b"[removed]",
        b"AUTH NTLM",
        b"+ [removed]",
        b"[removed]",
        b"+ [removed]",
        b"*",
        b"-ERR [removed]",
        b"QUIT",
    ]


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (b"a4 AUTHENTICATE NTLM", b"AUTHENTICATE NTLM"),
        (b'AUTHENTICATE "GSS-SPNEGO"', b'AUTHENTICATE "GSS-SPNEGO"'),
        (b"AUTHINFO GENERIC NTLM", b"AUTHINFO GENERIC NTLM"),
        (b"AUTHINFO GENERIC TlRMTVNTUAAB", b"AUTHINFO GENERIC"),
        (b"AUTHINFO GENERIC *", b"AUTHINFO GENERIC *"),
        (b"AUTHINFO USER anna", b"AUTHINFO USER"),
        (b"AUTHINFO PASS anna", b"[removed]"),
        (b"AUTH PLAIN", b"AUTH PLAIN"),
        (b"AUTH PLAIN AGFubmE=", b"AUTH"),
        (b"X-EXPS EX01", b"X-EXPS"),
        (b"EHLO mail.example.org", b"EHLO"),
        (b"anna QUIT", b"[removed]"),
        (b'"*"', b'"*"'),
    ],
)
def test_of_what_we_said_the_verb_stays(said: bytes, kept: bytes) -> None:
    """With the mechanism that was asked for, and nothing else."""
    assert redacted_line(Line(Speaker.CLIENT, said)).data == kept


def test_ids_cannot_be_tried_out() -> None:
    """Ids are plain hashes of names: a redacted report has those of the pseudonyms, and they still agree."""
    entry = next(iter(redact(report_of([EXCHANGE_LEAK]), KEY).entries))
    assert entry.findings[0][0].id != EXCHANGE_LEAK.findings[0][0].id
    assert entry.findings[0][0].subject == str(entry.assessed.observation.endpoint)
    assert entry.findings[0][0].evidence[0].observation == entry.assessed.id != EXCHANGE_LEAK.assessed.id


def test_the_expiry_of_a_certificate_is_told_to_the_day() -> None:
    """Its very second would find the certificate, and so the name, in public logs."""
    tls = next(fact for fact in pseudonyms([CLEAN_TLS])[0].facts if isinstance(fact, TlsState))
    assert tls.not_after == datetime(2027, 3, 1, tzinfo=UTC)


def test_entries_are_redacted_as_they_come() -> None:
    """A scan in progress can be redacted: nothing is gathered first."""
    waiting = iter(ALL)
    next(iter(redact(report_of(waiting), KEY).entries))
    assert list(waiting) == list(ALL[1:])


def test_a_short_key_is_refused() -> None:
    """A key that can be guessed makes pseudonyms that can be undone."""
    with pytest.raises(ValueError, match="16 bytes"):
        redact(report_of(ALL), b"short")


@pytest.mark.parametrize(
    ("exit_code", "said"), [(Exit.FINDINGS, ""), (Exit.SCOPE, "a target lies outside the scope; ")]
)
def test_no_finding_is_lost_from_the_closing_line(exit_code: Exit, said: str) -> None:
    """It gives their number, whatever else comes before them."""
    report = report_of(ALL)
    summary = replace(report.summary(), exit=exit_code, why="mail.example.org is outside the scope; 3 open findings")
    told = redact(Report(run=report.run, entries=[], summary=lambda: summary), KEY).summary()
    assert (told.why, told.findings) == (f"{said}3 open findings", summary.findings)


def test_no_word_of_findings_where_there_are_none() -> None:
    """A clean run stays one."""
    report = report_of([])
    summary = replace(report.summary(), exit=Exit.OK, findings={}, why="nothing found at mail.example.org")
    assert redact(Report(run=report.run, entries=[], summary=lambda: summary), KEY).summary().why == (
        "nothing stands open"
    )


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_every_report_shows_as_many_findings(name: str) -> None:
    """Under pseudonyms: of each rule as many, and as many in the closing line."""
    plain, veiled = (rendered(name, report) for report in (report_of(ALL), redact(report_of(ALL), KEY)))
    rules = sorted({finding.rule for each in ALL for finding, _ in each.findings})
    assert rules
    assert "mail.example.org" not in veiled
    for word in (*rules, "regressed", "3 open findings"):
        assert veiled.count(word) == plain.count(word), word

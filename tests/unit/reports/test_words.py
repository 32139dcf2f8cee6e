"""Words and rows: every closed vocabulary is said in plain words, clocks are compared, findings graded."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.unit.reports.examples import finding, pop3
from tests.unit.reports.hosts import TLS
from tightlip.model.counting import counted
from tightlip.model.disclosure import Disclosure
from tightlip.model.finding import FindingState, Severity
from tightlip.model.run import Unasked
from tightlip.model.verdict import Assessment, Reason, Verdict
from tightlip.reports._rows import disclosure_rows, tls_rows
from tightlip.reports._words import (
    REASON_SAYS,
    STATE_MEANS,
    UNASKED_SAYS,
    VERDICT_MEANS,
    VERDICTS,
    next_step,
    reason_words,
    severest,
)

NOON = datetime(2026, 12, 4, 12, 0, tzinfo=UTC)


def test_every_word_of_the_model_is_said() -> None:
    """A verdict, reason, state or cause added to the model needs its sentence here."""
    assert (set(REASON_SAYS), set(STATE_MEANS), set(UNASKED_SAYS)) == (set(Reason), set(FindingState), set(Unasked))
    assert set(VERDICT_MEANS) == set(VERDICTS) == set(Verdict)


def test_what_needs_doing_has_a_next_step() -> None:
    """Leaks, offers and doubts say what to do; a refusal needs nothing."""
    assert "TLS alone does not stop" in (next_step(Assessment(Verdict.DISCLOSES, Reason.NAMES)) or "")
    assert next_step(Assessment(Verdict.OFFERS, Reason.EMPTY_CHALLENGE))
    assert next_step(Assessment(Verdict.INCONCLUSIVE, Reason.MUTE))
    assert next_step(Assessment(Verdict.CLEAN, Reason.REFUSED)) is None


@pytest.mark.parametrize("reason", [Reason.TURNED_AWAY, Reason.THROTTLED, Reason.REFUSED_FOR_NOW])
@pytest.mark.parametrize(
    "text",
    [
        "* BYE Auth process broken",
        "* BYE Internal error occurred. Refer to server log for more information.",
        "-ERR [SYS/PERM] Internal server error",
        "* BYE [SERVERBUG] no such thing",
        "451 4.3.0 Error: queue file write error",
        "421-4.3.5 Server configuration problem",
        "451 Temporary lookup failure",
        "-ERR [SYS/TEMP] Temporary authentication failure.",
        "-ERR [SYS/TEMP] Internal error, try again later",
    ],
)
def test_a_fault_of_the_servers_is_advised_as_such(reason: Reason, text: str) -> None:
    """No other address, and no patience, mends it: its log says what does."""
    advice = next_step(Assessment(Verdict.INCONCLUSIVE, reason, text)) or ""
    assert "server's log" in advice
    assert "address" not in advice
    assert text in reason_words(Assessment(Verdict.INCONCLUSIVE, reason, text))


@pytest.mark.parametrize(
    "text",
    [
        "554 5.7.1 Access denied",
        "421 4.7.0 Too many connections",
        "421 4.3.2 All server ports are busy",
        "-ERR [SYS/TEMP] too many connections, try again later",
        "-ERR [SYS/PERM] access denied for your address",
        "* BYE [UNAVAILABLE] Maximum number of sessions reached",
        "421 4.3.0 Rate limit exceeded",
    ],
)
def test_a_server_that_turns_away_is_not_at_fault(text: str) -> None:
    """It says what it wants: another address, or time."""
    assert "server's log" not in (next_step(Assessment(Verdict.INCONCLUSIVE, Reason.TURNED_AWAY, text)) or "")


def test_a_greeting_of_a_fault_wants_no_fewer_connections() -> None:
    """The server is not ready, and that it is told of fewer connections would send its owner the wrong way."""
    greeting = Assessment(Verdict.INCONCLUSIVE, Reason.THROTTLED, "-ERR [SYS/TEMP] Temporary system problem")
    assert reason_words(greeting) == (
        "The server is not ready: it speaks of a fault of its own. It said: -ERR [SYS/TEMP] Temporary system problem"
    )
    assert "server's log" in (next_step(greeting) or "")
    full = Assessment(Verdict.INCONCLUSIVE, Reason.THROTTLED, "-ERR [SYS/TEMP] Too many connections")
    assert reason_words(full) == "The server wants fewer connections. It said: -ERR [SYS/TEMP] Too many connections"
    assert next_step(full) == "Ask again later and more slowly, or let the scanner past the ban tool."


@pytest.mark.parametrize("detail", [None, "closed by the peer", "ECONNRESET"])
def test_a_connection_that_is_closed_without_a_word_is_told_as_closed(detail: str | None) -> None:
    """What the server wants by that it has not said."""
    closed = Assessment(Verdict.INCONCLUSIVE, Reason.THROTTLED, detail)
    assert reason_words(closed).startswith("The connection was closed before the server said a word.")
    assert "fewer" not in reason_words(closed)
    assert "It said" not in reason_words(closed)
    assert "too many connections" in (next_step(closed) or "")
    busy = Assessment(Verdict.INCONCLUSIVE, Reason.THROTTLED, "421 Too many connections")
    assert reason_words(busy) == "The server wants fewer connections. It said: 421 Too many connections"


@pytest.mark.parametrize(
    ("ahead", "said"),
    [
        (timedelta(milliseconds=300), "the same as ours"),
        (timedelta(seconds=90), "90.0 s ahead of ours"),
        (timedelta(minutes=-7), "7 min behind ours"),
        (timedelta(hours=30), "30 h ahead of ours"),
    ],
)
def test_the_servers_clock_is_compared_with_ours(ahead: timedelta, said: str) -> None:
    """The timestamp is the server's clock; how far off it is says more than the time."""
    rows = dict(disclosure_rows(Disclosure(system_time=NOON + ahead), NOON))
    assert rows["clock"].endswith(f"({said})")


def test_names_are_told_once() -> None:
    """A standalone server repeats one name in several fields."""
    rows = disclosure_rows(Disclosure("FILER", "FILER", "FILER", "filer"), NOON)
    assert rows == [("computer", "FILER, filer"), ("domain", "FILER"), ("target", "FILER")]


def test_the_service_that_gss_ntlmssp_names_is_told() -> None:
    """In a row of its own."""
    rows = disclosure_rows(Disclosure(service_name="imap/mx1.corp.example"), NOON)
    assert rows == [("service", "imap/mx1.corp.example")]


def test_a_wrong_certificate_name_is_told() -> None:
    """Verification failures are facts in the report."""
    wrong = type(TLS)(TLS.version, TLS.cipher, TLS.subject_names, name_matches=False)
    assert dict(tls_rows(wrong))["certificate"].endswith("(not the name asked for)")


def test_only_findings_that_stand_give_a_severity() -> None:
    """Fixed and accepted ones do not; of those that stand the highest counts."""
    high = finding("a", pop3("h"), Severity.HIGH, "a")
    low = finding("b", pop3("h"), Severity.LOW, "b")
    info = finding("c", pop3("h"), Severity.INFO, "c")
    states = ((high, FindingState.FIXED), (info, FindingState.OPEN), (low, FindingState.REGRESSED))
    assert severest(states) is Severity.LOW
    assert severest(((high, FindingState.ACCEPTED),)) is None


@pytest.mark.parametrize(
    ("count", "noun", "said"),
    [(1, "endpoint", "1 endpoint"), (1200, "endpoint", "1,200 endpoints"), (2, "address", "2 addresses")],
)
def test_counts_agree_with_their_noun(count: int, noun: str, said: str) -> None:
    """One, or many."""
    assert counted(count, noun) == said

"""The list of findings for a person: its order, and on whose word accepted ones stand."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.unit.cli.calling import call
from tests.unit.store import samples
from tightlip.model.endpoint import Endpoint, Security
from tightlip.model.finding import FindingState, Severity
from tightlip.store import Batch, Judgement
from tightlip.store.opening import open_store

NOW = datetime.now(UTC)
# (host, rule, severity) in an order that is none of those asked for.
FOUND = (
    ("b.example", "tls-obsolete", Severity.LOW),
    ("b.example", "ntlm-discloses-host", Severity.MEDIUM),
    ("a.example", "ntlm-offered", Severity.INFO),
    ("c.example", "cleartext-login", Severity.HIGH),
    ("a.example", "ntlm-discloses-host", Severity.MEDIUM),
    ("a.example", "auth-before-tls", Severity.MEDIUM),
)


@pytest.fixture
def store(tmp_path: Path) -> str:
    """A store of these findings."""
    url = str(tmp_path / "kept.db")
    with open_store(url) as opened:
        opened.begin_run(samples.run(started=NOW), b"")
        judgements = [_judged(*each) for each in FOUND]
        opened.commit(Batch("run-1", [], judgements, 0))
    return url


def _judged(host: str, rule: str, severity: Severity) -> Judgement:
    finding = samples.finding(Endpoint(host, 110, "pop3", Security.PLAIN), rule)
    return Judgement(host, NOW, flagged=(replace(finding, severity=severity),))


def test_the_severest_come_first(store: str) -> None:
    """Then by rule, then by subject, within 80 columns."""
    lines = call("findings", "--store", store).out.splitlines()[1:]
    assert max(map(len, lines)) <= 80
    told = [tuple(line.split()[:2]) for line in lines if line.split()[0] in {*Severity}]
    assert told == [
        ("high", "cleartext-login"),
        ("medium", "auth-before-tls"),
        ("medium", "ntlm-discloses-host"),
        ("medium", "ntlm-discloses-host"),
        ("low", "tls-obsolete"),
        ("info", "ntlm-offered"),
    ]
    subjects = [line.split("//")[1] for line in lines if "//" in line]
    assert subjects == [f"{host}.example:110" for host in "caabba"]


@pytest.fixture
def accepted(store: str) -> Callable[[str, str], str]:
    """Accepts the gravest finding for a reason on somebody's word, and gives the list of those accepted."""

    def accept(reason: str, by: str) -> str:
        with open_store(store) as opened:
            gravest = next(each for each in opened.findings(frozenset()) if each.finding.severity is Severity.HIGH)
            opened.accept(gravest.finding.id, reason, datetime(2999, 12, 31, tzinfo=UTC) - timedelta(days=1), by)
        return call("findings", "--store", store, "--state", FindingState.ACCEPTED).out

    return accept


def test_an_accepted_one_says_on_whose_word(accepted: Callable[[str, str], str]) -> None:
    """Until when, by whom and why, within 80 columns, however long and whatever it holds."""
    shown = accepted("old printers " * 9 + "\x1b[31m" + "x" * 90, "A. Admin")
    words = " ".join(shown.split())
    assert "cleartext-login" in words
    assert "accepted until 2999-12-30 by A. Admin" in words
    assert words.count("printers") == 9
    assert r"\x1b[31m" in words
    assert max(map(len, shown.splitlines())) <= 80


def test_nobody_is_named_where_nobody_is_known(accepted: Callable[[str, str], str]) -> None:
    """The day and the reason stand alone."""
    words = " ".join(accepted("old printers", "").split())
    assert "accepted until 2999-12-30 because: old printers" in words


def test_the_longest_name_of_a_rule_is_shown_whole(tmp_path: Path) -> None:
    """In 80 columns, in one line with its id."""
    url, rule = str(tmp_path / "kept.db"), "advertised-contradicts-accepted"
    with open_store(url) as opened:
        opened.begin_run(samples.run(started=NOW), b"")
        opened.commit(Batch("run-1", [], [_judged("a.example", rule, Severity.MEDIUM)], 0))
    lines = call("findings", "--store", url).out.splitlines()
    assert [line.split()[:3] for line in lines if rule in line] == [["medium", rule, "open"]]
    assert max(map(len, lines)) <= 80

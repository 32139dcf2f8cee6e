"""``tightlip findings``, ``accept`` and ``forget``: the life of a finding as its owner sees it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.unit.cli.calling import call
from tests.unit.store.samples import batch, flagged, kept, run, summary
from tests.unit.workflows.responder import Responder, responding
from tightlip.store import open_store

TODAY = f"{datetime.now(UTC):%Y-%m-%d}"
TOMORROW = f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%d}"
WORD = ("--reason", "old printers", "--until", TOMORROW)


@pytest.fixture(scope="module")
def responder() -> Iterator[Responder]:
    """One for all tests."""
    with responding() as answering:
        yield answering


@pytest.fixture
def host(responder: Responder) -> str:
    """A host of whose findings the store knows."""
    assert call("scan", f"pop3+plain://127.0.94.7:{responder.port}", "--format", "jsonl").code == 1
    return "127.0.94.7"


def ids(*words: str) -> list[str]:
    """The ids that are listed."""
    return [each["id"] for each in call("findings", "--format", "jsonl", *words).records]


def test_open_findings_are_listed(host: str) -> None:
    """For a person within 80 columns, every id whole; for a program one record a line."""
    known = ids()
    shown = call("findings")
    assert known
    assert all(identity in shown.out for identity in known)
    assert ids("--host", host) == known
    assert ids("--host", f"pop3://{host}:110") == known
    assert "No findings that are fixed" in call("findings", "--state", "fixed").out
    assert call("findings", "--state", "mended").code == 2


def test_a_narrow_terminal_shows_whole_ids_and_urls(
    host: str, responder: Responder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are needed for accept, and to be copied."""
    monkeypatch.setenv("COLUMNS", "80")
    shown = call("findings").out
    assert all(identity in shown for identity in ids())
    assert f"pop3://{host}:{responder.port}" in shown.split()


def test_an_accepted_finding_is_no_longer_open(host: str) -> None:
    """Nor does it count when it is seen again."""
    first, *rest = ids()
    accepted = call("accept", first[:8], *WORD, "--by", "A. Admin")
    assert (accepted.code, accepted.out) == (0, "")
    assert f"accepted until {TOMORROW}" in accepted.err
    assert host in accepted.err
    assert ids() == rest
    listed = call("findings", "--state", "accepted", "--format", "jsonl").records
    assert [(each["id"], each["acceptance"]["by"], each["acceptance"]["reason"]) for each in listed] == [
        (first, "A. Admin", "old printers")
    ]
    assert f"accepted until {TOMORROW}" in call("findings", "--state", "accepted").out


WRONG = (
    ("accept", "nonsense", *WORD),
    ("accept", "", *WORD),
    ("accept", "{first}", "--reason", "x"),
    ("accept", "{first}", "--until", TOMORROW),
    ("accept", "{first}", "--reason", " ", "--until", TOMORROW),
    ("accept", "{first}", "--reason", "x", "--until", "soon"),
    ("accept", "{first}", "--reason", "x", "--until", "2020-01-01"),
    ("forget",),
    ("forget", "127.0.0.1", "--before", "2020-01-01"),
    ("forget", "--before", "soon"),
)


def test_wrong_words_change_nothing(host: str) -> None:
    """One line and a hint, exit code 2."""
    assert host
    before = ids()
    for words in WRONG:
        heard = call(*(word.format(first=before[0]) for word in words))
        assert (heard.code, heard.out, len(heard.err.splitlines()) <= 2) == (2, "", True), (words, heard)
    assert ids() == before


def test_whoever_has_no_name_must_give_one(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container that runs under a bare number."""
    assert host
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("os.getuid", lambda: 61_999)
    heard = call("accept", ids()[0], *WORD)
    assert (heard.code, heard.out) == (2, "")
    assert "--by" in heard.err


def test_a_forgotten_host_leaves_nothing(tmp_path: Path, host: str) -> None:
    """Not a byte of what it gave away is left in the file."""
    file = tmp_path / "data" / "tightlip" / "store.db"
    assert "POPSRV01" in call("report").out
    assert "endpoint" in call("forget", "pop3://").err
    forgotten = call("forget", f"pop3+starttls://{host}:110")
    assert (forgotten.code, forgotten.out) == (0, "")
    assert f"forgotten of {host}: " in forgotten.err
    assert ids() == []
    left = b"".join(each.read_bytes() for each in file.parent.glob("store.db*"))
    assert b"POPSRV01" not in left
    assert host.encode() not in left


def test_a_name_that_goes_with_its_address_is_named(responder: Responder) -> None:
    """Its findings may lean on what was heard there; whoever forgets an address is told what went beside it."""
    assert call("scan", f"pop3+plain://localhost:{responder.port}", "--format", "jsonl").code == 1
    assert "every finding of localhost" in call("forget", "127.0.0.1").err
    assert ids() == []


def test_what_is_older_is_forgotten(host: str, tmp_path: Path) -> None:
    """And only that: what was seen today is not older than today."""
    with open_store(str(tmp_path / "data" / "tightlip" / "store.db")) as store:
        store.begin_run(run("run-1"), b"")
        store.commit(batch(flagged(), observations=(kept(0),)))
        store.end_run(summary(run("run-1")))
    known = ids("--host", host)
    assert len(ids()) > len(known) > 0
    assert "forgotten: 0 observations, 0 findings, 0 runs" in call("forget", "--before", "2020-01-01").err
    forgotten = call("forget", "--before", TODAY)
    assert (forgotten.code, "forgotten: 1 observation, 1 finding, 1 run" in forgotten.err) == (0, True)
    assert ids() == known


def test_a_day_to_come_empties_no_store(host: str) -> None:
    """Everything is older than it: a year that was mistyped would remove all."""
    assert host
    before = ids()
    for day in (TOMORROW, "2099-01-01"):
        refused = call("forget", "--before", day)
        assert (refused.code, f"--before {day} is in the future" in refused.err) == (2, True)
    assert ids() == before


def test_the_host_of_an_endpoint_is_forgotten_and_named(host: str, responder: Responder) -> None:
    """With a scheme or without, all ports of its host are meant; the help says so."""
    assert call("scan", f"smtp+plain://{host}:{responder.port}", "--format", "jsonl").code == 4
    forgotten = call("forget", f"{host}:{responder.port}")
    assert (forgotten.code, forgotten.err.partition(":")[0]) == (0, f"forgotten of {host}")
    assert ids() == []
    assert "its host is meant" in " ".join(call("forget", "--help").out.split())


UNKNOWN = (
    ("findings", "--host", "nosuch"),
    ("findings", "--host", "nosuch", "--format", "jsonl"),
    ("findings", "--host", "pop3://nosuch:110", "--state", "fixed"),
)


def test_a_host_that_the_store_does_not_know_is_no_all_clear(host: str) -> None:
    """A mistyped name is the user's mistake, in a list as in forget."""
    assert host
    for words in UNKNOWN:
        heard = call(*words)
        assert (heard.code, heard.out) == (2, "")
        assert "the store knows no host 'nosuch'" in heard.err
    for written in ("nosuch", "nosuch:110", "imaps://nosuch:993"):
        heard = call("forget", written)
        assert (heard.code, "the store knows nothing of nosuch" in heard.err) == (2, True)


def test_findings_of_a_name_are_not_listed_by_its_address(responder: Responder) -> None:
    """The list would be empty, and look like an all-clear."""
    assert call("scan", f"pop3+plain://localhost:{responder.port}", "--format", "jsonl").code == 1
    heard = call("findings", "--host", "127.0.0.1")
    assert (heard.code, heard.out, "name it: localhost" in heard.err) == (2, "", True)
    assert ids("--host", "LocalHost.") == ids()


def test_a_host_without_findings_is_an_empty_list(responder: Responder) -> None:
    """It was asked; that is told from one that never was."""
    assert call("scan", f"smtp+plain://127.0.94.8:{responder.port}", "--format", "jsonl").code == 4
    heard = call("findings", "--host", "127.0.94.8")
    assert (heard.code, heard.out) == (0, "No findings that are open or regressed.\n")


def test_the_help_says_that_a_list_is_no_gate() -> None:
    """Its exit code does not depend on what is listed."""
    told = " ".join(call("findings", "--help").out.split())
    assert "0 listed, whether or not there are findings" in told

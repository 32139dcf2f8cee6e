"""``tightlip findings``, ``accept`` and ``forget``: the life of a finding as its owner sees it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.unit.cli.calling import call
from tests.unit.workflows.responder import Responder, responding

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
    assert ids("--host", "127.9.9.9") == []
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
    assert "forgotten: " in forgotten.err
    assert ids() == []
    left = b"".join(each.read_bytes() for each in file.parent.glob("store.db*"))
    assert b"POPSRV01" not in left
    assert host.encode() not in left


def test_a_name_that_goes_with_its_address_is_named(responder: Responder) -> None:
    """Its findings may lean on what was heard there; whoever forgets an address is told what went beside it."""
    assert call("scan", f"pop3+plain://localhost:{responder.port}", "--format", "jsonl").code == 1
    assert "every finding of localhost" in call("forget", "127.0.0.1").err
    assert ids() == []


def test_what_is_older_is_forgotten(host: str) -> None:
    """Nothing is older than last year; everything is older than tomorrow."""
    assert host
    assert "forgotten: 0 observations, 0 findings" in call("forget", "--before", "2020-01-01").err
    assert ids()
    assert call("forget", "--before", TOMORROW).code == 0
    assert ids() == []

"""A store of 0.1.0 on its first opening: what was fixed without proof is open again, and all else as it was."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

import pytest
from sqlalchemy import insert

from tests.recorded.relived import store_left
from tests.unit.cli.calling import call
from tests.unit.store.postgres_server import binaries, running_server
from tightlip.model.errors import Exit
from tightlip.model.finding import FindingState
from tightlip.model.observation import Observation
from tightlip.store import Store, open_store, revisions
from tightlip.store.database import Database, connect
from tightlip.store.place import place_of
from tightlip.store.tables import metadata

# Blocked, "needs an initial response", too many connections: none of them says that NTLM is not to be had.
UNPROVEN = {
    ("ntlm-discloses-host", "pop3://127.20.0.2:21102"),
    ("ntlm-without-tls", "pop3://127.20.0.2:21102"),
    ("ntlm-discloses-host", "pop3+starttls://127.20.0.2:21102"),
    ("ntlm-discloses-host", "smtp://127.20.0.6:21106"),
    ("ntlm-without-tls", "smtp://127.20.0.6:21106"),
    ("ntlm-discloses-host", "smtp+starttls://127.20.0.6:21106"),
    ("ntlm-discloses-host", "imap://127.20.0.8:21108"),
    ("ntlm-without-tls", "imap://127.20.0.8:21108"),
    ("ntlm-discloses-host", "imap+starttls://127.20.0.8:21108"),
}
SAID = "9 findings open again, closed without proof by an earlier version"

PROGRAMS = binaries()
POSTGRES = pytest.param(
    "postgresql",
    marks=[
        pytest.mark.skipif(PROGRAMS is None, reason="no PostgreSQL here: apt-get install postgresql"),
        pytest.mark.skipif(find_spec("psycopg") is None, reason="no psycopg here: pip install 'tightlip[postgres]'"),
    ],
)


@pytest.fixture
def place(tmp_path: Path) -> str:
    """The store's file."""
    return str(store_left(tmp_path))


@pytest.fixture(params=["sqlite", POSTGRES])
def url(request: pytest.FixtureRequest, place: str) -> Iterator[str]:
    """The store of 0.1.0 in its file, or the same rows on a server."""
    if request.param == "sqlite":
        yield place
        return
    assert PROGRAMS is not None
    with running_server(PROGRAMS) as server:
        _copy(place, server)
        yield server


def _copy(place: str, server: str) -> None:
    """Make the tables as 0.1.0 made them, and fill them."""
    database = connect(place_of(server))  # type: ignore[arg-type]  # a server's URL is no Nowhere
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(revisions, "REVISIONS", ("0001",))
        revisions.settle(database, _proves_nothing)
    _fill(database, place)
    database.engine.dispose()


def _fill(database: Database, place: str) -> None:
    with closing(sqlite3.connect(place)) as left, database.writing() as connection:
        left.row_factory = sqlite3.Row
        for table in metadata.sorted_tables:
            rows = [dict(row) for row in left.execute(f"SELECT * FROM {table.name}")]
            if rows:
                connection.execute(insert(table), rows)


def _states(store: Store) -> dict[tuple[str, str], FindingState]:
    return {(each.finding.rule, each.finding.subject): each.state for each in store.findings(frozenset())}


def test_what_is_proven_stays_fixed(url: str) -> None:
    """Where every observation proves a fix nothing is opened: the migration itself alters no finding."""
    with open_store(url, proves=_proves_all) as store:
        assert store.reopened == 0
        before = _states(store)
    assert {before[each] for each in UNPROVEN} == {FindingState.FIXED}


def test_each_finding_is_read_by_todays_table(url: str) -> None:
    """What an unclear refusal closed is open and not regressed, and no other; the next opening finds nothing to do."""
    with open_store(url) as store:
        assert store.reopened == len(UNPROVEN)
        after = _states(store)
        opened = {
            (each.finding.rule, each.finding.subject): each.fixed_at
            for each in store.findings(frozenset({FindingState.OPEN}))
        }
    assert {each for each in UNPROVEN if after[each] is FindingState.OPEN} == UNPROVEN
    assert {opened[each] for each in UNPROVEN} == {None}
    fixed = {subject for (_, subject), state in after.items() if state is FindingState.FIXED}
    assert fixed == {
        "pop3://127.20.0.1:21101",
        "pop3+starttls://127.20.0.1:21101",
        "pop3://127.20.0.3:21103",
        "pop3+starttls://127.20.0.3:21103",
        "smtp://127.20.0.4:21104",
        "smtp+starttls://127.20.0.4:21104",
        "mail01 auth_mechanisms",
    }
    with open_store(url) as store:
        assert store.reopened == 0
        assert _states(store) == after


def test_a_failed_upgrade_changes_nothing(place: str) -> None:
    """An error in the middle leaves the store as it was; the next opening does all of it."""
    with pytest.raises(ZeroDivisionError):
        open_store(place, proves=_fails)
    with open_store(place) as store:
        assert store.reopened == len(UNPROVEN)


COMMANDS = [
    ("runs",),
    ("findings",),
    ("report",),
    ("scan", "pop3+plain://127.0.0.1:9", "--status", "none"),
    ("verify", "pop3+plain://127.0.0.1:9", "--status", "none"),
]


@pytest.mark.parametrize("words", COMMANDS, ids=[each[0] for each in COMMANDS])
def test_the_command_that_upgrades_says_so_once(place: str, words: tuple[str, ...]) -> None:
    """On standard error, whichever command it is; the second one says nothing of it."""
    first, second = (call(*words, "--store", place) for _ in range(2))
    assert first.err.count(SAID) == 1
    assert SAID not in first.out + second.out + second.err


def test_the_check_up_says_so(place: str) -> None:
    """As a note on the store."""
    told = call("doctor", "--store", place)
    assert "fixed findings open again: 9" in " ".join(told.out.split())


def test_a_rehearsal_and_a_missing_store_upgrade_nothing(place: str, tmp_path: Path) -> None:
    """A dry run does not open the store, and a command that fails before its scan makes none."""
    assert call("scan", "127.0.0.1", "--dry-run", "--store", place).err == ""
    assert call("scan", "--store", str(tmp_path / "none.db")).code == Exit.USAGE
    assert call("runs", "--store", place).err.count(SAID) == 1


def _proves_all(_: Observation) -> bool:
    return True


def _proves_nothing(_: Observation) -> bool:
    return False


def _fails(_: Observation) -> bool:
    raise ZeroDivisionError

"""Opening: private files, and what is not ours, not sound or not writable is told and left alone."""

import os
import sqlite3
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.unit.store.samples import NOON, batch, finding, flagged, kept, run
from tightlip.model.errors import StoreError, UsageError
from tightlip.store import open_store
from tightlip.store.tables import REVISION_TABLE

NOBODY = 65534


@contextmanager
def umask(mask: int) -> Iterator[None]:
    """Another umask for a while."""
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


@contextmanager
def without_privileges() -> Iterator[None]:
    """As root, be nobody for a while, for whom the rights of files hold; anybody else stays who they are."""
    me = os.geteuid()
    if me == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(me)


@pytest.fixture
def public_folder() -> Iterator[Path]:
    """A folder that nobody can reach, too."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


def mode(path: Path) -> int:
    """The rights of a file or folder."""
    return stat.S_IMODE(path.stat().st_mode)


def fill(path: Path) -> None:
    """A store with a run and an observation, closed again."""
    with open_store(str(path)) as store:
        store.begin_run(run(), b"spec")
        store.commit(batch(observations=(kept(),)))


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o777])
def test_files_and_folders_are_private_whatever_the_umask(tmp_path: Path, mask: int) -> None:
    """The log and its index too, which hold the same data."""
    path = tmp_path / "made" / "here" / "store.db"
    with umask(mask), open_store(str(path)) as store:
        store.begin_run(run(), b"spec")
        store.commit(batch(observations=(kept(),)))
        files = {file.name: mode(file) for file in path.parent.iterdir()}
    assert files == {"store.db": 0o600, "store.db-wal": 0o600, "store.db-shm": 0o600}
    assert [mode(path.parent), mode(path.parent.parent)] == [0o700, 0o700]


def test_a_store_that_was_opened_to_others_is_closed_to_them(tmp_path: Path) -> None:
    """It holds the very data that leaked; the user's own folder stays as it is."""
    path = tmp_path / "store.db"
    fill(path)
    path.chmod(0o644)
    tmp_path.chmod(0o755)
    open_store(str(path)).close()
    assert (mode(path), mode(tmp_path)) == (0o600, 0o755)


def test_a_closed_store_is_one_file(tmp_path: Path) -> None:
    """It can be copied as it lies there."""
    fill(tmp_path / "store.db")
    assert [file.name for file in tmp_path.iterdir()] == ["store.db"]


@pytest.mark.parametrize("text", [b"not a database\n", b"SQLite format 2\0 and more"])
def test_a_file_of_something_else_is_left_alone(tmp_path: Path, text: bytes) -> None:
    """A text file named .db, with the rights it had."""
    path = tmp_path / "notes.db"
    path.write_bytes(text)
    path.chmod(0o644)
    with pytest.raises(StoreError, match="is not a tightlip store"):
        open_store(str(path))
    assert (path.read_bytes(), mode(path)) == (text, 0o644)


def test_a_damaged_header_is_told(tmp_path: Path) -> None:
    """The magic alone makes no database."""
    path = tmp_path / "store.db"
    path.write_bytes(b"SQLite format 3\0" + b"\xff" * 4_000)
    with pytest.raises(StoreError, match=r"is not a database|is damaged"):
        open_store(str(path))
    assert path.read_bytes() == b"SQLite format 3\0" + b"\xff" * 4_000


def test_a_truncated_store_is_told(tmp_path: Path) -> None:
    """And left as it is."""
    path = tmp_path / "store.db"
    fill(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(StoreError, match="is damaged"):
        open_store(str(path))
    assert path.read_bytes() == whole[: len(whole) // 2]


def test_damage_further_inside_is_told_when_it_is_met(tmp_path: Path) -> None:
    """As a StoreError by whoever reads it, and in detail by the thorough check."""
    path = tmp_path / "store.db"
    fill(path)
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(8192)
        file.write(b"\xaa" * (size - 8192))
    with pytest.raises(StoreError, match="is damaged"), open_store(str(path)) as store:
        list(store.observations("last"))


def test_a_newer_store_is_left_alone(tmp_path: Path) -> None:
    """Byte for byte."""
    path = tmp_path / "store.db"
    fill(path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"UPDATE {REVISION_TABLE} SET version_num = '9999'")
    newer = path.read_bytes()
    with pytest.raises(StoreError, match=r"made by a newer tightlip \(revision 9999\)"):
        open_store(str(path))
    assert path.read_bytes() == newer


def test_the_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    """It has tables, and none of them says that it is ours."""
    path = tmp_path / "places.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE bookmark (url TEXT)")
    theirs = path.read_bytes()
    with pytest.raises(StoreError, match="tables of another program"):
        open_store(str(path))
    assert path.read_bytes() == theirs


def test_an_empty_file_becomes_a_store(tmp_path: Path) -> None:
    """As mktemp leaves one."""
    path = tmp_path / "store.db"
    path.touch()
    fill(path)
    with open_store(str(path)) as store:
        assert store.run("last").observations == 1


def test_a_folder_that_cannot_be_written_is_told(public_folder: Path) -> None:
    """Before any work is done."""
    public_folder.chmod(0o555)
    with without_privileges(), pytest.raises(StoreError, match="cannot be opened: Permission denied"):
        open_store(str(public_folder / "store.db"))


def test_a_store_that_cannot_be_written_is_told(public_folder: Path) -> None:
    """Reading somebody's read-only copy fails clearly as well: its log could not be kept."""
    path = public_folder / "store.db"
    fill(path)
    path.chmod(0o444)
    if os.geteuid() == 0:
        os.chown(path, NOBODY, -1)
    public_folder.chmod(0o555)
    with without_privileges(), pytest.raises(StoreError, match=r"cannot be (opened|written)"):
        open_store(str(path)).begin_run(run("run-2"), b"")


def test_a_store_of_somebody_else_is_refused(public_folder: Path) -> None:
    """Its owner would read what leaked."""
    path = public_folder / "store.db"
    fill(path)
    if os.geteuid() != 0:
        pytest.skip("only root can be somebody else for a while")
    path.chmod(0o666)
    with without_privileges(), pytest.raises(StoreError, match="belongs to another user"):
        open_store(str(path))


def test_a_folder_is_no_store(tmp_path: Path) -> None:
    """Nor is a pipe."""
    with pytest.raises(StoreError, match="is not a file"):
        open_store(str(tmp_path))


@pytest.mark.parametrize("url", ["", ":memory:", "sqlite://", "sqlite:///:memory:", "mysql://u:secret@h/d", "http://x"])
def test_a_url_that_makes_no_sense_is_a_usage_error(url: str) -> None:
    """Its password, if it has one, is not told."""
    with pytest.raises(UsageError, match="cannot keep a store at") as told:
        open_store(url)
    assert "secret" not in told.value.message + told.value.hint


def test_the_forms_of_a_path_name_the_same_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A URL with an absolute or relative path, and a bare path; letters that URLs care for are ordinary."""
    monkeypatch.chdir(tmp_path)
    name = "st?re #1 100%.db"
    fill(tmp_path / name)
    for url in (f"sqlite:///{tmp_path / name}", f"sqlite:///{name}", name):
        with open_store(url) as store:
            assert store.run("last").observations == 1
    assert [file.name for file in tmp_path.iterdir()] == [name]


def test_none_keeps_nothing() -> None:
    """And makes no file."""
    with open_store("none") as store:
        assert store.place == "none"


def test_a_store_that_is_opened_twice_keeps_its_locks(tmp_path: Path) -> None:
    """A second look into the file would give them up, and another process, the last one to its mind, remove the log."""
    path = str(tmp_path / "store.db")
    with open_store(path) as first:
        first.begin_run(run("run-1"), b"")
        with open_store(path) as second:
            assert second.runs(1)
        ended = "from tightlip.store import open_store; import sys\nwith open_store(sys.argv[1]) as it: it.runs(1)"
        subprocess.run([sys.executable, "-c", ended, path], check=True, timeout=30)
        assert (tmp_path / "store.db-wal").exists()
        first.commit(batch(flagged(NOON)))
    with open_store(path) as again:
        assert [kept.finding.rule for kept in again.findings(frozenset())] == [finding().rule]

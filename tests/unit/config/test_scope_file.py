"""The scope entries of the configuration folder: added, listed, revoked, by several at once, and mistrusted."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tightlip.config.entries import authority
from tightlip.config.scope_file import allow, read_entries, revoke
from tightlip.model.errors import UsageError
from tightlip.model.run import Authority

MAIL = authority("192.0.2.0/24", "A. Admin", "2027-06-30", "mail — ünïcode")
LAB = authority("10.0.0.0/8", "B. Boss", "2026-01-01")

LINE = b'{"network":"10.0.0.0/8","by":"A","until":"2027-06-30","note":""}\n'


def authorities(folder: Path) -> list[Authority]:
    """What the entries say."""
    return [entry.authority for entry in read_entries(folder)]


def test_an_empty_configuration_has_no_entries_and_stays_empty(tmp_path: Path) -> None:
    """Listing makes nothing."""
    folder = tmp_path / "tightlip"
    assert (read_entries(folder), folder.exists()) == ((), False)


def test_added_entries_are_listed_in_order(tmp_path: Path) -> None:
    """Ended ones too; the file is private."""
    folder = tmp_path / "tightlip"
    allow(folder, MAIL)
    allow(folder, LAB)
    assert authorities(folder) == [MAIL, LAB]
    assert [stat.S_IMODE(each.stat().st_mode) for each in (folder, *folder.iterdir())] == [0o700, 0o600, 0o600]


def test_adding_the_same_again_changes_nothing(tmp_path: Path) -> None:
    """It has the same id."""
    assert allow(tmp_path, MAIL) == allow(tmp_path, MAIL)
    assert authorities(tmp_path) == [MAIL]


def test_an_entry_is_revoked_by_id_beginning_or_network(tmp_path: Path) -> None:
    """A network takes all its entries."""
    again = authority("192.0.2.0/24", "C. Chief", "2028-06-30")
    first, _, lab = (allow(tmp_path, each) for each in (MAIL, again, LAB))
    assert [entry.authority for entry in revoke(tmp_path, "192.0.2.0/24")] == [MAIL, again]
    assert revoke(tmp_path, lab.id[:5]) == (lab,)
    assert read_entries(tmp_path) == ()
    with pytest.raises(UsageError, match="no scope entry"):
        revoke(tmp_path, first.id)


def test_an_empty_or_ambiguous_name_revokes_nothing(tmp_path: Path) -> None:
    """Everything begins with nothing."""
    entries = [allow(tmp_path, authority(f"10.{number}.0.0/16", "A", "2027-06-30")) for number in range(17)]
    digits = [entry.id[0] for entry in entries]
    shared = next(digit for digit in digits if digits.count(digit) > 1)
    for name in ("", shared):
        with pytest.raises(UsageError):
            revoke(tmp_path, name)
    assert len(read_entries(tmp_path)) == 17


@pytest.mark.parametrize(
    ("bad", "complaint"),
    [
        (b"nonsense\n", "line 2: JSON is malformed"),
        (b"[1]\n", "line 2: Expected `object`"),
        (b'{"network":"10.0.0.0/8"}\n', "line 2: .*`by`"),
        (LINE.replace(b"10.0.0.0/8", b"10.0.0.1/8"), "line 2: '10.0.0.1/8' is no network"),
        (LINE.replace(b"2027-06-30", b"never"), "line 2: until is no date"),
        (LINE.replace(b"note", b"root"), "line 2: .*unknown field `root`"),
        (LINE.replace(b'"A"', b'"\xff"'), "line 2: not UTF-8"),
        (b"[" * 100_000 + b"\n", "line 2: "),
    ],
)
def test_a_corrupt_file_is_told_with_its_line_and_left_alone(tmp_path: Path, bad: bytes, complaint: str) -> None:
    """No entry holds while one cannot be read; adding one does not hide the damage."""
    path = tmp_path / "scope.jsonl"
    path.write_bytes(LINE + bad)
    path.chmod(0o600)
    with pytest.raises(UsageError, match=rf"scope\.jsonl, {complaint}"):
        allow(tmp_path, MAIL)
    assert path.read_bytes() == LINE + bad


def test_several_processes_may_add_at_once(tmp_path: Path) -> None:
    """No entry is lost."""
    root = Path(__file__).parents[3]
    environ = os.environ | {"PYTHONPATH": os.pathsep.join([str(root), str(root / "src")])}
    command = [sys.executable, "-m", "tests.unit.config.adding", str(tmp_path)]
    adding = [subprocess.Popen([*command, str(first), "20"], env=environ) for first in (0, 20, 40, 60)]
    assert [each.wait(60) for each in adding] == [0, 0, 0, 0]
    assert sorted(each.network for each in authorities(tmp_path)) == sorted(f"10.{n}.0.0/16" for n in range(80))

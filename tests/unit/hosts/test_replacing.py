"""A file is replaced whole or not at all, and everything that belongs to it besides its bytes stays."""

import os
import resource
import signal
import struct
from pathlib import Path

import pytest

from tests.crash.killing import in_child
from tightlip.hosts._replacing import Snapshot, clear, hindrance, replace, take
from tightlip.model.errors import TightlipError
from tightlip.products._product import Absent

OLD, NEW = b"old\n", b"new and longer\n"
ACL = "system.posix_acl_access"


def acl(*entries: tuple[int, int, int]) -> bytes:
    """An ACL as the kernel takes it (linux/posix_acl_xattr.h): version 2, then tag, rights and id of each entry."""
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


NOBODY = 0xFFFFFFFF
SHARED = acl((1, 6, NOBODY), (2, 4, 12345), (4, 4, NOBODY), (16, 4, NOBODY), (32, 0, NOBODY))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file with an odd mode, an extended attribute and an ACL."""
    path = tmp_path / "main.cf"
    path.write_bytes(OLD)
    path.chmod(0o640)
    os.setxattr(path, "user.note", b"kept")
    os.setxattr(path, ACL, SHARED)
    return path


def taken(path: Path) -> Snapshot:
    """A file that is there."""
    snapshot = take(str(path))
    assert isinstance(snapshot, Snapshot)
    return snapshot


def put(path: Path, new: bytes = NEW) -> None:
    """Replace a file by other bytes, all else as it is."""
    replace(str(path), new, taken(path).metadata, "t")


def test_bytes_change_and_all_else_stays(file: Path) -> None:
    """Owner, mode, extended attributes and ACL; and the time of the change, when one is given."""
    before = taken(file)
    put(file)
    after = taken(file)
    assert (after.content, after.metadata) == (NEW, before.metadata)
    assert [path.name for path in file.parent.iterdir()] == ["main.cf"]


def test_an_acl_that_the_folder_hands_down_is_not_taken_over(tmp_path: Path) -> None:
    """The copy is made in a folder with a default ACL, and the file had none."""
    file = tmp_path / "x"
    file.write_bytes(OLD)
    os.setxattr(tmp_path, "system.posix_acl_default", SHARED)
    put(file)
    assert os.listxattr(file) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="gives a file to another user, which takes root")
def test_the_owner_stays(file: Path) -> None:
    """As does the group."""
    os.chown(file, 123, 456)
    put(file)
    assert (file.stat().st_uid, file.stat().st_gid) == (123, 456)


def test_a_symbolic_link_stays_and_its_target_is_replaced(file: Path, tmp_path: Path) -> None:
    """Also through a second link in another folder."""
    (tmp_path / "d").mkdir()
    (tmp_path / "d/one").symlink_to("../main.cf")
    (tmp_path / "two").symlink_to("d/one")
    put(tmp_path / "two")
    assert (tmp_path / "two").is_symlink()
    assert (file.is_symlink(), file.read_bytes()) == (False, NEW)


def test_a_hard_link_is_refused_with_the_reason(file: Path, tmp_path: Path) -> None:
    """Before and at the replacing."""
    (tmp_path / "other").hardlink_to(file)
    with pytest.raises(TightlipError, match="2 hard links"):
        put(file)
    assert "2 hard links" in (hindrance(str(file)) or "")
    assert file.read_bytes() == OLD


def test_a_full_disk_leaves_nothing_behind(file: Path) -> None:
    """Here a limit on the size of files plays the full disk: the copy breaks off in the middle."""

    def work() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))
        with pytest.raises(TightlipError, match="larger than a file may be"):
            put(file, b"x" * 9000)

    assert in_child(work) == 0
    assert (file.read_bytes(), [path.name for path in file.parent.iterdir()]) == (OLD, ["main.cf"])


def test_what_a_crash_left_beside_a_file_is_removed(file: Path) -> None:
    """By clear(), and by the next replacing under the same mark; the name is no include's."""
    leftover = file.with_name(".main.cf.tightlip-t")
    leftover.write_bytes(b"half")
    clear(str(file), "t")
    assert not leftover.exists()
    leftover.write_bytes(b"half")
    put(file)
    assert (leftover.exists(), file.read_bytes()) == (False, NEW)


def test_a_long_name_has_room_for_the_mark(tmp_path: Path) -> None:
    """A name may have 255 bytes, and the copy's no more."""
    file = tmp_path / ("ä" * 127)
    file.write_bytes(OLD)
    put(file)
    assert file.read_bytes() == NEW


def test_what_is_no_file_is_absent(tmp_path: Path) -> None:
    """A folder, a FIFO without a writer, nothing at all."""
    os.mkfifo(tmp_path / "fifo")
    assert all(isinstance(take(str(tmp_path / name)), Absent) for name in ("", "fifo", "none"))


def test_a_file_in_its_place_has_no_hindrance(file: Path) -> None:
    """And one that is not there has."""
    assert hindrance(str(file)) is None
    assert hindrance(str(file.with_name("none")))

"""A file is replaced whole or not at all, and everything that belongs to it besides its bytes stays."""

import os
import pwd
import resource
import signal
import struct
from pathlib import Path

import pytest
from msgspec.structs import replace as replaced

from tests.crash.killing import in_child
from tightlip.files.replace import Changed, Snapshot, clear, hindrance, lay_ready, replace, take
from tightlip.files.trust import exposed, owners_too, root_and_we
from tightlip.model.errors import TightlipError, UsageError
from tightlip.products._product import Absent
from tightlip.remediate._manifest import Form
from tightlip.syntax.spans import digest

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


def form(snapshot: Snapshot) -> Form:
    """What a change remembers of it."""
    return Form(sha256=digest(snapshot.content), metadata=snapshot.metadata)


def put(path: Path, new: bytes = NEW) -> None:
    """Replace a file by other bytes, all else as it is."""
    before = taken(path)
    replace(str(path), form(before), new, before.metadata, "t")


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


def test_a_folder_in_the_place_of_a_copy_is_none_of_ours(file: Path) -> None:
    """Who owns the folder has put it there: it stays, and keeps no change from its end."""
    inside = file.with_name(".main.cf.tightlip-t") / "theirs"
    inside.parent.mkdir()
    inside.write_bytes(b"x")
    clear(str(file), "t")
    assert inside.exists()


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


@pytest.mark.skipif(os.geteuid() != 0, reason="gives a folder to another user, which takes root")
class TestInAFolderOfAnotherUser:
    """Whoever owns the folder can swap what lies in it at any moment, for a link to a file that root alone may read."""

    @pytest.fixture
    def theirs(self, tmp_path: Path) -> Path:
        """The user's own configuration, in a folder that is the user's."""
        folder = tmp_path / "vmail"
        folder.mkdir()
        file = folder / "dovecot.conf"
        file.write_bytes(OLD)
        os.chown(folder, pwd.getpwnam("nobody").pw_uid, -1)
        return file

    def test_it_is_refused_with_the_line_that_allows_it(self, theirs: Path) -> None:
        """The folder is named; so is a file of theirs in a folder of ours."""
        why = exposed(str(theirs), root_and_we())
        assert why == (
            f"{theirs.parent} is not in your hands alone: it belongs to nobody; if that is as it should be, "
            'write trusted_owners = ["nobody"] under [policy] in /etc/tightlip/tightlip.toml'
        )
        assert exposed(str(theirs), owners_too(["nobody"])) is None
        theirs.parent.chmod(0o777)
        assert "everybody may write it" in (exposed(str(theirs), owners_too(["nobody"])) or "")

    def test_a_link_that_is_swapped_after_the_look_changes_nothing_elsewhere(self, theirs: Path) -> None:
        """Neither the bytes nor the owner of what it leads to; and the change is told that the file is another one."""
        secret = theirs.parents[1] / "shadow"
        secret.write_bytes(b"root:secret\n")
        secret.chmod(0o600)
        before = taken(theirs)
        theirs.unlink()
        theirs.symlink_to(secret)
        with pytest.raises(Changed, match="somebody changed it at this moment"):
            replace(str(theirs), form(before), NEW, replaced(before.metadata, uid=65534), "t")
        assert (secret.read_bytes(), secret.stat().st_uid) == (b"root:secret\n", 0)
        assert sorted(path.name for path in secret.parent.iterdir()) == ["shadow", "vmail"]

    def test_a_file_of_roots_with_the_same_bytes_is_not_given_away(self, theirs: Path) -> None:
        """Whoever owns the planned file can give it the bytes of another one, and lead us there."""
        os.chown(theirs, 65534, 65534)
        before = taken(theirs)
        other = theirs.parents[1] / "root.conf"
        other.write_bytes(OLD)
        other.chmod(0o600)
        theirs.unlink()
        theirs.symlink_to(other)
        with pytest.raises(TightlipError, match="it belongs to 0:0 now, not to 65534:65534") as caught:
            lay_ready(str(theirs), form(before), NEW, before.metadata, "t")
        assert caught.value.hint == f"it is a link that leads to {other}"
        with pytest.raises(TightlipError, match="it belongs to 0:0 now"):
            replace(str(theirs), form(before), NEW, before.metadata, "t")
        assert (other.read_bytes(), other.stat().st_uid, other.stat().st_mode & 0o777) == (OLD, 0, 0o600)
        assert sorted(path.name for path in other.parent.iterdir()) == ["root.conf", "vmail"]

    def test_a_folder_that_is_swapped_while_it_is_written_leads_nowhere_else(
        self, theirs: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The copy goes where the file lay that was hashed, whatever its path leads to when it is renamed."""
        etc = theirs.parents[1] / "etc"
        etc.mkdir()
        (etc / theirs.name).write_bytes(OLD)
        moved = theirs.parents[1] / "moved"
        real = os.rename

        def swapping(source: str, target: str, *, src_dir_fd: int, dst_dir_fd: int) -> None:
            monkeypatch.setattr(os, "rename", real)
            theirs.parent.rename(moved)
            theirs.parent.symlink_to(etc)
            real(source, target, src_dir_fd=src_dir_fd, dst_dir_fd=dst_dir_fd)

        before = taken(theirs)
        monkeypatch.setattr(os, "rename", swapping)
        replace(str(theirs), form(before), NEW, before.metadata, "t")
        assert ((etc / theirs.name).read_bytes(), (moved / theirs.name).read_bytes()) == (OLD, NEW)

    def test_an_acl_counts_as_the_mode_does(self, file: Path) -> None:
        """The file's group is root's, and the mode's bits for it are the mask of an ACL that lets user 12345 write."""
        os.setxattr(file, ACL, acl((1, 6, NOBODY), (2, 6, 12345), (4, 4, NOBODY), (16, 6, NOBODY), (32, 0, NOBODY)))
        assert "12345 may write it (ACL)" in (exposed(str(file), root_and_we()) or "")
        os.setxattr(file, ACL, acl((1, 6, NOBODY), (4, 6, NOBODY), (8, 6, 100), (16, 6, NOBODY), (32, 0, NOBODY)))
        assert 'trusted_owners = ["%users"]' in (exposed(str(file), root_and_we()) or "")
        assert exposed(str(file), owners_too(["%users"])) is None


def test_an_owner_whom_nobody_knows_is_a_clear_mistake() -> None:
    """In the settings."""
    with pytest.raises(UsageError, match="trusted_owners names 'no-such-user', and there is no such user"):
        owners_too(["no-such-user"])

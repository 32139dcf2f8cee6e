"""Private files: nobody else reads them, nobody sees them half written."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tightlip.config.private import private_folder, secret_key, write_private
from tightlip.model.errors import DiskFull, UsageError


@pytest.fixture(params=[0o000, 0o022, 0o777], ids=oct)
def _umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    """The rights of a file or folder."""
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.usefixtures("_umask")
def test_files_are_0600_in_folders_0700(tmp_path: Path) -> None:
    """Whatever the umask, and for every folder that had to be made."""
    path = tmp_path / "a" / "b" / "file"
    write_private(path, b"secret")
    assert path.read_bytes() == b"secret"
    assert [mode(path), mode(path.parent), mode(path.parent.parent)] == [0o600, 0o700, 0o700]


def test_an_open_folder_and_file_are_closed(tmp_path: Path) -> None:
    """Ours, made by something careless."""
    folder = tmp_path / "tightlip"
    folder.mkdir(0o755)
    path = folder / "file"
    path.write_bytes(b"old")
    path.chmod(0o644)
    write_private(path, b"new")
    assert (mode(folder), mode(path), path.read_bytes()) == (0o700, 0o600, b"new")


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk says no at the last moment."""
    path = tmp_path / "file"
    write_private(path, b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(DiskFull, match=r"cannot write .*file: No space left on device"):
            write_private(path, b"new")
    assert [(each.name, each.read_bytes()) for each in tmp_path.iterdir()] == [("file", b"old")]


def test_a_symlink_is_replaced_not_followed(tmp_path: Path) -> None:
    """What it points to stays as it is."""
    target = tmp_path / "target"
    target.write_bytes(b"theirs")
    link = tmp_path / "ours" / "file"
    private_folder(link.parent)
    link.symlink_to(target)
    write_private(link, b"ours")
    assert (target.read_bytes(), link.is_symlink(), link.read_bytes()) == (b"theirs", False, b"ours")


def test_a_file_in_the_way_of_a_folder_is_told(tmp_path: Path) -> None:
    """As a usage error; the file keeps its rights."""
    (tmp_path / "way").write_bytes(b"")
    before = mode(tmp_path / "way")
    with pytest.raises(UsageError, match=r"cannot make the folder .*way: a file is in its place"):
        write_private(tmp_path / "way" / "file", b"")
    assert mode(tmp_path / "way") == before


def test_a_secret_key_is_made_once(tmp_path: Path) -> None:
    """And is private; a damaged one is replaced."""
    path = tmp_path / "tightlip" / "key"
    key = secret_key(path)
    assert (len(key), secret_key(path), mode(path)) == (32, key, 0o600)
    path.write_bytes(key[:5])
    assert secret_key(path) not in (key, key[:5])

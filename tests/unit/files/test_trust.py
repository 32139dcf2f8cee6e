"""Whose a path is: every folder and every link on the way to a file is looked at, link by link."""

import os
from pathlib import Path

import pytest

from tightlip.files.trust import is_trusted, refuse_untrusted
from tightlip.files.walk import Walk
from tightlip.model.errors import Exit, TightlipError, UsageError

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="files are given to others by root alone")


def test_what_is_in_the_hands_of_others_is_not_trusted(tmp_path: Path) -> None:
    """Neither a file that others may write, nor one below a folder where they may, nor a link that they may change."""
    ours = tmp_path / "ours.conf"
    ours.write_text("x")
    ours.chmod(0o644)
    assert is_trusted(str(ours))
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    (shared / "link.conf").symlink_to(ours)
    (shared / "file.conf").write_text("x")
    (tmp_path / "link.conf").symlink_to(shared / "file.conf")
    open_to_all = tmp_path / "open.conf"
    open_to_all.write_text("x")
    open_to_all.chmod(0o666)
    for path in (shared / "link.conf", shared / "file.conf", tmp_path / "link.conf", open_to_all, tmp_path / "none"):
        assert not is_trusted(str(path))
    shared.chmod(0o1777)
    assert is_trusted(str(shared / "file.conf"))
    assert not is_trusted("ours.conf")


def test_a_link_in_the_middle_is_followed_hop_by_hop(tmp_path: Path) -> None:
    """A folder that others may write, between two links that are ours, is as good as the file itself."""
    real, shared, etc = (tmp_path / name for name in ("real", "shared", "etc"))
    for folder in (real, shared, etc):
        folder.mkdir(mode=0o755)
    (real / "main.conf").write_text("x")
    (shared / "link").symlink_to("../real")
    (etc / "tightlip").symlink_to(shared / "link")
    named = etc / "tightlip" / "main.conf"
    assert is_trusted(str(named))
    with Walk(named) as walk:
        assert [walk.path for _ in walk.hops() if walk.path.is_relative_to(tmp_path)] == [
            tmp_path, etc, etc / "tightlip", tmp_path, shared, shared / "link", real, real / "main.conf"
        ]  # fmt: skip  # the way, in rows
        assert walk.path == real / "main.conf"
    shared.chmod(0o777)
    assert not is_trusted(str(named))
    with pytest.raises(TightlipError, match="others than you and root may write") as refused:
        refuse_untrusted(named, "it")
    assert refused.value.exit_code is Exit.REFUSED


def test_links_that_go_round_lead_nowhere(tmp_path: Path) -> None:
    """They are not followed for ever."""
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    assert not is_trusted(str(tmp_path / "a"))
    with pytest.raises(UsageError, match="symbolic links"):
        refuse_untrusted(tmp_path / "a", "it")


@as_root
def test_what_is_not_there_yet_is_as_good_as_the_folder_that_is(tmp_path: Path) -> None:
    """It could be made by whoever may write there."""
    refuse_untrusted(tmp_path / "none" / "below", "it")
    os.chown(tmp_path, 1234, -1)
    with pytest.raises(TightlipError, match="others than you and root"):
        refuse_untrusted(tmp_path / "none" / "below", "it")

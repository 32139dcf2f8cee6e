"""The folder of changes: what is written there is carried out one day, so that nobody else may have written it."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tightlip.config.changes import Shelf
from tightlip.model.errors import Exit, TightlipError

NAME = "20261125-120000-abcd"


def hold(shelf: Shelf) -> None:
    """Take the lock."""
    with shelf.held():
        pass


@pytest.mark.parametrize("where", ["itself", "above"])
@pytest.mark.parametrize("use", [hold, Shelf.folders, lambda shelf: shelf.find(NAME)], ids=["hold", "list", "find"])
def test_a_shelf_that_others_may_write_is_refused(tmp_path: Path, where: str, use: Callable[[Shelf], object]) -> None:
    """Also one that is only ours to mend: what is in it may have been put there before. Exit code 6."""
    shelf = Shelf(tmp_path / "above" / "changes")
    with shelf.held():
        shelf.create(NAME, {})
    use(shelf)
    {"itself": shelf.path, "above": shelf.path.parent}[where].chmod(0o777)
    with pytest.raises(TightlipError, match="and others than you and root may write") as refused:
        use(shelf)
    assert refused.value.exit_code is Exit.REFUSED
    shelf.path.parent.chmod(0o1777)
    shelf.path.chmod(0o700)
    use(shelf)


@pytest.mark.skipif(os.geteuid() != 0, reason="files are given to others by root alone")
def test_a_shelf_of_somebody_else_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    """Root with a user's HOME; not even a lock is made there."""
    home = tmp_path / "anna"
    home.mkdir()
    os.chown(home, 1234, 1234)
    shelf = Shelf(home / ".local" / "changes")
    with pytest.raises(TightlipError, match="others than you and root may write"):
        hold(shelf)
    assert list(home.iterdir()) == []

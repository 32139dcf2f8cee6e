"""Our folders follow the XDG base directory specification, and the store its flag, variable or default."""

import os
from pathlib import Path

import pytest

from tightlip.config.folders import Folders, default_store, folders

HOME = {"HOME": "/h/anna"}


def test_without_xdg_variables_they_lie_below_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the places that the specification gives as defaults."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert folders(HOME) == Folders(
        data=Path("/h/anna/.local/share/tightlip"),
        config=Path("/h/anna/.config/tightlip"),
        state=Path("/h/anna/.local/state/tightlip"),
    )


def test_roots_state_lies_in_one_place_of_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever HOME sudo has left; what is configured and stored goes with HOME."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    found = folders(HOME)
    assert (found.state, found.config) == (Path("/var/lib/tightlip"), Path("/h/anna/.config/tightlip"))
    assert folders(HOME | {"XDG_STATE_HOME": "/s"}).state == Path("/s/tightlip")


@pytest.mark.parametrize("uid", [0, 1000])
def test_xdg_variables_move_them(uid: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """HOME is not needed then."""
    monkeypatch.setattr(os, "geteuid", lambda: uid)
    environ = {"XDG_DATA_HOME": "/d", "XDG_CONFIG_HOME": "/c", "XDG_STATE_HOME": "/s"}
    expected = Folders(data=Path("/d/tightlip"), config=Path("/c/tightlip"), state=Path("/s/tightlip"))
    assert folders(environ) == expected


@pytest.mark.parametrize("odd", ["", "relative/place", "~/x"])
def test_a_relative_variable_is_ignored(odd: str) -> None:
    """As the specification asks."""
    assert folders(HOME | {"XDG_DATA_HOME": odd}).data == Path("/h/anna/.local/share/tightlip")


def test_the_variable_wins_over_the_default_store() -> None:
    """A file in the data folder, unless TIGHTLIP_STORE says otherwise."""
    assert default_store(HOME) == "/h/anna/.local/share/tightlip/store.db"
    assert default_store(HOME | {"TIGHTLIP_STORE": "postgresql://db/mail"}) == "postgresql://db/mail"

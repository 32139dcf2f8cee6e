"""Where tightlip keeps things: the XDG folders (XDG Base Directory Specification 0.8), but for the state of root."""

import os
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

_ROOTS_STATE = Path("/var/lib")


class Folders(Struct, frozen=True):
    """``config`` holds settings, scope entries and keys, ``data`` the store, ``state`` plans and changes."""

    config: Path
    data: Path
    state: Path


def folders(environment: Mapping[str, str] = os.environ) -> Folders:
    """The folders of this user; nothing is made. Relative XDG values are ignored, as the specification asks.

    Root's HOME is whatever sudo left of it: where nothing else is said its changes lie where every root finds them.
    """
    home = Path(environment.get("HOME") or Path.home())
    return Folders(
        _base(environment, "XDG_CONFIG_HOME", home / ".config"),
        _base(environment, "XDG_DATA_HOME", home / ".local" / "share"),
        _base(environment, "XDG_STATE_HOME", _ROOTS_STATE if os.geteuid() == 0 else home / ".local" / "state"),
    )


def default_store(environment: Mapping[str, str] = os.environ) -> str:
    """The store's place where none is named: TIGHTLIP_STORE, else a file in the data folder."""
    return named_store(environment) or str(folders(environment).data / "store.db")


def named_store(environment: Mapping[str, str] = os.environ) -> str | None:
    """What TIGHTLIP_STORE names; None where it is not set, or empty."""
    return environment.get("TIGHTLIP_STORE") or None


def _base(environment: Mapping[str, str], name: str, usual: Path) -> Path:
    given = environment.get(name, "")
    return (Path(given) if given.startswith("/") else usual) / "tightlip"

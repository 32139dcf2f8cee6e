"""The settings file ``tightlip.toml``, in the configuration folder or where TIGHTLIP_CONFIG points.

One in the current folder is not looked for: changing into somebody's folder must not widen the scope.

    [[scope.allow]]
    network = "192.0.2.0/24"
    by = "A. Admin, change 4711"
    until = 2027-06-30
    note = "the mail servers"
"""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from tightlip.config.entries import authority, end_of
from tightlip.config.folders import folders
from tightlip.files.trust import read_trusted
from tightlip.model.errors import UsageError
from tightlip.model.run import Authority

__all__ = ["Settings", "end_of", "read_settings"]

_PARTS = ("network", "by", "until", "note")
_HINT = "write [[scope.allow]], and below it network, by, until and note"


class Settings(Struct, frozen=True):
    """The settings: where they came from (None where there is no file), and the scope entries."""

    path: Path | None
    scope: tuple[Authority, ...]


def settings_path(environment: Mapping[str, str] = os.environ) -> Path:
    """Where the settings file is, or would be."""
    given = environment.get("TIGHTLIP_CONFIG")
    return Path(given) if given else folders(environment).config / "tightlip.toml"


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings; tables of others are left alone, within ``[scope]`` all must be known."""
    given = environment.get("TIGHTLIP_CONFIG")
    path = settings_path(environment)
    text = read_trusted(path)
    if text is None:
        if given:
            raise UsageError(f"cannot read {path}: there is no such file", "TIGHTLIP_CONFIG names it")
        return Settings(None, ())
    return Settings(path, _Reader(path, text).scope())


class _Reader:
    """One file's text; tomllib keeps no lines, so that complaints look them up in it."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._lines = text.splitlines()
        try:
            self._document = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise UsageError(f"{path}: {error}", _HINT) from None
        except RecursionError:
            raise UsageError(f"{path}: nested too deeply", _HINT) from None

    def scope(self) -> tuple[Authority, ...]:
        """The entries of ``[[scope.allow]]``."""
        scope = self._document.get("scope", {})
        if not isinstance(scope, dict) or not isinstance(scope.get("allow", []), list):
            raise UsageError(f"{self._line_of('scope')}: scope is no table", _HINT)
        self._refuse_unknown(scope, ("allow",))
        return tuple(self._entry(nth, written) for nth, written in enumerate(scope.get("allow", [])))

    def _entry(self, nth: int, written: object) -> Authority:
        if not isinstance(written, dict):
            raise UsageError(f"{self._line_of('allow')}: entry {nth + 1} is no table", _HINT)
        self._refuse_unknown(written, _PARTS)
        try:
            if missing := [part for part in ("network", "by", "until") if part not in written]:
                raise UsageError(f"the entry has no {missing[0]}", "network, by and until are required")
            return authority(**written)
        except UsageError as error:
            raise UsageError(f"{self._line_of_entry(nth)}: {error.message}", error.hint) from None

    def _refuse_unknown(self, table: dict[str, Any], known: tuple[str, ...]) -> None:
        for key in table:
            if key not in known:
                raise UsageError(f"{self._line_of(key)}: unknown key {key!a}", f"known here: {', '.join(known)}")

    def _line_of(self, key: str) -> str:
        """File and line: the first that begins with the key, or with a table or entry of that name."""
        found = (at for at, line in enumerate(self._lines, 1) if line.strip().lstrip("[{\"' ").startswith(key))
        return f"{self._path}, line {next(found, 1)}"

    def _line_of_entry(self, nth: int) -> str:
        """Where an entry begins: its ``[[scope.allow]]``, or its brace where entries are written inline."""
        heads = [at for at, line in enumerate(self._lines, 1) if line.replace(" ", "").startswith("[[scope.allow]]")]
        inline = [at for at, line in enumerate(self._lines, 1) for _ in range(line.count("{"))]
        return f"{self._path}, line {dict(enumerate(heads or inline)).get(nth, 1)}"

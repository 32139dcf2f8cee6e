"""``tightlip doctor``: what is well is said to be well, and what is not has its hint and exit code 6."""

import os
import resource
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.house.tree import ROOT
from tests.unit.cli.calling import call
from tests.unit.store.damaged import broken
from tightlip.model.errors import Exit
from tightlip.store.opening import open_store
from tightlip.workflows import checkup


def checks(*arguments: str) -> dict[str, list[dict[str, Any]]]:
    """The checks by topic."""
    found: dict[str, list[dict[str, Any]]] = {}
    for check in call("doctor", "--format", "json", *arguments).document["checks"]:
        found.setdefault(check["topic"], []).append(check)
    return found


def settings(tmp_path: Path, text: str) -> None:
    """Write ``tightlip.toml`` into this test's configuration folder."""
    folder = tmp_path / "config" / "tightlip"
    folder.mkdir(parents=True, mode=0o700)
    (folder / "tightlip.toml").write_text(text)


def entry(until: datetime) -> str:
    """A scope entry of the settings file."""
    return f'[[scope.allow]]\nnetwork = "192.0.2.0/24"\nby = "Anna"\nuntil = {until:%Y-%m-%d}\n'


def test_a_new_installation_is_well() -> None:
    """Every topic is looked at, nothing is bad, and the closing line says the exit code."""
    assert set(checks()) == {"program", "libraries", "TLS", "descriptors", "scope", "store"}
    heard = call("doctor")
    assert heard.code == Exit.OK
    assert heard.out.splitlines()[-1] == "tightlip can work here (exit 0)"
    assert max(map(len, heard.out.splitlines())) <= 80


def test_no_store_is_made_by_looking(tmp_path: Path) -> None:
    """Before the first scan there is no file, and none after; it says who will make it."""
    path = tmp_path / "fresh" / "store.db"
    said = checks("--store", str(path))["store"][0]["said"]
    assert said == f"{path} is made by the first scan"
    assert not path.parent.exists()


def test_a_store_is_opened_and_counted(tmp_path: Path) -> None:
    """Its place, its revision and its runs are told, and that it can be written."""
    path = str(tmp_path / "store.db")
    open_store(path).close()
    opened, writable = checks("--store", path)["store"]
    assert opened["said"] == f"{path} opens, revision 0002, 0 runs"
    assert [opened["state"], writable["state"]] == ["ok", "ok"]


def test_a_store_that_is_none_is_left_alone(tmp_path: Path) -> None:
    """Another program's file is bad news, with what to do, exit code 6, and its bytes as they were."""
    path = tmp_path / "letter.txt"
    path.write_text("dear store")
    heard = call("doctor", "--store", str(path))
    assert heard.code == Exit.REFUSED
    assert heard.out.splitlines()[-1] == "1 of these must be mended first (exit 6)"
    assert path.read_text() == "dear store"


def test_a_damaged_store_is_told_in_one_line(tmp_path: Path) -> None:
    """The first of what SQLite complains of, without its heading and its line ends; the file is left as it is."""
    path = tmp_path / "store.db"
    before = broken(path)
    (check,) = (each for each in checks("--store", str(path))["store"] if each["state"] == "bad")
    assert check["said"].startswith(f"{path} is damaged: ")
    assert [odd for odd in ("\n", "\\x0a", "***") if odd in check["said"]] == []
    assert call("doctor", "--store", str(path)).code == Exit.REFUSED
    assert path.read_bytes() == before


def test_a_store_that_cannot_be_written_is_bad(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file and its folder both count. (Root may write everywhere, so that the question is answered here.)"""
    path = str(tmp_path / "store.db")
    open_store(path).close()
    monkeypatch.setattr(os, "access", lambda place, _mode: str(place) != str(tmp_path))
    writable = checks("--store", path)["store"][1]
    assert (writable["state"], writable["said"]) == ("bad", f"cannot be written: {tmp_path}")


def test_a_store_that_cannot_be_made_is_bad(tmp_path: Path) -> None:
    """A file stands where its folder should be."""
    (tmp_path / "file").write_text("")
    assert checks("--store", str(tmp_path / "file" / "deep" / "store.db"))["store"][0]["state"] == "bad"


def test_a_password_in_the_stores_url_is_not_told() -> None:
    """Nothing answers there; the message has no password in it."""
    heard = call("doctor", "--store", "postgresql://anna:hunter2@127.0.0.1:1/x?connect_timeout=1")
    assert heard.code == Exit.REFUSED
    assert "hunter2" not in heard.out + heard.err


def test_an_entry_that_ends_soon_is_noted(tmp_path: Path) -> None:
    """Thirty days ahead it is worth a line; the exit code stays 0."""
    settings(tmp_path, entry(datetime.now(UTC) + timedelta(days=10)) + entry(datetime.now(UTC) + timedelta(days=90)))
    stands, soon = checks()["scope"]
    assert (stands["state"], stands["said"].partition(",")[0]) == ("ok", "2 of 2 entries stand")
    assert soon["state"] == "note"
    assert soon["said"].startswith("192.0.2.0/24, by Anna, ends in 10 days (")
    assert call("doctor").code == Exit.OK


def test_an_entry_that_has_ended_is_noted(tmp_path: Path) -> None:
    """It stands no longer, and is named."""
    settings(tmp_path, entry(datetime(2020, 1, 31, tzinfo=UTC)))
    stands, ended = checks()["scope"]
    assert stands["said"].startswith("0 of 1 entries stand")
    assert ended["said"] == "192.0.2.0/24, by Anna, has ended (2020-01-31)"


def test_settings_that_cannot_be_read_are_bad(tmp_path: Path) -> None:
    """The file is named."""
    settings(tmp_path, "[[scope.allow]]\nnetwork = 7\n")
    assert call("doctor").code == Exit.REFUSED
    scope = checks()["scope"]
    assert [each["state"] for each in scope] == ["bad"]
    assert "tightlip.toml" in scope[0]["said"]


def test_few_descriptors_are_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Below what a scan wants by default it is said how many connections fit."""
    monkeypatch.setattr(checkup, "raise_limit", lambda _wanted: 192)
    check = checks()["descriptors"][0]
    assert (check["state"], "192 connections" in check["said"]) == ("note", True)


def test_too_few_descriptors_are_bad(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where not even one connection fits."""
    monkeypatch.setattr(resource, "getrlimit", lambda _kind: (40, 40))
    monkeypatch.setattr(resource, "setrlimit", lambda _kind, _limits: None)
    check = checks()["descriptors"][0]
    assert (check["state"], "only 40 descriptors" in check["said"]) == ("bad", True)


def test_a_missing_library_is_bad(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is named."""
    monkeypatch.setattr(checkup, "LIBRARIES", ("rich", "no-such-library-of-ours"))
    check = checks()["libraries"][0]
    assert (check["state"], check["said"]) == ("bad", "missing: no-such-library-of-ours")


def test_the_libraries_are_those_that_the_project_declares() -> None:
    """None is forgotten when one is added."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert [each.partition(">")[0].partition("[")[0] for each in project["dependencies"]] == [*checkup.LIBRARIES]

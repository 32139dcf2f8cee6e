"""What a hostile peer, file or caller must not achieve through the command line."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.cli.calling import call


def test_a_report_never_replaces_a_store(tmp_path: Path) -> None:
    """-o onto a database is refused, and the database is as it was."""
    store = tmp_path / "store.db"
    with sqlite3.connect(store) as connection:
        connection.execute("create table kept (id integer)")
    connection.close()
    before = store.read_bytes()
    heard = call("scan", "pop3+plain://127.0.0.1:1", "--store", "none", "-o", str(store))
    assert (heard.code, store.read_bytes()) == (2, before)
    assert "would destroy it" in heard.err


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a file of somebody else")
def test_a_report_never_falls_into_the_file_of_another_user(tmp_path: Path) -> None:
    """Whoever owns the file could read what leaked."""
    foreign = tmp_path / "report.txt"
    foreign.touch()
    os.chown(foreign, 65_534, 65_534)
    heard = call("scan", "pop3+plain://127.0.0.1:1", "--store", "none", "-o", str(foreign))
    assert (heard.code, foreign.read_bytes()) == (2, b"")
    assert "belongs to another user" in heard.err


@pytest.mark.parametrize("name", ["a\r\nMAIL FROM:<x@y>", "a b", "", "ä", "x" * 256])
def test_an_ehlo_name_brings_no_second_command(name: str) -> None:
    """What goes into a command line holds nothing that ends it."""
    heard = call("scan", "smtp+plain://127.0.0.1:1", "--store", "none", "--ehlo-name", name)
    assert heard.code == 2
    assert "--ehlo-name" in heard.err


@pytest.mark.parametrize("value", ["nan", "inf", "-1", "99999999999999999999"])
def test_a_pace_that_makes_no_sense_is_refused(value: str) -> None:
    """No limit is 0, never something that only looks like a number."""
    heard = call("scan", "pop3+plain://127.0.0.1:1", "--store", "none", "--rate", value)
    assert heard.code == 2


def test_a_zone_is_refused_by_its_name() -> None:
    """A link-local address would be judged without its zone and dialled without it too."""
    heard = call("scan", "pop3://[fe80::1%eth0]:110", "--store", "none")
    assert heard.code == 2
    assert "zone" in heard.err


def test_closed_streams_do_not_change_the_exit_code(tmp_path: Path) -> None:
    """With stderr closed, a usage error is still 2 and not "open findings"."""
    command = [sys.executable, "-I", "-m", "tightlip", "scan", "bad://x", "--store", "none"]
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" 2>&-', "sh", *command],
        check=False,
        stdout=subprocess.DEVNULL,
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
        timeout=60,
    )
    assert done.returncode == 2


def test_messages_steer_no_terminal() -> None:
    """What the user or a file typed is shown with its controls written out."""
    assert "\x1b" not in call("scan", "pop3://\x1b[31mhost", "--store", "none").err

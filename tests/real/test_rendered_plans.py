"""Plans for real servers, carried out by their renderings alone: a POSIX shell, or Ansible, and back again."""

from __future__ import annotations

import os
import re
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.real.administration import Administrator, digests
from tests.real.scans import run_scan, urls

Hire = Callable[[str], Administrator]

# The commands that make a change take effect, in this order; without one of its own a server is sent a SIGHUP.
RELOADS = {
    "dovecot": ["doveadm"],
    "exim": [],
    "cyrus": [],
    "postfix-cyrus-sasl": ["postfix"],
    # Postfix asks Dovecot, and goes on with what it heard before until it is reloaded after it.
    "mail-host": ["doveadm", "postfix"],
}
_SECONDS = 120


@pytest.mark.drawn(4)
@pytest.mark.parametrize("name", RELOADS)
def test_the_script_mends_and_undoes(administrator: Hire, tmp_path: Path, name: str) -> None:
    """Reloaded once, in order, all refuse NTLM; a second run does nothing; undone, every byte and the leak are back."""
    admin = _noting(administrator(name))
    before = digests(admin.server.folder)
    file = _rendered(admin, "sh")

    said = admin.by_hand("sh", str(file), "--check")
    assert set(_signed(said)) == set(_signed(admin.run("plan", *admin.told)))
    assert digests(admin.server.folder) == before
    assert _reloaded(admin) == []
    admin.by_hand("sh", str(file))
    assert _comes_to(admin, tmp_path, {"clean"})
    assert admin.by_hand("sh", str(file)) == "nothing to do\n"
    assert _reloaded(admin) == RELOADS[name]
    admin.by_hand("sh", str(file), "--undo")
    assert digests(admin.server.folder) == before
    assert _comes_to(admin, tmp_path, {"discloses", "offers"})


@pytest.mark.drawn(5)
@pytest.mark.parametrize("name", ["dovecot", "exim", "mail-host"])
def test_the_playbook_mends_and_undoes(administrator: Hire, tmp_path: Path, name: str) -> None:
    """The same with Ansible, and ``--check --diff`` clean before and after."""
    admin = _noting(administrator(name))
    before = digests(admin.server.folder)
    file = _rendered(admin, "ansible")

    assert "changed=1 " in _play(admin, file, "--check", "--diff")
    assert digests(admin.server.folder) == before
    assert _reloaded(admin) == []
    _play(admin, file)
    assert _comes_to(admin, tmp_path, {"clean"})
    assert "changed=0 " in _play(admin, file)
    assert "changed=0 " in _play(admin, file, "--check", "--diff")
    assert _reloaded(admin) == RELOADS[name]
    _play(admin, file, "-e", "tightlip_undo=true")
    assert digests(admin.server.folder) == before
    assert _comes_to(admin, tmp_path, {"discloses", "offers"})


# Somebody who has Exim wait for a message that never comes, for as long as it lives.
_WAITING = """
import subprocess, sys
with subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, user="nobody", group="nogroup", extra_groups=[]) as exim:
    print("waits", flush=True)
    exim.wait()
"""


def test_the_script_reloads_exim_and_no_message_for_it(administrator: Hire, tmp_path: Path) -> None:
    """Anybody may start the genuine program, setuid, with the daemon's configuration: that is not what is reloaded."""
    admin = administrator("exim")
    config = str(admin.server.folder / "exim.conf")
    file = _rendered(admin, "sh")
    somebody = admin.python("-c", _WAITING, "/usr/sbin/exim4", "-C", config, "--", "x", config)
    assert somebody.stdout is not None
    assert somebody.stdout.readline() == "waits\n"
    try:
        admin.by_hand("sh", str(file))
        assert somebody.poll() is None
    finally:
        os.killpg(somebody.pid, signal.SIGKILL)
        somebody.communicate()
    assert _comes_to(admin, tmp_path, {"clean"})


def _noting(admin: Administrator) -> Administrator:
    """The same, on a host that writes down which of its products are reloaded."""
    tools = admin.home / "noting"
    tools.mkdir()
    for name in ("doveadm", "postfix"):
        noted = f'case "$*" in *reload) echo {name} >>{tools}/reloaded ;; esac'
        (tools / name).write_text(f'#!/bin/sh\n{noted}\nPATH=${{PATH#{tools}:}} exec {name} "$@"\n', encoding="utf-8")
        (tools / name).chmod(0o755)
    return replace(admin, tools=tools)


def _reloaded(admin: Administrator) -> list[str]:
    """Which commands have reloaded something until now."""
    noted = admin.home / "noting" / "reloaded"
    return noted.read_text(encoding="utf-8").split() if noted.exists() else []


def _rendered(admin: Administrator, form: str) -> Path:
    path = admin.home / f"mend.{form}"
    path.write_text(admin.run("plan", *admin.told, "--format", form), encoding="utf-8")
    return path


def _play(admin: Administrator, file: Path, *arguments: str) -> str:
    program = Path(sys.executable).with_name("ansible-playbook")
    own = f"-i localhost, -c local -e ansible_python_interpreter={sys.executable} -e tightlip_backup={admin.home}/kept"
    return admin.by_hand(str(program), *own.split(), *arguments, str(file))


def _signed(diff: str) -> list[str]:
    """The lines that go and come, as a diff shows them; a plan's page is indented."""
    return [line.strip() for line in diff.splitlines() if re.match(r" *[-+](?![-+ ])", line)]


def _comes_to(admin: Administrator, home: Path, wanted: set[str]) -> bool:
    """Whether every state of every listener has one of these verdicts, soon after a reload; the last ones if not."""
    until = time.monotonic() + _SECONDS
    while True:
        verdicts = {each["verdict"] for each in run_scan(home, *urls(admin.server.listeners)).observations.values()}
        if verdicts <= wanted or time.monotonic() > until:
            assert verdicts <= wanted
            return True

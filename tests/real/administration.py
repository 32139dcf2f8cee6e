"""Runs tightlip as the administrator of a real server's own host does: inside its namespaces, as root."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.real.scans import Record, records_of
from tests.real.servers.contract import Server

_SECONDS = 300
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True, kw_only=True)
class Administrator:
    """Somebody at the server's host, with a home folder; ``tools`` are commands that stand before the host's own.

    ``told`` are the options that say where a configuration is, for a server whose processes cannot be seen.
    """

    server: Server
    home: Path
    tools: Path | None = None
    told: tuple[str, ...] = ()
    files: Mapping[str, Path] = field(default_factory=dict)

    def run(self, *arguments: str, expected: int = 0) -> str:
        """The command's standard output; AssertionError with all that it said where the exit code is another."""
        done = self.start(*arguments)
        said, complained = done.communicate(timeout=_SECONDS)
        if done.returncode != expected:
            raise AssertionError(f"tightlip {' '.join(arguments)}: exit {done.returncode}\n{said}\n{complained}")
        return said

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """The command, begun; it leads a process group of its own."""
        return self.python("-m", "tightlip", *arguments)

    def without_trials(self, folder: Path) -> Administrator:
        """The same on a host where nothing can be tried beside the running service."""
        tools = folder / "tools"
        tools.mkdir()
        (tools / "unshare").write_text("#!/bin/sh\necho unshare failed: Operation not permitted >&2; exit 1\n", "utf-8")
        (tools / "unshare").chmod(0o755)
        return replace(self, tools=tools)

    def by_hand(self, *argv: str, expected: int = 0) -> str:
        """What a command without tightlip says, as root on the server's host: standard output, where it fails all."""
        done = subprocess.run(
            [*self._enter(), f"TIGHTLIP_BACKUP={self.home}/kept", *self._ansible(), *argv],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        assert done.returncode == expected, done.stdout + done.stderr
        return done.stdout + (done.stderr if expected else "")

    def _ansible(self) -> list[str]:
        return [f"ANSIBLE_HOME={self.home}/ansible", "ANSIBLE_LOCALHOST_WARNING=false", "LC_ALL=C.UTF-8"]

    def _enter(self) -> list[str]:
        """Into the server's namespaces, with nothing of our own environment."""
        search = f"{self.tools}:{_PATH}" if self.tools else _PATH
        enter = ["nsenter", "--target", str(self.server.namespace.pid), "--mount", "--pid"]
        return [*enter, "env", "-i", f"PATH={search}", f"HOME={self.home}", f"XDG_STATE_HOME={self.home}/state"]

    def python(self, *arguments: str) -> subprocess.Popen[str]:
        """The same for any program of Python's."""
        return subprocess.Popen(
            [*self._enter(), "LANG=C.UTF-8", sys.executable, "-I", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def audit(self, expected: int = 1) -> tuple[Record, ...]:
        """The findings of an audit."""
        said = self.run("audit", *self.told, "--store", "none", "--format", "jsonl", expected=expected)
        return tuple(each for each in records_of(said) if each["record"] == "finding")

    def plan(self, *goal: str) -> Path:
        """Plan, and hand back the plan's file."""
        path = self.home / f"plan-{len(list(self.home.glob('plan-*')))}.json"
        self.run("plan", *self.told, *goal, "-o", str(path))
        return path

    def reach(self, goal: str, *options: str) -> str:
        """Plan for a goal and apply it; the change's id."""
        self.run("apply", str(self.plan("--goal", goal, *options)))
        return self.changes()[0]

    def changes(self) -> list[str]:
        """The ids of all changes, youngest first."""
        return re.findall(r"^\d{8}-\d{6}-\S+", self.run("changes"), re.MULTILINE)


def planned(path: Path) -> Any:
    """What a plan's file says."""
    return json.loads(path.read_bytes())["plan"]


def digests(folder: Path) -> dict[str, tuple[str, int, int, int]]:
    """Of every configuration file: its sha256, mode, owner and group."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink() and path.suffix in (".conf", ".cf"):
            status = path.stat()
            told = hashlib.sha256(path.read_bytes()).hexdigest()
            found[os.path.relpath(path, folder)] = (told, status.st_mode, status.st_uid, status.st_gid)
    return found

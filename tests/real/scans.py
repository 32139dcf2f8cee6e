"""Runs tightlip as a user does, against real servers, and hands back its records."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.real.servers.contract import IMPLICIT, Listener

Record = Mapping[str, Any]

_SECONDS = 180
# Nothing found, findings, doubts; all else means that a scan did not take place as asked.
_SCANNED = (0, 1, 4)
# Nobody else is asked, and some servers take seconds to refuse: everything at once.
_ALL_AT_ONCE = ("--per-host", "0")
# What tightlip may know of the machine it runs on; all of its own files go below the home it is given.
_KEPT = ("PATH", "LANG", "LC_ALL")
_XDG = ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME")


@dataclass(frozen=True)
class Scan:
    """What one scan printed and how it ended."""

    exit: int
    records: tuple[Record, ...]

    @cached_property
    def observations(self) -> Mapping[str, Record]:
        """By endpoint; where an endpoint was observed twice this raises."""
        found = self._of("observation")
        twice = [endpoint for endpoint, count in Counter(each["endpoint"] for each in found).items() if count > 1]
        if twice:
            raise AssertionError(f"observed more than once: {twice}")
        return {each["endpoint"]: each for each in found}

    @cached_property
    def findings(self) -> Mapping[str, Mapping[str, str]]:
        """The severity by rule, by endpoint; endpoints without findings are there too."""
        found: dict[str, dict[str, str]] = {endpoint: {} for endpoint in self.observations}
        for each in self._of("finding"):
            found[each["endpoint"]][each["rule"]] = each["severity"]
        return found

    @property
    def summary(self) -> Record:
        """The closing record."""
        (summary,) = self._of("summary")
        return summary

    def _of(self, kind: str) -> list[Record]:
        return [record for record in self.records if record["record"] == kind]


def run_scan(home: Path, *arguments: str) -> Scan:
    """`tightlip scan ARGUMENTS` with JSON Lines, all endpoints at once, of which nothing is kept."""
    return run_kept_scan(home, *arguments, "--store", "none")


def run_kept_scan(home: Path, *arguments: str) -> Scan:
    """The same, kept in the store that lies in this home."""
    return _scan(home, *arguments, *_ALL_AT_ONCE)


def run_polite_scan(home: Path, *arguments: str) -> Scan:
    """`tightlip scan ARGUMENTS` at the pace, the time-outs and the depth that are its defaults; nothing is kept."""
    return _scan(home, *arguments, "--store", "none")


def _scan(home: Path, *arguments: str) -> Scan:
    done = run_tightlip(home, "scan", *arguments, "--format", "jsonl", "--status", "none")
    if done.returncode not in _SCANNED:
        raise AssertionError(f"tightlip scan {' '.join(arguments)}: exit {done.returncode}\n{done.stderr}")
    return Scan(done.returncode, records_of(done.stdout))


def records_of(lines: str) -> tuple[Record, ...]:
    """JSON Lines as records."""
    return tuple(json.loads(line) for line in lines.splitlines())


def run_tightlip(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command with a fresh home folder, and nothing of this run's own environment."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    own = {name: str(home / name.lower()) for name in _XDG} | {"HOME": str(home)}
    return subprocess.run(
        [sys.executable, "-I", "-m", "tightlip", *arguments],
        cwd=home,
        env=kept | own,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )


def urls(listeners: Iterable[Listener]) -> list[str]:
    """The listeners as targets."""
    return [listener.url for listener in listeners]


def endpoints(listeners: Iterable[Listener]) -> list[str]:
    """Every state of the listeners, as an endpoint: submission is SMTP by another name (RFC 6409)."""
    found = []
    for listener in listeners:
        where = f"{listener.host}:{listener.port}"
        if listener.scheme in IMPLICIT:
            found.append(f"{listener.scheme}://{where}")
        else:
            protocol = {"submission": "smtp"}.get(listener.scheme, listener.scheme)
            found += [f"{protocol}://{where}", f"{protocol}+starttls://{where}"]
    return sorted(found)


def is_plain(endpoint: str) -> bool:
    """Whether this endpoint is a state without TLS."""
    scheme = endpoint.partition(":")[0]
    return scheme not in IMPLICIT and not scheme.endswith("+starttls")


def protocol_of(endpoint: str) -> str:
    """The protocol's name: `pop3` of `pop3+starttls://…` and of `pop3s://…`."""
    scheme = endpoint.partition(":")[0]
    return IMPLICIT.get(scheme, scheme.partition("+")[0])

"""Holds one client against a fresh responder, and refuses the result when the two do not count the same."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from challenge import encoded_challenge
from clients import PORT, Client, Load
from machine import enter_private_network
from measure import BenchError, Bystanders, Usage, run_measured

LIMIT_SECONDS = 900
PATIENCE_SECONDS = 10


@dataclass(frozen=True, kw_only=True)
class Result:
    """One run whose rows were counted and fit."""

    client: Client
    load: Load
    usage: Usage
    rows: int
    bystanders: float

    @property
    def rate(self) -> float:
        """Hosts per second, start and end of the process included."""
        return self.rows / self.usage.seconds

    @property
    def cpu_us(self) -> float:
        """Processor microseconds per host, over all processes of the client."""
        return self.usage.cpu_seconds * 1e6 / self.rows


def hold(client: Client, load: Load, work: Path) -> Result:
    """Run the client once on the load, or raise BenchError when hosts are missing."""
    for name in ("rows.jsonl", "store.db", "store.db-wal", "store.db-shm", "nmap.xml"):
        (work / name).unlink(missing_ok=True)
    counts: dict[str, int] = {}
    # A network of its own for each run: 65,536 connections in TIME_WAIT must not meet the next client.
    enter_private_network()
    bystanders = Bystanders()
    with _responder(load, work, counts):
        usage = run_measured(client.command(load, work), work / "client", _environment(work), LIMIT_SECONDS)
    others = bystanders.share()
    title = f"{client.name}, {load.network}, {load.security}, {load.concurrency} at once"
    try:
        rows = client.rows(load, work / "client", usage)
    except BenchError as error:
        raise BenchError(f"{title}: {error}") from error
    if rows < load.hosts * (1 - client.may_lose):
        raise BenchError(f"{title}: {rows} of {load.hosts} hosts in the rows")
    if load.security != "silent":
        _compare(title, load.hosts, rows, counts, strictly=not client.may_lose)
    return Result(client=client, load=load, usage=usage, rows=rows, bystanders=others)


def _compare(title: str, hosts: int, rows: int, counts: dict[str, int], *, strictly: bool) -> None:
    if strictly and set(counts.values()) != {hosts}:
        raise BenchError(f"{title}: {hosts} hosts, but the responder counted {counts}")
    if counts["challenges"] < rows:
        raise BenchError(f"{title}: {rows} rows from {counts['challenges']} challenges")


@contextmanager
def _responder(load: Load, work: Path, counts: dict[str, int]) -> Iterator[None]:
    command = [f"{work}/responder", "-p", str(PORT), "-c", encoded_challenge(), "-d", str(load.delay_ms)]
    if load.security in ("starttls", "implicit"):
        command += ["-t", f"{work}/certificate.pem"]
    if load.security == "implicit":
        command.append("-i")
    if load.security == "silent":
        command.append("-s")
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as responder:
        assert responder.stdout is not None
        try:
            if responder.stdout.readline() != "ready\n":
                raise BenchError(f"the responder did not start: {' '.join(command)}")
            yield
        finally:
            responder.terminate()
            said, _ = responder.communicate(timeout=PATIENCE_SECONDS)
    counts.update(json.loads(said))


def _environment(work: Path) -> dict[str, str]:
    """Folders of the bench's own, so that the user's store, scope and settings play no part."""
    own = dict.fromkeys(("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"), f"{work}/home")
    return {**os.environ, **own, "NO_COLOR": "1"}


def is_installed(client: Client) -> bool:
    """Tell whether the client's program is there; nmap may be missing."""
    return not client.name.startswith("nmap") or shutil.which("nmap") is not None

"""The clients that are measured against each other: what each is called with, and how its rows are counted."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

from challenge import FIELDS
from measure import BenchError, Usage

PORT = 10110
SOURCE = "127.0.0.2"
FINDINGS_ARE_OPEN = 1


@dataclass(frozen=True, kw_only=True)
class Load:
    """Whom to ask and how the responder behaves; `security` is plain, starttls, implicit or silent."""

    network: IPv4Network
    concurrency: int = 1000
    delay_ms: int = 0
    security: str = "plain"

    @property
    def hosts(self) -> int:
        return self.network.num_addresses


@dataclass(frozen=True, kw_only=True)
class Client:
    """One program under measurement; `rows` counts the hosts it reported after the run, from its own output."""

    name: str
    command: Callable[[Load, Path], list[str]]
    rows: Callable[[Load, Path, Usage], int]
    may_lose: float = 0.0


def floor_command(load: Load, work: Path) -> list[str]:
    """The C client: `-n` at once, network by base and length."""
    base, length = str(load.network.network_address), str(load.network.prefixlen)
    return [f"{work}/floor", "-b", base, "-l", length, "-p", str(PORT), "-n", str(load.concurrency), "-s", SOURCE]


def floor_rows(load: Load, output: Path, usage: Usage) -> int:
    """Read the floor's own count; an error of any kind is told with its kind."""
    counts: dict[str, int] = json.loads(output.with_suffix(".out").read_text())
    if usage.exit_code or counts["done"] != load.hosts:
        raise BenchError(f"the floor lost hosts: {counts}")
    return counts["done"]


def nmap_command(*timing: str) -> Callable[[Load, Path], list[str]]:
    """pop3-ntlm-info, forced on our port, with the given timing options."""

    def command(load: Load, work: Path) -> list[str]:
        script = ["--script", "+pop3-ntlm-info", "-oX", f"{work}/nmap.xml"]
        return ["nmap", "-Pn", "-n", *timing, "-p", str(PORT), *script, str(load.network)]

    return command


def nmap_rows(load: Load, output: Path, usage: Usage) -> int:
    """Count the script results in the XML that show our host's name; `hold` decides how many are enough."""
    _expect_exit(usage, 0, output)
    rows = 0
    name = f'key="DNS_Computer_Name">{FIELDS["dns_computer_name"]}<'
    with (output.parent / "nmap.xml").open() as lines:
        for line in lines:
            rows += line.count(name)
    if rows > load.hosts:
        raise BenchError(f"nmap has {rows} rows for {load.hosts} hosts")
    return rows


def tightlip_command(*, keeps: str) -> Callable[[Load, Path], list[str]]:
    """A scan that keeps `nothing`, `rows` (JSON Lines only), or `all` (a fresh SQLite store too)."""

    def command(load: Load, work: Path) -> list[str]:
        scheme = {"implicit": "pop3s", "starttls": "pop3+starttls"}.get(load.security, "pop3+plain")
        output = "/dev/null" if keeps == "nothing" else f"{work}/rows.jsonl"
        store = f"sqlite:///{work}/store.db" if keeps == "all" else "none"
        limits = ["--rate", "0", "--per-host", "0", "--per-net", "0", "--workers", "1"]
        if load.security == "silent":
            limits += ["--connect-timeout", "1"]
        target = f"{scheme}://{load.network}:{PORT}"
        return ["./tightlip", "scan", target, "--store", store, "-o", output, "--format", "jsonl",
                "--concurrency", str(load.concurrency), *limits]  # fmt: skip

    return command


def tightlip_blind_rows(load: Load, output: Path, usage: Usage) -> int:
    """Nothing was written: the exit code must say open findings, the responder's counts say the rest."""
    _expect_exit(usage, FINDINGS_ARE_OPEN, output)
    return load.hosts


def tightlip_rows(load: Load, output: Path, usage: Usage) -> int:
    """Count the observations: one for every host of the network, each with the names our challenge gives."""
    _expect_exit(usage, FINDINGS_ARE_OPEN, output)
    seen: Counter[str] = Counter()
    for record in _records(output.parent / "rows.jsonl"):
        if record["record"] != "observation":
            continue
        if record["verdict"] != "discloses":
            raise BenchError(f"{record['endpoint']} is {record['verdict']}: {record['reason']} {record['detail']}")
        if any(record["ntlm"]["fields"].get(name) != value for name, value in FIELDS.items()):
            raise BenchError(f"{record['endpoint']} has other names: {record['ntlm']['fields']}")
        seen[record["address"]] += 1
    if len(seen) != load.hosts or any(count != 1 for count in seen.values()):
        raise BenchError(f"{len(seen)} of {load.hosts} hosts in the rows, {seen.total()} rows")
    return len(seen)


def tightlip_silent_rows(load: Load, output: Path, usage: Usage) -> int:
    """Every host must be counted as unreachable in the summary, whether or not each has a row."""
    verdicts: dict[str, int] = {}
    for record in _records(output.parent / "rows.jsonl"):
        if record["record"] == "summary":
            verdicts = record["verdicts"]
    silent = verdicts.get("unreachable", 0)
    if silent != load.hosts or sum(verdicts.values()) != silent:
        raise BenchError(f"{load.hosts} silent hosts, but verdicts {verdicts}, exit {usage.exit_code}")
    return silent


def _expect_exit(usage: Usage, expected: int, output: Path) -> None:
    if usage.exit_code != expected:
        said = output.with_suffix(".err").read_text(errors="replace")[-2000:]
        raise BenchError(f"exit code {usage.exit_code} instead of {expected}: {said}")


def _records(path: Path) -> Iterator[dict[str, Any]]:
    with path.open("rb") as lines:
        yield from map(json.loads, lines)


FLOOR = Client(name="C floor", command=floor_command, rows=floor_rows)
NMAP_BEST = Client(
    name="nmap, best settings",
    command=nmap_command("-T5", "--max-parallelism", "500", "--min-hostgroup", "512"),
    rows=nmap_rows,
    may_lose=0.01,
)
NMAP_DEFAULT = Client(name="nmap, default", command=nmap_command(), rows=nmap_rows, may_lose=0.01)
TIGHTLIP = Client(name="tightlip", command=tightlip_command(keeps="nothing"), rows=tightlip_blind_rows)
TIGHTLIP_ROWS = Client(name="tightlip, rows", command=tightlip_command(keeps="rows"), rows=tightlip_rows)
TIGHTLIP_ALL = Client(name="tightlip, rows and store", command=tightlip_command(keeps="all"), rows=tightlip_rows)
TIGHTLIP_SILENT = Client(name="tightlip", command=tightlip_command(keeps="rows"), rows=tightlip_silent_rows)

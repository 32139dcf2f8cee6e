"""Which clients run on which loads, and in which order: the bench's whole programme."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from ipaddress import IPv4Network

import clients
from clients import Client, Load

SWEEP = IPv4Network("127.1.0.0/16")
MILLION = IPv4Network("127.16.0.0/12")


@dataclass(frozen=True, kw_only=True)
class Entrant:
    """A client on its load; `label` stands in the table."""

    label: str
    client: Client
    load: Load


@dataclass(frozen=True, kw_only=True)
class Race:
    """Entrants that run one after another, `rounds` times, so that a drift of the machine meets all alike."""

    name: str
    title: str
    entrants: tuple[Entrant, ...]
    rounds: int


Part = Callable[[IPv4Network, int], IPv4Network]


def programme(shrink: int, rounds: int) -> list[Race]:
    """Return all races; `shrink` takes that many bits off every network (0: the full size)."""

    def part(network: IPv4Network, length: int) -> IPv4Network:
        return next(network.subnets(new_prefix=min(length + shrink, 30)))

    return [
        _sweep(part, rounds),
        _delayed(part, rounds),
        _lossless(part),
        _tls(part, rounds),
        _silent(part),
    ]


def _sweep(part: Part, rounds: int) -> Race:
    full, small = Load(network=part(SWEEP, 16)), Load(network=part(SWEEP, 18))
    return Race(
        name="sweep",
        title="Answering hosts, 1,000 at once",
        entrants=(
            Entrant(label="C floor", client=clients.FLOOR, load=full),
            Entrant(label="tightlip, no store, no output", client=clients.TIGHTLIP, load=full),
            Entrant(label="tightlip, store and JSON Lines", client=clients.TIGHTLIP_ALL, load=full),
            Entrant(label="nmap, best settings", client=clients.NMAP_BEST, load=full),
            Entrant(label="nmap, default", client=clients.NMAP_DEFAULT, load=small),
        ),
        rounds=rounds,
    )


def _delayed(part: Part, rounds: int) -> Race:
    full = Load(network=part(SWEEP, 16), concurrency=4000, delay_ms=20)
    return Race(
        name="delayed",
        title="Every reply delayed by 20 ms, 4,000 at once",
        entrants=(
            Entrant(label="C floor", client=clients.FLOOR, load=full),
            Entrant(label="tightlip, no store, no output", client=clients.TIGHTLIP, load=full),
            Entrant(label="nmap, best settings", client=clients.NMAP_BEST, load=replace(full, network=part(SWEEP, 18))),
            Entrant(label="nmap, default", client=clients.NMAP_DEFAULT, load=replace(full, network=part(SWEEP, 22))),
        ),
        rounds=rounds,
    )


def _lossless(part: Part) -> Race:
    def entrant(concurrency: int) -> Entrant:
        load = Load(network=part(SWEEP, 16), concurrency=concurrency)
        return Entrant(label=f"tightlip, {concurrency:,} at once", client=clients.TIGHTLIP_ROWS, load=load)

    return Race(
        name="lossless",
        title="No host lost: every host is in the rows, once",
        entrants=tuple(entrant(concurrency) for concurrency in (100, 1000, 10_000)),
        rounds=1,
    )


def _tls(part: Part, rounds: int) -> Race:
    def entrant(security: str) -> Entrant:
        load = Load(network=part(SWEEP, 18), security=security)
        return Entrant(label=f"tightlip, {security}", client=clients.TIGHTLIP_ROWS, load=load)

    return Race(
        name="tls",
        title="TLS states, 1,000 at once",
        entrants=tuple(entrant(security) for security in ("plain", "starttls", "implicit")),
        rounds=rounds,
    )


def _silent(part: Part) -> Race:
    def entrant(length: int) -> Entrant:
        load = Load(network=part(MILLION, length), concurrency=10_000, security="silent")
        label = f"tightlip, {load.hosts:,} targets"
        return Entrant(label=label, client=clients.TIGHTLIP_SILENT, load=load)

    return Race(
        name="silent",
        title="Silent targets (every packet dropped), 10,000 at once, 1 s time-out",
        entrants=tuple(entrant(length) for length in (22, 18, 12)),
        rounds=1,
    )

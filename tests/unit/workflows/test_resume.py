"""A scan that was killed goes on where it was: the union is what an uninterrupted scan would have told."""

import signal
from pathlib import Path
from random import Random

from tests.unit.workflows.responder import Responder, responding
from tests.unit.workflows.running import Told, gone, report, scan, start_scan, tightlip

# Two states at each of 64 addresses.
NETWORK = "pop3://127.61.0.0/26:{port}"
ENDPOINTS = 128
COUNTS = ("targets", "endpoints", "verdicts", "findings", "not_asked", "faults", "exit", "why", "scope", "source")


def counts(told: Told) -> dict[str, object]:
    """What must be the same however often a run was cut off."""
    return {name: told.summary[name] for name in COUNTS}


def whole(home: Path, responder: Responder, *targets: str) -> Told:
    """An uninterrupted scan."""
    told = scan(home, *targets)
    responder.times.clear()
    responder.dialled.clear()
    return told


def test_killed_with_its_engines_a_scan_loses_nothing(tmp_path: Path) -> None:
    """Three times, at moments nobody chose; each endpoint stands in the store once."""
    moments = Random()
    with responding() as responder:
        target = NETWORK.format(port=responder.port)
        expected = whole(tmp_path / "whole", responder, target)
        words: tuple[str, ...] = (target,)
        for _ in range(3):
            with start_scan(tmp_path, *words) as scanning:
                responder.wait_for(len(responder.times) + moments.randrange(1, ENDPOINTS // 4))
                engines = scanning.engines()
                scanning.signal_group(signal.SIGKILL)
                assert scanning.told().code == -signal.SIGKILL
                assert gone(engines)
            words = ("--resume", "last")
        ended = scan(tmp_path, "--resume", "last")
    told = report(tmp_path)
    assert (ended.code, ended.err.count("Traceback")) == (1, 0)
    assert told.verdicts == ended.verdicts == expected.verdicts
    assert told.verdicts.total() == ENDPOINTS
    assert told.findings == ended.findings == expected.findings
    assert counts(told) == counts(ended) == counts(expected)


def test_engines_end_by_themselves_when_the_command_is_killed(tmp_path: Path) -> None:
    """And what was stored is not asked again, but told again: the report is that of the whole run."""
    with responding() as responder:
        target = NETWORK.format(port=responder.port)
        with start_scan(tmp_path, target, "--rate", "100") as scanning:
            engines = scanning.engines()
            assert scanning.process.stdout is not None
            assert scanning.process.stdout.readline()  # an entry leaves when it is in the store
            scanning.process.kill()
            assert gone(engines)
            assert scanning.told().code == -signal.SIGKILL
        stored = report(tmp_path)
        responder.dialled.clear()
        resumed = scan(tmp_path, "--resume", stored.summary["run"])
    assert stored.code == 0
    assert stored.summary["exit"] == 130
    assert stored.summary["verdicts"] == dict(_by_verdict(stored))
    assert stored.verdicts < resumed.verdicts == report(tmp_path).verdicts
    assert resumed.verdicts.total() == ENDPOINTS
    # Of a host that was cut in half the other state is asked thoroughly, three times: its finding stands already.
    asked = ENDPOINTS - stored.verdicts.total()
    assert asked < ENDPOINTS
    assert responder.dialled.total() == asked + 2 * (asked % 2)


def _by_verdict(told: Told) -> dict[str, int]:
    counted: dict[str, int] = {}
    for (_, _, verdict), times in told.verdicts.items():
        counted[verdict] = counted.get(verdict, 0) + times
    return counted


def test_targets_that_are_gone_are_taken_from_the_store(tmp_path: Path) -> None:
    """Standard input can be read once, and a file may change meanwhile; comments and bad lines count as before."""
    with responding() as responder:
        lines = [f"pop3+plain://127.62.{n // 50}.{n % 50}:{responder.port}  # host {n}" for n in range(100)]
        text = "\n".join(["# a list", *lines[:50], "pop3://bad host", *lines[40:50]]).encode()
        source = tmp_path / "targets with\ttab.txt"
        source.write_text("\n".join(lines[50:]))
        words = ("--file", "-", "--file", str(source))
        expected = scan(tmp_path / "whole", *words, stdin=text)
        responder.times.clear()
        with start_scan(tmp_path, *words, "--rate", "200", stdin=text) as scanning:
            responder.wait_for(40)
            engines = scanning.engines()
            scanning.signal_group(signal.SIGKILL)
            assert gone(engines)
        source.write_text("pop3://127.9.9.9:1\n")
        ended = scan(tmp_path, "--resume", "last")
    told = report(tmp_path)
    assert (expected.code, ended.code) == (2, 2)
    assert told.verdicts == ended.verdicts == expected.verdicts
    assert told.verdicts.total() == 100
    assert counts(told) == counts(ended) == counts(expected)


def test_a_finished_run_cannot_be_resumed(tmp_path: Path) -> None:
    """One line and a hint, exit code 2; an unknown one likewise; and --resume has no targets of its own."""
    with responding() as responder:
        ended = scan(tmp_path, f"pop3+plain://127.0.0.1:{responder.port}")
    again = scan(tmp_path, "--resume", ended.summary["run"])
    assert (again.code, again.out, again.err.count("\n")) == (2, "", 2)
    assert "has come to its end" in again.err
    last = scan(tmp_path, "--resume", "last")
    assert (last.code, last.out, last.err.count("\n")) == (2, "", 2)
    unknown = scan(tmp_path, "--resume", "nonsense")
    assert (unknown.code, unknown.err.count("\n")) == (2, 2)
    for extra in (("127.0.0.1",), ("--file", "-"), ("--exclude", "127.0.0.1"), ("--seed", "x"), ("--dry-run",)):
        refused = tightlip(tmp_path, "scan", "--resume", "last", *extra, stdin=b"")
        assert (refused.code, refused.out, refused.err.count("\n")) == (2, "", 2), extra


def test_last_is_the_last_run_that_was_cut_off(tmp_path: Path) -> None:
    """A later one that came to its end does not hide it."""
    with responding() as responder:
        with start_scan(tmp_path, NETWORK.format(port=responder.port), "--rate", "200") as scanning:
            responder.wait_for(50)
            scanning.signal_group(signal.SIGKILL)
        cut_off = report(tmp_path).summary["run"]
        scan(tmp_path, f"pop3+plain://127.0.0.1:{responder.port}")
        resumed = scan(tmp_path, "--resume", "last")
    assert (resumed.summary["run"], resumed.summary["endpoints"]) == (cut_off, ENDPOINTS)


def test_the_seed_gives_the_order(tmp_path: Path) -> None:
    """One connection at a time: the addresses come in the same order for the same seed, in another for another."""
    orders = []
    with responding() as responder:
        for seed in ("a", "a", "b"):
            responder.dialled.clear()
            network = f"pop3+plain://127.63.0.0/27:{responder.port}"
            told = scan(tmp_path, network, "--store", "none", "--seed", seed, "--concurrency", "1", "--workers", "1")
            assert told.summary["seed"] == seed
            orders.append(list(responder.dialled))
    assert orders[0] == orders[1] != orders[2]
    assert sorted(orders[0]) == sorted(orders[2])
    assert len(orders[0]) == 32

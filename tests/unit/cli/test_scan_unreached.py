"""``tightlip scan`` where nothing was reached: never exit code 0, and the last line says what it was."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.cli.calling import call
from tests.unit.workflows.responder import Responder, responding
from tests.unit.workflows.running import gone, report, scan, start_scan

HOSTS = 30


@pytest.fixture(scope="module")
def responder() -> Iterator[Responder]:
    """One whose servers are all mended."""
    with responding() as answering:
        answering.mended = frozenset(f"127.{net}.0.{number}" for net in (71, 72) for number in range(256))
        yield answering


@pytest.mark.parametrize(
    ("targets", "why"),
    [
        (("127.70.0.1",), "1 host was not reached"),
        (("127.70.0.1", "127.70.0.2", "::ffff:127.70.0.1", "127.70.0.1"), "2 hosts were not reached"),
        (("127.70.0.0/30",), "1 network was not reached"),
        (("pop3://127.70.0.0/30", "127.70.0.8-127.70.0.9"), "2 networks were not reached"),
        (("pop3+plain://127.71.0.1:{port}", "127.70.0.1"), "1 host was not reached"),
        (("pop3+plain://127.71.0.0/30:{port}", "pop3://127.70.0.0/30"), "1 network was not reached"),
        (("pop3+plain://127.71.0.0/30:{port}", "127.70.0.1", "pop3+plain://127.70.0.2"), None),
        (("two.test",), "2 hosts were not reached"),
        # Both states: what is asked of a named port beside its state is asked by its name.
        (("127.71.0.1", "pop3+plain://127.71.0.1:110"), "2 named endpoints were not reached"),
    ],
)
def test_nothing_reached_is_a_doubt(
    responder: Responder, targets: tuple[str, ...], why: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each single host counts, a name with two addresses as two; a network counts as one."""
    monkeypatch.setattr("tightlip.network.resolve._addresses", lambda _name: ("127.70.0.3", "127.70.0.4"))
    heard = call("scan", *(each.format(port=responder.port) for each in targets), "--rate", "0", "--format", "jsonl")
    assert heard.code == 4
    assert heard.records[-1]["why"] == (why or "1 named endpoint was not reached; 1 host was not reached")


def test_ports_that_nobody_named_do_not_count(responder: Responder) -> None:
    """Of hosts where another port answered."""
    port = responder.port
    named = [f"pop3+plain://127.71.0.1:{port}", "127.71.0.1", f"pop3+plain://127.72.0.0/24:{port}", "127.72.0.0/30"]
    for targets in (named, named[::-1]):
        heard = call("scan", *targets, "--rate", "0", "--per-net", "0", "--format", "jsonl")
        assert (heard.code, heard.records[-1]["why"]) == (0, "nothing found, nothing in doubt")


def test_a_resumed_run_counts_hosts_once(responder: Responder, tmp_path: Path) -> None:
    """Killed in the middle, it misses as many as one that was not."""
    lines = [f"127.70.1.{number}" for number in range(HOSTS)]
    lines += [f"pop3+plain://127.71.0.{number}:{responder.port}" for number in range(HOSTS)]
    text = "\n".join(lines).encode()
    before = len(responder.times)
    with start_scan(tmp_path, "--file", "-", "--rate", "300", "--workers", "1", stdin=text) as scanning:
        responder.wait_for(before + HOSTS // 3)
        engines = scanning.engines()
        scanning.signal_group(signal.SIGKILL)
        assert gone(engines)
    ended = scan(tmp_path, "--resume", "last")
    assert (ended.code, ended.summary["why"]) == (4, f"{HOSTS} hosts were not reached")
    assert (report(tmp_path).summary["why"], ended.summary["endpoints"]) == (ended.summary["why"], HOSTS * 19)


def test_a_resumed_run_knows_which_networks_answered_before(tmp_path: Path) -> None:
    """The server is gone when the run goes on."""
    with responding() as server:
        server.mended = frozenset(f"127.72.0.{number}" for number in range(64))
        with start_scan(tmp_path, f"pop3+plain://127.72.0.0/26:{server.port}", "--rate", "50") as scanning:
            assert scanning.process.stdout is not None
            assert scanning.process.stdout.readline()  # an entry leaves when it is in the store
            engines = scanning.engines()
            scanning.signal_group(signal.SIGKILL)
            assert gone(engines)
    ended = scan(tmp_path, "--resume", "last")
    assert ended.summary["verdicts"]["unreachable"] > 0
    assert (ended.code, ended.summary["why"]) == (0, "nothing found, nothing in doubt")

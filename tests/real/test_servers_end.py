"""Servers leave nothing running and nothing mounted, whether they are stopped or their owner is killed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.real.conftest import Serve
from tests.real.servers.catalogue import Rack
from tests.real.servers.namespace import wait_until

ROOT = Path(__file__).parents[2]
_SECONDS = 60.0


@pytest.fixture
def folder(serve: Serve, work_folder: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """A work folder of its own, so that its name finds the processes that belong to it."""
    serve("exim")  # where this one cannot be had, the test is not run
    path = work_folder / f"ends-{request.node.name}"
    yield path
    assert processes_of(path) == []


def test_a_stopped_server_is_gone(folder: Path) -> None:
    """After `stop` no process names the server's folder, its port is free and the host sees no mount of it."""
    rack = Rack(folder)
    server = rack.serve("exim")
    assert processes_of(folder) != []
    rack.stop()
    assert processes_of(folder) == []
    assert not accepts(server.listeners[0].port)
    assert str(folder) not in Path("/proc/mounts").read_text()


def test_servers_do_not_outlive_a_killed_owner(folder: Path) -> None:
    """When the process that holds a server is killed, the server ends by itself."""
    folder.mkdir()
    with (folder / "log").open("w") as log:
        command = [sys.executable, "-m", "tests.real.servers", "hold", str(folder), "exim"]
        holder = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        wait_until((folder / "endpoints.json").exists, _SECONDS, (folder / "log").read_text)
        assert len(processes_of(folder)) > 1
    finally:
        os.kill(holder.pid, signal.SIGKILL)
        holder.wait()
    wait_until(lambda: processes_of(folder) == [], _SECONDS, lambda: f"still there: {processes_of(folder)}")


def processes_of(folder: Path) -> list[str]:
    """The command lines of running processes that name the folder."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            command = (place / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:
            continue
        if str(folder) in command:
            found.append(command)
    return found


def accepts(port: int) -> bool:
    """Whether anybody accepts connections on this port of loopback."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0

"""Starts and stops the real servers by hand: `python -m tests.real.servers up|down|list WORK [NAME…]`."""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from tests.real.servers.catalogue import NAMES, Rack
from tests.real.servers.contract import LEAKY, ServerFailed, Unavailable

_UP_SECONDS = 600.0
_DOWN_SECONDS = 60.0


def main() -> int:
    """Read the command line; 0 when it worked, 1 when it did not."""
    parser = argparse.ArgumentParser(prog="python -m tests.real.servers", description=__doc__)
    parser.add_argument("action", choices=["up", "down", "list", "hold"])
    parser.add_argument("work", type=Path, help="a folder for configurations and logs, such as /tmp/servers")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which servers (default: all): {', '.join(NAMES)}")
    parser.add_argument("--variant", default=LEAKY, help="which configuration to start with")
    told = parser.parse_args()
    actions = {"up": _up, "down": _down, "list": _list, "hold": _hold}
    return actions[told.action](told)


def _up(told: argparse.Namespace) -> int:
    """Start a process that holds the servers, and return when they answer."""
    told.work.mkdir(parents=True, exist_ok=True)
    ready = told.work / "endpoints.json"
    ready.unlink(missing_ok=True)
    with (told.work / "hold.log").open("w") as log:
        command = [sys.executable, "-m", __package__ or "", "hold", str(told.work.absolute()), *told.names]
        holder = subprocess.Popen(
            [*command, "--variant", told.variant],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    deadline = time.monotonic() + _UP_SECONDS
    while not ready.exists() and holder.poll() is None and time.monotonic() < deadline:
        time.sleep(0.1)
    if not ready.exists():
        holder.terminate()
        print((told.work / "hold.log").read_text(), file=sys.stderr)
        return 1
    return _list(told)


def _hold(told: argparse.Namespace) -> int:
    """Start the servers one after the other and keep them until told to end."""
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    rack = Rack(told.work.absolute())
    (told.work / "hold.pid").write_text(str(os.getpid()))
    endpoints = {}
    try:
        for name in told.names or NAMES:
            try:
                server = rack.serve(name, told.variant)
            except (Unavailable, ServerFailed) as error:
                print(f"{name}: {error}", file=sys.stderr, flush=True)
            else:
                endpoints[name] = [listener.url for listener in server.listeners]
        if endpoints:
            (told.work / "endpoints.new").write_text(json.dumps(endpoints, indent=1))
            (told.work / "endpoints.new").replace(told.work / "endpoints.json")
            ended.wait()
    finally:
        rack.stop()
        (told.work / "endpoints.json").unlink(missing_ok=True)
        (told.work / "hold.pid").unlink(missing_ok=True)
    return 0 if endpoints else 1


def _list(told: argparse.Namespace) -> int:
    """Print the endpoints of the running servers."""
    try:
        endpoints = json.loads((told.work / "endpoints.json").read_text())
    except FileNotFoundError:
        print("no servers are up", file=sys.stderr)
        return 1
    for name, urls in endpoints.items():
        for url in urls:
            print(f"{name}\t{url}")
    return 0


def _down(told: argparse.Namespace) -> int:
    """End the process that holds the servers, and with it the servers."""
    try:
        pid = int((told.work / "hold.pid").read_text())
        os.kill(pid, signal.SIGTERM)
    except (FileNotFoundError, ProcessLookupError):
        return 0
    deadline = time.monotonic() + _DOWN_SECONDS
    while (told.work / "hold.pid").exists():
        if time.monotonic() > deadline:
            print(f"process {pid} still holds servers", file=sys.stderr)
            return 1
        time.sleep(0.05)
    return 0


if __name__ == "__main__":
    sys.exit(main())

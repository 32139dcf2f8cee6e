"""A private PostgreSQL on a socket in a folder of its own, where its binaries are at hand."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_NOBODY = 65534
_PATIENCE = 60


def binaries() -> Path | None:
    """The folder that holds initdb and postgres, on the PATH or where Debian puts it."""
    folders = [Path(found).resolve().parent] if (found := shutil.which("initdb")) else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in folders if (folder / "initdb").exists() and (folder / "postgres").exists()), None)


@contextmanager
def running_server(programs: Path) -> Iterator[str]:
    """The URL of a new, empty database; PostgreSQL refuses to run as root, so root lends it to nobody."""
    with tempfile.TemporaryDirectory(prefix="tl-pg-") as name:
        folder = Path(name)
        user = _NOBODY if os.geteuid() == 0 else None
        if user is not None:
            os.chown(folder, user, user)
        data = folder / "data"
        make: list[str | Path] = [
            programs / "initdb",
            "-D",
            data,
            "-U",
            "tightlip",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-sync",
        ]
        subprocess.run(make, user=user, cwd=folder, check=True, stdout=subprocess.DEVNULL, timeout=_PATIENCE)
        serve: list[str | Path] = [
            programs / "postgres",
            "-D",
            data,
            "-k",
            folder,
            "-c",
            "listen_addresses=",
            "-c",
            "fsync=off",
        ]
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(serve, user=user, cwd=folder, stdout=log, stderr=log)
        try:
            _await(data / "postmaster.pid", server, folder / "log")
            yield f"postgresql://tightlip@/postgres?host={folder}"
        finally:
            # PostgreSQL's "fast" end: connections are cut.
            server.send_signal(signal.SIGINT)
            try:
                server.wait(_PATIENCE)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _await(status: Path, server: subprocess.Popen[bytes], log: Path) -> None:
    """The last line of the server's lock file says when it takes connections."""
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until and server.poll() is None:
        if status.exists() and status.read_text().split()[-1:] == ["ready"]:
            return
        time.sleep(0.02)
    raise RuntimeError(f"PostgreSQL did not start: {log.read_text()}")

"""A practice host: a folder with a Dovecot-format file, the practice server that reads it, and its commands."""

import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct

from tightlip.lab.certificates import write_certificate
from tightlip.lab.practice_commands import NAMES, PID_FILE
from tightlip.lab.practice_server import ADDRESS, CERTIFICATE, CONFIG
from tightlip.model.errors import Exit, TightlipError

_COMMANDS = "bin"
_SECONDS = 300.0
_START_SECONDS = 20.0
_PAUSE = 0.02

_CONFIG = """\
# A practice server of tightlip's, and no real Dovecot. It reads this file, and reads it again when it is reloaded.
protocols = pop3
listen = {address}

# Somebody wanted single sign-on once.
auth_mechanisms = plain login ntlm
auth_use_winbind = yes

ssl = yes
ssl_cert = <{certificate}
ssl_key = <{certificate}

service pop3-login {{
  inet_listener pop3 {{
    port = {port}
  }}
  inet_listener pop3s {{
    port = 0
  }}
}}
"""


class PracticeHost(Struct, frozen=True):
    """A running practice server: its file, the folder of its commands, and the port it listens on."""

    config: Path
    commands: Path
    address: str
    port: int


@contextmanager
def open_practice_host(folder: Path) -> Iterator[PracticeHost]:
    """Lay the files out in ``folder``, which must be empty, and serve while the block runs (300 s at most)."""
    port = _free_port()
    write_certificate(folder / CERTIFICATE, ADDRESS)
    text = _CONFIG.format(address=ADDRESS, certificate=folder / CERTIFICATE, port=port)
    (folder / CONFIG).write_text(text, encoding="utf-8")
    _lay_commands(folder / _COMMANDS)
    words = [sys.executable, "-I", "-m", "tightlip.lab.practice_server", str(folder), str(port), str(_SECONDS)]
    # The pipe is its lifeline: it ends with us, however we end.
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True) as server:
        try:
            _wait_until_up(server, folder / PID_FILE)
            yield PracticeHost(folder / CONFIG, folder / _COMMANDS, ADDRESS, port)
        finally:
            server.terminate()


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as trial:
        trial.bind((ADDRESS, 0))
        port: int = trial.getsockname()[1]
        return port


def _lay_commands(folder: Path) -> None:
    folder.mkdir()
    for name in NAMES:
        command = [sys.executable, "-I", "-m", "tightlip.lab.practice_commands", name]
        (folder / name).write_text(f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n', encoding="utf-8")
        (folder / name).chmod(0o755)


def _wait_until_up(server: subprocess.Popen[bytes], pid_file: Path) -> None:
    until = time.monotonic() + _START_SECONDS
    while not (pid_file.exists() and pid_file.read_text()):
        if server.poll() is not None or time.monotonic() > until:
            raise TightlipError("the practice server did not start", "what it said stands above", Exit.REFUSED)
        time.sleep(_PAUSE)

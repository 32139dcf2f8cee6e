"""The practice server of the tour, a process of its own: it serves what its file says, and reads it again on SIGHUP.

It stands in for a real Dovecot where none may be installed, and says so in its greeting. Beside its file it puts
``bin/doveconf`` and ``bin/doveadm``, which do as much as a reload needs.
"""

import asyncio
import os
import signal
import sys
from contextlib import suppress
from functools import cache, partial
from pathlib import Path

from tightlip.lab.certificates import tls_context
from tightlip.lab.connection import Connection
from tightlip.lab.practice_talk import Unreadable, practice_talk
from tightlip.model.endpoint import Security
from tightlip.talk.script import Certificate, Talk, TlsVersion

ADDRESS = "127.0.0.1"
CONFIG = "dovecot.conf"
_PID = "master.pid"
_CONNECTION_SECONDS = 30.0


class PracticeServer:
    """One server on loopback; what it says follows from its file as last read."""

    def __init__(self, folder: Path) -> None:
        """Read the file in ``folder`` for the first time; Unreadable where it cannot be."""
        self._file = folder / CONFIG
        self._talk = self._read()
        self._context = cache(partial(tls_context, Certificate.SELF_SIGNED, TlsVersion.TLS_1_3, ADDRESS))
        self._crowd: set[Connection] = set()

    def reload(self) -> None:
        """Read the file again; one that cannot be read changes nothing, as with the real server."""
        with suppress(Unreadable):
            self._talk = self._read()

    def welcome(self) -> asyncio.Protocol:
        """A new connection, which hears the talk of this moment to its end."""
        connection = Connection(self._talk, Security.PLAIN, self._context, _CONNECTION_SECONDS, self._crowd.discard)
        self._crowd.add(connection)
        return connection

    def _read(self) -> Talk:
        return practice_talk(self._file.read_bytes())


async def serve(folder: Path, port: int, seconds: float) -> None:
    """Serve until SIGTERM, or for ``seconds``; the pid file stands from the first to the last moment of service."""
    server = PracticeServer(folder)
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_signal_handler(signal.SIGHUP, server.reload)
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, ended.set)
    listening = await loop.create_server(server.welcome, ADDRESS, port)
    (folder / _PID).write_text(f"{os.getpid()}\n")
    with suppress(TimeoutError):
        await asyncio.wait_for(ended.wait(), seconds)
    listening.close()
    (folder / _PID).unlink(missing_ok=True)


def main(arguments: list[str]) -> int:
    """``FOLDER PORT SECONDS``, or what ``bin/doveconf`` and ``bin/doveadm`` hand on."""
    match arguments:
        case [folder, port, seconds]:
            asyncio.run(serve(Path(folder), int(port), float(seconds)))
            return 0
        case _:
            sys.stderr.write("usage: FOLDER PORT SECONDS\n")
            return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

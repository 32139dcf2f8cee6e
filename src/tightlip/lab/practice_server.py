"""The practice server of the tour, a process of its own: it serves what its file says, and reads it again on SIGHUP.

It stands in for a real Dovecot where none may be installed, and says so in its greeting. It ends by itself: when its
time is up, and when whoever started it has gone (its standard input ends).
"""

import asyncio
import os
import signal
import ssl
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path

from tightlip.lab.connection import Connection
from tightlip.lab.practice_commands import PID_FILE
from tightlip.lab.practice_talk import Unreadable, practice_talk
from tightlip.model.endpoint import Security
from tightlip.talk.script import Talk

ADDRESS = "127.0.0.1"
CONFIG = "dovecot.conf"
CERTIFICATE = "cert.pem"
_CONNECTION_SECONDS = 30.0
_LIFELINE = 0


class PracticeServer:
    """One server on loopback; what it says follows from its file as last read."""

    def __init__(self, folder: Path) -> None:
        """Read the file in ``folder`` for the first time; Unreadable where it cannot be."""
        self._folder = folder
        self._talk = self._read()
        self._context = cache(self._load_certificate)
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
        return practice_talk((self._folder / CONFIG).read_bytes())

    def _load_certificate(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._folder / CERTIFICATE)
        return context


async def serve(folder: Path, port: int, seconds: float) -> None:
    """Serve until SIGTERM, until the standard input ends, or for ``seconds``.

    The pid file stands from the first to the last moment of service.
    """
    server = PracticeServer(folder)
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_signal_handler(signal.SIGHUP, server.reload)
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, ended.set)
    loop.add_reader(_LIFELINE, ended.set)
    listening = await loop.create_server(server.welcome, ADDRESS, port)
    (folder / PID_FILE).write_text(f"{os.getpid()}\n")
    with suppress(TimeoutError):
        await asyncio.wait_for(ended.wait(), seconds)
    listening.close()
    (folder / PID_FILE).unlink(missing_ok=True)


def main(arguments: list[str]) -> int:
    """``FOLDER PORT SECONDS``."""
    folder, port, seconds = arguments
    asyncio.run(serve(Path(folder), int(port), float(seconds)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

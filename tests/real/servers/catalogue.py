"""The servers there are, by name, each made with a folder of its own below one work folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from tests.real.servers.contract import LEAKY, Server, ServerFailed, Unavailable
from tests.real.servers.courier import Courier
from tests.real.servers.cyrus import Cyrus
from tests.real.servers.dovecot import Dovecot
from tests.real.servers.dovecot24 import Dovecot24
from tests.real.servers.exim import Exim
from tests.real.servers.mailhost import MailHost
from tests.real.servers.ports import well_known_listeners
from tests.real.servers.postfix import Postfix

_MAKERS: Mapping[str, Callable[[Path], Server]] = {
    "dovecot": lambda work: Dovecot(_folder(work, "dovecot")),
    "dovecot-samba": lambda work: Dovecot(_folder(work, "dovecot-samba"), helper="samba"),
    "dovecot-2.4": lambda work: Dovecot24(_folder(work, "dovecot-2.4")),
    "cyrus": lambda work: Cyrus(_folder(work, "cyrus")),
    "postfix-cyrus-sasl": lambda work: Postfix(_folder(work, "postfix-cyrus-sasl")),
    "postfix-dovecot-sasl": lambda work: Postfix(
        _folder(work, "postfix-dovecot-sasl"), Dovecot(_folder(work, "postfix-dovecot-backend"))
    ),
    "mail-exchanger": lambda work: Postfix(
        _folder(work, "mail-exchanger"), listeners=well_known_listeners(["smtp", "submission", "smtps"])
    ),
    "exim": lambda work: Exim(_folder(work, "exim")),
    "mail-host": lambda work: MailHost(_folder(work, "mail-host")),
    "courier": lambda work: Courier(_folder(work, "courier")),
}
NAMES = tuple(_MAKERS)


class Rack:
    """All servers of one run: each is made and started when it is first asked for."""

    def __init__(self, work: Path) -> None:
        """`work` must be a folder below which every user may go; the daemons have users of their own."""
        work.mkdir(parents=True, exist_ok=True)
        work.chmod(0o755)
        self._work = work
        self._servers: dict[str, Server] = {}
        self._variants: dict[str, str] = {}
        self._missing: dict[str, Unavailable] = {}

    def serve(self, name: str, variant: str = LEAKY) -> Server:
        """The server, running in this variant. Raises Unavailable (at once when asked again), ServerFailed."""
        if name in self._missing:
            raise self._missing[name]
        if name not in self._servers:
            self._servers[name] = _MAKERS[name](self._work)
        server = self._servers[name]
        try:
            self._bring(server, variant)
        except Unavailable as missing:
            self._missing[name] = missing
            raise
        except ServerFailed:
            server.stop()
            raise
        self._variants[name] = variant
        return server

    def stop(self) -> None:
        """End every server that was started."""
        for server in reversed(self._servers.values()):
            server.stop()
        self._variants.clear()

    def _bring(self, server: Server, variant: str) -> None:
        running = self._variants.pop(server.name, None)
        if running is None:
            server.start(variant)
        elif running != variant:
            server.reconfigure(variant)


def _folder(work: Path, name: str) -> Path:
    folder = work / name
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)
    return folder

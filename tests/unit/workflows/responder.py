"""A POP3 server on every loopback address at once that names itself; it counts who came, and can be made to wait."""

import asyncio
import socket
import threading
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.unit.ntlm.wire import WINDOWS

_CHALLENGE = b"+ " + b64encode(WINDOWS) + b"\r\n"
_REPLIES = {
    b"CAPA": b"+OK\r\nSASL NTLM\r\n.\r\n",
    b"AUTH NTLM": b"+ \r\n",
    b"QUIT": b"+OK bye\r\n",
    b"*": b"-ERR cancelled\r\n",
}
REFUSAL = "-ERR [AUTH] Unsupported authentication mechanism."
"""What a mended address answers to NTLM, in Dovecot's words."""

_MENDED = {
    b"CAPA": b"+OK\r\n.\r\n",
    b"AUTH": REFUSAL.encode() + b"\r\n",
    b"QUIT": b"+OK bye\r\n",
}
_TLS_FIRST = {
    b"CAPA": b"+OK\r\nSTLS\r\n.\r\n",
    b"AUTH": b"-ERR [AUTH] Authentication not allowed until SSL/TLS is enabled.\r\n",
    b"QUIT": b"+OK bye\r\n",
}
# A mail exchanger that knows no login (Postfix's words); what has no answer here it does not know.
_MAIL_EXCHANGER = {
    b"EHLO": b"250-mx.test\r\n250 8BITMIME\r\n",
    b"AUTH": b"503 5.5.1 Error: authentication not enabled\r\n",
    b"NOOP": b"250 2.0.0 Ok\r\n",
    b"QUIT": b"221 2.0.0 Bye\r\n",
    b"": b"500 5.5.2 Error: command not recognized\r\n",
}


class Responder:
    """What came so far: ``dialled`` counts connections by the address they were made to, ``times`` when."""

    def __init__(self, port: int, loop: asyncio.AbstractEventLoop) -> None:
        """Listening already."""
        self.port = port
        self.dialled: Counter[str] = Counter()
        self.times: list[float] = []
        self.most_at_once = 0
        self.delay = 0.0
        self.mute_after: int | None = None
        self.mended: frozenset[str] = frozenset()
        self.tls_first: frozenset[str] = frozenset()
        self.smtp_now: frozenset[str] = frozenset()
        self._loop = loop
        self._now = 0
        self._ended = 0

    def wait_for(self, connections: int, ended: int = 0, seconds: float = 30.0) -> None:
        """Return once so many connections have come, and so many of them have ended."""
        deadline = time.monotonic() + seconds
        while len(self.times) < connections or self._ended < ended:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{len(self.times)} of {connections} connections came, and {self._ended} ended")
            time.sleep(0.002)

    def _come(self, address: str) -> None:
        self.dialled[address] += 1
        self.times.append(time.monotonic())
        self._now += 1
        self.most_at_once = max(self.most_at_once, self._now)

    def _gone(self) -> None:
        self._now -= 1
        self._ended += 1


class _Conversation(asyncio.Protocol):
    """One client."""

    def __init__(self, responder: Responder) -> None:
        self._responder = responder
        self._data = b""
        self._is_mute = False
        self._refuses: dict[bytes, bytes] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        responder = self._responder
        self._is_mute = responder.mute_after is not None and len(responder.times) >= responder.mute_after
        address = transport.get_extra_info("sockname")[0]
        self._refuses = _MENDED if address in responder.mended else {}
        if address in responder.tls_first:
            self._refuses = _TLS_FIRST
        if address in responder.smtp_now:
            self._refuses = _MAIL_EXCHANGER
        responder._come(address)
        self._say(b"220 mx.test ESMTP\r\n" if address in responder.smtp_now else b"+OK ready\r\n")

    def data_received(self, data: bytes) -> None:
        self._data += data
        while b"\r\n" in self._data:
            line, _, self._data = self._data.partition(b"\r\n")
            self._answer(line)

    def connection_lost(self, _error: Exception | None) -> None:
        self._responder._gone()

    def _answer(self, line: bytes) -> None:
        if self._refuses:
            unknown = self._refuses.get(b"", b"-ERR what?\r\n")
            self._say(self._refuses.get(line.partition(b" ")[0], unknown))
        else:
            self._say(_CHALLENGE if line.startswith(b"TlRM") else _REPLIES.get(line, b"-ERR what?\r\n"))
        if line == b"QUIT":
            self._do(self._transport.close)

    def _say(self, words: bytes) -> None:
        self._do(lambda: self._transport.write(words))

    def _do(self, what: Callable[[], None]) -> None:
        if self._is_mute:
            return
        if self._responder.delay:
            self._responder._loop.call_later(self._responder.delay, what)
        else:
            what()


@contextmanager
def responding(port: int = 0) -> Iterator[Responder]:
    """Answer while the block runs, on 127.0.0.0/8 and nowhere else."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # One socket for sixteen million addresses, none of which leaves this machine.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo\0")
        listener.bind(("0.0.0.0", port))
        listener.listen(4_096)
        loop = asyncio.new_event_loop()
        responder = Responder(listener.getsockname()[1], loop)
        server = loop.run_until_complete(
            loop.create_server(lambda: _Conversation(responder), sock=listener, backlog=4_096)
        )
        thread = threading.Thread(target=loop.run_forever, name="responder", daemon=True)
        thread.start()
        try:
            yield responder
        finally:
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            server.close()
            loop.run_until_complete(asyncio.sleep(0))
            for task in asyncio.all_tasks(loop):
                task.cancel()
            loop.close()

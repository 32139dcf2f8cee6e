"""One client's connection to a practice server: the socket's events on one side, the player on the other."""

import asyncio
import ssl
from collections import deque
from collections.abc import Callable
from typing import cast

from tightlip.lab.tls_layer import TlsLayer
from tightlip.model.endpoint import Security
from tightlip.talk.player import Act, Player, Send
from tightlip.talk.script import Close, Pause, Talk, Upgrade

# Long enough for the client to read what came before as a segment of its own.
_PAUSE = 0.03


class Connection(asyncio.Protocol):
    """Plays one talk to one client, for at most ``seconds``; ``ended`` is told when it is over."""

    def __init__(
        self,
        talk: Talk,
        security: Security,
        make_context: Callable[[], ssl.SSLContext],
        seconds: float,
        ended: Callable[["Connection"], None],
    ) -> None:
        """Play ``talk`` as it is in the state ``security`` with which the client connected."""
        self._player = Player(talk, security)
        self._make_context = make_context
        self._layer = TlsLayer(make_context()) if security is Security.IMPLICIT else None
        self._seconds = seconds
        self._ended = ended
        self._acts: deque[Act] = deque()
        self._pausing = False
        self._upgrading = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet, unless TLS comes first."""
        self._transport = cast(asyncio.Transport, transport)
        self._timer = asyncio.get_running_loop().call_later(self._seconds, self._transport.abort)
        if self._layer is None:
            self._do(self._player.begin())

    def data_received(self, data: bytes) -> None:
        """Give the player what the client said; a client that breaks TLS is closed on."""
        try:
            self._take(data)
        except ssl.SSLError:
            self._flush()
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio's signature
        """The connection is over."""
        self._timer.cancel()
        self._acts.clear()
        self._ended(self)

    def pause_writing(self) -> None:
        """A client that does not read is not listened to either."""
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        """The client reads again."""
        self._transport.resume_reading()

    def drop(self) -> None:
        """The lab closes."""
        self._transport.abort()

    def _take(self, data: bytes) -> None:
        layer = self._layer
        if layer is None:
            self._do(self._player.receive(data))
            return
        if not layer.is_up:
            if not layer.shake(data):
                self._flush()
                return
            self._flush()
            self._do(self._player.tls_is_up() if self._upgrading else self._player.begin())
            data = b""
        plain = layer.read(data)
        if plain is None:
            self._transport.close()
        else:
            self._do(self._player.receive(plain))

    def _do(self, acts: list[Act]) -> None:
        self._acts += acts
        while self._acts and not self._pausing and not self._transport.is_closing():
            match self._acts.popleft():
                case Send(data):
                    self._send(data)
                case Upgrade():
                    self._layer, self._upgrading = TlsLayer(self._make_context()), True
                case Close():
                    self._close()
                case Pause():
                    self._pausing = True
                    asyncio.get_running_loop().call_later(_PAUSE, self._go_on)

    def _go_on(self) -> None:
        self._pausing = False
        self._do([])

    def _send(self, data: bytes) -> None:
        if self._layer is None:
            self._transport.write(data)
        else:
            self._layer.write(data)
            self._flush()

    def _close(self) -> None:
        if self._layer is not None:
            self._layer.close()
            self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._layer is not None and (data := self._layer.outgoing()):
            self._transport.write(data)

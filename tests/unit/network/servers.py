"""Small servers on loopback, each in a thread: they do to every client what a test tells them to."""

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

# No conversation of a test lasts longer; nothing waits beyond it.
DEADLINE = 10.0

Act = Callable[["Client"], None]


class Client:
    """One accepted connection: what is done to it, and what it said."""

    def __init__(self, connection: socket.socket, number: int) -> None:
        """``number`` counts the server's connections from 0."""
        connection.settimeout(DEADLINE)
        self.socket = connection
        self.number = number
        self.heard = b""
        self.drips = False
        self._left = b""

    def say(self, data: bytes) -> None:
        """Send ``data``; where it ``drips``, every byte in a segment of its own."""
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in [bytes((byte,)) for byte in data] if self.drips else [data]:
            self.socket.sendall(piece)

    def hear(self) -> bytes:
        """The next line without its end; b"" when the client has gone."""
        while b"\n" not in self._left:
            data = self.socket.recv(4_096)
            if not data:
                return b""
            self._left += data
            self.heard += data
        line, _, self._left = self._left.partition(b"\n")
        return line.rstrip(b"\r")

    def linger(self) -> None:
        """Say nothing and keep the connection until the client goes."""
        while data := self.socket.recv(4_096):
            self.heard += data

    def reset(self) -> None:
        """Close with a RST."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()


class Server:
    """A running server: where it is, and who came when."""

    def __init__(self, act: Act, address: str) -> None:
        """Listen on a free port of ``address``."""
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self._listener = socket.create_server((address, 0), family=family, backlog=1_024)
        self._act = act
        self._threads: list[threading.Thread] = []
        self.address = address
        self.port: int = self._listener.getsockname()[1]
        self.clients: list[Client] = []
        self.peers: list[str] = []
        self.times: list[float] = []
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def refuse(self) -> None:
        """From now on connections are refused."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)

    def stop(self) -> None:
        """Accept nobody any more, hang up on everybody, and wait for the threads."""
        self.refuse()
        self._accepting.join(DEADLINE)
        self._listener.close()
        for client in self.clients:
            with contextlib.suppress(OSError):
                client.socket.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(DEADLINE)
        assert not any(thread.is_alive() for thread in [self._accepting, *self._threads])

    def _accept(self) -> None:
        while True:
            try:
                connection, peer = self._listener.accept()
            except OSError:
                return
            client = Client(connection, len(self.clients))
            self.clients.append(client)
            self.peers.append(peer[0])
            self.times.append(time.monotonic())
            thread = threading.Thread(target=self._serve, args=(client,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, client: Client) -> None:
        with contextlib.suppress(OSError):  # the client goes when it likes
            self._act(client)
        client.socket.close()


@contextmanager
def serving(act: Act, address: str = "127.0.0.1") -> Iterator[Server]:
    """A server that does ``act`` to every client, for the length of the block."""
    server = Server(act, address)
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def closed_port() -> Iterator[int]:
    """A port of 127.0.0.1 on which nobody listens, kept from others for the length of the block."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


@contextmanager
def deaf_port() -> Iterator[int]:
    """A port of 127.0.0.1 where connecting gets no answer: its queue is full, so that the kernel drops the rest."""
    with socket.socket() as listener, contextlib.ExitStack() as stack:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            queued = stack.enter_context(socket.socket())
            queued.setblocking(False)
            queued.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]

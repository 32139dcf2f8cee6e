"""The practice lab: one thread that serves talks on loopback, bounded in time and connections."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import cache, partial

from msgspec import Struct

from tightlip.lab.certificates import tls_context
from tightlip.lab.connection import Connection
from tightlip.model.endpoint import Endpoint, Security
from tightlip.model.errors import UsageError
from tightlip.talk.expectation import Expectation
from tightlip.talk.script import Talk, TlsVersion

# Each talk has a loopback address of its own, as tightlip judges hosts: one that says "too many connections" would
# otherwise silence its neighbours. Where only 127.0.0.1 exists (macOS) all live there.
_OWN_ADDRESS = "127.20.{}.{}"
_SHARED_ADDRESS = "127.0.0.1"


class Limits(Struct, frozen=True):
    """How long the lab and one connection may live, in seconds, and how many connections each port takes at once."""

    seconds: float = 600.0
    connection_seconds: float = 120.0
    connections: int = 32


USUAL_LIMITS = Limits()


class Served(Struct, frozen=True):
    """One endpoint state that the lab answers, and what tightlip is expected to say of it."""

    endpoint: Endpoint
    talk: Talk
    expectation: Expectation


class Lab:
    """A running lab."""

    def __init__(self, served: tuple[Served, ...], thread: threading.Thread) -> None:
        """``served`` in the order of the talks; ``thread`` ends when the lab does."""
        self.served = served
        self._thread = thread

    def wait(self, seconds: float | None = None) -> None:
        """Return when the lab has stopped by itself, or after ``seconds``."""
        self._thread.join(seconds)

    @property
    def is_open(self) -> bool:
        """Whether the lab still answers."""
        return self._thread.is_alive()


class _Door(Struct, frozen=True):
    """A listening socket, what is played behind it, how it comes by its certificate, and who has come in."""

    listener: socket.socket
    talk: Talk
    security: Security
    context: Callable[[], ssl.SSLContext]
    crowd: set[Connection]


@contextmanager
def open_lab(talks: Sequence[Talk], limits: Limits = USUAL_LIMITS, first_port: int = 0) -> Iterator[Lab]:
    """Serve ``talks`` while the block runs, on free ports or on ``first_port`` and those above it.

    A talk has one port for its states plain and starttls and another for implicit TLS. UsageError names a port
    that cannot be had. The lab stops by itself after ``limits.seconds``.
    """
    with ExitStack() as stack:
        doors = _open_doors(talks, first_port, stack)
        loop = asyncio.new_event_loop()
        stop = asyncio.Event()
        serve = partial(_serve, doors, limits, stop)
        thread = threading.Thread(target=_run, args=(loop, serve), name="lab", daemon=True)
        thread.start()
        try:
            yield Lab(tuple(each for door in doors for each in _served(door)), thread)
        finally:
            _stop(loop, stop)
            thread.join()


def _open_doors(talks: Sequence[Talk], first_port: int, stack: ExitStack) -> list[_Door]:
    doors: list[_Door] = []
    for number, talk in enumerate(talks):
        address = _address(number)
        # Made when the first client needs it, and once for both doors.
        context = cache(partial(tls_context, talk.certificate, talk.newest_tls, address))
        if talk.newest_tls is not TlsVersion.TLS_1_3:
            # Old versions raise warnings, whose filters belong to the main thread.
            context()
        for security in _entrances(talk):
            listener = stack.enter_context(_listener(address, first_port + len(doors) if first_port else 0))
            doors.append(_Door(listener, talk, security, context, set()))
    return doors


def _address(number: int) -> str:
    address = _OWN_ADDRESS.format(number // 250, number % 250 + 1)
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as trial:
        try:
            trial.bind((address, 0))
        except OSError:
            return _SHARED_ADDRESS
    return address


def _entrances(talk: Talk) -> list[Security]:
    """Plain and starttls are states of one port; implicit TLS has its own."""
    states = talk.states.keys()
    clear = [Security.PLAIN] if {Security.PLAIN, Security.STARTTLS} & states else []
    return clear + [security for security in states if security is Security.IMPLICIT]


def _listener(address: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((address, port))
        listener.listen(64)
    except (OSError, OverflowError) as error:
        listener.close()
        why = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"port {port}: {why}", "choose another first port") from None
    listener.setblocking(False)
    return listener


def _served(door: _Door) -> Iterator[Served]:
    address, port = door.listener.getsockname()
    for security, expected in door.talk.states.items():
        if (security is Security.IMPLICIT) is (door.security is Security.IMPLICIT):
            yield Served(Endpoint(address, port, door.talk.protocol, security), door.talk, expected)


def _run(loop: asyncio.AbstractEventLoop, serve: Callable[[], Coroutine[None, None, None]]) -> None:
    try:
        loop.run_until_complete(serve())
    finally:
        loop.close()


async def _serve(doors: Sequence[_Door], limits: Limits, stop: asyncio.Event) -> None:
    """Answer at every door until ``stop`` is set or the time is up."""
    loop = asyncio.get_running_loop()
    servers = [await loop.create_server(partial(_welcome, door, limits), sock=door.listener) for door in doors]
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), limits.seconds)
    for server in servers:
        server.close()
    for connection in [each for door in doors for each in door.crowd]:
        connection.drop()
    # One turn of the loop, so that aborted transports are told.
    await asyncio.sleep(0)


def _welcome(door: _Door, limits: Limits) -> asyncio.Protocol:
    if len(door.crowd) >= limits.connections:
        return _Full()
    connection = Connection(door.talk, door.security, door.context, limits.connection_seconds, door.crowd.discard)
    door.crowd.add(connection)
    return connection


class _Full(asyncio.Protocol):
    """Turns a client away when there are too many."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.close()


def _stop(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    # A closed loop raises: the lab has already stopped by itself.
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(stop.set)

"""One connection: a socket, the TLS stage where there is one, and the session it carries."""

import contextlib
import errno
import socket
from contextlib import suppress

from tightlip.model.endpoint import Security
from tightlip.model.observation import Ending
from tightlip.model.oddity import Oddity, OddityName
from tightlip.network.poller import FAILED, WRITE
from tightlip.network.proxy_header import header_of
from tightlip.network.tls import TlsFailure, TlsStage
from tightlip.network.visit import Visit
from tightlip.talk.framing import TooLongError
from tightlip.talk.session import OverlongError, Session

_READ_SIZE = 4_096
_BIND_LATE = getattr(socket, "IP_BIND_ADDRESS_NO_PORT", 24)
# All we ever say is a fraction of this; TLS can be made to answer without end (RFC 8446 section 4.6.3).
_UNSENT_LIMIT = 65_536
# Whoever runs out of these has learned nothing of the peer.
_OF_THIS_MACHINE = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
_IMPLICIT = Security.IMPLICIT
_STREAM = socket.SOCK_STREAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC


class Over(Exception):
    """The conversation is over; carries the ending and the cause in the machine's own words."""

    def __init__(self, ending: Ending, cause: str | None = None) -> None:
        """Keep both parts."""
        super().__init__(ending)
        self.ending = ending
        self.cause = cause


class Connection:
    """Driven by the engine: open(), then hear() as the poller says and answer() after it, then close().

    ``unsent`` are bytes that wait for the peer to take them. The engine's own notes on a connection stand here too.
    """

    __slots__ = (
        "_has_ended",
        "_tls",
        "deadline",
        "fd",
        "finish",
        "is_connected",
        "number",
        "queued",
        "session",
        "sock",
        "unsent",
        "visit",
        "watched",
    )

    def __init__(self, visit: Visit) -> None:
        """A connection for the visit's present question; nothing is opened yet."""
        self.visit = visit
        self.session: Session | None = None
        self.number = 0
        self.watched = 0
        self.queued = 0.0
        self.deadline = 0.0
        self.finish = 0.0
        self.is_connected = False
        self._has_ended = False
        self._tls: TlsStage | None = None
        self.unsent = b""

    def open(self) -> None:
        """Start connecting without waiting; OSError when that fails at once."""
        item, source = self.visit.item, self.visit.source
        family = socket.AF_INET6 if ":" in item.address else socket.AF_INET
        # SocketType is the C socket: half the cost of the Python class, and no more is needed here.
        self.sock = socket.SocketType(family, _STREAM)
        self.fd = self.sock.fileno()
        try:
            if source is not None:
                self.sock.setsockopt(socket.IPPROTO_IP, _BIND_LATE, 1)
                self.sock.bind((source, 0))
            code = self.sock.connect_ex((item.address, item.port))
        except OSError:
            self.sock.close()
            raise
        if code not in (0, errno.EINPROGRESS):
            self.sock.close()
            raise OSError(code, errno.errorcode.get(code, str(code)))

    def probe_connected(self) -> bool:
        """Ask the socket whether it got connected (the peer may just not have spoken yet)."""
        try:
            self.sock.getpeername()
        except OSError:
            return False
        return True

    def begin(self) -> None:
        """We are connected: send a PROXY header where one is expected, then start TLS, or the dialogue."""
        self.is_connected = True
        visit = self.visit
        if visit.sends_header:
            self._send_header()
        if visit.item.security is _IMPLICIT:
            self._start_tls()
        else:
            self.session = visit.open_session(self._local)
            self.session.begin()

    def hear(self, mask: int) -> None:
        """Take what the poller says is there and let the dialogue go on; Over when something ended it."""
        if mask & WRITE and not mask & FAILED and not self.is_connected:
            code = self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if code:
                raise self._broken(OSError(code, ""))
            self.begin()
        if mask == WRITE:
            return
        try:
            data = self.sock.recv(_READ_SIZE)
        except BlockingIOError:
            return
        except OSError as error:
            raise self._broken(error) from error
        if not self.is_connected:
            self.begin()
        if not data:
            raise self._ended()
        tls = self._tls
        if tls is None:
            self._receive(data)
            return
        if clear := self._decrypted(tls, data):
            self._receive(clear)
        if tls.has_ended:
            raise self._ended()  # Exim leaves the connection open until we close it

    def answer(self) -> bool:
        """Send what the dialogue and the TLS stage have to say; True when the dialogue has come to its end."""
        session, tls = self.session, self._tls
        outgoing = session.take_outgoing() if session is not None else b""
        if tls is not None:
            if outgoing and tls.is_up:
                self._encrypt(tls, outgoing)
            outgoing = tls.take_outgoing()
        if outgoing or self.unsent:
            self._send(outgoing)
        return session is not None and session.is_over

    def timed_out(self) -> Over:
        """How a deadline that passed ends this conversation."""
        if not self.is_connected:
            return Over(Ending.UNREACHABLE, "timed_out")
        session = self.session
        if session is not None and session.leaving and not session.awaits_close:
            session.facts.append(Oddity(OddityName.OUT_OF_STEP, "our goodbye was neither answered nor heeded"))
        return Over(self._unless_leaving(Ending.TIMED_OUT), "timed_out")

    def close(self) -> Session | None:
        """Close the socket and the dialogue; what was heard stays in the session."""
        if self._tls is not None and self._tls.is_up and not self.unsent:
            with contextlib.suppress(OSError):
                self.sock.send(self._tls.farewell())
        self.sock.close()
        if self.session is not None:
            if self.visit.sends_header:
                self._doubt_header(self.session)
            self.session.close()
        return self.session

    def _local(self) -> str:
        return str(self.sock.getsockname()[0])

    def _send_header(self) -> None:
        try:
            header = header_of(self.sock)
        except OSError as error:  # the peer has gone already, and with it its address
            raise self._broken(error) from error
        self.visit.header = header
        self._send(header)

    def _receive(self, data: bytes) -> None:
        session = self.session
        assert session is not None
        try:
            session.receive(data)
        except (TooLongError, OverlongError) as error:
            if session.leaving and not session.awaits_close:
                session.facts.append(Oddity(OddityName.OUT_OF_STEP, "the answer to our goodbye had no end"))
            raise Over(self._unless_leaving(Ending.TOO_LONG)) from error
        if session.wants_tls:
            self.answer()
            self._start_tls()

    def _start_tls(self) -> None:
        self._tls = TlsStage(self.visit.item.host, self.visit.server_name)
        self._handshake(self._tls, b"")

    def _decrypted(self, tls: TlsStage, data: bytes) -> bytes:
        """What the peer says below TLS; empty while there is nothing whole."""
        try:
            if not tls.is_up:
                self._handshake(tls, data)
                data = b""
            return tls.decrypt(data) if tls.is_up else b""
        except TlsFailure as failure:
            raise Over(self._unless_leaving(Ending.TLS_FAILED), str(failure)) from failure

    def _handshake(self, tls: TlsStage, data: bytes) -> None:
        try:
            state = tls.handshake(data)
        except TlsFailure:
            with suppress(Over):  # a peer that has gone does not hear why, but we know
                self._send(tls.take_outgoing())  # the alert
            raise
        if state is None:
            return
        if self.session is None:
            self.session = self.visit.open_session(self._local)
            self.session.note_tls(state)
            self.session.begin()
        else:
            self.session.tls_is_up(state)

    def _encrypt(self, tls: TlsStage, outgoing: bytes) -> None:
        try:
            tls.encrypt(outgoing)
        except TlsFailure as failure:  # the peer has broken TLS off, in the same breath as its answer
            raise Over(self._unless_leaving(Ending.TLS_FAILED), str(failure)) from failure

    def _send(self, outgoing: bytes) -> None:
        unsent = self.unsent
        data = unsent + outgoing if unsent else outgoing
        try:
            sent = self.sock.send(data)
        except BlockingIOError:
            sent = 0
        except OSError as error:
            raise self._broken(error) from error
        if sent == len(data) and not unsent:
            return
        self.unsent = data[sent:]
        if len(self.unsent) > _UNSENT_LIMIT:
            raise Over(self._unless_leaving(Ending.TOO_LONG), "the peer does not read")

    def _broken(self, error: OSError) -> Over:
        """What an error on the socket means, before and after the connection was made."""
        name = errno_name(error)
        # A reset is a close: who was never connected is refused (tcp(7)).
        if self.is_connected or error.errno == errno.ECONNRESET:
            return Over(self._closed_ending(), name)
        return Over(unreached(error.errno), name)

    def _doubt_header(self, session: Session) -> None:
        """Note that nothing shows that the PROXY header was not taken for a command.

        It then had an answer of its own, by which all others are late, and the last one comes after that to our
        goodbye: only the end of the connection tells that there is none. A reset may have thrown it away.
        """
        if session.leaving and not session.is_over and not (session.awaits_close and self._has_ended):
            told = "after the PROXY header and our goodbye the connection did not end as it should"
            session.facts.append(Oddity(OddityName.OUT_OF_STEP, told))

    def _ended(self) -> Over:
        """The peer has closed in order: all that it said has come."""
        self._has_ended = True
        return Over(self._closed_ending(), "closed by the peer")

    def _closed_ending(self) -> Ending:
        """A close before the greeting is a server that has no time for us now; one after our goodbye is an end."""
        if self.visit.item.security is _IMPLICIT if self._tls is None else not self._tls.is_up:
            return Ending.TLS_FAILED
        if self.session is None or not self.session.spoken_to:
            return Ending.THROTTLED
        return self._unless_leaving(Ending.CLOSED_EARLY)

    def _unless_leaving(self, ending: Ending) -> Ending:
        return Ending.COMPLETED if self.session is not None and self.session.leaving else ending


def errno_name(error: OSError) -> str:
    """The cause in the machine's own words."""
    return errno.errorcode.get(error.errno or 0, error.strerror or "EIO")


def unreached(code: int | None) -> Ending:
    """The ending for a connect that failed with this errno."""
    if code in _OF_THIS_MACHINE:
        return Ending.INTERNAL_ERROR
    return Ending.CONNECTION_REFUSED if code == errno.ECONNREFUSED else Ending.UNREACHABLE

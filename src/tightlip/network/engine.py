"""The engine: thousands of visits at once in one thread, over one poller.

Theory of operation. Work items arrive through an intake, outcomes leave through an outlet; both are descriptors in
the same poller as the sockets, so that nothing here ever blocks: when the outlet's reader is slow, no new connection
is started, and those that run go on. The reception turns a work item into a visit, the pacing says when it may
start, and each of its questions is one connection. The poll's time-out is the next of all deadlines, never a fixed
beat.
"""

import time
from collections import deque
from traceback import format_exception

from tightlip.model.endpoint import Security
from tightlip.model.observation import Ending
from tightlip.network.channel import Intake, Outlet
from tightlip.network.connection import Connection, Over, errno_name, unreached
from tightlip.network.deadlines import Deadlines
from tightlip.network.messages import EngineSettings
from tightlip.network.pacing import Bucket, Pacing
from tightlip.network.poller import BATCH, READ, WRITE, open_poller
from tightlip.network.reception import Reception
from tightlip.network.visit import Visit

_BACKLOG = 256
_PARKED = 4_096
# How many connections are opened between two looks at those that are open: many while there is little to serve, few
# while every look brings a full batch or, as under TLS, takes its time. So no more conversations are under way than
# keep the processor busy, however high the limit: memory and time-outs stay where they belong.
_OPENED_AT_EASE = 128
_OPENED_AT_FULL_LOAD = 24
_LONG_ROUND = 0.01
# How long we wait for a server to close after our goodbye was answered: what came late would come now. Who may have
# taken a PROXY header for a command has the usual time.
_LINGER = 1.0
_LONGEST_POLL = 0.25
_NO_LIMIT = 1_000_000
_COMPLETED = Ending.COMPLETED
_IMPLICIT = Security.IMPLICIT
_READ_WRITE = READ | WRITE


class Engine:
    """Drives visits from an intake to an outlet until the intake has ended and the last visit is over."""

    def __init__(self, settings: EngineSettings, intake: Intake, outlet: Outlet) -> None:
        """Nothing is opened before run()."""
        self._settings = settings
        self._intake = intake
        self._outlet = outlet
        self._poller = open_poller()
        self._pacing = Pacing(settings.per_host, settings.per_net, settings.per_host_rate)
        self._bucket = Bucket(settings.rate)
        self._reception = Reception(settings, outlet)
        self._limit = settings.concurrency or _NO_LIMIT
        self._ready: deque[Visit] = deque()
        self._open: dict[int, Connection] = {}
        self._deadlines = Deadlines()
        self._opened = 0
        self._next_token = 0.0
        self._at_full_load = False
        self._holds_back = False
        self._reads_intake = False
        self._watches_outlet = False

    def run(self) -> None:
        """Work until there is nothing left to do."""
        intake = self._intake.fileno()
        while True:
            now = time.monotonic()
            self._start_some(now)
            self._watch_intake(intake)
            self._outlet.send(now)
            self._watch_outlet()
            if self._intake.stopped or not self._has_work():
                break
            ready = self._poller.poll(self._patience(now))
            now = time.monotonic()
            self._serve(ready, intake, now)
            self._at_full_load = len(ready) >= BATCH or time.monotonic() - now > _LONG_ROUND
            self._expire(now)
        for connection in self._open.values():
            connection.close()
        self._outlet.drain()
        self._poller.close()

    def _has_work(self) -> bool:
        return bool(self._reads_intake or self._open or self._ready or self._pacing.parked)

    def _watch_intake(self, fd: int) -> None:
        """Read more work only while what waits here is little; what is not read waits in the pipe."""
        wanted = not self._intake.ended and len(self._ready) < _BACKLOG and self._pacing.parked < _PARKED
        if wanted != self._reads_intake:
            self._reads_intake = wanted
            if wanted:
                self._poller.register(fd, READ)
            else:
                self._poller.unregister(fd)

    def _watch_outlet(self) -> None:
        waiting = self._outlet.is_waiting
        if waiting != self._watches_outlet:
            self._watches_outlet = waiting
            if waiting:
                self._poller.register(self._outlet.fileno(), WRITE)
            else:
                self._poller.unregister(self._outlet.fileno())

    def _patience(self, now: float) -> float:
        """Seconds until something must be done without an event."""
        if self._holds_back:
            return 0.0
        wakes = [now + _LONGEST_POLL]
        if (deadline := self._deadlines.earliest()) is not None:
            wakes.append(deadline)
        if self._next_token:
            wakes.append(self._next_token)
        if (due := self._pacing.next_due()) is not None:
            wakes.append(due)
        return max(0.0, min(wakes) - now)

    def _start_some(self, now: float) -> None:
        """Start as many as limits, rate and the outlet's reader allow."""
        ready = self._ready
        ready.extend(self._pacing.due(now))
        self._next_token = 0.0
        most = self._opened + (_OPENED_AT_FULL_LOAD if self._at_full_load else _OPENED_AT_EASE)
        while ready and len(self._open) < self._limit and self._opened < most and not self._outlet.is_full:
            wait = self._bucket.wait(now)
            if wait:
                self._next_token = now + wait
                break
            visit = ready.popleft()
            if not self._reception.may_ask(visit):
                self._pacing.give_way(visit, now)
            elif self._pacing.may_start(visit, now):
                self._bucket.take()
                self._open_connection(visit, now)
        self._holds_back = self._opened >= most

    def _open_connection(self, visit: Visit, now: float) -> None:
        visit.connections += 1
        if not visit.started:
            visit.started = time.time()
        connection = Connection(visit)
        try:
            connection.open()
        except OSError as error:
            self._after(visit, unreached(error.errno), errno_name(error), None)
            return
        self._opened += 1
        connection.number = self._opened
        connection.finish = now + self._settings.conversation_timeout
        connection.deadline = now + self._settings.connect_timeout
        self._deadlines.begin(connection)
        # Where the server speaks first its greeting tells that we are connected: one event and one call less. Where we
        # do, by TLS or a PROXY header, the poller has to.
        connection.watched = WRITE if visit.item.security is _IMPLICIT or visit.sends_header else READ
        self._poller.register(connection.fd, connection.watched)
        self._open[connection.fd] = connection

    def _serve(self, ready: list[tuple[int, int]], intake: int, now: float) -> None:
        """Hear everybody, then answer all, then close: a peer that sleeps is woken once a round, not at every word."""
        heard: list[Connection] = []
        for fd, mask in ready:
            connection = self._open.get(fd)
            if connection is not None:
                try:
                    connection.hear(mask)
                except Exception as error:  # a door, as _break_off() says
                    self._break_off(connection, error)
                else:
                    heard.append(connection)
            elif fd == intake:
                self._ready.extend(map(self._reception.admit, self._intake.take()))
        for connection in self._answer(heard, now):
            self._end(connection, _COMPLETED, None)

    def _answer(self, heard: list[Connection], now: float) -> list[Connection]:
        """Answer those that were heard; whose conversation has come to its end."""
        over: list[Connection] = []
        # The peer did something: it has the read time-out again. Later deadlines are found out when they come up.
        usual = now + self._settings.read_timeout
        for connection in heard:
            try:
                if connection.answer():
                    over.append(connection)
                    continue
            except Exception as error:  # as above
                self._break_off(connection, error)
                continue
            deadline = usual
            session = connection.session
            if session is not None and session.awaits_close and not connection.visit.sends_header:
                deadline = min(usual, now + _LINGER)
            finish = connection.finish
            connection.deadline = deadline if deadline < finish else finish  # noqa: FURB136 - min() costs three times more
            if connection.deadline < connection.queued:
                self._deadlines.queue(connection)
            wanted = _READ_WRITE if connection.unsent else READ
            if wanted != connection.watched:
                connection.watched = wanted
                self._poller.modify(connection.fd, wanted)
        return over

    def _break_off(self, connection: Connection, error: Exception) -> None:
        """The door where our own faults are caught: one must not take the other conversations down with it."""
        if isinstance(error, Over):
            self._end(connection, error.ending, error.cause)
        else:
            self._end(connection, Ending.INTERNAL_ERROR, "".join(format_exception(error)))

    def _end(self, connection: Connection, ending: Ending, cause: str | None) -> None:
        del self._open[connection.fd]
        self._poller.discard(connection.fd)
        self._after(connection.visit, ending, cause, connection)

    def _after(self, visit: Visit, ending: Ending, cause: str | None, connection: Connection | None) -> None:
        """A connection is over: ask on, wait and ask again, or hand the visit's observation in."""
        session = connection.close() if connection is not None else None
        self._ready.extend(self._pacing.ended(visit))
        again = visit.absorb(session, ending, cause)
        if visit.was_throttled or visit.is_banned:
            self._reception.count_throttled(visit)
        if again:
            delay = self._settings.retry_delay if visit.was_throttled else self._settings.redial_delay
            until = time.monotonic() + delay
            self._pacing.hold(visit.item.address, visit.item.port, until)
            self._pacing.park(visit, until)
        elif visit.goes_on:
            self._ready.append(visit)
        else:
            self._ready.extend(self._reception.finish(visit))

    def _expire(self, now: float) -> None:
        """End those whose deadline has passed; whoever has moved on since it was queued is queued anew."""
        for connection in self._deadlines.due(now, self._open):
            if not connection.is_connected and connection.probe_connected():
                self._begin_late(connection, now)
            elif connection.deadline > now:
                self._deadlines.queue(connection)
            else:
                over = connection.timed_out()
                self._end(connection, over.ending, over.cause)

    def _begin_late(self, connection: Connection, now: float) -> None:
        """Connected in time, but to a peer that has not spoken yet."""
        try:
            connection.begin()
        except Exception as error:  # as above
            self._break_off(connection, error)
        else:
            connection.deadline = min(now + self._settings.read_timeout, connection.finish)
            self._deadlines.queue(connection)

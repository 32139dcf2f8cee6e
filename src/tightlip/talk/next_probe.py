"""What to ask next of one endpoint state, from what has been heard: pure, so that engine and tests agree.

Theory of operation. An inquiry holds one asking of one state, over as many connections as it needs. The dialogue of
each connection takes probes from it one by one, and what they taught is in the facts when it asks for the next. What is
worth asking follows from the facts alone, in this order: NTLM by the protocol's own doors; where no mechanism is listed
and AUTH is refused in unclear words, an invented command and a known one; the other paths into NTLM, GSSAPI last, since
a Kerberos that is given NTLM counts a failed login; then the controls that tell what an unclear refusal means. So a
server that refuses plainly is asked once a path, and only who is unclear is asked more.

Politeness is kept by limits: few refusals a connection, few connections a state. Whatever they cut off is told as left
unasked, and leaves the state in doubt. A connection that the server closed after refusals may have met a limit of
errors: its open probe is asked once more on the next one.
"""

from collections.abc import Container, Iterator, Sequence

from msgspec.structs import replace

from tightlip.model.endpoint import Security
from tightlip.model.facts import (
    Control,
    Door,
    Fact,
    LeftUnasked,
    Mechanisms,
    Opening,
)
from tightlip.model.observation import Depth
from tightlip.talk.grounds import refusals_in
from tightlip.talk.mechanism_lists import MechanismLists
from tightlip.talk.probes import (
    ControlProbe,
    FirstMessage,
    PasswordProbe,
    PathProbe,
    Probe,
    Subject,
    Variation,
)
from tightlip.talk.protocol import Protocol
from tightlip.talk.tried import Tried, lists_in
from tightlip.talk.worth_asking import State, discloses, worth_asking

_REFUSALS_A_CONNECTION = 3
_CONNECTIONS = {Depth.POLITE: 2, Depth.THOROUGH: 8}
# So many more where each path has a connection of its own.
_CONNECTIONS_ALONE = 10
# So many more where the server limits the errors of a connection.
_MORE_CONNECTIONS = 2
# And for each further machine that answers at the address, of a few.
_CONNECTIONS_A_MACHINE = 3
_MACHINES = 3

# Bound once, as in the session: these are looked up for every conversation.
_POLITE, _THOROUGH, _PLAIN = Depth.POLITE, Depth.THOROUGH, Security.PLAIN
_NTLM, _PASSWORDS = Subject.NTLM, Subject.PASSWORDS
_FIRST = PathProbe()


class Inquiry:
    """One asking of one state: call ``connect`` for each connection and ``disconnect`` when it has ended.

    ``has_disclosed``: a challenge was met that names the host, its Windows or its clock.
    """

    __slots__ = (
        "_asked_again",
        "_begins_with_ntlm",
        "_connections",
        "_earlier",
        "_ends_with_disclosure",
        "_is_for_passwords",
        "_more",
        "_most_refusals",
        "_now",
        "_state",
        "_tried",
        "has_disclosed",
    )

    def __init__(
        self,
        protocol: Protocol,
        security: Security,
        depth: Depth = _POLITE,
        subjects: Container[Subject] = (Subject.NTLM,),
    ) -> None:
        """Nothing has been asked."""
        self._state = state = State(protocol, security, depth, subjects)
        self._begins_with_ntlm = state.begins_with_ntlm
        self._earlier: tuple[Fact, ...] = ()
        self._now: Sequence[Fact] = ()
        self._tried = Tried()
        self._asked_again: tuple[Probe, ...] = ()
        self._connections = 0
        self._more = 0
        self._most_refusals = _REFUSALS_A_CONNECTION
        self._is_for_passwords = False
        self.has_disclosed = False
        self._ends_with_disclosure = depth is _POLITE and not (security is _PLAIN and _PASSWORDS in subjects)

    def connect(self, facts: list[Fact]) -> None:
        """A connection begins; ``facts`` is where its session notes what it learns."""
        self._connections += 1
        self._tried.connect()
        self._now = facts

    def next_probe(self) -> Probe | None:
        """The next probe for this connection, None when it is to be left."""
        state, tried = self._state, self._tried
        last = tried.last
        if last is None:
            if state.depth is _THOROUGH:
                tried.meet(lists_in(self._now))
            if not tried.here and self._begins_with_ntlm and not self._spells_its_own_way():
                tried.here.append(_FIRST)
                return _FIRST
        self.has_disclosed = self.has_disclosed or discloses(self._now)
        if self.is_settled:
            return None
        if refusals_in(self._now) >= self._most_refusals:
            return None
        probe = self._pending()
        if last is None and self._may_be_another_machine(probe):
            probe = self._ntlm()
        if probe is None or (last is not None and self._wants_own_connection(probe, last)):
            probe = self._ntlm_at_last()
        if probe is None:
            return None
        tried.here.append(probe)
        return probe

    def vary(self, variation: Variation) -> None:
        """What is asked here was asked before, by another inquiry: now in another order or form."""
        self._state = replace(self._state, variation=variation)
        self._begins_with_ntlm = self._state.begins_with_ntlm

    @property
    def variation(self) -> Variation:
        """How this asking differs from the one before."""
        return self._state.variation

    @property
    def is_settled(self) -> bool:
        """Whether a disclosure has ended the asking, as it does the polite one for NTLM alone."""
        return self.has_disclosed and self._ends_with_disclosure

    @property
    def last(self) -> Probe | None:
        """What was asked last on this connection, None where nothing was."""
        return self._tried.last

    @property
    def is_about_ntlm(self) -> bool:
        """Whether this connection says anything of NTLM; one that is made for passwords leaves no doubt about it."""
        last = self.last
        return not self._is_for_passwords or not (last is None or isinstance(last, PasswordProbe))

    @property
    def open_door(self) -> Door:
        """The door by which this connection asked last, or was made to ask."""
        probe = self.last or self._pending()
        return probe.via if isinstance(probe, PathProbe) else Door.AUTH

    def forget(self) -> None:
        """The connection came to nothing, and is made once more."""
        self._connections -= 1
        self._now = ()
        self._tried.forget()

    def disconnect(self) -> None:
        """The connection has ended: what it noted is of the past."""
        self._earlier = (*self._earlier, *self._now)
        self._now = ()
        self._tried.connect()

    def ask_again(self) -> bool:
        """Where the connection that was just cut off had refused us before, ask its open probe once more; whether so.

        From now on we leave before the limit: only a goodbye that is answered shows that the refusals are in step.
        """
        probe = self.last
        refusals = refusals_in(self._now)
        if probe is None or probe in self._asked_again or not refusals:
            return False
        self._most_refusals = max(1, min(self._most_refusals, refusals - 1))
        self._asked_again = (*self._asked_again, probe)
        self._tried.here.remove(probe)
        self._more = _MORE_CONNECTIONS
        return True

    def wants_connection(self) -> bool:
        """Whether there is more to ask, and another connection may be made for it."""
        probe = self._untried()
        self._is_for_passwords = isinstance(probe, PasswordProbe)
        further = min(self._tried.machines, _MACHINES) - 1
        allowed = _CONNECTIONS[self._state.depth] + self._more + further * _CONNECTIONS_A_MACHINE
        if self._state.variation is Variation.ALONE:
            allowed += _CONNECTIONS_ALONE
        return probe is not None and self._connections < allowed

    def left_unasked(self) -> Iterator[LeftUnasked]:
        """What should have been asked as well; the passwords are another matter."""
        probe = self._untried()
        if isinstance(probe, PathProbe):
            yield LeftUnasked(probe.via, probe.mechanism)
        elif isinstance(probe, ControlProbe):
            yield LeftUnasked(Door.AUTH, probe.control)

    def _facts(self) -> Sequence[Fact]:
        return (*self._earlier, *self._now) if self._earlier else self._now

    def _pending(self) -> Probe | None:
        """The first that was not put to the machine that answers now."""
        tried = self._tried.here
        return next((probe for probe in worth_asking(self._state, self._facts()) if probe not in tried), None)

    def _untried(self) -> Probe | None:
        """The first that was not put to every machine."""
        return self._tried.untried(worth_asking(self._state, self._facts()))

    def _wants_own_connection(self, probe: Probe, last: Probe) -> bool:
        """What is held where nothing was refused before: controls, each path alone, or GSSAPI where it is listed."""
        if isinstance(probe, PasswordProbe):
            return True
        if self._state.variation is Variation.ALONE and isinstance(probe, PathProbe):
            return not isinstance(last, PathProbe) or _asked_as(probe) != _asked_as(last)
        if self._state.depth is _THOROUGH:
            return _is_control(probe) and not _is_control(last)
        return isinstance(probe, PathProbe) and probe.via is Door.GSSAPI and self._begins_gssapi(probe)

    def _begins_gssapi(self, probe: PathProbe) -> bool:
        """Whether a login will be begun that fails: what is asked last on its connection tells how that is logged."""
        is_first = probe.message is FirstMessage.CURRENT and probe.opening is Opening.NAME
        return is_first and refusals_in(self._now) > 0 and MechanismLists(self._facts()).have(Door.GSSAPI)

    def _may_be_another_machine(self, probe: Probe | None) -> bool:
        """Whether NTLM is asked for before a further path."""
        if self._state.variation is Variation.ALONE or not isinstance(probe, PathProbe):
            return False
        return self._is_further() and not _is_control(probe)

    def _ntlm_at_last(self) -> Probe | None:
        """NTLM, where anything is still worth asking and this connection has not asked for it so."""
        if not self._is_further() or self._is_for_passwords:
            return None
        is_over = not any(isinstance(probe, PathProbe) for probe in worth_asking(self._state, self._facts()))
        ntlm = self._ntlm()
        return None if is_over or ntlm in self._tried.now else ntlm

    def _ntlm(self) -> PathProbe:
        """NTLM as this asking puts it on every connection: by its name, or with its message, as nodes may differ."""
        at_once = self._state.variation is Variation.WITH_MESSAGE
        opening = Opening.INITIAL_RESPONSE if at_once else Opening.NAME
        name = MechanismLists(self._facts()).spelled("NTLM")
        return PathProbe(self._state.protocol.doors[0], name, opening=opening)

    def _is_further(self) -> bool:
        """Whether this connection may lead elsewhere than those before, of several machines behind one address.

        Where the server limits errors there is no room for more than what is still to be asked.
        """
        is_further = self._state.depth is _THOROUGH and bool(self._earlier) and not self.has_disclosed
        return is_further and self._most_refusals == _REFUSALS_A_CONNECTION

    def _spells_its_own_way(self) -> bool:
        for fact in self._now:  # noqa: SIM110 - a generator costs more than the few facts
            if type(fact) is Mechanisms and fact.spelled:
                return True
        return False


def _asked_as(probe: PathProbe) -> tuple[Door, str, FirstMessage | None]:
    """What is said first to ask for a path: its name, whichever message follows, or one with a message."""
    at_once = probe.opening is Opening.INITIAL_RESPONSE
    return probe.via, probe.mechanism, probe.message if at_once else None


def _is_control(probe: Probe) -> bool:
    """Whether a probe measures what a refusal by name means, commands aside."""
    if isinstance(probe, PathProbe):
        return probe.via is Door.AUTH and probe.opening is Opening.INITIAL_RESPONSE
    return isinstance(probe, ControlProbe) and probe.control in (Control.LISTED_MECHANISM, Control.UNKNOWN_MECHANISM)

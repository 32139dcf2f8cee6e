"""Reception: turns work items into visits, recognises unknown ports, turns away whom we may not or no longer ask."""

import socket
import time
from collections import Counter
from collections.abc import Iterable
from functools import partial

from msgspec.structs import replace

from tightlip import registry
from tightlip.assess.scope import permits
from tightlip.model.endpoint import Security
from tightlip.model.facts import Banner, OtherProtocol
from tightlip.model.host_view import Assessed
from tightlip.model.observation import Depth
from tightlip.model.oddity import OddityName
from tightlip.model.verdict import Reason
from tightlip.network.channel import Outlet
from tightlip.network.messages import EVERYWHERE, UNKNOWN, EngineSettings, Outcome, WorkItem
from tightlip.network.panel import Panel
from tightlip.network.presence import Presence
from tightlip.network.sources import is_same_address, source_for
from tightlip.network.tls import sni_of
from tightlip.network.visit import Visit, address_literal
from tightlip.talk.probes import Question, Subject
from tightlip.talk.protocol import CLEAR_PORT, Protocol
from tightlip.talk.steps import HEAR_LINE, Dialogue, Note
from tightlip.talk.text import words

# After this many "for now, no" from one host nothing more of it is asked.
_PATIENCE = 2
_POLITE = Depth.POLITE
# Outcomes of hosts that are left alone: each was said twice, or is a ban.
_LEFT_ALONE = (Reason.THROTTLED, Reason.REFUSED_FOR_NOW, Reason.BANNED, Reason.STOPPED_ASKING)


def patience_spent(assessed: Assessed) -> int:
    """What of our patience with its host was spent when this came in: 0 where it had not turned us away."""
    if assessed.assessment.reason in _LEFT_ALONE:
        return _PATIENCE
    return int(assessed.observation.was_throttled)


class Reception:
    """One engine's front desk."""

    def __init__(self, settings: EngineSettings, outlet: Outlet) -> None:
        """Outcomes of finished visits go to ``outlet``."""
        self._settings = settings
        self._outlet = outlet
        self._own = frozenset(settings.own_addresses)
        self._proxied = settings.proxied
        self._protocols = registry.gather("protocols", Protocol)
        self._recogniser = Protocol(UNKNOWN, (), self._listen, self._is_greeting, "")
        self._throttled: Counter[str] = Counter(settings.throttled)
        self._open_visits: dict[int, int] = {}
        self._panels: dict[Visit, Panel] = {}
        self._presence = Presence(settings.greeted)
        self._literals: dict[str, str] = {}

    def may_ask(self, visit: Visit) -> bool:
        """Whether a connection may be made now; where not, the visit has been finished and handed in.

        Asked at every connect: the scope may have ended since the item was made, and a host that told us twice
        to come back later is not asked about its other endpoints.
        """
        item = visit.item
        if not permits(self._settings.allowed, _packed(item.address), time.time()):
            why = visit.break_off("scope_ended")
        elif not visit.connections and self._throttled and self._throttled[item.address] >= _PATIENCE:
            why = "stopped_asking"
        else:
            return True
        if self._presence.is_look(visit):
            self._release(self._presence.looked(visit, why or "scope_ended"))
            return False
        for look in filter(self._presence.is_look, self._hand_in(visit, why)):
            self._release(self._presence.looked(look, why or "scope_ended"))  # nor may it be made
        return False

    def count_throttled(self, visit: Visit) -> None:
        """The host answered "for now, no"; who does not want us at all is left alone for the rest of the run."""
        self._throttled[visit.item.address] += _PATIENCE if visit.is_banned else 1

    def finish(self, visit: Visit) -> list[Visit]:
        """A visit has asked all it had to: hand it in, or go on with what it recognised."""
        if self._presence.is_look(visit):
            self._release(self._presence.looked(visit))
            return []
        if visit.item.protocol == UNKNOWN and (further := self._recognised(visit)):
            return further
        return self._hand_in(visit, None)

    def admit(self, item: WorkItem) -> Visit:
        """The visit that a work item asks for."""
        settings = self._settings
        self._presence.expect(item.address)
        source = settings.source
        if source is None or (":" in source) != (":" in item.address):
            source = source_for(item.address, self._own)
        if item.protocol == UNKNOWN or item.depth is _POLITE:
            return self._visit(item, source, sni_of(item.host, item.address))
        panel = Panel(item, self._settings.repeats, partial(self._visit, item, source))
        visit = panel.first()
        self._panels[visit] = panel
        return visit

    def _visit(
        self,
        item: WorkItem,
        source: str | None,
        server_name: str | None,
        subjects: tuple[Subject, ...] | None = None,
    ) -> Visit:
        settings = self._settings
        subjects = settings.subjects if subjects is None else subjects
        is_known = item.protocol != UNKNOWN
        visit = Visit(
            item,
            self._protocols[item.protocol] if is_known else self._recogniser,
            source,
            settings.ehlo_name or self._literal(source),
            server_name=server_name,
            transcripts=settings.transcripts,
            subjects=subjects if is_known else (),
            dials=1 if item.depth is _POLITE else settings.repeats,
        )
        if is_same_address(item.address, source, self._own):
            visit.note(OddityName.SAME_ADDRESS)
        if self._proxied:
            visit.sends_header = EVERYWHERE in self._proxied or (item.address, item.port) in self._proxied
        return visit

    def _literal(self, source: str | None) -> str:
        """Made once: ten thousand visits that wait for an answer say the same."""
        if source is None:
            return ""
        if (literal := self._literals.get(source)) is None:
            literal = self._literals[source] = address_literal(source)
        return literal

    def _hand_in(self, visit: Visit, stopped: str | None) -> list[Visit]:
        """Hand in what a visit came to, with others of its panel when the last of them has; those that follow it."""
        if not visit.started:
            visit.started = time.time()
        assessed = visit.observation(stopped)
        if self._panels and (panel := self._panels.pop(visit, None)) is not None:
            further = panel.conclude(assessed)
            self._panels |= dict.fromkeys(further, panel)
            if not panel.is_complete:
                return further
            assessed = panel.assessed()
        address = visit.item.address
        if not self._presence.take(visit.item, assessed):
            self._close_ticket(visit.item.ticket, assessed)
        if not self._presence.has_waited(address):
            return []
        looks = [
            self._visit(item, visit.source, sni_of(item.host, address), subjects=())
            for item in self._presence.greeted(address)
        ]
        for look in looks:
            self._presence.look(look)
        if not looks:
            self._release(self._presence.release(address))
        return looks

    def _release(self, waited: Iterable[tuple[int, Assessed]]) -> None:
        """Hand in what waited until it was known whether the host still greets us."""
        for ticket, assessed in waited:
            self._close_ticket(ticket, assessed)

    def _close_ticket(self, ticket: int, assessed: Assessed) -> None:
        if self._throttled and self._throttled[assessed.observation.address or ""]:
            assessed = replace(assessed, observation=replace(assessed.observation, was_throttled=True))
        self._outlet.put(Outcome(ticket, assessed))
        left = self._open_visits.get(ticket, 1) - 1
        if left:
            self._open_visits[ticket] = left
        else:
            self._open_visits.pop(ticket, None)
            self._outlet.done(ticket)

    def _recognised(self, visit: Visit) -> list[Visit]:
        """The visits that follow from a greeting; from silence, one more try: the port may want TLS first."""
        item = visit.item
        banner = next((fact.text for fact in visit.facts if isinstance(fact, Banner)), None)
        if banner is not None:
            name = self._name_of(banner.encode("utf-8", "replace"))
            states = CLEAR_PORT if item.security is Security.PLAIN else (item.security,)
            further = [_instead(item, name, state) for state in states]
        elif item.security is Security.PLAIN and visit.is_mute:
            further = [_instead(item, UNKNOWN, Security.IMPLICIT)]
        else:
            return []
        self._presence.forget(item.address)
        self._open_visits[item.ticket] = self._open_visits.get(item.ticket, 1) - 1 + len(further)
        return [self.admit(each) for each in further]

    def _listen(self, _question: Question) -> Dialogue:
        """The recogniser's dialogue: hear who greets, say nothing."""
        line = yield HEAR_LINE
        fact = Banner(words(line)) if self._is_greeting(line) else OtherProtocol(words(line))
        yield Note(fact)

    def _is_greeting(self, line: bytes) -> bool:
        return any(protocol.greets(line) for protocol in self._protocols.values())

    def _name_of(self, line: bytes) -> str:
        return next(name for name, protocol in self._protocols.items() if protocol.greets(line))


def _instead(item: WorkItem, protocol: str, security: Security) -> WorkItem:
    return WorkItem(item.ticket, item.host, item.address, item.port, protocol, security, item.intent, item.depth)


def _packed(address: str) -> bytes:
    if ":" in address:
        return socket.inet_pton(socket.AF_INET6, address.partition("%")[0])
    return socket.inet_aton(address)

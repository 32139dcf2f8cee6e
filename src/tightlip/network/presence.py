"""Whether a host that greeted us is still there for us: a port that refuses us after that may be closed, or its ban.

Theory of operation. A firewall that bans us rejects or drops our connections, and so does a port that nobody listens
at. So the outcomes of a host that came without a connection wait until all else of it is done. Where none of its ports
greeted us they are what they are. Else each that did is looked at again (greeting, capabilities, goodbye), for bans are
made per service, too. Greeted by all of them we are not banned, and what waited was closed; only a port that had
greeted us itself is there, and has no time for us. Not greeted, we are banned, and nothing is known of what waited.
"""

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence

from msgspec.structs import replace

from tightlip.assess.verdict import assess
from tightlip.model.facts import Asked, Banner, Fact, Refusal, Standing
from tightlip.model.host_view import Assessed
from tightlip.model.observation import Ending
from tightlip.model.verdict import Verdict
from tightlip.network.messages import WorkItem
from tightlip.network.visit import Visit
from tightlip.talk.probes import Variation

# Hosts that greeted us and are remembered: those in hand, and some more.
_REMEMBERED = 4_096
_UNREACHABLE, _DISCLOSES, _GREETING = Verdict.UNREACHABLE, Verdict.DISCLOSES, Asked.GREETING


class Presence:
    """What one engine knows of the hosts it asks: who greeted us, and whose outcomes wait."""

    def __init__(self, greeted: Iterable[WorkItem] = ()) -> None:
        """``greeted`` are states of hosts in hand that greeted us before this run was cut off."""
        self._under_way: dict[str, int] = {}
        # Not a dict: to find its first key, one looks at every key that was taken out before it.
        self._greeted: OrderedDict[str, dict[int, WorkItem]] = OrderedDict()
        self._held: dict[str, list[tuple[WorkItem, Assessed]]] = {}
        self._looks: dict[Visit, Standing | None] = {}
        for item in greeted:
            self._greeted.setdefault(item.address, {}).setdefault(item.port, item)

    def expect(self, address: str) -> None:
        """One more visit to a host is under way."""
        self._under_way[address] = self._under_way.get(address, 0) + 1

    def forget(self, address: str) -> None:
        """One less."""
        left = self._under_way[address] - 1
        if left:
            self._under_way[address] = left
        else:
            del self._under_way[address]

    def take(self, item: WorkItem, assessed: Assessed) -> bool:
        """Take note of the outcome of a visit that is over; whether it has to wait."""
        address = item.address
        self.forget(address)
        verdict = assessed.assessment.verdict
        if verdict is not _UNREACHABLE:
            if verdict is _DISCLOSES or greets(assessed.observation.facts):
                self._remember(item)
        elif address in self._greeted or address in self._under_way:
            self._held.setdefault(address, []).append((item, assessed))
            return True
        return False

    def has_waited(self, address: str) -> bool:
        """Whether outcomes of a host wait, and all else of it is done."""
        return address in self._held and address not in self._under_way

    def greeted(self, address: str) -> list[WorkItem]:
        """What can be looked at again, a state of each port; none where nothing of the host greeted us."""
        return list(self._greeted.get(address, {}).values())

    def look(self, visit: Visit) -> None:
        """This visit is such a look: who does not greet us now has had enough of us."""
        visit.follow(Variation.USUAL)
        self.expect(visit.item.address)
        self._looks[visit] = None

    def is_look(self, visit: Visit) -> bool:
        """Whether it is one."""
        return visit in self._looks

    def looked(self, look: Visit, stopped: str = "") -> Iterator[tuple[int, Assessed]]:
        """A look is over, or was not made, because we have ``stopped`` asking; what waited, after the last one."""
        address = look.item.address
        self.forget(address)
        self._looks[look] = _said_by(look)
        if address in self._under_way:
            return
        looks = [each for each in self._looks if each.item.address == address]
        said = {self._looks.pop(each) for each in looks}
        for item, assessed in self._held.pop(address, ()):
            # A look that was met by the ban ends the others: that is why they were not made.
            if Standing.BANNED in said:
                yield item.ticket, _turned_away(assessed, Standing.BANNED)
            elif stopped:
                yield item.ticket, _unasked(assessed, stopped)
            elif Standing.TEMPORARY in said or item.port in self._greeted[address]:
                yield item.ticket, _turned_away(assessed, Standing.TEMPORARY)
            else:
                yield item.ticket, assessed

    def release(self, address: str) -> Iterator[tuple[int, Assessed]]:
        """What waited of a host of which nothing can be looked at, with its ticket."""
        return ((item.ticket, assessed) for item, assessed in self._held.pop(address, ()))

    def _remember(self, item: WorkItem) -> None:
        if (ports := self._greeted.get(item.address)) is not None:
            ports.setdefault(item.port, item)
            return
        if len(self._greeted) >= _REMEMBERED and (oldest := next(iter(self._greeted))) not in self._held:
            del self._greeted[oldest]
        self._greeted[item.address] = {item.port: item}


def _said_by(look: Visit) -> Standing | None:
    """What a look says of us; None: we are as welcome as before."""
    if look.is_banned:
        return Standing.BANNED
    return None if greets(look.facts) else Standing.TEMPORARY


def _unasked(assessed: Assessed, stopped: str) -> Assessed:
    """An outcome without a connection of a host that may not be looked at any more."""
    observation = replace(assessed.observation, stopped=stopped)
    return Assessed(observation, assess(observation))


def greets(facts: Sequence[Fact]) -> bool:
    """Whether these facts of a visit have a greeting that did not turn us away."""
    is_greeted = False
    for fact in facts:  # no generator: this is asked of every visit
        kind = type(fact)
        if kind is Banner:
            is_greeted = True
        elif kind is Refusal and fact.asked is _GREETING:  # type: ignore[union-attr]  # mypy follows no bound type
            return False
    return is_greeted


def _turned_away(assessed: Assessed, standing: Standing) -> Assessed:
    """An outcome without a connection, as that of a host that is there and does not want us, or not now."""
    observation = replace(assessed.observation, was_throttled=True)
    if standing is Standing.BANNED:
        said = Refusal(Asked.GREETING, standing, "")
        observation = replace(observation, facts=(*observation.facts, said), ending=Ending.COMPLETED)
    else:
        observation = replace(observation, ending=Ending.THROTTLED)
    return Assessed(observation, assess(observation))

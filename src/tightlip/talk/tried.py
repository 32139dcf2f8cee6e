"""What was put to a state already, for each machine that answered there: another list of mechanisms is another one."""

from collections.abc import Iterator, Sequence
from typing import final

from tightlip.model.facts import Fact, Mechanisms
from tightlip.talk.probes import Probe

_Lists = frozenset[tuple[str, str]] | None


@final
class Tried:
    """The probes that were put, in order; ``here`` are those of the machine that answers now."""

    __slots__ = ("_before", "_machines", "here")

    def __init__(self) -> None:
        """Nothing was put to anybody."""
        self.here: list[Probe] = []
        self._before = 0  # of those here, the ones of earlier connections
        self._machines: dict[_Lists, list[Probe]] = {}

    def connect(self) -> None:
        """A connection begins; until it is told whose, it is that of the machine before."""
        self._before = len(self.here)

    def meet(self, lists: _Lists) -> None:
        """This connection leads to the machine that lists this; who never says so has all to do with one."""
        self.here = self._machines.setdefault(lists, [])
        self._before = len(self.here)

    @property
    def last(self) -> Probe | None:
        """What was put last on this connection, None where nothing was."""
        return self.here[-1] if len(self.here) > self._before else None

    @property
    def now(self) -> Sequence[Probe]:
        """What was put on this connection."""
        return self.here[self._before :]

    @property
    def machines(self) -> int:
        """How many there are, as far as their lists tell."""
        return len(self._machines) or 1

    def forget(self) -> None:
        """This connection came to nothing."""
        del self.here[self._before :]

    def everywhere(self, probe: Probe) -> bool:
        """Whether this was put to every machine."""
        return all(probe in each for each in self._machines.values() or (self.here,))

    def untried(self, probes: Iterator[Probe]) -> Probe | None:
        """The first of them that was not put to every machine."""
        return next((probe for probe in probes if not self.everywhere(probe)), None)


def lists_in(facts: Sequence[Fact]) -> _Lists:
    """All that was listed, in whatever order; None where there was no list."""
    lists = [fact for fact in facts if type(fact) is Mechanisms]
    return frozenset((listed.via, name) for listed in lists for name in listed.names) if lists else None

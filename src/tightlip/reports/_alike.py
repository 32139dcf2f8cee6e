"""Endpoints of one host that gave the same evidence, brought together so that a person reads it once."""

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta

from msgspec import Struct
from msgspec.structs import replace

from tightlip.model.counting import counted
from tightlip.model.verdict import Verdict
from tightlip.reports._heard import Heard, heard
from tightlip.reports._report import Entry
from tightlip.reports._rows import Rows, disclosure_rows, oddity_row, tls_rows
from tightlip.reports._words import next_step, reason_words

# Clocks are compared by how far they are from ours, which takes as long as the way of the message is uncertain.
_SAME_CLOCK = timedelta(seconds=2)


class Same(Struct, frozen=True):
    """What endpoints must share to be told together: all but the moment that their clock showed, and TLS."""

    verdict: Verdict
    why: str
    next: str | None
    given: tuple[tuple[str, str], ...]


class Alike(Struct, frozen=True, kw_only=True):
    """Endpoints that gave the same; ``clock`` is that of the first, ``tls`` each state with those that had it."""

    same: Same
    skew: timedelta | None
    clock: Rows
    endpoints: Counter[str]
    tls: dict[tuple[tuple[str, str], ...], Counter[str]]

    @property
    def names(self) -> list[str]:
        """The endpoints in the order in which they came, each once."""
        return _named(self.endpoints)

    @property
    def rows(self) -> Rows:
        """All that they gave, once."""
        rows = [*self.same.given, *self.clock]
        for state, seen in self.tls.items():
            rows += state
            if seen != self.endpoints:
                rows.append(("seen at", ", ".join(_named(seen))))
        return rows


def alike(entries: Iterable[Entry]) -> list[Alike]:
    """The entries of one host, those that gave the same together, in the order of the first of each."""
    groups: list[Alike] = []
    for entry in entries:
        one = _alone(entry)
        for group in groups:
            if group.same == one.same and _same_clock(group.skew, one.skew):
                _join(group, one)
                break
        else:
            groups.append(one)
    return groups


def _alone(entry: Entry) -> Alike:
    observation, assessment = entry.assessed.observation, entry.assessed.assessment
    told = heard(observation.facts)
    clock = told.disclosure.system_time
    endpoint = str(observation.endpoint)
    return Alike(
        same=Same(assessment.verdict, reason_words(assessment), next_step(assessment), tuple(_given(entry, told))),
        skew=clock - observation.time if clock else None,
        clock=[row for row in disclosure_rows(told.disclosure, observation.time) if row[0] == "clock"],
        endpoints=Counter([endpoint]),
        tls={tuple(tls_rows(told.tls)): Counter([endpoint])} if told.tls else {},
    )


def _given(entry: Entry, told: Heard) -> Rows:
    rows = disclosure_rows(replace(told.disclosure, system_time=None), entry.assessed.observation.time)
    rows += [("server code", f"{told.implementation}: {each.why}") for each in told.challenges[:1] if each.why]
    return rows + [oddity_row(oddity) for oddity in told.oddities]


def _same_clock(first: timedelta | None, second: timedelta | None) -> bool:
    if first is None or second is None:
        return first is second
    return abs(first - second) <= _SAME_CLOCK


def _join(group: Alike, one: Alike) -> None:
    group.endpoints.update(one.endpoints)
    for state, seen in one.tls.items():
        group.tls.setdefault(state, Counter()).update(seen)


def _named(endpoints: Counter[str]) -> list[str]:
    """One that was asked at several addresses of its host says at how many."""
    return [name if count == 1 else f"{name} ({counted(count, 'address')})" for name, count in endpoints.items()]

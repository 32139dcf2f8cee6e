"""All findings that one batch speaks of: read at once, judged in memory, handed back as rows."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Select, func, select

from tightlip.model.finding import Cleared, Finding, FindingState, finding_id
from tightlip.store.living import Life
from tightlip.store.pages import portions
from tightlip.store.sight import AdviceShelf, Sight, decode, encode, seen
from tightlip.store.tables import acceptance, finding, sighting, stamp, subject
from tightlip.store.values import Judgement

Rows = list[tuple[object, ...]]


class Docket:
    """Lives by subject and rule. ``run_key`` is the run whose batch it is."""

    def __init__(self, connection: Connection, run_key: int, judgements: list[Judgement]) -> None:
        """Read what is known of every subject the judgements speak of."""
        self._connection = connection
        self._run_key = run_key
        self._shelf = AdviceShelf(connection)
        self._subjects: dict[str, int] = {}
        self._lives: dict[tuple[int, str], Life] = {}
        self._sights: dict[int, dict[str, Sight]] = {}
        self._again: set[int] = set()
        self._changed: list[Life] = []
        self._new: list[Life] = []
        self.new_subjects: Rows = []
        self._read(_subjects_of(judgements))
        self._heard_since = self._earliest(judgements)
        self._next_key: int = (connection.scalar(select(func.max(subject.c.key))) or 0) + 1

    def judge(self, judgement: Judgement) -> Iterator[tuple[str, FindingState]]:
        """Let one judgement befall its findings; ids and states of the flagged ones."""
        time = judgement.time
        stamped = stamp(time)
        seen_at = stamp(judgement.until) if judgement.until else stamped
        for flagged in judgement.flagged:
            life = self._life_of(flagged, judgement.host)
            state = life.flag(flagged, time, seen_at, self._run_key)
            sight = seen(flagged, state, self._shelf.key_of(flagged))
            self._sights.setdefault(life.subject_key, {})[life.rule] = sight
            yield life.id, state
        for cleared in judgement.cleared:
            key = self._subjects.get(cleared.subject)
            if key and (known := self._lives.get((key, cleared.rule))):
                self._touch(known)
                known.clear(time, stamped, self._heard_since[cleared])

    def new_rows(self) -> Rows:
        """Findings that were not known, in the table's order."""
        return [life.row() for life in self._new]

    def changed_rows(self) -> Rows:
        """What may change of the known ones, each with its key at the end."""
        return [life.change() for life in self._changed]

    def sighting_rows(self) -> Rows:
        """What this run says of each subject of which it flagged something."""
        self._join_earlier_sights()
        return [(self._run_key, key, encode(list(sights.values()))) for key, sights in self._sights.items()]

    def ended_excuses(self) -> list[tuple[int, str]]:
        """Subject and rule of findings that were accepted and are no more."""
        return [
            (life.subject_key, life.rule)
            for life in self._changed
            if life.excused_until is not None and life.state is not FindingState.ACCEPTED
        ]

    def _life_of(self, flagged: Finding, host: str) -> Life:
        key = self._subjects.get(flagged.subject) or self._new_subject(flagged.subject, host)
        if (life := self._lives.get((key, flagged.rule))) is not None:
            self._touch(life)
            return life
        life = Life(key, flagged.rule, finding_id(flagged.rule, flagged.subject))
        life.touched = True
        self._new.append(life)
        self._lives[key, flagged.rule] = life
        return life

    def _new_subject(self, text: str, host: str) -> int:
        key = self._next_key
        self._next_key += 1
        self._subjects[text] = key
        self.new_subjects.append((key, text, host))
        return key

    def _touch(self, life: Life) -> None:
        if not life.touched:
            life.touched = True
            self._changed.append(life)

    def _read(self, subjects: list[str]) -> None:
        wanted: Select[Any] = select(subject.c.text, *finding.columns, acceptance.c.until)
        wanted = wanted.join_from(subject, finding).outerjoin(acceptance)
        for page in portions(subjects):
            for text, *row in self._connection.execute(wanted.where(subject.c.text.in_(page))).all():
                life = Life.from_row(tuple(row))
                self._subjects[text] = life.subject_key
                self._lives[life.subject_key, life.rule] = life
                if life.run_key == self._run_key:
                    self._again.add(life.subject_key)

    def _earliest(self, judgements: list[Judgement]) -> dict[Cleared, int]:
        """When the first of what clears a finding was heard: of a name it takes all addresses together."""
        earliest: dict[Cleared, int] = {}
        for judgement in judgements:
            stamped = stamp(judgement.time) if judgement.cleared else 0
            for cleared in judgement.cleared:
                earliest[cleared] = min(stamped, earliest.get(cleared, stamped))
        return earliest

    def _join_earlier_sights(self) -> None:
        """A subject may be judged in several batches of a run: what was flagged before stays in its account."""
        wanted = select(sighting.c.subject_key, sighting.c.body).where(sighting.c.run_key == self._run_key)
        for page in portions(sorted(self._again.intersection(self._sights))):
            for key, body in self._connection.execute(wanted.where(sighting.c.subject_key.in_(page))):
                earlier = {sight.rule: sight for sight in decode(body)}
                self._sights[key] = earlier | self._sights[key]


def _subjects_of(judgements: list[Judgement]) -> list[str]:
    spoken: list[Finding | Cleared] = []
    for judgement in judgements:
        spoken += judgement.flagged
        spoken += judgement.cleared
    return list(dict.fromkeys(each.subject for each in spoken))

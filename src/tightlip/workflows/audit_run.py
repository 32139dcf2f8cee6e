"""A run of audits: host after host, each kept in the store before it is told, and the closing count."""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from itertools import count

from msgspec import Struct, field
from msgspec.structs import replace

from tightlip import __version__
from tightlip.assess.closing import still_standing
from tightlip.assess.lapsing import distinguished, is_about, lapsed
from tightlip.hosts._host import Host
from tightlip.model.counting import counted
from tightlip.model.errors import Exit
from tightlip.model.finding import Cleared, Finding, FindingState
from tightlip.model.host_view import Assessed, HostView
from tightlip.model.observation import observation_id
from tightlip.model.posture import Posture
from tightlip.model.run import AND_MORE, NotAsked, Run, Summary, Unasked
from tightlip.model.verdict import Verdict
from tightlip.products._product import NO_FILE, Absent
from tightlip.reports._audit import AuditedHost, AuditedInstance, AuditReport
from tightlip.store.contract import Store
from tightlip.store.values import Batch, Judgement, Kept
from tightlip.workflows.auditing import Audit, audit, judged
from tightlip.workflows.beginning import run_id
from tightlip.workflows.discovery import LeftOut
from tightlip.workflows.hearing import host_of
from tightlip.workflows.interruption import Interruption
from tightlip.workflows.judging import unsettled
from tightlip.workflows.known_findings import KnownFindings
from tightlip.workflows.surveying import Fault, Wanted, tellable

# Hosts in one transaction of the store; one host alone is told as soon as it is audited.
_BATCH = 64
_MOST_HELD = 64 << 20
_ENTRY = 600
# Hosts without a configuration that are named; the others are counted.
_MOST_NAMED = 1_000
_STANDING = (FindingState.OPEN, FindingState.REGRESSED)
_UNHEARD = (Verdict.INCONCLUSIVE, Verdict.UNREACHABLE)


class AuditOrder(Struct, frozen=True, kw_only=True):
    """What is audited, in the user's words too (``asked``), and what is done on the way.

    ``hosts`` is read once, and each host closed by whoever made it. ``hear`` asks a host's listeners, where that is
    wanted; ``complain`` is told of our own faults.
    """

    asked: tuple[str, ...]
    hosts: Iterable[Host]
    wanted: Wanted
    complain: Callable[[Fault], None]
    hear: Callable[[Audit], tuple[Assessed, ...]] | None = None


class _Tally(Struct):
    """What the run has come to: ``empty`` hosts had no configuration, ``unasked`` listeners are those of a probe."""

    hosts: int = 0
    instances: int = 0
    empty: int = 0
    barren: list[NotAsked] = field(default_factory=list)
    unasked: int = 0
    doubts: int = 0
    faults: int = 0
    unheard: int = 0
    still_standing: int = 0
    accepted: int = 0
    verdicts: dict[str, int] = field(default_factory=dict)
    findings: dict[str, int] = field(default_factory=dict)


class AuditRun:
    """One run; its report's hosts may be taken once, its summary holds after the last of them."""

    def __init__(self, order: AuditOrder, store: Store, interruption: Interruption) -> None:
        """Nothing is read before the first host is asked for."""
        now = datetime.now(UTC)
        targets = tuple(map(tellable, order.asked))
        self._run = Run(id=run_id(now), version=__version__, started=now, targets=targets, seed="")
        self._order = order
        self._store = store
        self._interruption = interruption
        self._known = KnownFindings(store)
        self._tally = _Tally()
        self._flagged: set[tuple[str, str]] = set()
        self._positions = count()
        self._summary: Summary | None = None

    def report(self) -> AuditReport:
        """The run as a report in the making."""
        return AuditReport(run=self._run, hosts=self._hosts(), summary=self.summary)

    def summary(self) -> Summary:
        """The closing count."""
        assert self._summary is not None, "the summary holds after the last host"
        return self._summary

    def _hosts(self) -> Iterator[AuditedHost]:
        self._store.begin_run(self._run, b"")
        waiting: list[Audit] = []
        try:
            for host in self._order.hosts:
                waiting.append(self._audit(host))
                if len(waiting) >= _BATCH or sum(map(_held, waiting)) > _MOST_HELD:
                    yield from self._kept(waiting)
                    waiting = []
                if self._interruption.asked:
                    break
            yield from self._kept(waiting)
        except BaseException:
            self._close(Exit.INTERRUPTED)
            raise
        self._close(Exit.INTERRUPTED if self._interruption.asked else Exit.OK)

    def _audit(self, host: Host) -> Audit:
        done = audit(host, self._order.wanted)
        if self._order.hear:
            done = judged(done, tuple(map(self._named, self._order.hear(done))))
        for fault in done.faults:
            self._order.complain(fault)
        if not done.instances and not done.left_out and len(self._tally.barren) < _MOST_NAMED:
            self._tally.barren.append(NotAsked(done.host, Unasked.NO_CONFIGURATION, detail=_closed(host)))
        return done

    def _named(self, heard: Assessed) -> Assessed:
        return replace(heard, id=observation_id(self._run.id, heard.observation))

    def _kept(self, audits: list[Audit]) -> Iterator[AuditedHost]:
        """Commit some audits in one transaction, then tell them with the states that their findings have."""
        if not audits:
            return
        audits = [replace(done, findings=self._distinguished(done)) for done in audits]
        # Two hosts of one name (copies of two machines) are one subject: what one shows the other does not mend.
        self._flagged.update((each.rule, each.subject) for done in audits for each in done.findings)
        observations = [
            Kept(next(self._positions), each.observation, each.assessment) for done in audits for each in done.heard
        ]
        judgements = [Judgement(done.host, done.time, done.findings, self._cleared(done)) for done in audits]
        self._tally.still_standing += sum(map(self._left_open, audits, judgements))
        states = self._store.commit(Batch(self._run.id, observations, judgements, self._tally.hosts + len(audits)))
        for done in audits:
            yield self._told(done, states)

    def _distinguished(self, done: Audit) -> tuple[Finding, ...]:
        view = HostView(done.heard, done.postures, done.host, done.time)
        known = self._known
        return distinguished(view, done.findings, known.ever(done.host), known.standing(done.host))

    def _cleared(self, done: Audit) -> tuple[Cleared, ...]:
        """What is proven mended: at endpoints, and of settings whose findings the store knows."""
        if done.faults:
            return ()  # what was not judged is not mended
        view = HostView(done.heard, done.postures, done.host, done.time)
        doubtful = unsettled(done.heard)
        heard = (each for each in done.cleared if each.subject not in doubtful)
        # What runs and was not read may be what a finding is about, by whatever path it goes.
        unread = {each.instance.product for each in done.left_out}
        known = (each for each in self._known.standing(done.host) if not is_about(each, unread))
        cleared = (*heard, *lapsed(view, done.findings, known))
        return tuple(each for each in cleared if (each.rule, each.subject) not in self._flagged)

    def _left_open(self, done: Audit, judgement: Judgement) -> int:
        """How many known findings are about what was read now, and are neither found again nor proven mended."""
        read = {posture.instance for posture in done.postures}
        settled = self._flagged | {(each.rule, each.subject) for each in judgement.cleared}
        known = (each for each in self._known.open(done.host) if (each.rule, each.subject) not in settled)
        return sum(bool(each.instances) and read.issuperset(each.instances) for each in known)

    def _told(self, done: Audit, states: dict[str, FindingState]) -> AuditedHost:
        found = tuple((finding, states.get(finding.id, FindingState.OPEN)) for finding in done.findings)
        tally = self._tally
        tally.hosts += 1
        tally.instances += len(done.instances) + len(done.left_out)
        tally.empty += not done.instances and not done.left_out
        tally.unasked += _unasked(done) if self._order.hear else 0
        tally.doubts += done.doubts
        tally.faults += len(done.faults)
        for heard in done.heard:
            verdict = heard.assessment.verdict
            tally.verdicts[verdict] = tally.verdicts.get(verdict, 0) + 1
            tally.unheard += verdict in _UNHEARD
        for finding, state in found:
            tally.accepted += state is FindingState.ACCEPTED
            if state in _STANDING:
                tally.findings[finding.severity] = tally.findings.get(finding.severity, 0) + 1
        instances = tuple(
            AuditedInstance(posture=posture, files=tuple(dict.fromkeys(file.path for file in each.files.files)))
            for posture, each in zip(done.postures, done.instances, strict=True)
        )
        instances += tuple(map(_unread, done.left_out))
        faults = tuple(fault.what for fault in done.faults)
        return AuditedHost(host=done.host, instances=instances, findings=found, heard=done.heard, faults=faults)

    def _close(self, so_far: Exit) -> None:
        tally, run = self._tally, replace(self._run, ended=datetime.now(UTC))
        if self._order.hear:
            tally.still_standing += self._store.still_standing(run.id)
        code, why = _closing(tally, so_far)
        self._summary = Summary(
            run,
            tally.hosts,
            sum(tally.verdicts.values()),
            tally.verdicts,
            tally.findings,
            code,
            why,
            _barren(tally),
            tally.faults,
        )
        self._store.end_run(self._summary)


def _closed(host: Host) -> str:
    """Why a host's configuration cannot be looked for; empty where it can."""
    for folder in ("/", "/etc"):
        is_there = folder == "/" or host.stands(folder)
        answer = host.read(f"{folder.rstrip('/')}/.") if is_there else NO_FILE
        if isinstance(answer, Absent) and answer != NO_FILE:
            return f"{folder} cannot be looked into: {answer.why}"
    return ""


def _barren(tally: _Tally) -> tuple[NotAsked, ...]:
    """The hosts that had no configuration, as many as are named, and how many more there are."""
    more = tally.empty - len(tally.barren)
    rest = (NotAsked(AND_MORE, Unasked.NO_CONFIGURATION, more),) if more > 0 else ()
    return (*tally.barren, *rest)


def _unread(left_out: LeftOut) -> AuditedInstance:
    """One that was left out, as the report has it: nothing is known of it but that it is there."""
    instance = left_out.instance
    posture = Posture(
        product=instance.product,
        config=tellable(instance.config),
        version=None,
        services=(),
        notes=(replace(left_out.note, text=tellable(left_out.note.text), file=tellable(instance.config)),),
    )
    return AuditedInstance(posture=posture, files=())


def _held(done: Audit) -> int:
    """How many bytes its files keep, roughly."""
    readings = [file.reading for each in done.instances for file in each.files.files]
    return sum(len(each.text) + _ENTRY * len(each.entries) for each in readings)


def _closing(tally: _Tally, so_far: Exit) -> tuple[Exit, str]:
    """The first exit code that applies, with its reason, and the findings that it would hide."""
    found = sum(tally.findings.values())
    besides = f"; {counted(found, 'open finding')}" if found else ""
    if so_far is Exit.INTERRUPTED:
        return so_far, f"interrupted after {counted(tally.hosts, 'host')}{besides}"
    if tally.faults:
        return (
            Exit.FAULT,
            f"{counted(tally.faults, 'internal error')}: a fault of tightlip's, please report it{besides}",
        )
    if found:
        return Exit.FINDINGS, counted(found, "open finding")
    if not tally.instances:
        return Exit.DOUBT, "no configuration was found"
    if doubt := _doubt(tally):
        return Exit.DOUBT, doubt
    if tally.accepted:
        return Exit.OK, f"no open findings; {tally.accepted:,} accepted"
    return Exit.OK, "nothing found, nothing in doubt"


def _doubt(tally: _Tally) -> str:
    """What could not be told, each kind with its number; "" where everything could."""
    told = [
        f"{_configurations(tally.doubts)} could not be told for certain: see the notes" if tally.doubts else "",
        f"{counted(tally.empty, 'host')} without a configuration" if tally.empty else "",
        f"{counted(tally.unheard, 'endpoint')} inconclusive or not reached" if tally.unheard else "",
        f"{counted(tally.unasked, 'listener')} could not be asked" if tally.unasked else "",
        still_standing(tally.still_standing),
    ]
    return "; ".join(filter(None, told))


def _unasked(done: Audit) -> int:
    """Listeners of which nothing was heard at all: a name in a configuration is not looked up, it may be elsewhere."""
    heard = {each.observation.endpoint.port for each in done.heard}
    listeners = (each for posture in done.postures for service in posture.services for each in service.listeners)
    silent = (each for each in listeners if each.port not in heard or host_of(each.address) is None)
    return len({(each.address, each.port) for each in silent if each.port > 0})


def _configurations(number: int) -> str:
    return f"{number:,} {'configuration' if number == 1 else 'configurations'}"

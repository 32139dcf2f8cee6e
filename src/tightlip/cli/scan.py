"""``tightlip scan``: ask mail servers for their NTLM challenge, in every TLS state, and say what came of it."""

import math
import os
import re
import sys
from dataclasses import dataclass, fields
from typing import Annotated, TextIO

from cyclopts import Group, Parameter
from msgspec.structs import replace

from tightlip.cli._asking import REPEAT, repeats
from tightlip.cli._command import Command, Stage
from tightlip.cli._folding import folded
from tightlip.cli._output import Output, results, say, style_for, write_all
from tightlip.cli._progress import StatusForm, watcher
from tightlip.cli._reporting import TEXT, FormatName, redacted, report_format
from tightlip.cli._store import existing_url, settled_url
from tightlip.model.errors import UsageError
from tightlip.model.observation import Depth
from tightlip.network.messages import EngineSettings, ports_for
from tightlip.network.proxy_header import Opening
from tightlip.network.sources import own_addresses
from tightlip.reports._report import ReportFormat
from tightlip.store.place import NO_STORE
from tightlip.talk.session import Transcripts
from tightlip.workflows.authorisation import authorised_scope
from tightlip.workflows.beginning import Sources
from tightlip.workflows.intake import Complaint
from tightlip.workflows.interruption import interruptible
from tightlip.workflows.rehearsal import rehearsing
from tightlip.workflows.scanning import ScanOrder, scanning

# It goes into a command line of the protocol: nothing else may come with it (RFC 5321 section 4.1.1.1).
_EHLO_NAME = re.compile(r"[A-Za-z0-9._:\[\]-]{1,255}")
_MOST = 1_000_000_000
# How it is asked is a part of the run, not of its targets.
_ASKING = ("thorough", "repeat", "proxy_protocol")
# Where what would be dialled begins, behind "would dial".
_DEEP = len("would dial   ")
# More engine processes than that only take each other's turn.
_PER_CORE = 8


@Parameter(name="*", group=Group("What to ask", sort_key=1))
@dataclass(frozen=True, kw_only=True)
class What:
    """What to ask, and in which order."""

    file: Annotated[tuple[str, ...], Parameter(negative=(), show_default=False, allow_leading_hyphen=True)] = ()
    "A file of targets, one a line, # begins a comment; - is standard input. Repeatable."
    exclude: Annotated[tuple[str, ...], Parameter(negative=(), show_default=False)] = ()
    "A host, network or range that is not asked. Repeatable."
    strict: Annotated[bool, Parameter(negative=(), show_default=False)] = False
    "Stop at a target line that cannot be read, instead of naming it and going on."
    thorough: Annotated[bool, Parameter(negative=(), show_default=False)] = False
    "Ask every path into NTLM, repeatedly and under the certificate's names. Open NTLM findings have it done anyway."
    repeat: int = REPEAT
    "How often a state that is asked thoroughly is asked: servers behind one address may differ."
    proxy_protocol: Annotated[bool, Parameter(negative=(), show_default=False)] = False
    "Send a PROXY header first, to every target: for ports that expect one, as behind HAProxy."
    dry_run: Annotated[bool, Parameter(negative=(), show_default=False)] = False
    "Print what would be dialled and on whose authority; send nothing."
    seed: str | None = None
    "The order of asking is made from this; a run prints its own."
    resume: str | None = None
    "Go on with a run that was cut off (its id, or 'last'); only what is missing is asked."


@Parameter(name="*", group=Group("Pace (a limit of 0 means none; times in seconds)", sort_key=2))
@dataclass(frozen=True, kw_only=True)
class Pace:
    """How gently. A limit of 0 means none; times are seconds."""

    concurrency: int = 500
    "Connections at once."
    rate: float = 500.0
    "New connections per second."
    per_host: int = 2
    "Connections at once to one address."
    per_net: int = 64
    "Connections at once to one /24 or /64."
    per_host_rate: float = 1.0
    "New connections per second to one address (loopback is exempt)."
    connect_timeout: float = 5.0
    "How long a connection may take to come up."
    read_timeout: float = 20.0
    "How long a server may stay silent."
    conversation_timeout: float = 60.0
    "How long a whole conversation may take."
    workers: int = 0
    "Engine processes; 0 is one per core, and one alone for up to 256 targets."
    source: str | None = None
    "The address to dial from."
    ehlo_name: str | None = None
    "What EHLO says of us; without it the address, never this machine's name."


@Parameter(name="*", group=Group("Result", sort_key=3))
@dataclass(frozen=True, kw_only=True)
class Result:
    """What becomes of the results."""

    format: FormatName | None = None
    "How the report is written. Without it, by the ending of --output, else text."
    output: Output = None
    "Write the report here instead of to standard output."
    redact: Annotated[bool, Parameter(negative=(), show_default=False)] = False
    "Replace names and addresses by stable pseudonyms, for vendors and tickets."
    store: str | None = None
    "Where runs are kept: a path, a URL, or none. Default: TIGHTLIP_STORE, else the embedded file."
    status: StatusForm = StatusForm.AUTO
    "Progress on stderr: bar, json or none. auto: a bar on a terminal, elsewhere a json line a minute."


def scan(*targets: str, what: What = What(), pace: Pace = Pace(), result: Result = Result()) -> int:
    """Find out which mail servers name themselves through NTLM, in every TLS state.

    A target is a host (its usual mail ports are asked), host:port (the protocol is recognised), a URL such as
    pop3://mail.example.org, imaps://…, pop3+starttls://…:110, a network 10.0.0.0/24 or a range 10.0.0.1-10.0.0.20. Only
    what the scope allows is dialled: see 'tightlip scope'. No password is sent. By default a state is asked politely;
    --thorough asks every path, repeatedly, and alone can close findings.

    Exit codes: 0 nothing found, 1 open findings, 2 wrong usage, 3 a target outside the scope (the rest was
    asked), 4 could not tell, 5 a fault of tightlip's, 6 the store cannot be used, 130 interrupted.
    """
    sources = Sources(targets, what.file, what.exclude, what.strict)
    if what.dry_run:
        scope = authorised_scope(own_addresses())
        with results(result.output) as file, rehearsing(sources, scope) as rehearsal:
            write_all((_line(line.rstrip("\n"), file) for line in rehearsal.lines()), file)
            return rehearsal.exit
    if what.resume is not None:
        _refuse_anew(what, pace)
        existing_url(result.store)
    chosen, store = report_format(result.format, result.output), settled_url(result.store)
    depth = Depth.THOROUGH if what.thorough else Depth.POLITE
    opening = Opening.HEADER if what.proxy_protocol else Opening.PLAIN
    engine = replace(_engine(pace), depth=depth, repeats=repeats(what.repeat), proxied=ports_for(opening))
    engine = replace(engine, transcripts=chosen.transcripts if store == NO_STORE else Transcripts.KEPT)
    order = ScanOrder(sources, engine, pace.workers, store, what.seed, what.resume)
    with (
        interruptible() as interruption,
        watcher(_status(result, chosen)) as watch,
        results(result.output) as file,
        scanning(order, watch, _complain, interruption) as under_way,
    ):
        told = under_way.report()
        write_all(chosen.render(redacted(told) if result.redact else told, style_for(file)), file)
        summary = under_way.summary()
        if file is not sys.stdout or chosen.name != TEXT:  # whose last line it is anyway
            say(f"tightlip: {summary.why}")
        return int(summary.exit)


def _line(line: str, file: TextIO) -> str:
    """One line of a rehearsal; at a terminal what goes on stands below the target, or below the last line."""
    return folded(line, file, _DEEP if line[:_DEEP].endswith("  ") else 2) + "\n"


def _status(result: Result, chosen: ReportFormat) -> StatusForm:
    """No bar where lines run over the same terminal; text comes in one piece, after the bar has gone."""
    is_shared = result.output in (None, "-") and sys.stdout.isatty() and sys.stderr.isatty() and chosen.name != TEXT
    return StatusForm.NONE if result.status is StatusForm.AUTO and is_shared else result.status


def _refuse_anew(what: What, pace: Pace) -> None:
    """A resumed run goes on as it began, only by as many processes as this machine likes."""
    options = [each for each in fields(Pace) if each.name != "workers" and getattr(pace, each.name) != each.default]
    options += [each for each in fields(What) if each.name in _ASKING and getattr(what, each.name) != each.default]
    if options:
        given = ", ".join(f"--{each.name.replace('_', '-')}" for each in options)
        raise UsageError(f"--resume goes with no {given}", "the run keeps its own pace; --workers may be chosen anew")


def _engine(pace: Pace) -> EngineSettings:
    """The pace as the engines' settings; what makes no sense is refused here."""
    for name in ("concurrency", "rate", "per_host", "per_net", "per_host_rate"):
        if not 0 <= getattr(pace, name) <= _MOST:
            raise UsageError(f"--{name.replace('_', '-')} cannot be {getattr(pace, name):g}", "0 means no limit")
    most = _PER_CORE * len(os.sched_getaffinity(0))
    if not 0 <= pace.workers <= most:
        raise UsageError(
            f"--workers cannot be {pace.workers}", f"0 is one per core; this machine can use at most {most}"
        )
    for name in ("connect_timeout", "read_timeout", "conversation_timeout"):
        seconds = getattr(pace, name)
        if not 0 < seconds < math.inf:
            wrong = "must be more than 0" if seconds <= 0 else f"cannot be {seconds:g}"
            raise UsageError(f"--{name.replace('_', '-')} {wrong}", "it is a number of seconds")
    if pace.ehlo_name is not None and not _EHLO_NAME.fullmatch(pace.ehlo_name):
        raise UsageError("--ehlo-name is no host name and no address literal", "write mail.example.org or [192.0.2.7]")
    return EngineSettings(
        allowed=(),
        source=pace.source,
        ehlo_name=pace.ehlo_name,
        concurrency=pace.concurrency,
        rate=pace.rate,
        per_host=pace.per_host,
        per_net=pace.per_net,
        per_host_rate=pace.per_host_rate,
        connect_timeout=pace.connect_timeout,
        read_timeout=pace.read_timeout,
        conversation_timeout=pace.conversation_timeout,
    )


def _complain(complaint: Complaint) -> None:
    say(f"tightlip: {complaint.where}: {complaint.message}")


COMMAND = Command(Stage.FIND, scan)

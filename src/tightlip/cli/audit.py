"""``tightlip audit``: what in this host's configuration, or a copy's, makes it leak; file, line and setting."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePath
from typing import Annotated

from cyclopts import Group, Parameter

from tightlip.cli._command import Command, Stage
from tightlip.cli._output import Output, results, say, style_for, write_all
from tightlip.cli._places import TREE, only, refuse_absent, wanted
from tightlip.cli._progress import StatusForm, watcher
from tightlip.cli._store import open_or_make
from tightlip.hosts._host import Host
from tightlip.hosts.local import local_host
from tightlip.hosts.tree import TreeHost, trees_in
from tightlip.model.errors import UsageError
from tightlip.model.host_view import Assessed
from tightlip.model.observation import Depth
from tightlip.reports import _audit_records, _audit_text
from tightlip.reports._audit import AuditReport
from tightlip.reports._report import Style
from tightlip.workflows.audit_run import AuditOrder, AuditRun
from tightlip.workflows.auditing import Audit
from tightlip.workflows.hearing import hear, proxied_in, targets_of
from tightlip.workflows.interruption import interruptible
from tightlip.workflows.known_findings import depths
from tightlip.workflows.surveying import Fault, Wanted


class AuditFormat(StrEnum):
    """For a person, one record a line, or one document."""

    TEXT = "text"
    JSONL = "jsonl"
    JSON = "json"


@Parameter(name="*", group=Group("What to audit", sort_key=1))
@dataclass(frozen=True, kw_only=True)
class Where:
    """What to audit; without any of it, this machine."""

    root: Annotated[tuple[str, ...], Parameter(negative=(), show_default=False)] = ()
    "A folder that holds a copy of a host's files (etc/… below it). Repeatable."
    roots: Annotated[tuple[str, ...], Parameter(negative=(), show_default=False)] = ()
    "A folder whose every sub-folder is such a copy. Repeatable."
    product: str | None = None
    "Only this product; with FILEs, only these files, the main one first."
    config: Annotated[tuple[str, ...], Parameter(negative=(), show_default=False)] = ()
    "PRODUCT=PATH: a main file that is given instead of found. Repeatable."
    probe: Annotated[bool, Parameter(negative=(), show_default=False)] = False
    "Also ask this machine's own listeners, in every TLS state, as 'tightlip scan' does."


@Parameter(name="*", group=Group("Result", sort_key=2))
@dataclass(frozen=True, kw_only=True)
class Result:
    """What becomes of the results."""

    format: AuditFormat | None = None
    "text, jsonl or json. Without it, by the ending of --output, else text."
    output: Output = None
    "Write the report here instead of to standard output."
    store: str | None = None
    "Where findings are kept: a path, a URL, or none. Default: TIGHTLIP_STORE, else the embedded file."
    status: StatusForm = StatusForm.AUTO
    "A probe's progress on stderr: bar, json or none. auto: a bar on a terminal, elsewhere a json line a minute."


def audit(*files: str, where: Where = Where(), result: Result = Result()) -> int:
    """Find what in a mail server's configuration makes it name itself to strangers: file, line and setting.

    On this machine the products' processes say where their files are, and their own commands are asked what takes
    effect. With --root everything is read below that folder and nothing outside, and no command is run.

    Exit codes: 0 nothing found, 1 open findings, 2 wrong usage, 4 something could not be read whole, or a host had
    nothing to audit, 5 a fault of tightlip's, 130 interrupted.
    """
    looked_at = _wanted(where, files)
    refuse_absent(_hosts(where, ()), looked_at, files, _base(where))
    chosen = _format(result)
    with ExitStack() as stack:
        interruption = stack.enter_context(interruptible())
        watch = stack.enter_context(watcher(result.status))

        store = stack.enter_context(open_or_make(result.store))

        def ask(audit: Audit) -> tuple[Assessed, ...]:
            targets, proxied = targets_of(audit.postures), proxied_in(audit.postures)
            return hear(targets, proxied, depths(Depth.POLITE, store), watch, interruption)

        hosts = _hosts(where, files)
        order = AuditOrder(
            asked=_asked(where, files),
            hosts=hosts,
            wanted=looked_at,
            complain=_complain,
            hear=ask if where.probe else None,
        )
        run = AuditRun(order, store, interruption)
        file = stack.enter_context(results(result.output))
        write_all(_rendered(run.report(), chosen, style_for(file)), file)
        if file is not sys.stdout or chosen is not AuditFormat.TEXT:  # whose last line it is anyway
            say(f"tightlip: {run.summary().why}")
        return int(run.summary().exit)


def _wanted(where: Where, files: tuple[str, ...]) -> Wanted:
    """What the options say of products and main files; what makes no sense together is refused here."""
    for folder in (*where.root, *where.roots):
        if not Path(folder).is_dir():
            raise UsageError(f"{folder} is not a readable folder", "it holds a host's files, etc/… among them")
    copied = where.root or where.roots
    if files and (where.roots or len(where.root) > 1):
        raise UsageError("files belong to one host", "give them with one --root at most")
    if where.probe and (copied or files):
        raise UsageError("--probe asks this machine, not a copy of another", "leave --root and files out")
    return wanted((where.product,) if where.product else (), where.config, files, _base(where))


def _base(where: Where) -> Path:
    """What paths count from: the current folder, or the root of a copied tree."""
    return TREE if where.root or where.roots else Path.cwd()


def _hosts(where: Where, files: tuple[str, ...]) -> Iterator[Host]:
    """The hosts one after another, each open only while it is audited."""
    if not where.root and not where.roots:
        yield only(local_host(), files, _base(where))
    for root in where.root:
        with TreeHost(root) as host:
            yield only(host, files, _base(where))
    for folder in where.roots:
        yield from trees_in(folder)


def _asked(where: Where, files: tuple[str, ...]) -> tuple[str, ...]:
    """The order in the user's words."""
    words = [f"--root {each}" for each in where.root] + [f"--roots {each}" for each in where.roots]
    if where.product:
        words.append(" ".join((f"--product {where.product}", *files)))
    words += [f"--config {each}" for each in where.config]
    return ("audit", *words, *(["--probe"] if where.probe else []))


def _format(result: Result) -> AuditFormat:
    ending = PurePath(result.output or "").suffix.removeprefix(".")
    by_ending = AuditFormat(ending) if ending in tuple(AuditFormat) else AuditFormat.TEXT
    return result.format or by_ending


def _rendered(report: AuditReport, form: AuditFormat, style: Style) -> Iterable[str]:
    match form:
        case AuditFormat.TEXT:
            return _audit_text.text(report, style)
        case AuditFormat.JSONL:
            return _audit_records.jsonl(report)
        case AuditFormat.JSON:
            return _audit_records.json(report)


def _complain(fault: Fault) -> None:
    say(f"tightlip: a fault of tightlip's own: {fault.what}")
    for line in fault.traceback.splitlines():
        say(line)


COMMAND = Command(Stage.PROVE, audit)

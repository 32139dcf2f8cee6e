"""``tightlip verify``: the re-test, which proves that a server was mended, or says what is not."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, TextIO

import msgspec
from cyclopts import Parameter
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tightlip.assess.checklist import Check, Outcome, Question
from tightlip.cli._asking import REPEAT, repeats
from tightlip.cli._changes import NO_SMOKE, Smoke
from tightlip.cli._command import Command, Stage
from tightlip.cli._output import Output, results, style_for, write_all
from tightlip.cli._progress import StatusForm, watcher
from tightlip.cli._store import settled_url
from tightlip.model.errors import UsageError
from tightlip.network.proxy_header import Opening
from tightlip.reports._escape import safe_json, visible
from tightlip.reports._layout import labelled, laid_out
from tightlip.reports._records import summary_record
from tightlip.reports._rows import not_asked_rows
from tightlip.store.place import NO_STORE, is_there
from tightlip.workflows.comparing import Compared
from tightlip.workflows.interruption import interruptible
from tightlip.workflows.verifying import Expect, Verification, VerifyOrder, verifying

_ASKED = {
    Question.NTLM_REFUSED: "NTLM is refused",
    Question.TLS_ENFORCED: "no login before TLS",
    Question.CERTIFICATE_SOUND: "certificate is sound",
    Question.LOGIN_WORKS: "login over TLS works",
    Question.SERVICE_CLOSED: "service is closed",
}
_STYLES = {Outcome.PROVEN: "green", Outcome.FAILED: "red", Outcome.UNKNOWN: "yellow"}


class VerifyFormat(StrEnum):
    """For a person, or one record a line."""

    TEXT = "text"
    JSONL = "jsonl"


class CheckRecord(msgspec.Struct, frozen=True, tag_field="record", tag="check"):
    """One check for machines."""

    schema: int
    run: str
    question: Question
    endpoint: str
    address: str | None
    outcome: Outcome
    why: str


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Test:
    """What is expected, where from, what it is held against, and what becomes of the results."""

    expect: Expect = Expect.MENDED
    "mended, or closed where the service was withdrawn: then a refused connection is the proof."
    format: VerifyFormat = VerifyFormat.TEXT
    "text or jsonl."
    output: Output = None
    "Write here instead of to standard output."
    store: str | None = None
    "Where the earlier findings are: a path, a URL, or none. Default: TIGHTLIP_STORE, else the embedded file."
    source: str | None = None
    "The address to dial from."
    repeat: int = REPEAT
    "How often every state is asked: servers behind one address may differ."
    proxy_protocol: Annotated[bool, Parameter(negative=(), show_default=False)] = False
    "Send a PROXY header first, to every target: for ports that expect one, as behind HAProxy."
    status: StatusForm = StatusForm.AUTO
    "Progress on stderr: bar, json or none. auto: a bar on a terminal, elsewhere a json line a minute."


def verify(*targets: str, smoke: Smoke = NO_SMOKE, test: Test = Test()) -> int:
    """Test again what was mended: NTLM refused everywhere, TLS enforced, the certificate sound, a login that works.

    Targets are those of 'tightlip scan'. Findings that the store has of them are held against what is heard now, and
    closed only by proof: what is inconclusive closes nothing. With --expect closed the service is expected to be gone:
    only a refused connection proves it.

    Exit codes: 0 everything is proven, 1 something is not as it should be, 2 wrong usage, 3 a target outside the scope,
    4 something could not be decided, 5 a fault of tightlip's, 6 the store cannot be used, 130 interrupted.
    """
    if not targets:
        raise UsageError("nothing to verify", "name a host, a network, or a URL such as pop3://mail.example.org")
    store = settled_url(test.store)
    was_there = is_there(store)
    order = VerifyOrder(
        targets=targets,
        store=store,
        expect=test.expect,
        credentials=smoke.credentials(),
        source=test.source,
        repeat=repeats(test.repeat),
        opening=Opening.HEADER if test.proxy_protocol else Opening.PLAIN,
    )
    with (
        interruptible() as interruption,
        watcher(test.status) as watch,
        results(test.output) as file,
        verifying(order, watch, interruption) as carry_out,
    ):
        told = carry_out()
        if test.format is VerifyFormat.JSONL:
            write_all(_lines(told), file)
        else:
            write_all([_page(told, _nothing_known(store, was_there), file)], file)
        return int(told.exit)


def _lines(told: Verification) -> Iterator[str]:
    run = told.summary.run.id
    for each in told.checks:
        record = CheckRecord(1, run, each.question, each.endpoint, each.address, each.outcome, each.why)
        yield safe_json(msgspec.json.encode(record).decode()) + "\n"
    closing = msgspec.structs.replace(summary_record(told.summary), exit=int(told.exit), why=told.why)
    yield safe_json(msgspec.json.encode(closing).decode()) + "\n"


def _nothing_known(store: str, was_there: bool) -> str:
    """Why nothing could be compared, where nothing was."""
    if store == NO_STORE:
        return "Nothing is compared: with --store none no earlier finding is known."
    known = "the store holds no unfixed finding of them" if was_there else "the store was made just now"
    return f"Nothing earlier was known of these endpoints: {known}."


def _page(told: Verification, nothing_known: str, file: TextIO) -> str:
    parts: list[RenderableType] = [Text("Checks", "bold underline"), Padding(_checks(told.checks), (0, 0, 0, 2))]
    if told.summary.not_asked:
        rows = [("not asked", f"{target}: {why}") for target, why in not_asked_rows(told.summary)]
        parts += ["", Padding(labelled(rows), (0, 0, 0, 2))]
    if told.compared:
        parts += [Text("\nWhat had been found before", "bold underline")]
        parts += [Padding(_before_and_after(each), (0, 0, 0, 2)) for each in told.compared]
    else:
        parts.append(Text(f"\n{nothing_known}", "dim"))
    parts.append(Text(f"\n{told.why} (exit {int(told.exit)})", "bold"))
    return laid_out(Group(*parts), style_for(file))


def _checks(checks: tuple[Check, ...]) -> RenderableType:
    """The checks of each endpoint below its name, in the order of the names."""
    by_endpoint: dict[tuple[str, str], list[Check]] = {}
    for each in sorted(checks, key=lambda check: check.endpoint):
        by_endpoint.setdefault((each.endpoint, each.address or ""), []).append(each)
    parts: list[RenderableType] = []
    for (endpoint, address), group in by_endpoint.items():
        at = f"  at {address}" if address and address not in endpoint else ""
        parts += [Text(visible(f"{endpoint}{at}"), "bold", overflow="fold"), Padding(_table(group), (0, 0, 0, 2))]
    return Group(*parts)


def _table(checks: list[Check]) -> Table:
    table = Table.grid(padding=(0, 2))
    for width in (7, 20):
        table.add_column(no_wrap=True, min_width=width)
    table.add_column(overflow="fold", ratio=1)
    for each in checks:
        table.add_row(Text(each.outcome, _STYLES[each.outcome]), _ASKED[each.question], Text(visible(each.why), "dim"))
    return table


def _before_and_after(each: Compared) -> RenderableType:
    finding = each.before.finding
    title = Text.assemble((finding.rule, "bold"), f"  {visible(finding.subject)}  ({finding.id})", overflow="fold")
    rows = [(f"then, {each.before.last_seen:%Y-%m-%d}:", each.then), *(("now:", said) for said in each.now)]
    rows.append(("state:", f"{each.before.state} -> {each.state}"))
    return Group(title, Padding(labelled(rows), (0, 0, 0, 2)))


COMMAND = Command(Stage.MEND, verify)

"""A plan for a person: what it answers, the diff with its reasons, what stays, what could break, proof and undo."""

from collections.abc import Iterable, Iterator

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from tightlip.model.counting import counted
from tightlip.model.finding import Finding
from tightlip.remediate.diff import FileDiff, file_diff
from tightlip.remediate.plan import Expectation, Plan, ProductPlan, ReloadCommand, ReloadHup
from tightlip.reports._escape import visible
from tightlip.reports._layout import labelled
from tightlip.workflows.planning import Planned, Unsettled

# More than these a person does not read here; the audit tells them all.
_DOUBTS_SHOWN = 20
_SIGNS = {"+": "green", "-": "red", " ": ""}


def page_of(planned: Planned, file: str) -> RenderableType:
    """The whole page; ``file`` is where the plan was written, "" where it was not."""
    plan, left = planned.drawn.plan, planned.unsettled
    if plan.is_empty:
        sentence = emptiness(planned)
        return Group(
            *_head(plan),
            *_findings("What goes on", left.open),
            *_advice(plan),
            *_doubts(left),
            Text(f"\n{sentence[:1].upper()}{sentence[1:]}.", "bold"),
        )
    diffs = tuple(file_diff(edit, text) for edit, text in planned.drawn.edits)
    answered = (each for each in planned.audit.findings if each.id in plan.findings)
    return Group(
        *_head(plan),
        *_findings("What it answers", answered),
        *_section("What changes", _changes(plan, diffs)),
        *_section("What stays", _bullets(plan.keeps)),
        *_section("What could break", _bullets(plan.may_break)),
        *_section("How it is done", [labelled(list(_steps(plan)))]),
        *_section("What will be proved", _bullets(_proofs(plan.expectations))),
        *_section("Left out of the proof", _bullets(plan.left_out or ())),
        *_advice(plan),
        *_doubts(left),
        *_unmet(plan),
        *_closing(plan, file),
    )


def emptiness(planned: Planned) -> str:
    """What an empty plan means: it may be good news, leave all to the reader, or rest on too little."""
    left = planned.unsettled
    if left.open and not planned.drawn.plan.advice:
        return "the plan is empty: tightlip knows no change that would answer what goes on"
    if left.open or planned.drawn.plan.advice:
        return "the plan is empty: tightlip changes nothing here, and what is left is for you to do"
    if left.doubts:
        return "the plan is empty, and that is no all-clear: not everything could be told"
    return "there is nothing to do: the plan is empty"


def _head(plan: Plan) -> Iterator[RenderableType]:
    yield Text(f"Plan: {plan.goal} on {visible(plan.host)}", "bold underline")
    rows = [
        (each.product, f"{each.instance.config}{f', version {each.version}' if each.version else ''}")
        for each in plan.products
    ]
    if rows:
        yield Padding(labelled(rows), (0, 0, 0, 2))


def _findings(title: str, findings: Iterable[Finding]) -> Iterator[RenderableType]:
    lines = []
    for finding in findings:
        lines.append(Text.assemble((finding.rule, "bold"), f"  {visible(finding.subject)}\n", visible(finding.summary)))
        lines += [Text(f"  {visible(each.where)}: {visible(each.said)}", "dim") for each in finding.places]
    yield from _section(title, lines)


def _changes(plan: Plan, diffs: tuple[FileDiff, ...]) -> Iterator[RenderableType]:
    for diff in diffs:
        yield Text(f"--- {visible(diff.path)}\n+++ {visible(diff.path)}", "bold")
        for hunk in diff.hunks:
            yield from (Text(f"# {visible(reason)}", "italic") for reason in hunk.reasons)
            yield Text(hunk.head, "cyan")
            yield from (_diff_line(line) for line in hunk.lines)
    for product in plan.products:
        for invocation in product.invocations:
            yield Text.assemble(f"# {visible(invocation.what)}\n", (visible(invocation.do), "green"))


def _diff_line(line: str) -> Text:
    return Text(visible(line.expandtabs()), _SIGNS.get(line[0], "dim"))


def _steps(plan: Plan) -> Iterator[tuple[str, str]]:
    for product in plan.products:
        for command in product.check:
            yield "check", " ".join(command.argv)
        if reload := _reload(product):
            yield "reload", reload
    if _is_run_elsewhere(plan):
        yield "undo", "rollback.ps1 sets the values that were found"
    else:
        yield "undo", "tightlip rollback CHANGE puts the files back byte for byte, reloads, and proves it"


def _reload(product: ProductPlan) -> str:
    match product.reload:
        case ReloadCommand(command):
            return " ".join(command.argv)
        case ReloadHup():
            return f"SIGHUP to the master process of {product.product}"
        case None:
            return ""


def _proofs(expectations: tuple[Expectation, ...]) -> Iterator[str]:
    for each in expectations:
        said = ["closed"] if each.closed else []
        gone = [name for name in each.withdrawn if name not in each.kept]
        shared = [name for name in each.withdrawn if name in each.kept]
        said += [f"refuses {', '.join(gone)}"] if gone else []
        said += [f"answers no NTLM in {', '.join(shared)}"] if shared else []
        said += [f"lists {', '.join(each.kept)}"] if each.kept else []
        said += ["takes no login before TLS"] if each.needs_tls else []
        said += ["after a PROXY header"] if each.proxied else []
        yield f"{each.endpoint}: {'; '.join(said) or 'greets'}"


def _advice(plan: Plan) -> Iterator[RenderableType]:
    lines = [f"{each.place.where}: {each.text}" if each.place else each.text for each in plan.advice]
    yield from _section("For you to do", _bullets(lines))


def _doubts(left: Unsettled) -> Iterator[RenderableType]:
    more = len(left.doubts) - _DOUBTS_SHOWN
    rest = [f"and {more:,} more: see tightlip audit"] if more > 0 else []
    yield from _section("What could not be told", _bullets([*left.doubts[:_DOUBTS_SHOWN], *rest]))


def _unmet(plan: Plan) -> Iterator[RenderableType]:
    lines = [f"{each.what}: {each.why}" for each in plan.unmet]
    yield from _section("Unmet (apply refuses until these are met)", _bullets(lines))


def _closing(plan: Plan, file: str) -> Iterator[RenderableType]:
    files, settings = (
        sum(len(each.files) for each in plan.products),
        sum(len(each.invocations) for each in plan.products),
    )
    counts = [counted(number, word) for number, word in ((files, "file"), (settings, "setting")) if number]
    yield Text("")
    yield Text(f"Plan {plan.hash[:12]}: {', '.join(counts)}, {counted(len(plan.expectations), 'proof')}.", "bold")
    if file:
        yield Text(f"It is written down in {visible(file)}", overflow="fold")
        yield Text(visible(_way_on(plan, file)), overflow="fold")


def _way_on(plan: Plan, file: str) -> str:
    if _is_run_elsewhere(plan):
        return "Go on with: the same command with --format powershell -o FOLDER, which makes its scripts"
    if plan.is_of_a_copy:
        rendered = "the same command with --format sh or ansible and another -o"
        return f"Go on with: tightlip plan on the host itself, or {rendered}"
    if plan.unmet:
        return "First meet what is unmet above: until then this plan is refused."
    return f"Go on with: tightlip apply {file}"


def _is_run_elsewhere(plan: Plan) -> bool:
    return any(product.invocations for product in plan.products)


def _section(title: str, lines: Iterable[RenderableType]) -> Iterator[RenderableType]:
    content = list(lines)
    if content:
        yield Text(f"\n{title}", "bold")
        yield Padding(Group(*content), (0, 0, 0, 2))


def _bullets(lines: Iterable[str]) -> Iterator[Text]:
    return (Text(f"- {visible(line)}", overflow="fold") for line in lines)

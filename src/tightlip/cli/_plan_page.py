"""A plan for a person: what it answers, the diff with its reasons, what stays, what could break, proof and undo."""

from collections.abc import Iterable, Iterator

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from tightlip.model.counting import counted
from tightlip.model.finding import Finding
from tightlip.remediate.diff import FileDiff, file_diff
from tightlip.remediate.drawing import Drawn
from tightlip.remediate.plan import Expectation, Plan, ProductPlan, ReloadCommand, ReloadHup
from tightlip.reports._escape import visible
from tightlip.reports._layout import labelled

_SIGNS = {"+": "green", "-": "red", " ": ""}


def page_of(drawn: Drawn, findings: Iterable[Finding], file: str) -> RenderableType:
    """The whole page; ``file`` is where the plan was written, "" where it was not."""
    plan = drawn.plan
    if plan.is_empty:
        return Group(*_head(plan), *_findings("What goes on", plan, findings), *_advice(plan), *_nothing(plan))
    diffs = tuple(file_diff(edit, text) for edit, text in drawn.edits)
    return Group(
        *_head(plan),
        *_findings("What it answers", plan, findings),
        *_section("What changes", _changes(plan, diffs)),
        *_section("What stays", _bullets(plan.keeps)),
        *_section("What could break", _bullets(plan.may_break)),
        *_section("How it is done", [labelled(list(_steps(plan)))]),
        *_section("What will be proved", _bullets(_proofs(plan.expectations))),
        *_advice(plan),
        *_unmet(plan),
        *_closing(plan, file),
    )


def _head(plan: Plan) -> Iterator[RenderableType]:
    yield Text(f"Plan: {plan.goal} on {visible(plan.host)}", "bold underline")
    rows = [
        (each.product, f"{each.instance.config}{f', version {each.version}' if each.version else ''}")
        for each in plan.products
    ]
    if rows:
        yield Padding(labelled(rows), (0, 0, 0, 2))


def _findings(title: str, plan: Plan, findings: Iterable[Finding]) -> Iterator[RenderableType]:
    lines = []
    for finding in (each for each in findings if each.id in plan.findings):
        lines.append(Text.assemble((finding.rule, "bold"), f"  {visible(finding.subject)}\n", visible(finding.summary)))
        lines += [Text(f"  {visible(each.where)}: {visible(each.said)}", "dim") for each in finding.places]
    yield from _section(title, lines)


def _nothing(plan: Plan) -> Iterator[RenderableType]:
    """An empty plan may be good news, or leave all to the reader."""
    yield Text("")
    if plan.findings and plan.advice:
        yield Text("The plan is empty: tightlip changes nothing here. What stands above is for you to do.", "bold")
    elif plan.findings:
        yield Text("The plan is empty: tightlip knows no change that would answer what goes on.", "bold")
    else:
        yield Text("There is nothing to do: the plan is empty.", "bold")


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
        said += [f"refuses {', '.join(each.withdrawn)}"] if each.withdrawn else []
        said += [f"lists {', '.join(each.kept)}"] if each.kept else []
        said += ["takes no login before TLS"] if each.needs_tls else []
        yield f"{each.endpoint}: {'; '.join(said) or 'greets'}"


def _advice(plan: Plan) -> Iterator[RenderableType]:
    lines = [f"{each.place.where}: {each.text}" if each.place else each.text for each in plan.advice]
    yield from _section("For you to do", _bullets(lines))


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
        yield Text(f"Go on with: {visible(_way_on(plan, file))}", overflow="fold")


def _way_on(plan: Plan, file: str) -> str:
    if _is_run_elsewhere(plan):
        return "the same command with --format powershell -o FOLDER, which makes its scripts"
    if plan.is_of_a_copy:
        return "tightlip plan on the host itself, or the same command with --format sh or --format ansible"
    return f"tightlip apply {file}"


def _is_run_elsewhere(plan: Plan) -> bool:
    return any(product.invocations for product in plan.products)


def _section(title: str, lines: Iterable[RenderableType]) -> Iterator[RenderableType]:
    content = list(lines)
    if content:
        yield Text(f"\n{title}", "bold")
        yield Padding(Group(*content), (0, 0, 0, 2))


def _bullets(lines: Iterable[str]) -> Iterator[Text]:
    return (Text(f"- {visible(line)}", overflow="fold") for line in lines)

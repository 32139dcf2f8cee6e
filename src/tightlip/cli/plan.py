"""``tightlip plan``: what would mend it, as a diff with its reasons, and as a file that can be approved and applied."""

from contextlib import ExitStack
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal, TextIO

from cyclopts import Group, Parameter

from tightlip.cli._command import Command, Stage
from tightlip.cli._output import results, say, style_for, write_all
from tightlip.cli._places import TREE, only, refuse_absent, wanted
from tightlip.cli._plan_page import emptiness, page_of
from tightlip.hosts._host import Host
from tightlip.hosts.local import local_host
from tightlip.hosts.tree import TreeHost
from tightlip.model.errors import UsageError, unwritten
from tightlip.model.remedy import Accounts
from tightlip.remediate.ansible import playbook
from tightlip.remediate.diff import outline
from tightlip.remediate.goal import Extent, Goal
from tightlip.remediate.plan import Plan, encode
from tightlip.remediate.shell import script
from tightlip.reports._escape import safe_json
from tightlip.reports._layout import laid_out
from tightlip.workflows.planning import Planned, PlanOrder, keep_plan, plan_for
from tightlip.workflows.scripts import exchange_scripts

_LOCAL = "local"
# How much of a file is looked at for what tightlip writes at the beginning of its own.
_TELLING = 4_096


class PlanFormat(StrEnum):
    """For a person (and the plan's file beside), for machines, or as something that is carried out without tightlip."""

    TEXT = "text"
    JSON = "json"
    ANSIBLE = "ansible"
    SH = "sh"
    POWERSHELL = "powershell"


@Parameter(name="*", group=Group("What to plan for", sort_key=1))
@dataclass(frozen=True, kw_only=True)
class Where:
    """The host; without any of it, this machine."""

    host: str = _LOCAL
    "The host whose configuration is to change: this machine."
    root: str | None = None
    "A folder that holds a copy of a host's files instead; such a plan can be read, and is never applied here."
    product: Annotated[tuple[str, ...], Parameter(negative=(), show_default=False)] = ()
    "Only this product. Repeatable. With FILEs, only these files, the main one first."
    config: Annotated[tuple[str, ...], Parameter(negative=(), show_default=False)] = ()
    "PRODUCT=PATH: a main file that is given instead of found. Repeatable."


@Parameter(name="*", group=Group("What to reach", sort_key=2))
@dataclass(frozen=True, kw_only=True)
class What:
    """What is wanted."""

    goal: Goal = Goal.WITHDRAW_NTLM
    "withdraw-ntlm, require-tls, disable-pop3 or limit-accounts."
    account: Annotated[tuple[str, ...], Parameter(negative=(), show_default=False)] = ()
    "An account that limit-accounts leaves POP3 to. Repeatable."
    all_but: Annotated[bool, Parameter(negative=(), show_default=False)] = False
    "The accounts named are those that lose it."
    host_wide: Annotated[bool, Parameter(negative=(), show_default=False)] = False
    "withdraw-ntlm may also end gss-ntlmssp's registration, for every program on the host; what it touches is named."


@Parameter(name="*", group=Group("Result", sort_key=3))
@dataclass(frozen=True, kw_only=True)
class Result:
    """What becomes of the plan."""

    format: PlanFormat = PlanFormat.TEXT
    "text: the page on standard output and the plan's file beside; json, ansible, sh or powershell: only that."
    output: Annotated[Path | None, Parameter(name=("--output", "-o"), allow_leading_hyphen=True)] = None
    "Where the plan's file goes, or what --format makes (for powershell a folder). Default: the state folder; stdout."


def plan(*files: str, where: Where = Where(), what: What = What(), result: Result = Result()) -> int:
    """Plan the change that mends it: the diff with its reasons, what stays, what could break, proof and undo.

    Nothing is changed. The plan's file holds hashes, places and the new text alone, no secret of the configuration; it
    is for this very host and these very files. 'tightlip apply' carries it out.

    Exit codes: 0 a plan was made, or there is nothing to do; 2 wrong usage; 4 the plan is empty, and something goes on,
    is left to you or could not be told; 6 none may be made, and why.
    """
    base = TREE if where.root is not None else Path.cwd()
    order = PlanOrder(
        goal=what.goal,
        wanted=wanted(where.product, where.config, files, base),
        accounts=what.account,
        meaning=Accounts.ALL_BUT if what.all_but else Accounts.ONLY,
        extent=Extent.HOST if what.host_wide else Extent.SERVER,
    )
    with ExitStack() as stack:
        host = _host(where, stack)
        refuse_absent((host,), order.wanted, files, base)
        planned = plan_for(only(host, files, base), order)
        _refuse_what_was_read(planned, Path(where.root or "/"), result.output)
        match result.format:
            case PlanFormat.TEXT:
                _for_a_person(planned, result)
            case PlanFormat.POWERSHELL:
                _as_scripts(planned.drawn.plan, result)
            case PlanFormat.JSON | PlanFormat.ANSIBLE | PlanFormat.SH:
                file = stack.enter_context(results(str(result.output) if result.output else None))
                write_all([_rendered(planned, result.format)], file)
                say(f"tightlip: {_closing(planned)}")
        return planned.exit


def _refuse_what_was_read(planned: Planned, root: Path, output: Path | None) -> None:
    """UsageError where the result would replace a configuration file, as by a slip of the completion.

    What lies beside such a file may be a certificate or its list of users: only what tightlip wrote is replaced there.
    """
    if output is None or not output.is_file():
        return
    read = {root / file.path.lstrip("/") for each in planned.audit.instances for file in each.files.files}
    if any(path.exists() and path.samefile(output) for path in read):
        raise UsageError(f"{output} is a file that the plan was made from", "name another one: -o plan.json")
    there = output.resolve()
    is_beside = any(there.is_relative_to(path.parent.resolve()) for path in read)
    if is_beside and there.stat().st_size and not _is_ours(there):
        told = f"{output} lies beside the configuration, and tightlip did not write it"
        raise UsageError(told, "name another one, or remove it: -o plan.json")


def _is_ours(path: Path) -> bool:
    """Whether a plan, or what was rendered of one, begins like this."""
    with path.open("rb") as file:
        beginning = file.read(_TELLING)
    return b"made by tightlip" in beginning or beginning.startswith(b'{\n "hash"')


def _for_a_person(planned: Planned, result: Result) -> None:
    found, path = planned.drawn.plan, result.output
    if str(path) == "-":  # the page is what standard output is for
        path = None
    if path is not None:
        _write(path, encode(found).decode())
    elif not found.is_empty:
        path = keep_plan(found)
    with results(None) as file:
        write_all([_page(planned, path, file)], file)


def _as_scripts(found: Plan, result: Result) -> None:
    """Several files: they need a folder."""
    if result.output is None:
        raise UsageError("--format powershell makes three scripts", "name a folder for them: -o mend")
    texts = exchange_scripts(found)
    try:
        result.output.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise unwritten(f"cannot make {result.output}", error, "name a folder that may be made") from None
    for name, text in texts.items():
        _write(result.output / name, text)
        say(f"tightlip: written: {result.output / name}")


def _write(path: Path, text: str) -> None:
    """Into a file of ours: what is none is not replaced, be it a link or /dev/null."""
    with results(str(path)) as file:
        write_all([text], file)


def _page(planned: Planned, path: Path | None, file: TextIO) -> str:
    return laid_out(page_of(planned, str(path or "")), style_for(file))


def _rendered(planned: Planned, form: Literal[PlanFormat.JSON, PlanFormat.ANSIBLE, PlanFormat.SH]) -> str:
    match form:
        case PlanFormat.ANSIBLE:
            return playbook(planned.drawn.plan)
        case PlanFormat.SH:
            return script(planned.drawn.plan, (outline(edit, text) for edit, text in planned.drawn.edits))
        case PlanFormat.JSON:
            return safe_json(encode(planned.drawn.plan).decode())


def _closing(planned: Planned) -> str:
    found = planned.drawn.plan
    if found.is_empty:
        doubts = "".join(f"; {each}" for each in planned.unsettled.doubts[:1])
        return f"{emptiness(planned)}{doubts}"
    unmet = f"; unmet: {'; '.join(each.what for each in found.unmet)}" if found.unmet else ""
    return f"plan {found.hash[:12]} for {found.host}{unmet}"


def _host(where: Where, stack: ExitStack) -> Host:
    if where.root is not None:
        return stack.enter_context(TreeHost(where.root))
    if where.host != _LOCAL:
        raise UsageError(f"--host {where.host} is not known", "plan where the files are: --host local, or --root DIR")
    return local_host()


COMMAND = Command(Stage.MEND, plan)

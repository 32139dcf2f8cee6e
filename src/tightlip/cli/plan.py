"""``tightlip plan``: what would mend it, as a diff with its reasons, and as a file that can be approved and applied."""

from contextlib import ExitStack
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TextIO

from cyclopts import Group, Parameter

from tightlip import registry
from tightlip.cli._command import Command, Stage
from tightlip.cli._output import results, say, style_for, write_all
from tightlip.cli._plan_page import page_of
from tightlip.hosts._host import Host
from tightlip.hosts.local import local_host
from tightlip.hosts.tree import TreeHost
from tightlip.model.errors import Exit, UsageError
from tightlip.model.remedy import Accounts
from tightlip.remediate.ansible import playbook
from tightlip.remediate.goal import Goal
from tightlip.remediate.plan import encode
from tightlip.remediate.shell import script
from tightlip.reports._layout import laid_out
from tightlip.workflows.planning import Planned, PlanOrder, keep_plan, plan_for
from tightlip.workflows.surveying import Wanted

_LOCAL = "local"


class PlanFormat(StrEnum):
    """For a person (and the plan's file beside), or as something that is carried out without tightlip."""

    TEXT = "text"
    JSON = "json"
    ANSIBLE = "ansible"
    SH = "sh"


@Parameter(name="*", group=Group("What to plan for", sort_key=1))
@dataclass(frozen=True, kw_only=True)
class Where:
    """The host; without any of it, this machine."""

    host: str = _LOCAL
    "The host whose configuration is to change: this machine."
    root: str | None = None
    "A folder that holds a copy of a host's files instead; such a plan can be read, and is never applied here."
    product: Annotated[tuple[str, ...], Parameter(negative=(), show_default=False)] = ()
    "Only this product. Repeatable."
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


@Parameter(name="*", group=Group("Result", sort_key=3))
@dataclass(frozen=True, kw_only=True)
class Result:
    """What becomes of the plan."""

    format: PlanFormat = PlanFormat.TEXT
    "text: the page on standard output and the plan's file beside; json, ansible or sh: only that."
    output: Annotated[Path | None, Parameter(name=("--output", "-o"), allow_leading_hyphen=True)] = None
    "Where the plan's file goes, or what --format makes. Default: the state folder; standard output."


def plan(*, where: Where = Where(), what: What = What(), result: Result = Result()) -> int:
    """Plan the change that mends it: the diff with its reasons, what stays, what could break, proof and undo.

    Nothing is changed. The plan's file holds hashes, places and the new text alone, no secret of the configuration; it
    is for this very host and these very files. 'tightlip apply' carries it out.

    Exit codes: 0 a plan was made, empty or not; 2 wrong usage; 6 none may be made, and why.
    """
    order = PlanOrder(
        goal=what.goal,
        wanted=Wanted(products=_products(where), configs=_configs(where)),
        accounts=what.account,
        meaning=Accounts.ALL_BUT if what.all_but else Accounts.ONLY,
    )
    with ExitStack() as stack:
        planned = plan_for(_host(where, stack), order)
        if result.format is PlanFormat.TEXT:
            return _for_a_person(planned, result)
        file = stack.enter_context(results(str(result.output) if result.output else None))
        write_all([_rendered(planned, result.format)], file)
        say(f"tightlip: {_closing(planned)}")
    return Exit.OK


def _for_a_person(planned: Planned, result: Result) -> int:
    found = planned.drawn.plan
    path = None if found.is_empty and result.output is None else keep_plan(found, result.output)
    with results(None) as file:
        write_all([_page(planned, path, file)], file)
    return Exit.OK


def _page(planned: Planned, path: Path | None, file: TextIO) -> str:
    return laid_out(page_of(planned.drawn, planned.audit.findings, str(path or "")), style_for(file))


def _rendered(planned: Planned, form: PlanFormat) -> str:
    match form:
        case PlanFormat.ANSIBLE:
            return playbook(planned.drawn.plan)
        case PlanFormat.SH:
            return script(planned.drawn.plan)
        case PlanFormat.JSON | PlanFormat.TEXT:
            return encode(planned.drawn.plan).decode()


def _closing(planned: Planned) -> str:
    found = planned.drawn.plan
    if found.is_empty:
        return "the plan is empty: there is nothing to do"
    unmet = f"; unmet: {'; '.join(each.what for each in found.unmet)}" if found.unmet else ""
    return f"plan {found.hash[:12]} for {found.host}{unmet}"


def _host(where: Where, stack: ExitStack) -> Host:
    if where.root is not None:
        return stack.enter_context(TreeHost(where.root))
    if where.host != _LOCAL:
        raise UsageError(f"--host {where.host} is not known", "plan where the files are: --host local, or --root DIR")
    return local_host()


def _products(where: Where) -> tuple[str, ...]:
    known = registry.names("products")
    for name in where.product:
        if name not in known:
            raise UsageError(f"no product is called {name!r}", f"known: {', '.join(known)}")
    return where.product


def _configs(where: Where) -> dict[str, tuple[str, ...]]:
    known = registry.names("products")
    configs: dict[str, tuple[str, ...]] = {}
    for given in where.config:
        product, _, path = given.partition("=")
        if product not in known or not path:
            raise UsageError(f"--config {given} is not PRODUCT=PATH", f"products: {', '.join(known)}")
        configs[product] = (*configs.get(product, ()), str(Path("/" if where.root else "").absolute() / path))
    return configs


COMMAND = Command(Stage.MEND, plan)

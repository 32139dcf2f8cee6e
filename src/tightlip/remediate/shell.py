"""Renders a plan as a POSIX shell script for hosts without tightlip: coreutils and the product's own commands, no more.

It does what ``tightlip apply`` does on files: every sha256 as planned, backups, new files complete and verified before
the first is put in its place, the products' checks, the reload, every listener asked whether it still serves, and
everything put back where one of these fails. What it cannot do is said in it: whether the change has worked is not
proved, and no approval is asked for.
"""

from collections.abc import Iterable, Iterator

from tightlip.remediate import _shell_program as shell
from tightlip.remediate._shell_courses import COURSE
from tightlip.remediate.diff import Outline
from tightlip.remediate.plan import Plan, ReloadCommand
from tightlip.reports._escape import visible

_HEAD = """\
#!/bin/sh
# {title}
#
#   sh THIS --check     say what would change; nothing is written, no command of a product is run
#   sh THIS             back up, change, check, reload, ask; put everything back where one of these fails
#   sh THIS --undo      put the files back as they were, reload, and ask
#
# After the reload every listener that answered before the change has to greet and to say what it can, in each TLS
# state, within 45 seconds, or 20 where it hangs up each time. It is asked with the first of curl, openssl, nc, bash
# and python3 that is here and can; what none of them can ask is named. Where there is none at all, nothing is changed
# unless you add --no-greeting.
#
# Where anybody but root and you may change a file, a folder above it or a link on the way, nothing is changed.
#
# Run it as root on the host. Earlier files are kept in /var/backups/tightlip, or below $TIGHTLIP_BACKUP; they hold
# what the configuration holds, passwords too. Run again it finds nothing to do. Killed half-way it goes on when it is
# run again, or --undo takes it back. Exit status: 0 done, 1 failed and all is as before, 2 wrong usage, 3 failed and
# NOT everything is as before (a file could not be put back, or a listener does not answer), 6 refused, nothing was
# changed.
#
# It does not prove that the change has worked, does not ask for approvals, and trusts the exit status of the products'
# checks, where 'tightlip apply' reads what they say. Prove it afterwards from another machine: tightlip verify.
#
# shellcheck disable=SC2016
# (what stands in single quotes is data, dollar signs too)"""


def script(plan: Plan, outlines: Iterable[Outline] = ()) -> str:
    """The script's text, the same for the same plan; UsageError where its changes are not in files (Exchange).

    It shows files that have an outline as a diff; of the others it tells which bytes change.
    """
    parts = [
        "\n".join([_HEAD.format(title=_title(plan)), *(shell.remark(f"- {line}") for line in _remarks(plan))]),
        shell.program(plan, outlines).rstrip("\n"),
        _check(plan),
        _reload(plan),
        _preconditions(plan),
        _proof(plan),
        COURSE.strip("\n"),
    ]
    return "\n\n".join(parts) + "\n"


def _title(plan: Plan) -> str:
    return visible(f"{plan.goal} on {plan.host}, made by tightlip {plan.tool}, plan {plan.hash}")


def _remarks(plan: Plan) -> Iterator[str]:
    """What a person should have read."""
    yield from plan.may_break
    yield from (f"not met, or not checked: {each.what}: {each.why}" for each in plan.unmet)
    yield from (each.text for each in plan.advice)


def _check(plan: Plan) -> str:
    commands = [f"quietly {shell.words(command.argv)} || return 1" for command in shell.checks(plan)]
    return _function("check", commands)


def _reload(plan: Plan) -> str:
    commands = []
    for product, way in shell.reloads(plan):
        if isinstance(way, ReloadCommand):
            commands.append(f"quietly {shell.words(way.command.argv)} || return 1")
        else:
            commands.append(f"{shell.words(shell.hang_up(product, way))} || return 1")
    return _function("reload", commands)


def _preconditions(plan: Plan) -> str:
    if not plan.unmet:
        return "met=yes\n\n" + _function("preconditions", [': "$met"'])
    lines = ['if [ -n "$met" ]; then return 0; fi']
    lines += [f"complain {shell.words([visible(f'{each.what}: {each.why}')])}" for each in plan.unmet]
    lines.append("refuse 'see to these, then run it again with --preconditions-met'")
    return "met=\n\n" + _function("preconditions", lines)


def _proof(plan: Plan) -> str:
    endpoints = [each.endpoint for each in plan.expectations]
    if not endpoints:
        return _function("proof", [])
    return _function("proof", [f"say {shell.words(['prove it from another machine: tightlip verify', *endpoints])}"])


def _function(name: str, lines: list[str]) -> str:
    return "\n".join([f"{name}() {{", *(f"    {line}" for line in lines or [":"]), "}"])

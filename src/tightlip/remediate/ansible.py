"""Renders a plan as an Ansible playbook for hosts without tightlip, which need a POSIX shell and coreutils.

The files' own text is nowhere in it and never leaves the host: a small shell program, the same that ``--format sh``
renders, splices on the host, and is fed to ``sh`` step by step. So ``--diff`` shows no lines of files, in whose
context secrets could stand; the playbook says in its own words what it changes. What comes from the plan is data: a
template that stands in a path or a text is not run.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from tightlip.products._product import Command
from tightlip.remediate import _shell_program as shell
from tightlip.remediate._shell_courses import CALLS
from tightlip.remediate._yaml import Data, document
from tightlip.remediate.plan import Patch, Plan, PlannedFile, ReloadCommand, ReloadHup
from tightlip.reports._escape import visible, visible_bytes

_HEAD = """\
{title}
#
#   ansible-playbook -i INVENTORY -l HOST --check THIS      says what would change, and writes nothing
#   ansible-playbook -i INVENTORY -l HOST THIS              changes, checks, reloads, asks every listener; puts all back
#                                                           where one of these fails
#   ansible-playbook … -e tightlip_undo=true THIS           puts the files back as they were, and reloads
#
# Add --become unless you log in as root. Earlier files are kept on the host in tightlip_backup; they hold what the
# configuration holds, passwords too. After the reload every listener that answered before has to greet and say what it
# can, in each TLS state; for that the host needs curl, openssl, nc, bash or python3, or -e tightlip_no_greeting=true.
# That the change has worked is not proved, no approval is asked for, and of the products' checks the exit status alone
# is read. Prove it afterwards from another machine: tightlip verify.
"""

_RELOAD = "reload what was changed"
_CHANGED = "tightlip_wrote is changed"
_ASKING = "not tightlip_no_greeting | bool"
_SEEN = "tightlip_seen.results"

Task = dict[str, Any]


def playbook(plan: Plan) -> str:
    """The playbook's text, the same for the same plan; UsageError where its changes are not in files (Exchange)."""
    play = {
        "name": "Carry out a plan of tightlip",
        "hosts": "all",
        "gather_facts": False,
        "vars": _variables(plan),
        "environment": {"TIGHTLIP_BACKUP": "{{ tightlip_backup }}"},
        "tasks": list(_tasks(plan)),
        "handlers": [{**task, "listen": _RELOAD} for task in _reloads(plan)],
    }
    title = shell.remark(f"{plan.goal} on {plan.host}, made by tightlip {plan.tool}, plan {plan.hash}")
    remarks = [shell.remark(f"- {line}") for line in (*plan.may_break, *(each.text for each in plan.advice))]
    return "\n".join([_HEAD.format(title=title).rstrip("\n"), *remarks, document([play])])


def _variables(plan: Plan) -> dict[str, Any]:
    return {
        "tightlip_backup": "/var/backups/tightlip",
        "tightlip_undo": False,
        "tightlip_preconditions_met": False,
        "tightlip_no_greeting": False,
        "tightlip_preconditions": [Data(visible(f"{each.what}: {each.why}")) for each in plan.unmet],
        "tightlip_files": [_file(file) for product in plan.products for file in product.files],
        "tightlip_program": Data(shell.program(plan) + CALLS),
    }


def _file(file: PlannedFile) -> dict[str, Any]:
    changes = [Data(_told(patch)) for patch in file.patches]
    return {"path": Data(file.path), "before": file.before, "after": file.after, "changes": changes}


def _told(patch: Patch) -> str:
    becomes = visible_bytes(patch.new) if patch.new else "nothing"
    return f"bytes {patch.start} to {patch.end} become {becomes} ({visible(patch.reason)})"


def _tasks(plan: Plan) -> Iterator[Task]:
    yield _look("Look at the files")
    yield {
        "name": "Every file is as it was when the plan was made, or as planned already",
        "ansible.builtin.assert": {
            "that": [
                "item.stat.exists and item.stat.isreg",
                "item.stat.checksum in [item.item.before, item.item.after]",
                "item.stat.nlink == 1",
            ],
            "fail_msg": "it is not there, is linked elsewhere, or was changed since; nothing was done",
            "quiet": True,
        },
        **_each_seen(),
    }
    yield {
        "name": "What changes",
        "ansible.builtin.debug": {"var": "item.item.changes"},
        **_each_seen(),
        "when": ["not tightlip_undo | bool", "item.stat.checksum == item.item.before"],
    }
    yield {
        "name": "What nobody could check beforehand is seen to (then say -e tightlip_preconditions_met=true)",
        "ansible.builtin.assert": {"that": ["tightlip_preconditions_met | bool"], "fail_msg": "{{ item }}"},
        "loop": "{{ tightlip_preconditions }}",
        "when": [
            "not tightlip_undo | bool",
            "not ansible_check_mode",
            f"{_SEEN} | map(attribute='stat.checksum') | list != tightlip_files | map(attribute='after') | list",
        ],
    }
    yield {
        "name": "What is to be reloaded is found",
        **_program("find_masters"),
        "changed_when": False,
        "when": ["not tightlip_undo | bool", "not ansible_check_mode"],
    }
    yield from _asked_before()
    yield {
        "name": "Change, or put everything back",
        "when": ["not tightlip_undo | bool"],
        "block": list(_change(plan)),
        "rescue": list(_rescue(plan)),
    }
    yield {"name": "Undo", "when": ["tightlip_undo | bool"], "block": list(_undo())}


def _asked_before() -> Iterator[Task]:
    """Before anything is written, and outside the block whose rescue puts it back."""
    when = ["not tightlip_undo | bool", "not ansible_check_mode", _ASKING]
    yield {
        "name": "Ask every listener before the change",
        **_program("ask_before"),
        "register": "tightlip_asked",
        "changed_when": False,
        "when": when,
    }
    yield {
        "name": "What need not answer afterwards",
        "ansible.builtin.debug": {"var": "tightlip_asked.stdout_lines"},
        "when": [*when, "tightlip_asked.stdout != ''"],
    }


def _change(plan: Plan) -> Iterator[Task]:
    yield {
        "name": "Back up, splice, verify the sha256, replace",
        **_program("{{ 'rehearse' if ansible_check_mode else 'write_all' }}"),
        "check_mode": False,
        "register": "tightlip_wrote",
        "changed_when": "'change' in tightlip_wrote.stdout",
        "notify": _RELOAD,
    }
    yield from ({**task, "when": [_CHANGED]} for task in _checks(shell.checks(plan)))
    yield {"name": "Reload", "ansible.builtin.meta": "flush_handlers"}
    yield {
        "name": "Every listener that answered before the change answers",
        **_program("ask_after"),
        "changed_when": False,
        "when": [_CHANGED, _ASKING, "not ansible_check_mode"],
    }
    yield {**_look("Look at the files again"), "when": ["not ansible_check_mode"]}
    yield {
        "name": "Every file is as planned",
        "ansible.builtin.assert": {
            "that": ["item.stat.checksum == item.item.after"],
            "fail_msg": "it was changed by somebody else in between",
            "quiet": True,
        },
        **_each_seen(),
        "when": ["not ansible_check_mode"],
    }
    yield {"name": "Done", **_program("finish"), "changed_when": False, "when": [_CHANGED]}


def _rescue(plan: Plan) -> Iterator[Task]:
    yield {"name": "Put the files back", **_program("restore")}
    for task in _reloads(plan):
        yield {**task, "ignore_errors": True}
    yield {"name": "Done", **_program("finish"), "changed_when": False}
    yield {**_asked_back("Every listener that answered before the change answers again"), "when": [_ASKING]}
    yield {
        "name": "Say so",
        "ansible.builtin.fail": {"msg": "it failed, see above; the files are as they were before"},
    }


def _undo() -> Iterator[Task]:
    yield {
        "name": "Put the earlier files back",
        **_program("{{ 'rehearse_undo' if ansible_check_mode else 'undo' }}"),
        "check_mode": False,
        "register": "tightlip_wrote",
        "changed_when": "'put back' in tightlip_wrote.stdout",
        "notify": _RELOAD,
    }
    yield {"name": "Reload", "ansible.builtin.meta": "flush_handlers"}
    yield {"name": "Done", **_program("finish"), "changed_when": False, "when": [_CHANGED]}
    when = [_CHANGED, _ASKING, "not ansible_check_mode"]
    yield {**_asked_back("Every listener that answered before the change answers again"), "when": when}


def _asked_back(name: str) -> Task:
    return {"name": name, **_program("ask_back"), "changed_when": False}


def _look(name: str) -> Task:
    return {
        "name": name,
        "ansible.builtin.stat": {
            "path": "{{ item.path }}",
            "follow": True,
            "checksum_algorithm": "sha256",
            "get_mime": False,
            "get_attributes": False,
        },
        "loop": "{{ tightlip_files }}",
        "loop_control": {"label": "{{ item.path }}"},
        "register": "tightlip_seen",
    }


def _each_seen() -> Task:
    return {"loop": f"{{{{ {_SEEN} }}}}", "loop_control": {"label": "{{ item.item.path }}"}}


def _program(*words: str | Data) -> Task:
    return {"ansible.builtin.command": {"argv": ["sh", "-s", "--", *words], "stdin": "{{ tightlip_program }}"}}


def _checks(commands: Iterable[Command]) -> Iterator[Task]:
    """What they print stays on the host, for it may be the whole configuration; what they complain of is shown."""
    for command in commands:
        argv = ["sh", "-c", 'exec "$@" </dev/null >/dev/null', "sh", *map(Data, command.argv)]
        yield {
            "name": "Check the new configuration with the product's own command",
            "ansible.builtin.command": {"argv": argv},
            "changed_when": False,
        }


def _reloads(plan: Plan) -> Iterator[Task]:
    """One task a product, in the plan's order."""
    for product, way in shell.reloads(plan):
        name = f"Reload {product.product}" if product.product.isalnum() else "Reload"
        match way:
            case ReloadCommand(command):
                yield {"name": name, "ansible.builtin.command": {"argv": [Data(each) for each in command.argv]}}
            case ReloadHup():
                yield {"name": name, **_program(*map(Data, shell.hang_up(product, way)))}

"""A plan for Exchange as three PowerShell scripts: apply, verify, roll back.

Only cmdlets that parse() knows get in, spelled anew from what was understood: whatever a plan, or a server's or
connector's name holds, a script holds nothing else. All of it is ASCII.
"""

from base64 import b64encode
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from msgspec import Struct

from tightlip.model.errors import UsageError
from tightlip.ntlm.negotiate import Wish, negotiate_message
from tightlip.products._exchange.cmdlets import Cmdlet, literal, parse, spell, words
from tightlip.products._product import Invoke
from tightlip.remediate.plan import Expectation, Plan

NAMES = ("apply.ps1", "verify.ps1", "rollback.ps1")
SHARED = "shared.ps1"

_WITHOUT_TLS = {"pop3": "PLAIN", "imap": "PLAIN", "smtp": "LOGIN"}
_ASKABLE = frozenset({"PLAIN", "LOGIN"})
_SECURITIES = {"starttls": "starttls", "": "plain"}
_RESTARTED = {
    "Set-PopSettings": ("MSExchangePOP3", "MSExchangePOP3BE"),
    "Set-ImapSettings": ("MSExchangeIMAP4", "MSExchangeIMAP4BE"),
}


class Step(Struct, frozen=True, kw_only=True):
    """One change: in words, the cmdlet that makes it, and the one that sets the value found."""

    what: str
    do: Cmdlet
    undo: Cmdlet


def scripts(plan: Plan, templates: Mapping[str, str]) -> dict[str, str]:
    """The scripts by file name; ``templates`` are the texts of NAMES and SHARED.

    UsageError where the plan has no change for Exchange, or one that is not a cmdlet by which Exchange is changed.
    """
    invocations = [each for product in plan.products if product.product == "exchange" for each in product.invocations]
    if not invocations:
        raise UsageError("the plan changes nothing on Exchange", "scripts are made of plans for product exchange")
    steps = [_step(each) for each in invocations]
    filling = {
        "#{plan}": _plan(plan, steps),
        "#{endpoints}": _endpoints(plan.expectations),
        "#{shared}": templates[SHARED].rstrip("\n"),
    }
    return {name: _filled(templates[name], filling) for name in NAMES}


def _step(invoke: Invoke) -> Step:
    do, undo = parse(invoke.do), parse(invoke.undo)
    if do is None or undo is None or _subject(do) != _subject(undo):
        raise UsageError("the plan holds a command that is none of Exchange's settings", "make it again: tightlip plan")
    return Step(what=invoke.what, do=do, undo=undo)


def _subject(cmdlet: Cmdlet) -> tuple[object, ...]:
    return cmdlet.name, cmdlet.target, tuple(name for name, _ in cmdlet.settings)


def _filled(template: str, filling: Mapping[str, str]) -> str:
    """A template with its marked lines filled in; what is filled in is not looked at again."""
    return "".join(f"{filling.get(line, line)}\n" for line in template.splitlines())


def _plan(plan: Plan, steps: Iterable[Step]) -> str:
    lines = [
        f"$PlanHash = {literal(plan.hash)}",
        f"$PlanGoal = {literal(plan.goal)}",
        "Write-Host ('tightlip plan ' + $PlanHash.Substring(0, 12) + ': ' + $PlanGoal)",
        "",
        "# Read reads a setting, Found is what the plan found, Wanted what it wants, Keep what is kept before.",
        "$Steps = @(",
        *(line for step in steps for line in _hash(_fields(step))),
        ")",
    ]
    return "\n".join(lines)


def _fields(step: Step) -> dict[str, str]:
    owner = _owner(step.do)
    restart = _RESTARTED.get(step.do.name, ())
    return {
        "What": literal(step.what),
        "Target": literal(" ".join(value for _, value in step.do.target)),
        "Read": f"{{ {_read(step.do)} }}",
        "Keep": f"{{ {_object(step.do)} }}",
        "Found": _list(_all_words(step.undo)),
        "Wanted": _list(_all_words(step.do)),
        "Do": f"{{ {_call(step.do)} }}",
        "Undo": f"{{ {_call(step.undo)} }}",
        "Server": literal(owner if restart else ""),
        "Restart": _list(restart),
    }


def _hash(fields: Mapping[str, str]) -> list[str]:
    return ["    @{", *(f"        {name} = {value}" for name, value in fields.items()), "    }"]


def _call(cmdlet: Cmdlet) -> str:
    return f"{spell(cmdlet)} -Confirm:$false -ErrorAction Stop"


def _read(cmdlet: Cmdlet) -> str:
    if cmdlet.name == "Set-Service":
        return f"Get-ServiceWords {' '.join(literal(value) for _, value in cmdlet.target)}"
    # One setting a cmdlet, by how the edits are made; several would be read one after the other.
    return "; ".join(f"({_object(cmdlet)}).{name}" for name, _ in cmdlet.settings)


def _object(cmdlet: Cmdlet) -> str:
    target = " ".join(f"-{name} {literal(value)}" for name, value in cmdlet.target)
    return f"{cmdlet.name.replace('Set-', 'Get-')} {target}"


def _all_words(cmdlet: Cmdlet) -> tuple[str, ...]:
    return tuple(word for _, value in cmdlet.settings for word in words(value))


def _owner(cmdlet: Cmdlet) -> str:
    return cmdlet.target[0][1]


def _list(texts: Iterable[str]) -> str:
    return f"@({literal(tuple(texts))})"


def _endpoints(expectations: Iterable[Expectation]) -> str:
    lines = [
        f"$TypeOne = {literal(b64encode(negotiate_message(Wish.CURRENT)).decode())}",
        "",
        "# Refused: a password is asked for, and must not be taken.",
        "$Endpoints = @(",
        *(line for each in expectations for line in _hash(_endpoint(each))),
        ")",
    ]
    return "\n".join(lines)


def _endpoint(expected: Expectation) -> dict[str, str]:
    url = urlsplit(expected.endpoint)
    protocol, _, upgraded = url.scheme.partition("+")
    implicit = protocol in ("pop3s", "imaps", "smtps")
    protocol = protocol.removesuffix("s") if implicit else protocol
    asked = _WITHOUT_TLS.get(protocol)
    return {
        "Name": literal(expected.endpoint),
        "Server": literal(url.hostname or ""),
        "Port": str(url.port or 0),
        "Protocol": literal(protocol),
        "Security": literal("implicit" if implicit else _SECURITIES.get(upgraded, "plain")),
        "Closed": literal(expected.closed),
        "Withdrawn": _list(name for name in expected.withdrawn if name == "NTLM"),
        "Refused": _list([asked] if expected.needs_tls and asked else []),
        "Kept": _list(name for name in expected.kept if name in _ASKABLE and not expected.needs_tls),
    }

"""Writes a plan's files, checks and reloads as functions of a POSIX shell program, whatever bytes are in them."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from msgspec import Struct

from tightlip import registry
from tightlip.model.endpoint import Endpoint, port_of, read_endpoint
from tightlip.model.errors import UsageError
from tightlip.products._product import Command, Product
from tightlip.remediate._shell_dialogues import DIALOGUES
from tightlip.remediate._shell_hands import HANDS
from tightlip.remediate._shell_listeners import LISTENERS
from tightlip.remediate._shell_lock import LOCK
from tightlip.remediate._shell_master import MASTER
from tightlip.remediate._shell_steps import STEPS
from tightlip.remediate.diff import NO_END, Outline, OutlineHunk
from tightlip.remediate.plan import Plan, PlannedFile, ProductPlan, ReloadCommand, ReloadHup
from tightlip.reports._escape import visible, visible_bytes

# All that is the same in every rendered program.
PARTS = tuple(part.strip("\n") for part in (HANDS, LOCK, STEPS, MASTER, DIALOGUES, LISTENERS))

_T = TypeVar("_T")
_SHORT = 16
# What stands for itself in single quotes and for printf.
_SEEN = frozenset(map(chr, range(0x20, 0x7F))) - {"'", "\\"}


class _Listener(Struct, frozen=True):
    """One TLS state of a listener, and whether it stays where the change is made."""

    endpoint: Endpoint
    stays: bool


def program(plan: Plan, outlines: Iterable[Outline] = ()) -> str:
    """The definitions that every rendering begins with; UsageError where a plan's changes are no files.

    Nothing in it is of the files' own text: spans, hashes and the new bytes alone, as in the plan. A file with an
    outline is shown as a diff, made on the host; of the others it is told which bytes change.
    """
    if invoking := next((each.product for each in plan.products if each.invocations), None):
        raise UsageError(f"{invoking} is changed by commands of its own, not in files", "render it as powershell")
    files = tuple(enumerate((file for product in plan.products for file in product.files), 1))
    listeners = tuple(enumerate(_listeners(plan), 1))
    outlined = {each.path: each for each in outlines}
    parts = [
        "set -eu\numask 077\nLC_ALL=C\nexport LC_ALL\n",
        f"plan={short_hash(plan)}\nall='{_numbers(files)}'\nlisteners='{_numbers(listeners)}'",
        *PARTS,
        _function("describe", files, _description),
        _function("build", files, _building),
        _function("tell", files, lambda file: _telling(file, outlined.get(file.path))),
        _function("listener", listeners, _listening),
        _masters(plan),
    ]
    return "\n\n".join(parts) + "\n"


def short_hash(plan: Plan) -> str:
    """The part of the plan's hash that names its backups."""
    return plan.hash[:_SHORT]


def checks(plan: Plan) -> tuple[Command, ...]:
    """Every product's checks, in the plan's order, each once."""
    return tuple(dict.fromkeys(command for product in plan.products for command in product.check))


def reloads(plan: Plan) -> tuple[tuple[ProductPlan, ReloadCommand | ReloadHup], ...]:
    """The products that are reloaded, in the plan's order, and how."""
    return tuple((product, product.reload) for product in plan.products if product.reload is not None)


def hang_up(product: ProductPlan, step: ReloadHup) -> tuple[str, ...]:
    """The words that have the program send SIGHUP to the product's master process."""
    return ("hang_up", *_master(product, step))


def words(argv: Iterable[str]) -> str:
    """The arguments of a command, quoted; what cannot be seen is written as octal numbers."""
    return " ".join(_word(each) for each in argv)


def remark(text: str) -> str:
    """A comment of one line."""
    return f"# {visible(text)}"


def _listeners(plan: Plan) -> Iterator[_Listener]:
    """Every state that is to answer after the change, or after an undo, each once."""
    closed = {each.endpoint for each in plan.expectations if each.closed}
    for endpoint in dict.fromkeys(each.endpoint for each in (*plan.expectations, *plan.restored)):
        yield _Listener(read_endpoint(endpoint), endpoint not in closed)


def _masters(plan: Plan) -> str:
    """The function that looks for every process that is to get a SIGHUP, and sends none."""
    found = [_master(product, way) for product, way in reloads(plan) if isinstance(way, ReloadHup)]
    lines = [f"find_master {words(each)} || return 1" for each in found] or [":"]
    return "\n".join(["masters() {", *(f"    {line}" for line in lines), "}"])


def _master(product: ProductPlan, step: ReloadHup) -> tuple[str, ...]:
    """What the program knows a product's master process by."""
    accounts = registry.pick("products", product.product, Product).accounts
    return (product.instance.config, " ".join(accounts), *(step.programs or (product.product,)))


def _numbers(numbered: Iterable[tuple[int, object]]) -> str:
    return " ".join(str(number) for number, _ in numbered)


def _function(name: str, numbered: Iterable[tuple[int, _T]], body: Callable[[_T], list[str]]) -> str:
    """A function whose argument is the number of a file, or of a listener."""
    cases = []
    for number, each in numbered:
        cases += [f"        {number})", *(f"            {line}" for line in body(each)), "            ;;"]
    return "\n".join([f"{name}() {{", "    case $1 in", *cases, "    esac", "}"])


def _description(file: PlannedFile) -> list[str]:
    lines = _assigned("path", file.path)
    return [*lines, f"shown={_word(visible(file.path))}", f"before={file.before}", f"after={file.after}"]


def _building(file: PlannedFile) -> list[str]:
    lines, done = [], 0
    for patch in file.patches:
        if patch.start > done:
            lines.append(f"keep {done} {patch.start}")
        lines.append(remark(patch.reason))
        if patch.new:
            lines.append(_printed(patch.new))
        done = patch.end
    return [*lines, f"keep_rest {done}"]


def _telling(file: PlannedFile, outlined: Outline | None) -> list[str]:
    if outlined is not None:
        heads = [f"say {_word(visible(f'{sign} {file.path}'))}" for sign in ("---", "+++")]
        return [*heads, *(line for hunk in outlined.hunks for line in _telling_hunk(hunk))]
    lines = []
    for patch in file.patches:
        becomes = visible_bytes(patch.new) if patch.new else "nothing"
        place = f"  bytes {patch.start} to {patch.end} become {becomes}"
        lines += [f"say {_word(place)}", f"say {_word(f'  ({visible(patch.reason)})')}"]
    return lines or [":"]


def _telling_hunk(hunk: OutlineHunk) -> Iterator[str]:
    yield from (f"say {_word(f'# {visible(reason)}')}" for reason in hunk.reasons)
    yield f"say {_word(hunk.head)}"
    for command, lines in (("old", hunk.old), ("new", hunk.new)):
        for each in lines:
            masked = f" {each.shown} {_word(each.mask)}" if each.mask else ""
            yield f"{command} {each.number}{masked}"
            if not each.ends:
                yield f"say {_word(NO_END)}"


def _listening(listener: _Listener) -> list[str]:
    endpoint = listener.endpoint
    values = {
        "endpoint": visible(str(endpoint)),
        "protocol": endpoint.protocol,
        "state": endpoint.security,
        "host": endpoint.host,
        "address": port_of(str(endpoint)),
        "stays": "yes" if listener.stays else "no",
    }
    return [f"{name}={_word(value)}" for name, value in values.items()]


def _assigned(name: str, value: str) -> list[str]:
    """A command substitution takes line ends away: what is odd is written with one letter more."""
    if _is_plain(value.encode(errors="surrogateescape")):
        return [f"{name}={_quoted(value)}"]
    octal = _octal(value.encode(errors="surrogateescape"))
    return [f"{name}=$(printf '%b_' {octal})", f"{name}=${{{name}%_}}"]


def _word(text: str) -> str:
    content = text.encode(errors="surrogateescape")
    if _is_plain(content):
        return _quoted(text)
    seen = content.rstrip(b"\n")
    ends = len(content) - len(seen)
    return f"\"$(printf '%b' {_octal(seen)})\"" + (_quoted("\n" * ends) if ends else "")


def _printed(content: bytes) -> str:
    """The command that prints these bytes."""
    if _is_plain(content):
        return f"printf '%s' {_quoted(content.decode())}"
    return f"printf '%b' {_octal(content)}"


def _is_plain(content: bytes) -> bool:
    """Whether the bytes may stand in a script as they are: a person who reads it sees what is there."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return False
    return all(letter.isprintable() or letter in "\t\n" for letter in text)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _octal(content: bytes) -> str:
    """The operand of ``printf %b`` for these bytes (POSIX: a backslash, a zero, up to three octal digits)."""
    return "'" + "".join(chr(byte) if chr(byte) in _SEEN else f"\\0{byte:03o}" for byte in content) + "'"

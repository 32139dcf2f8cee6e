"""A plan: the edits for one host with all that is needed to carry them out, prove them and undo them; it has a hash.

A plan holds spans, hashes and the new text alone: nothing of what stands around it, so that no secret of a
configuration gets into it. The same input gives the same plan, byte for byte, and so the same hash.
"""

from hashlib import sha256

import msgspec
from msgspec import UNSET, Struct, UnsetType

from tightlip.model.errors import UsageError
from tightlip.model.remedy import Remedy
from tightlip.products._product import Advice, Command, Hup, Instance, Invoke
from tightlip.reports._escape import safe_json

SCHEMA = 1
# What the identity of a host begins with of which only a copy was at hand.
COPY = "tree:"


class Patch(Struct, frozen=True):
    """These bytes of a file (from ``start`` up to, not including, ``end``) become ``new``; ``reason`` for people."""

    start: int
    end: int
    new: bytes
    reason: str


class PlannedFile(Struct, frozen=True, kw_only=True):
    """One file: its patches in order, and the sha256 (hex) of its text before and after."""

    path: str
    before: str
    after: str
    patches: tuple[Patch, ...]


class ReloadCommand(Struct, frozen=True, tag="command"):
    """The product is reloaded by its own command."""

    command: Command


class ReloadHup(Struct, frozen=True, tag="hup"):
    """The product is reloaded by SIGHUP to its master process, which runs one of ``programs`` (ends of paths)."""

    programs: tuple[str, ...] = ()


class ProductPlan(Struct, frozen=True, kw_only=True):
    """What is done to one instance of a product; products are reloaded in the order in which a plan lists them.

    ``files`` may be empty for a product that only has to be reloaded (Postfix on a mended Dovecot's auth socket).
    ``instance`` is without its pid, which another start would change.
    """

    product: str
    instance: Instance
    version: str | None
    files: tuple[PlannedFile, ...]
    invocations: tuple[Invoke, ...]
    check: tuple[Command, ...]
    reload: ReloadCommand | ReloadHup | None


class Expectation(Struct, frozen=True, kw_only=True):
    """What must be so on the wire afterwards, in one TLS state of one service.

    ``endpoint`` in its text form (``pop3+starttls://127.0.0.1:110``). ``withdrawn`` must be refused. ``kept`` must
    still be listed; what is both goes on for Kerberos, and NTLM must not be answered in it. ``closed``: the port must
    not answer any more; ``needs_tls``: no login may be listed or taken. ``proxied``: it greets after a PROXY header
    alone; it is not written down where that is not so, so that the hashes of earlier plans hold.
    """

    endpoint: str
    withdrawn: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    closed: bool = False
    needs_tls: bool = False
    proxied: bool | UnsetType = UNSET


class Unmet(Struct, frozen=True, kw_only=True):
    """A precondition that fails, or could not be checked here; it stops ``apply``, not ``plan``."""

    what: str
    why: str


class Plan(Struct, frozen=True, kw_only=True):
    """The whole plan of one goal for one host.

    ``host`` is its identity: machine id's hash and name for a live host, ``tree:`` and the folder's name for a copy.
    ``findings`` are the ids of those it answers. ``expectations`` hold after the change, ``restored`` after it was
    undone. ``keeps`` and ``may_break`` are sentences for people, and so is ``left_out``: which listeners are not
    proved, and why. It is not written down where there is none, as ``proxied`` above.
    """

    schema: int
    tool: str
    host: str
    goal: str
    remedies: tuple[Remedy, ...]
    findings: tuple[str, ...]
    products: tuple[ProductPlan, ...]
    expectations: tuple[Expectation, ...]
    restored: tuple[Expectation, ...] = ()
    keeps: tuple[str, ...] = ()
    may_break: tuple[str, ...] = ()
    unmet: tuple[Unmet, ...] = ()
    advice: tuple[Advice, ...] = ()
    left_out: tuple[str, ...] | UnsetType = UNSET

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        return not any(product.files or product.invocations for product in self.products)

    @property
    def is_of_a_copy(self) -> bool:
        """Whether it was made of copied files: such a plan is applied nowhere."""
        return self.host.startswith(COPY)

    @property
    def hash(self) -> str:
        """The sha256 of the canonical form (hex): what an approval signs."""
        return sha256(_canonical(self)).hexdigest()


class PlanFile(Struct, frozen=True, kw_only=True):
    """A plan as it is written down: its hash beside it, so that an edited plan gives itself away."""

    hash: str
    plan: Plan


def encode(plan: Plan) -> bytes:
    """The file's bytes: JSON, indented, ending in a newline."""
    return msgspec.json.format(msgspec.json.encode(PlanFile(hash=plan.hash, plan=plan)), indent=1) + b"\n"


def is_as_written(plan: Plan, content: bytes) -> bool:
    """Whether a file is, byte for byte, what tightlip writes, or prints, of a plan.

    Of two keys of one name the last counts for us, and the first may be the one that a person reads.
    """
    written = encode(plan)
    return content.rstrip() in (written.rstrip(), safe_json(written.decode()).encode().rstrip())


def decode(content: bytes, name: str) -> Plan:
    """Read a plan file, called ``name`` in messages; UsageError where it is no plan, of a newer kind, or edited."""
    try:
        read = msgspec.json.decode(content, type=PlanFile)
    except (msgspec.DecodeError, RecursionError) as error:
        raise UsageError(f"{name} is no plan: {error}", "make one with: tightlip plan") from None
    if read.plan.schema != SCHEMA:
        raise UsageError(f"{name} is of schema {read.plan.schema}; this tightlip knows {SCHEMA}", "make it again")
    if read.hash != read.plan.hash:
        raise UsageError(f"{name} was edited: its hash is not that of its content", "make it again: tightlip plan")
    if not is_as_written(read.plan, content):
        raise UsageError(f"{name} was edited: it is not as tightlip writes it", "make it again: tightlip plan")
    return read.plan


def reload_of(step: Command | Hup | None) -> ReloadCommand | ReloadHup | None:
    """A product's way to reload, as plans write it."""
    match step:
        case Command():
            return ReloadCommand(step)
        case Hup():
            return ReloadHup(step.programs)
        case None:
            return None


def _canonical(plan: Plan) -> bytes:
    return msgspec.json.encode(plan, order="deterministic")

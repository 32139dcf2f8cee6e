"""Instructions: the acts of a state, one for each file, command and product of a plan."""

from collections.abc import Iterator

from msgspec import Struct

from tightlip.products._product import Command
from tightlip.remediate.lifecycle import Act
from tightlip.remediate.plan import Plan, PlannedFile, ProductPlan, ReloadCommand, ReloadHup


class Guard(Struct, frozen=True):
    """Every file is as it was when the plan was made, or already as it is to become."""


class TryOut(Struct, frozen=True):
    """Start the product of number ``number`` in the plan beside the running service, with the planned files."""

    number: int


class BackUp(Struct, frozen=True):
    """Copy file ``number`` with its metadata, and lay ready what it is to become."""

    number: int


class LayReady(Struct, frozen=True):
    """Write copies of both forms of file ``number`` beside it, so that each way needs a rename and no room."""

    number: int


class TakeWitness(Struct, frozen=True):
    """Write down what the endpoints say before the change: evidence, and what an undo has to bring back."""


class Arm(Struct, frozen=True):
    """Set the timer that undoes the change unless it is confirmed."""


class Write(Struct, frozen=True):
    """Replace file ``number`` by its new form."""

    number: int


class Check(Struct, frozen=True):
    """The product ``product`` looks its configuration through."""

    product: str
    command: Command


class Reload(Struct, frozen=True):
    """The product of number ``number`` in the plan takes its configuration up."""

    number: int
    way: ReloadCommand | ReloadHup


class Prove(Struct, frozen=True):
    """The endpoints are as the plan expects."""


class Disarm(Struct, frozen=True):
    """Take the timer away."""


class Tidy(Struct, frozen=True):
    """Remove the copies of file ``number`` that were laid ready."""

    number: int


class GuardBack(Struct, frozen=True):
    """Every file is in its old or its new form: nothing of somebody else's would be overwritten."""


class Restore(Struct, frozen=True):
    """Put the old form of file ``number`` back."""

    number: int


class TryWritten(Struct, frozen=True):
    """Start the product of number ``number`` beside the running service, with its files as they lie there."""

    number: int


class ProveBack(Struct, frozen=True):
    """The endpoints are as they were before the change."""


Instruction = (
    Guard
    | TryOut
    | BackUp
    | LayReady
    | TakeWitness
    | Arm
    | Write
    | Check
    | Reload
    | Prove
    | Disarm
    | Tidy
    | GuardBack
    | Restore
    | TryWritten
    | ProveBack
)


def instructions(act: Act, plan: Plan) -> tuple[Instruction, ...]:
    """What an act comes to for a plan."""
    return tuple(_instructions(act, plan))


def planned_files(plan: Plan) -> tuple[PlannedFile, ...]:
    """The files of all products of a plan, in order; an instruction's number counts in them."""
    return tuple(file for product in plan.products for file in product.files)


def _instructions(act: Act, plan: Plan) -> Iterator[Instruction]:
    match act:
        case Act.TRY_OUT:
            yield from (TryOut(number) for number, product in enumerate(plan.products) if product.reload)
        case Act.TRY_WRITTEN:
            yield from (TryWritten(number) for number, product in enumerate(plan.products) if product.reload)
        case Act.BACK_UP:
            yield from (BackUp(number) for number, _ in enumerate(planned_files(plan)))
        case Act.LAY_READY:
            yield from (LayReady(number) for number, _ in enumerate(planned_files(plan)))
        case Act.WRITE:
            yield from (Write(number) for number, _ in enumerate(planned_files(plan)))
        case Act.RESTORE:
            yield from (Restore(number) for number, _ in reversed(list(enumerate(planned_files(plan)))))
        case Act.TIDY:
            yield from (Tidy(number) for number, _ in enumerate(planned_files(plan)))
        case Act.CHECK:
            yield from (Check(product.product, command) for product in plan.products for command in product.check)
        case Act.RELOAD:
            yield from _reloads(plan.products)
        case _:
            yield _SINGLE[act]


def _reloads(products: tuple[ProductPlan, ...]) -> Iterator[Instruction]:
    yield from (Reload(number, product.reload) for number, product in enumerate(products) if product.reload)


_SINGLE: dict[Act, Instruction] = {
    Act.GUARD: Guard(),
    Act.WITNESS: TakeWitness(),
    Act.ARM: Arm(),
    Act.PROVE: Prove(),
    Act.DISARM: Disarm(),
    Act.GUARD_BACK: GuardBack(),
    Act.PROVE_BACK: ProveBack(),
}

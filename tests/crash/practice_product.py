"""The product of recorded hosts: it has a check and a reload, and a change asks nothing else of it."""

from typing import NoReturn

from tightlip.products._product import Command, Commands, Product

CHECK, RELOAD = Command(("practice-check",)), Command(("practice-reload",))


def product_named(name: str) -> Product:
    """The practice product, which is all there is."""
    assert name == "practice"
    return Product(
        title="Practice",
        homes=(),
        recognise=lambda _process: None,
        collect=_never,
        posture=_never,
        edit=_never,
        commands=lambda _instance: Commands(check=(CHECK,), reload=RELOAD),
        read_version=_never,
        compare=_never,
        complaints=lambda ran: (ran.output,) if ran.output else (),
    )


def _never(*_arguments: object) -> NoReturn:
    raise AssertionError("a change does not ask this")

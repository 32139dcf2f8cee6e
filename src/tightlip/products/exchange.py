"""Exchange 2010 to Subscription Edition, read from what `tightlip collect exchange` has collected as JSON."""

from collections.abc import Generator

from tightlip.products._exchange.collected import forest, versions
from tightlip.products._exchange.edit import edit
from tightlip.products._exchange.foresight import foreseen
from tightlip.products._exchange.posture import posture
from tightlip.products._product import (
    Absent,
    Answer,
    Commands,
    ConfigFile,
    Contradiction,
    Files,
    Instance,
    Missing,
    Need,
    Process,
    Product,
    Ran,
    ReadFile,
    Request,
)
from tightlip.syntax.lenses.cmdlets import CMDLETS

_UTF16 = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}


def _collect(instance: Instance) -> Generator[Request, Answer, Files]:
    answer = yield ReadFile(instance.config)
    if not isinstance(answer, bytes):
        why = answer.why if isinstance(answer, Absent) else "not one file"
        missing = Missing(path=instance.config, why=why, need=Need.REQUIRED)
        return Files(instance=instance, files=(), missing=(missing,))
    reading = CMDLETS.read(_as_utf8(answer))
    main = ConfigFile(path=instance.config, role="main", reading=reading)
    return Files(instance=instance, files=(main,), version=versions(reading))


def _as_utf8(content: bytes) -> bytes:
    """What Windows PowerShell's ``>`` makes UTF-16 of; the file is only read, so that no span of it is kept."""
    encoding = _UTF16.get(content[:2])
    return content if encoding is None else content[2:].decode(encoding, "replace").encode()


def _recognise(_process: Process) -> Instance | None:
    """Exchange never runs where tightlip does."""
    return None


def _commands(_instance: Instance) -> Commands:
    """None: Exchange is changed by the scripts that a plan is rendered to."""
    return Commands()


def _read_version(_output: str) -> str | None:
    return None


def _compare(_files: Files, _rans: tuple[Ran, ...]) -> tuple[Contradiction, ...]:
    """What was collected is the effective view: it came from Exchange's own cmdlets."""
    return ()


def _complaints(_ran: Ran) -> tuple[str, ...]:
    return ()


PRODUCT = Product(
    title="Exchange Server",
    homes=(),
    recognise=_recognise,
    collect=_collect,
    posture=posture,
    edit=edit,
    commands=_commands,
    read_version=_read_version,
    compare=_compare,
    complaints=_complaints,
    foresee=foreseen,
    whose=forest,
    vendor_page="https://learn.microsoft.com/powershell/module/exchange/set-popsettings",
)

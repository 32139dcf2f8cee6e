"""Whether a product lives with the files of a plan, tried beside the running service before anything is written.

Theory of operation. The product is started twice, each time in namespaces of its own (stage.py), and asked there: first
with the files as they are (the control), then as they would be. An endpoint that answers in the control and not in the
trial is dead by the plan. What does not answer in the control tells nothing, for there the trial itself may be what is
wrong: a back end that is out of reach, a path that is none in there. So does what could not be set up. Before a plan
is called deadly, both are played once more.
"""

import time
from collections.abc import Generator, Mapping
from os import geteuid

from msgspec.structs import replace

from tightlip.hosts.local import LocalHost
from tightlip.model.endpoint import read_endpoint
from tightlip.network.pacing import is_loopback
from tightlip.network.sources import own_addresses
from tightlip.products._product import Absent, Command, ConfigFile, Files, Product, Ran
from tightlip.products._trial import Trial
from tightlip.workflows.change.ground import Dies, Lives, TrialOrder, TrialOutcome, Untried
from tightlip.workflows.surveying import files_of
from tightlip.workflows.trial.apart import NEEDED, played
from tightlip.workflows.trial.scene import NotPlayed, Scene

_PATIENCE, _LONGEST_PATIENCE = 10.0, 40.0
# Bound with its zone alone, which is another one there.
_LINK_LOCAL = "fe80:"
_FAILED = (
    "beside the running service it does not answer even with its current files; if one of these was edited and not "
    "reloaded since, the reload may stop it"
)
_FICKLE = "the second trial came out differently"


def try_out(order: TrialOrder, host: LocalHost, plug: Product) -> TrialOutcome:
    """Try a product with its files as they would be; Untried with the reason where that shows nothing."""
    control, trial = _scenes(order, host, plug)
    if isinstance(control, Untried):
        return control
    if isinstance(trial, Untried):
        return trial
    first = _compared(control, trial, host)
    if not isinstance(first, Dies):
        return first
    again = _compared(control, trial, host)
    both = (
        {endpoint: why for endpoint, why in again.at.items() if endpoint in first.at} if isinstance(again, Dies) else {}
    )
    return Dies(at=both, said=again.said) if isinstance(again, Dies) and both else Untried(_FICKLE)


def _scenes(order: TrialOrder, host: LocalHost, plug: Product) -> tuple[Scene | Untried, Scene | Untried]:
    if why := _hindrance(order, host, plug):
        return Untried(why), Untried(why)
    files = files_of(host, order.instance)
    return _scene(order, order.now, files, host, plug), _scene(order, order.planned, files, host, plug)


def _hindrance(order: TrialOrder, host: LocalHost, plug: Product) -> str:
    """What keeps it from being tried here, as far as can be seen at once."""
    if plug.trial is None:
        return "this product cannot be started a second time"
    if not order.endpoints:
        return "the plan names no endpoint that could be asked"
    if geteuid() != 0:
        return "only root can start it beside the running service"
    lacking = [each for each in NEEDED if host.lacks(Command((each,)))]
    return f"{', '.join(lacking)} not installed" if lacking else ""


def _scene(
    order: TrialOrder, texts: Mapping[str, bytes], files: Files, host: LocalHost, plug: Product
) -> Scene | Untried:
    """The scene with one form of the files."""
    assert plug.trial is not None
    trial = _answered(plug.trial(_with(files, texts)), host)
    if isinstance(trial, str):
        return Untried(trial)
    if others := sorted({*trial.asks} & {*order.beside}):
        return Untried(f"its logins ask {', '.join(others)}, which the plan changes as well")
    hosts = {*own_addresses(), *(read_endpoint(each).host for each in order.endpoints)}
    return Scene(
        trial=trial,
        files={**texts, **trial.files},
        endpoints=order.endpoints,
        addresses=tuple(sorted(each for each in hosts if not (is_loopback(each) or each.startswith(_LINK_LOCAL)))),
        patience=_PATIENCE,
    )


def _with(files: Files, texts: Mapping[str, bytes]) -> Files:
    return replace(files, files=tuple(_read_anew(each, texts) for each in files.files))


def _read_anew(file: ConfigFile, texts: Mapping[str, bytes]) -> ConfigFile:
    text = texts.get(file.path)
    return file if text is None else replace(file, reading=file.reading.lens.read(text))


def _answered(asking: Generator[Command, Ran | Absent, Trial | str], host: LocalHost) -> Trial | str:
    try:
        command = next(asking)
        while True:
            command = asking.send(host.run(command))
    except StopIteration as ended:
        told: Trial | str = ended.value
        return told


def _compared(control: Scene, trial: Scene, host: LocalHost) -> TrialOutcome:
    began = time.monotonic()
    now = played(control, host)
    # A machine that is slow once may be slower the second time.
    patience = min(_PATIENCE + 2 * (time.monotonic() - began), _LONGEST_PATIENCE)
    if isinstance(now, NotPlayed):
        return Untried(now.why)
    if not now.answered:
        return Untried(_FAILED)
    then = played(replace(trial, endpoints=now.answered, wanted=now.answered, patience=patience), host)
    if isinstance(then, NotPlayed):
        return Untried(then.why)
    return Dies(at=then.silent, said=then.said) if then.silent else Lives()

"""Whether a product lives with the files of a plan, tried beside the running service before anything is written.

Theory of operation. The product is started twice, each time in namespaces of its own (stage.py), and asked there: first
with the files as they are (the control), then as they would be. Only what the running service answers is asked at all.
Where the control does not answer, the running service is not what its files say (somebody has edited them, and a reload
would put that into force), or the trial is what is wrong: a back end that is out of reach, a path that is none in
there. Nobody can tell these apart from here, so a person has to. An endpoint that answers in the control and not in the
trial is dead by the plan. What does not answer is started once more before that is believed.
"""

import time
from collections.abc import Generator, Mapping
from os import geteuid

from msgspec.structs import replace

from tightlip.hosts.local import LocalHost
from tightlip.model.endpoint import read_endpoint
from tightlip.network.greeting import silences
from tightlip.network.pacing import is_loopback
from tightlip.network.sources import own_addresses
from tightlip.products._product import Absent, Command, ConfigFile, Files, Product, Ran
from tightlip.products._trial import Trial
from tightlip.remediate.outlook import restored
from tightlip.workflows.change.ground import Dies, Differs, Lives, OutOfReach, TrialOrder, TrialOutcome, Untried
from tightlip.workflows.change.master import held_sockets, is_at, master_of
from tightlip.workflows.surveying import files_of
from tightlip.workflows.trial.apart import NEEDED, played
from tightlip.workflows.trial.scene import Heard, NotPlayed, Scene

_PATIENCE, _LONGEST_PATIENCE = 10.0, 40.0
_ONE_ANSWER = 5.0
# Bound with its zone alone, which is another one there.
_LINK_LOCAL = "fe80:"
_FICKLE = "the second trial came out differently"


def try_out(order: TrialOrder, host: LocalHost, plug: Product) -> TrialOutcome:
    """Try a product with its files as they would be; Untried with the reason where that shows nothing."""
    if why := _hindrance(host, plug):
        return Untried(why)
    files, master = files_of(host, order.instance), master_of(order.instance, host.processes(), plug)
    endpoints = _answering(order, _with(files, order.now), plug, master)
    if not endpoints:
        return Untried("nothing answers now of what the plan expects of it")
    control = _scene(order, endpoints, _with(files, order.now), host, plug)
    if isinstance(control, Untried):
        return control
    if why := _out_of_reach(control.trial.pid_file, master, host):
        return OutOfReach(why=why)
    now = _heard_twice(control, control, host)
    if not isinstance(now, Heard):
        return now
    if now.silent:
        return Differs(at=now.silent, said=now.said)
    if order.now == order.planned:
        return Lives()
    trial = _scene(order, endpoints, _with(files, order.planned), host, plug)
    if isinstance(trial, Untried):
        return trial
    if others := sorted({*trial.trial.asks} & {*order.beside}):
        return Untried(f"its logins ask {', '.join(others)}, which the plan changes as well")
    then = _heard_twice(trial, control, host)
    if not isinstance(then, Heard):
        return then
    return Dies(at=then.silent, said=then.said) if then.silent else Lives()


def _out_of_reach(pid_file: str, master: int | str, host: LocalHost) -> str:
    """Why a reload would not reach a master that runs; empty where it would, or nobody can tell."""
    if not pid_file or isinstance(master, str):
        return ""
    content = host.read(pid_file)
    if isinstance(content, Absent):
        return f"{pid_file}: {content.why}"
    return "" if content.strip() == b"%d" % master else f"{pid_file} names another process"


def _heard_twice(scene: Scene, control: Scene, host: LocalHost) -> Heard | Untried:
    """What a scene came to; what is silent in it is silent twice, with the control, which answers, in between."""
    began = time.monotonic()
    first = played(scene, host)
    if isinstance(first, NotPlayed):
        return Untried(first.why)
    if not first.silent:
        return first
    # A machine that is slow once may be slower the second time.
    patience = min(_PATIENCE + 2 * (time.monotonic() - began), _LONGEST_PATIENCE)
    if scene != control:
        between = played(replace(control, patience=patience), host)
        if isinstance(between, NotPlayed) or between.silent:
            return Untried(_FICKLE)
    second = played(replace(scene, patience=patience), host)
    if isinstance(second, NotPlayed):
        return Untried(_FICKLE)
    return replace(second, silent={at: why for at, why in second.silent.items() if at in first.silent})


def _hindrance(host: LocalHost, plug: Product) -> str:
    """What keeps it from being tried here, as far as can be seen at once."""
    if plug.trial is None:
        return "this product cannot be started a second time"
    if geteuid() != 0:
        return "only root can start it beside the running service"
    lacking = [each for each in NEEDED if host.lacks(Command((each,)))]
    return f"{', '.join(lacking)} not installed" if lacking else ""


def _answering(order: TrialOrder, files: Files, plug: Product, master: int | str) -> tuple[str, ...]:
    """Which of the endpoints are this instance's, and answer now: by the sockets of its master, else by its files.

    Its files may have been edited since, so that they no longer name what they will close.
    """
    held = held_sockets(master) if isinstance(master, int) else frozenset[tuple[str, int]]()
    if held:
        own = [each for each in order.endpoints if _is_at(each, held)]
    else:
        named = {each.endpoint for each in restored((plug.posture(files),))}
        own = [each for each in order.endpoints if each in named]
    asked = [each for each in own if not read_endpoint(each).host.startswith(_LINK_LOCAL)]
    return tuple(endpoint for endpoint, why in silences(asked, _ONE_ANSWER).items() if why is None)


def _is_at(endpoint: str, held: frozenset[tuple[str, int]]) -> bool:
    """Whether one of these sockets answers it; a host that is written as a name may be at any of them."""
    at = read_endpoint(endpoint)
    try:
        return is_at(at.host, at.port, held)
    except ValueError:
        return any(port == at.port for _, port in held)


def _scene(
    order: TrialOrder, endpoints: tuple[str, ...], files: Files, host: LocalHost, plug: Product
) -> Scene | Untried:
    """The scene with one form of the files."""
    assert plug.trial is not None
    trial = _answered(plug.trial(files), host)
    if isinstance(trial, str):
        return Untried(trial)
    hosts = {*own_addresses(), *(read_endpoint(each).host for each in endpoints)}
    return Scene(
        trial=trial,
        files={**{each.path: each.reading.text for each in files.files if each.path in order.now}, **trial.files},
        endpoints=endpoints,
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

"""The first process of a trial's namespaces: lays everything out, starts the product, asks it, and ends, with all."""

import subprocess
import sys
import time
from collections.abc import Mapping
from typing import IO

import msgspec

from tightlip.network.greeting import silences
from tightlip.workflows.trial.scene import Heard, NotPlayed, Scene
from tightlip.workflows.trial.stage import Stage, StageFailed, lines_of

_ONE_ANSWER = 5.0
_PAUSE = 0.1
_MOST_LINES = 100
# What a configuration has root run must not make the host's files writable again (mount(2)), nor have this process do
# it (ptrace(2)), nor reach the disk, the kernel or the clock.
_LOST = ("sys_admin", "sys_ptrace", "sys_module", "sys_rawio", "sys_boot", "sys_time", "mknod")
_CONFINED = ("setpriv", f"--bounding-set={','.join(f'-{each}' for each in _LOST)}", "--")
_PREPARING = 30.0


def play(scene: Scene) -> Heard | NotPlayed:
    """Lay the scene out, start the product, and ask it until all is answered that is waited for, or time is over."""
    try:
        stage = Stage(scene)
    except StageFailed as failed:
        return NotPlayed(str(failed))
    path = stage.output()
    with path.open("wb") as output:
        failed_in = _start(scene, output)
        answered, silent = _ask(scene) if failed_in is None else ((), dict.fromkeys(scene.endpoints, failed_in))
    said = (*lines_of((str(path),)), *stage.said, *lines_of(scene.trial.logs))
    return Heard(answered=answered, silent=silent, said=said[-_MOST_LINES:])


def _start(scene: Scene, output: IO[bytes]) -> str | None:
    """Start it; why not, where a command that has to come before fails."""
    for argv in scene.trial.prepare:
        try:
            done = subprocess.run(
                argv, stdin=subprocess.DEVNULL, stdout=output, stderr=output, timeout=_PREPARING, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return f"{argv[0]}: {error}"
        if done.returncode != 0:
            return f"{' '.join(argv)} ended with status {done.returncode}"
    try:
        subprocess.Popen((*_CONFINED, *scene.trial.start), stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    except OSError as error:
        return f"{_CONFINED[0]}: {error.strerror}"
    return None


def _ask(scene: Scene) -> tuple[tuple[str, ...], Mapping[str, str]]:
    """Who answered, and why the others did not."""
    until = time.monotonic() + scene.patience
    answered: list[str] = []
    silent: dict[str, str] = {}
    while left := [each for each in scene.endpoints if each not in answered]:
        told = silences(left, max(_PAUSE, min(_ONE_ANSWER, until - time.monotonic())))
        answered += [endpoint for endpoint, why in told.items() if why is None]
        silent = {endpoint: why for endpoint, why in told.items() if why is not None}
        if time.monotonic() >= until:
            break
        time.sleep(_PAUSE)
    return tuple(answered), silent


if __name__ == "__main__":
    # What it starts has an output of its own, so that this holds nothing but the outcome.
    sys.stdout.buffer.write(msgspec.json.encode(play(msgspec.json.decode(sys.stdin.buffer.read(), type=Scene))))
    sys.stdout.flush()

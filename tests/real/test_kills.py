"""kill -9 on a real mail host, Dovecot and the Postfix that asks it: afterwards it is wholly old or wholly new.

`./check` kills in three states, drawn by a seed that it prints (`TIGHTLIP_KILL_SEED` draws them again); `./check crash`
kills before and after every instruction, which takes minutes.
"""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from secrets import token_hex

import pytest

from tests.house.told import Tell
from tests.real.administration import Administrator, digests
from tests.real.scans import run_scan, urls
from tests.real.servers.contract import Listener, Server

HOST = "mail-host"
SEED = os.environ.get("TIGHTLIP_KILL_SEED") or token_hex(4)
STATES = ["guarding", "backing_up", "writing", "checking", "reloading", "proving", "settling"]
_DEADLY = str(Path(__file__).with_name("deadly.py"))
_SECONDS = 300
# Guard the way back (points 0 and 1), put the only file back (2 and 3), reload.
_AMID_RESTORING = 3
# nsenter ends as its child did; a shell between would say it so.
_KILLED = (-signal.SIGKILL, 128 + signal.SIGKILL)


@dataclass(frozen=True)
class Scene:
    """A mail host with a plan for it."""

    admin: Administrator
    plan: Path
    tell: Tell

    @cached_property
    def old(self) -> dict[str, tuple[str, int, int, int]]:
        """The files before the change."""
        return digests(self.admin.server.folder)

    def points(self, verb: str, target: str) -> list[str]:
        """Do it without being killed: the points that are passed on the way."""
        return self._deadly(-1, verb, target)[1].splitlines()

    def kill(self, number: int, verb: str, target: str) -> None:
        """Do it, and be killed at this point."""
        assert self._deadly(number, verb, target)[0] in _KILLED

    def repair(self, *how: str) -> list[str]:
        """Recover in a fresh process; what is not as it has to be afterwards."""
        done = self.admin.start("recover", *how)
        said, complained = done.communicate(timeout=_SECONDS)
        wrong = [] if done.returncode in (0, 1) else [f"recover: exit {done.returncode}: {said}{complained}"]
        now = digests(self.admin.server.folder)
        if now.keys() != self.old.keys():
            wrong.append(f"files are left: {now.keys() - self.old.keys()}")
        leaks = _leaks(self.admin.server, self.admin.home)
        if leaks != (now == self.old):
            wrong.append(f"the files are {'old' if now == self.old else 'new'}, and the server does otherwise")
        if "No change is under way" not in (again := self.admin.run("recover")):
            wrong.append(f"recover has more to do: {again}")
        return wrong

    def is_mended(self) -> bool:
        """Whether the new configuration is in force."""
        return digests(self.admin.server.folder) != self.old

    def _deadly(self, number: int, verb: str, target: str) -> tuple[int, str]:
        process = self.admin.python(_DEADLY, str(number), verb, target)
        said, complained = process.communicate(timeout=_SECONDS)
        assert number >= 0 or process.returncode == 0, complained
        return process.returncode, said


@pytest.fixture
def scene(administrator: Callable[[str], Administrator], record_property: Tell) -> Scene:
    """Before any change."""
    admin = administrator(HOST)
    made = Scene(admin, admin.plan(), record_property)
    assert made.old
    return made


def test_a_kill_in_any_state_is_recovered(scene: Scene) -> None:
    """In some states of an apply, in the middle of what it does: either configuration, never a mixture."""
    points = scene.points("apply", str(scene.plan))
    scene.admin.run("rollback", scene.admin.changes()[0])
    last = {label.partition(":")[0]: number for number, label in enumerate(points)}
    assert list(last) == STATES
    drawn = sorted(random.Random(SEED).sample(STATES, 3), key=STATES.index)
    scene.tell("told", f"states that were drawn by seed {SEED}: {', '.join(drawn)}")
    assert _killed_at(scene, "apply", {last[state]: points[last[state]] for state in drawn}) == []
    scene.kill(last["proving"], "apply", _ready_for(scene, "apply"))
    scene.kill(_AMID_RESTORING, "undo", "by hand")
    assert scene.repair() == []
    assert not scene.is_mended()


@pytest.mark.matrix
def test_a_kill_before_and_after_every_instruction_of_an_apply(scene: Scene) -> None:
    """The whole matrix, on real servers."""
    points = scene.points("apply", str(scene.plan))
    scene.admin.run("rollback", scene.admin.changes()[0])
    assert _killed_at(scene, "apply", dict(enumerate(points))) == []


@pytest.mark.matrix
def test_a_kill_before_and_after_every_instruction_of_a_rollback(scene: Scene) -> None:
    """The way back is a change as well."""
    scene.admin.run("apply", str(scene.plan))
    points = scene.points("rollback", scene.admin.changes()[0])
    assert _killed_at(scene, "rollback", dict(enumerate(points))) == []


@pytest.mark.matrix
@pytest.mark.parametrize(("command", "verb"), [("doveconf", "-n"), ("doveadm", "reload"), ("postfix", "reload")])
def test_a_command_that_fails_leads_back(scene: Scene, tmp_path: Path, command: str, verb: str) -> None:
    """A failing check, and a failing reload of either product: undone, and the server runs as before."""
    tools = tmp_path / "failing"
    tools.mkdir()
    real = f"PATH=${{PATH#{tools}:}} exec {command}"
    config = scene.admin.server.folder / "dovecot" / "dovecot.conf"
    # It fails once, when the files are written: they are planned with the same commands, and taken back with them.
    (tools / command).write_text(
        f'#!/bin/sh\ncase "$*" in *{verb}*) if [ ! -e {tools}/spent ] && ! grep -q "^auth_mechanisms.*ntlm" {config}; '
        f'then : >{tools}/spent; exit 1; fi ;; esac\n{real} "$@"\n'
    )
    (tools / command).chmod(0o755)
    admin = Administrator(server=scene.admin.server, home=scene.admin.home, tools=tools)
    said = admin.run("apply", str(scene.plan), expected=1)
    assert "is undone" in said
    assert (tools / "spent").exists()
    assert digests(admin.server.folder) == scene.old
    assert _leaks(admin.server, admin.home)


def _killed_at(scene: Scene, verb: str, points: dict[int, str]) -> list[str]:
    """Killed at each of these points and recovered, one after the other; what was wrong, by point."""
    wrong: list[str] = []
    for number, label in points.items():
        target = _ready_for(scene, verb)
        scene.kill(number, verb, target)
        wrong += [f"{number}, {label}: {each}" for each in scene.repair()]
    bad = {each.partition(":")[0] for each in wrong}
    scene.tell("told", f"kill -9, {verb} on a real {HOST}: {len(points) - len(bad)}/{len(points)}")
    print("\n".join(_by_instruction(points, wrong)))
    return wrong


def _ready_for(scene: Scene, verb: str) -> str:
    """Bring the host to where this verb begins; what it is to be given."""
    if verb == "apply":
        if scene.is_mended():
            scene.admin.run("rollback", _kept(scene.admin))
        return str(scene.plan)
    if not scene.is_mended():
        scene.admin.run("apply", str(scene.plan))
    return _kept(scene.admin)


def _kept(admin: Administrator) -> str:
    """The newest change that was kept and is no way back."""
    lines = [line.split() for line in admin.run("changes").splitlines()]
    return next(words[0] for words in lines if "kept" in words and "withdraw-ntlm" in words)


def _by_instruction(points: dict[int, str], wrong: list[str]) -> Iterator[str]:
    for number, label in points.items():
        failed = any(each.startswith(f"{number}, ") for each in wrong)
        yield f"  {label:<36} {'FAILED' if failed else 'ok'}"


def _leaks(server: Server, home: Path) -> bool:
    """Whether its POP3 and its submission, without TLS and under it, give a challenge."""
    listeners: list[Listener] = [each for each in server.listeners if each.scheme in ("pop3", "submission")]
    verdicts = {each["verdict"] for each in run_scan(home, *urls(listeners)).observations.values()}
    assert verdicts <= {"discloses", "offers", "clean"}, verdicts
    return verdicts != {"clean"}

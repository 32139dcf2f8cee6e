"""Runs a piece of work in a child process that is killed at a numbered point: around instructions and system calls."""

import gc
import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from msgspec.structs import replace

from tightlip.remediate._instructions import Instruction
from tightlip.remediate.journal import Story
from tightlip.workflows.change.driving import Site
from tightlip.workflows.change.steps import carry_out
from tightlip.workflows.change.work import Trouble, Work

# Every call by which a change alters something on the disk; a call to sync alters nothing that a kill could show.
CALLS = ("open", "ftruncate", "fchmod", "fchown", "utime", "rename", "replace", "unlink", "mkdir", "rmdir")


class Points:
    """Counts the points that a piece of work passes; at number ``deadly`` the process is killed."""

    def __init__(self, deadly: int | None, log: Path) -> None:
        """Labels of the points passed are written to ``log``."""
        self.deadly = deadly
        self.passed = 0
        self.inside = "between instructions"
        self._log = log.open("a", encoding="utf-8", buffering=1)

    def point(self, label: str) -> None:
        """One point; here the process may end."""
        if self.deadly is None:
            self._log.write(f"{self.inside}\t{label}\n")
        elif self.passed == self.deadly:
            os.kill(os.getpid(), signal.SIGKILL)
        self.passed += 1

    def perform(self, instruction: Instruction, work: Work, story: Story) -> Trouble | None:
        """An instruction, with a point before and after it."""
        self.inside = f"{story.state}: {type(instruction).__name__}"
        self.point("before")
        trouble = carry_out(instruction, work, story)
        self.point("after")
        self.inside = "between instructions"
        return trouble

    @contextmanager
    def around_calls(self) -> Iterator[None]:
        """A point before each system call, which is after the one before it, and in the middle of each write."""
        patches = [patch.object(os, name, self._wrapped(name, getattr(os, name))) for name in CALLS]
        patches.append(patch.object(os, "write", self._halved(os.write)))
        patches.append(patch.object(os, "fsync", lambda _descriptor: None))
        for each in patches:
            each.start()
        try:
            yield
        finally:
            for each in patches:
                each.stop()

    def _wrapped(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def around(*arguments: Any, **named: Any) -> Any:
            if name != "open" or arguments[1] & os.O_CREAT:
                self.point(f"before {name}")
            return call(*arguments, **named)

        return around

    def _halved(self, write: Callable[..., int]) -> Callable[..., int]:
        def around(descriptor: int, content: bytes) -> int:
            self.point("before write")
            half = write(descriptor, content[: len(content) // 2])
            self.point("half written")
            return half + write(descriptor, content[half:])

        return around


def in_child(work: Callable[[], object]) -> int:
    """Do something in a child process; its exit code, negative the signal that ended it."""
    child = os.fork()
    if child == 0:
        gc.disable()  # it would touch, and so copy, every page of ours
        code = 70
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def killed_at(deadly: int | None, log: Path, site: Site, work: Callable[[Site], object]) -> int:
    """Do ``work`` in a child that is killed at point ``deadly``; None: it lives, and its points go to ``log``."""

    def watched() -> None:
        points = Points(deadly, log)
        with points.around_calls():
            work(replace(site, perform=points.perform))

    return in_child(watched)


def points_of(log: Path) -> list[tuple[str, str]]:
    """The points that were logged: inside which instruction, and where there."""
    return [(inside, label) for inside, _, label in (line.partition("\t") for line in log.read_text().splitlines())]


def by_instruction(passed: Counter[str], tried: Counter[str]) -> str:
    """How many kills of how many ended well, by instruction."""
    return "\n".join(f"  {inside:<32} {passed[inside]}/{count}" for inside, count in tried.items())

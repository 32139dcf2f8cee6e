"""Whatever bytes, names and reasons a plan holds, the rendered program makes exactly its text, and runs none of it."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.unit.remediate.plans import LEAKY, Part, a_plan, written
from tightlip.remediate.ansible import playbook
from tightlip.remediate.plan import Patch, Plan, ReloadHup
from tightlip.remediate.shell import script

PROCESS_SECONDS = 10.0

# What a shell, printf or Jinja could take for something else; each writes a file if it is ever run.
TRAPS = [
    "$(touch {ran})",
    "`touch {ran}`",
    "'; touch {ran}; '",
    "\n touch {ran}\n",
    "%s%n\\0101\\c",
    "{{{{ lookup('pipe', 'touch {ran}') }}}}",
    "{{% for each in [1] %}}",
    "é\u202e\x1b[2J",
    "-n",
    "true",
    "~",
]


@st.composite
def patched(draw: st.DrawFn) -> tuple[bytes, tuple[Patch, ...]]:
    """A text of any bytes and patches in it, in order, some of them insertions and removals."""
    text = draw(st.binary(max_size=60))
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=6, unique=True)))
    pairs = list(zip(cuts[::2], cuts[1::2], strict=False))
    new = st.binary(max_size=12) | st.text(max_size=8).map(lambda each: each.encode())
    return text, tuple(Patch(start, end, draw(new), draw(st.text(max_size=10))) for start, end in pairs)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(patched(), st.sampled_from(["sh", "bash"]))
def test_any_bytes_come_out_as_planned(tmp_path: Path, made: tuple[bytes, tuple[Patch, ...]], shell: str) -> None:
    """By a POSIX shell and by bash."""
    part = written(tmp_path, text=made[0], patches=made[1])
    assume(part.after != part.text)
    run(script(a_plan(part)), tmp_path, shell)
    assert part.path.read_bytes() == part.after


@pytest.mark.parametrize("trap", TRAPS)
def test_nothing_in_a_plan_is_run(tmp_path: Path, trap: str) -> None:
    """A file's name, its new bytes, a reason, a host and a command's argument are data."""
    text = trap.format(ran=tmp_path / "ran")
    name = text.replace("/", "").replace("\n", "\n\n") or "x"
    part = written(tmp_path / "etc", name, patches=(Patch(0, 1, text.encode(), text),))
    plan = replace(a_plan(part, check=("test", text, "=", text)), host=text, may_break=(text,))
    run(script(plan), tmp_path)
    assert part.path.read_bytes() == part.after
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("trap", TRAPS)
def test_a_playbook_carries_data_as_it_is(tmp_path: Path, trap: str) -> None:
    """Read as YAML, paths and arguments are what they were, and marked where Ansible would see a template."""
    path = tmp_path / trap.format(ran="ran").replace("/", "")
    text = playbook(a_plan(Part(path=path), check=("test", trap)))
    play = read(text)[0]
    assert play["vars"]["tightlip_files"][0]["path"] == str(path)
    change = next(task["block"] for task in play["tasks"] if "rescue" in task)
    check = next(task for task in change if task["name"].startswith("Check"))
    assert check["ansible.builtin.command"]["argv"][-2:] == ["test", trap]
    assert ("!unsafe" in text) == ("{{" in trap or "{%" in trap)


@pytest.mark.parametrize("render", [script, playbook])
def test_nothing_of_the_files_own_text_is_in_a_rendering(tmp_path: Path, render: Any) -> None:
    """Neither the password nor any line that is not changed."""
    text = render(a_plan(written(tmp_path)))
    assert not any(line.decode() in text for line in LEAKY.splitlines())
    assert "hunter2" not in text


@pytest.mark.parametrize("render", [script, playbook])
def test_the_same_plan_gives_the_same_rendering(tmp_path: Path, render: Any) -> None:
    """Byte for byte, and encodable."""
    plan = a_plan(written(tmp_path, "é\x1b\u202e.conf"))
    assert render(plan).encode() == render(plan).encode()
    assert "\x1b" not in render(plan)


def test_sighup_reaches_the_master_alone(tmp_path: Path) -> None:
    """Of a program whose children run the same program, beside another of the same name elsewhere."""
    part = written(tmp_path / "etc")
    plan = reloaded_by_signal(part)
    with daemon(tmp_path / "cyrus" / "bin", part.path) as own, daemon(tmp_path / "postfix" / "bin", part.path):
        run(script(plan), tmp_path)
        wait_for(tmp_path / "cyrus" / "bin" / "heard")
    assert (tmp_path / "cyrus" / "bin" / "heard").read_text() == f"{own}\n"
    assert not (tmp_path / "postfix" / "bin" / "heard").exists()


def test_without_a_master_to_signal_nothing_is_written(tmp_path: Path) -> None:
    """A server that does not run cannot be reloaded: it is said before the first backup."""
    part = written(tmp_path / "etc")
    done = run(script(reloaded_by_signal(part)), tmp_path, expected=6)
    assert f"no master process of {tmp_path.name}/cyrus/bin/master is running" in done.stderr
    assert (part.path.read_bytes(), (tmp_path / "kept").exists()) == (LEAKY, False)


def test_a_master_that_ends_before_the_reload_puts_everything_back(tmp_path: Path) -> None:
    """The check of the product ends it: it is said, and the files are as they were."""
    part = written(tmp_path / "etc")
    folder = tmp_path / "cyrus" / "bin"
    with daemon(folder, part.path) as own:
        plan = reloaded_by_signal(part, "sh", "-c", f"kill -9 -{own}")
        done = run(script(plan), tmp_path, expected=3)
    assert f"no master process of {tmp_path.name}/cyrus/bin/master is running" in done.stderr
    assert part.path.read_bytes() == LEAKY


def reloaded_by_signal(part: Part, *check: str) -> Plan:
    """A plan whose product, with a program in a folder of this test's, is sent a SIGHUP."""
    plan = a_plan(part, check=check or ("true",))
    program = f"{part.path.parent.parent.name}/cyrus/bin/master"
    return replace(plan, products=(replace(plan.products[0], reload=ReloadHup((program,))),))


def run(text: str, tmp_path: Path, shell: str = "sh", expected: int = 0) -> subprocess.CompletedProcess[str]:
    """Run a rendered script; it must end with the expected status."""
    (tmp_path / "mend.sh").write_text(text, encoding="utf-8")
    environment = {"PATH": os.environ["PATH"], "TIGHTLIP_BACKUP": str(tmp_path / "kept")}
    done = subprocess.run(
        [shell, tmp_path / "mend.sh"], env=environment, capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == expected, done.stderr
    return done


@contextmanager
def daemon(folder: Path, config: Path) -> Iterator[int]:
    """The id of a program ``folder/master`` that listens, as its child does, and notes every SIGHUP; both are ended."""
    folder.mkdir(parents=True)
    shutil.copy("/bin/sh", folder / "master")
    waiting = "echo $$ >ready; while :; do read -r _ <pipe; done"
    text = f"trap 'echo $$ >>heard' HUP; ({waiting}) & {waiting}"
    os.mkfifo(folder / "pipe")
    command: list[str | Path] = [folder / "master", "-c", text, "master", "-C", config]
    with (
        socket.create_server(("127.0.0.1", 0)) as port,
        subprocess.Popen(command, cwd=folder, process_group=0, pass_fds=[port.fileno()]) as process,
    ):
        try:
            wait_for(folder / "ready")
            yield process.pid
        finally:
            os.killpg(process.pid, signal.SIGKILL)


def wait_for(path: Path) -> None:
    """Until a file is there and not empty."""
    until = time.monotonic() + PROCESS_SECONDS
    while not path.exists() or not path.read_text():
        assert time.monotonic() < until, path
        time.sleep(0.02)


class _Loader(yaml.SafeLoader):
    """Knows Ansible's tag for data."""


def _as_it_stands(loader: _Loader, node: yaml.Node) -> Any:
    assert isinstance(node, yaml.ScalarNode)
    return loader.construct_scalar(node)


_Loader.add_constructor("!unsafe", _as_it_stands)


def read(text: str) -> Any:
    """A playbook's YAML as plain values."""
    return yaml.load(text, Loader=_Loader)

"""This machine as a host: files, processes, and commands that cannot hang, flood or outlive their time."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tightlip.hosts._host import Reach
from tightlip.hosts.local import LocalHost, local_host
from tightlip.products._product import Absent, Command, Ran


@pytest.fixture
def host() -> LocalHost:
    """This machine, by a name of our choice."""
    return LocalHost("mail1", os.environ["PATH"])


def run(host: LocalHost, *argv: str) -> Ran:
    """What a command came to that is expected to end by itself."""
    ran = host.run(Command(argv))
    assert isinstance(ran, Ran)
    return ran


def script(tmp_path: Path, text: str) -> str:
    """A program."""
    path = tmp_path / "program"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def end(pid_file: Path) -> None:
    """Kill what a program of a test has left running, if there is anything."""
    with suppress(FileNotFoundError, ProcessLookupError):
        os.kill(int(pid_file.read_text()), signal.SIGKILL)


def test_it_is_this_machine() -> None:
    """By its own name, and live."""
    found = local_host()
    assert (found.name, found.reach) == (os.uname().nodename, Reach.LIVE)


def test_files_are_read_and_found(host: LocalHost, tmp_path: Path) -> None:
    """Links are followed; patterns give regular files, and beside them what may be one for a server; never folders."""
    (tmp_path / "b.conf").write_bytes(b"b")
    (tmp_path / "a.conf").symlink_to("b.conf")
    os.mkfifo(tmp_path / "c.conf")
    (tmp_path / "d.conf").mkdir()
    listing = host.matching(f"{tmp_path}/*.conf")
    assert listing.files == (f"{tmp_path}/a.conf", f"{tmp_path}/b.conf")
    assert listing.closed == (f"{tmp_path}/c.conf",)
    assert host.read(f"{tmp_path}/a.conf") == b"b"
    special = Absent("it is a FIFO, a socket or a device", hidden=True)
    assert host.read(f"{tmp_path}/c.conf") == special
    assert host.read("/dev/zero") == special
    assert host.read(f"{tmp_path}/d.conf") == Absent("it is no regular file")
    assert host.read(f"{tmp_path}/none") == Absent("No such file or directory")
    assert host.read("/a\0b") == Absent("no path at all")


def test_a_process_of_ours_is_seen_with_its_arguments(host: LocalHost) -> None:
    """Arguments one by one, and the environment."""
    argv = [sys.executable, "-c", "import sys; sys.stdin.read()", "two words"]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, env={"MARK": "x"}) as started:
        deadline = time.monotonic() + 30
        while not (found := [each for each in host.processes() if each.argv == tuple(argv)]):
            assert time.monotonic() < deadline
        assert [(each.pid, (each.environment or {}).get("MARK")) for each in found] == [(started.pid, "x")]
        assert [each.program for each in found] == [os.path.realpath(sys.executable)]


@pytest.mark.parametrize(("words", "variables"), [(["x"] * 2_000, {}), (["x" * 70_000], {}), ([], {"X": "x" * 70_000})])
def test_of_a_process_that_is_no_server_by_its_size_little_is_kept(
    host: LocalHost, words: list[str], variables: dict[str, str]
) -> None:
    """Anybody may start many with megabytes of arguments and variables each."""
    argv = [sys.executable, "-c", "import sys; print(flush=True); sys.stdin.read()", *words]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=variables) as started:
        assert started.stdout is not None
        started.stdout.readline()
        (seen,) = (each for each in host.processes() if each.pid == started.pid)
        assert seen.argv == (() if words else tuple(argv))
        assert seen.environment == (None if variables else {})


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can start a process of another user")
def test_what_others_run_is_marked(host: LocalHost) -> None:
    """Anybody may call a process dovecot and name a configuration of his own; ours come first."""
    argv = ["/bin/sh", "-c", "read line", "-c", "/tmp/evil.conf"]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, user=65_534, env={"MARK": "x"}) as started:
        deadline = time.monotonic() + 30
        while tuple(psutil.Process(started.pid).cmdline()) != tuple(argv):
            assert time.monotonic() < deadline
        found = list(host.processes())
        marks = {each.pid: (each.foreign, dict(each.environment or {})) for each in found}
        assert marks[started.pid] == (True, {"MARK": "x"})
        assert marks[os.getpid()][0] is (os.getuid() == 0)
        assert sorted(each.foreign for each in found) == [each.foreign for each in found]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root is told apart from what is root's for a moment")
def test_what_is_root_s_counts_where_it_listens(host: LocalHost) -> None:
    """Anybody can hold a set-user-ID program while it is root's, with arguments of his own: it holds no such socket."""
    (before,) = (each for each in host.processes() if each.pid == os.getpid())
    with socket.create_server(("127.0.0.1", 0)):
        (listening,) = (each for each in host.processes() if each.pid == os.getpid())
    assert (before.foreign, listening.foreign) == (True, False)


def test_a_command_runs_without_a_shell_in_plain_english(host: LocalHost) -> None:
    """Arguments arrive as they are; both streams come together; standard input is empty."""
    ran = run(host, "/bin/sh", "-c", 'echo "$1"; echo err >&2; cat; echo "$LC_ALL"; exit 3', "sh", "a b; $HOME")
    assert (ran.status, ran.output) == (3, "a b; $HOME\nerr\nC\n")


def test_programs_of_sbin_are_found(tmp_path: Path) -> None:
    """Whatever the search path says; folders that are not absolute are not searched."""
    host = LocalHost("mail1", f".:{tmp_path}::")
    script(tmp_path, 'echo "$PATH"')
    assert run(host, "program").output.startswith(f"{tmp_path}:/usr/local/sbin:/usr/sbin:")
    assert host.run(Command(("no-such-program",))) == Absent("no-such-program is not installed")
    assert host.lacks(Command(("program", "-x"))) is None
    assert host.lacks(Command(("no-such-program",))) == "no-such-program is not installed"
    assert host.lacks(Command((f"{tmp_path}/none",))) == f"{tmp_path}/none is not installed"


def test_a_flood_is_cut(host: LocalHost) -> None:
    """One megabyte of it is kept, and the command comes to its end all the same."""
    ran = run(host, "/bin/sh", "-c", "head -c 3000000 /dev/zero; exit 7")
    assert (ran.status, len(ran.output)) == (7, 1 << 20)


def test_at_the_deadline_the_whole_group_is_ended(tmp_path: Path) -> None:
    """The command and what it started are gone; it has no outcome."""
    pid_file = tmp_path / "pid"
    program = script(tmp_path, f"sleep 600 & echo $! > {pid_file}.new; mv {pid_file}.new {pid_file}; wait")
    ended = LocalHost("mail1", "", deadline=2.0).run(Command((program,)))
    assert ended == Absent(f"{program} had not ended after 2 s")
    child = int(pid_file.read_text())
    deadline = time.monotonic() + 30
    try:
        while psutil.pid_exists(child) and psutil.Process(child).status() != psutil.STATUS_ZOMBIE:
            assert time.monotonic() < deadline
    finally:
        end(pid_file)


def test_a_daemon_that_keeps_the_output_open_holds_nobody_up(host: LocalHost, tmp_path: Path) -> None:
    """The command has ended: its status counts, and what it left running stays running."""
    pid_file = tmp_path / "pid"
    program = script(tmp_path, f"sleep 600 & echo $! > {pid_file}; echo started")
    try:
        ran = run(host, program)
        assert (ran.status, ran.output) == (0, "started\n")
        assert psutil.Process(int(pid_file.read_text())).is_running()
    finally:
        end(pid_file)


def test_a_command_that_closes_its_output_is_waited_for(host: LocalHost) -> None:
    """Its status is that of its end."""
    assert run(host, "/bin/sh", "-c", "exec >&- 2>&-; sleep 0.3; exit 5").status == 5


def test_a_file_that_is_no_program_is_absent(host: LocalHost, tmp_path: Path) -> None:
    """The machine says why."""
    (tmp_path / "text").write_bytes(b"\x7fELF nonsense")
    (tmp_path / "text").chmod(0o755)
    assert isinstance(host.run(Command((str(tmp_path / "text"),))), Absent)

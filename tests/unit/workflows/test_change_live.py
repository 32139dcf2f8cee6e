"""The live ground: this machine's identity, a SIGHUP for the right process only, products by their plugs alone."""

import os
import pwd
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tightlip.config.changes import Shelf
from tightlip.hosts.local import local_host
from tightlip.model.errors import TightlipError
from tightlip.network.credentials import Credentials
from tightlip.products._product import Command, Instance, Process
from tightlip.remediate.plan import Expectation, ProductPlan, ReloadCommand, ReloadHup
from tightlip.workflows.change import live
from tightlip.workflows.change.ground import Tried
from tightlip.workflows.change.live import LiveGround, product_named
from tightlip.workflows.proving import NO_LOGIN

# Says when it is ready, leaves a child that looks the same, and ends with 7 at SIGHUP.
MASTER = """
import os, signal, sys, time
signal.signal(signal.SIGHUP, lambda *_: os._exit(7))
child = os.fork()
if child:
    print("ready", flush=True)
time.sleep(60) if child else signal.pause()
"""


class Recognising:
    """Stands in for a product's plug."""

    def __init__(self, mark: str, *accounts: str) -> None:
        """``mark`` is an argument by which its processes are known, which may be those of ``accounts`` too."""
        self._mark = mark
        self.accounts = accounts

    def recognise(self, process: Process) -> Instance | None:
        """Any process with the mark."""
        return Instance(product="x", config=self._mark, pid=process.pid) if self._mark in process.argv else None


@pytest.fixture
def ground(tmp_path: Path) -> LiveGround:
    """This machine, its changes in a folder of the test."""
    return LiveGround(local_host(), Shelf(tmp_path / "changes"))


def test_sighup_goes_to_the_master_alone(ground: LiveGround, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not to its child; and where nothing runs, it is said."""
    mark = str(tmp_path / "main.conf")
    monkeypatch.setattr(live, "product_named", lambda _name: Recognising(mark))
    instance = Instance(product="x", config=mark)
    product = a_product(instance, reload=ReloadHup())
    assert ground.lacks(product) is None
    assert not ground.runs(instance)
    with pytest.raises(TightlipError, match="no process runs x"):
        ground.hup(instance)
    master = subprocess.Popen([sys.executable, "-c", MASTER, mark], stdout=subprocess.PIPE, process_group=0)
    try:
        assert master.stdout is not None
        assert master.stdout.readline() == b"ready\n"
        assert ground.lacks(product) is None
        assert ground.runs(instance)
        ground.hup(instance)
        assert master.wait(10) == 7
    finally:
        os.killpg(master.pid, signal.SIGKILL)
        master.stdout.close()  # type: ignore[union-attr]  # it is a pipe
        master.wait()


@pytest.mark.skipif(os.geteuid() != 0, reason="processes are started for others by root alone")
def test_a_process_of_somebody_else_that_calls_itself_a_server_gets_no_sighup(ground: LiveGround) -> None:
    """Name and arguments are what it says; its program is not the product's. It stands in nobody's way either."""
    config = "/etc/exim4/of-a-test.conf"
    argv = ["exim4", "-c", "print('ready', flush=True); input()", "-bd", "-C", config]
    with subprocess.Popen(
        argv, executable="/usr/bin/python3", stdin=subprocess.PIPE, stdout=subprocess.PIPE, user=65_534
    ) as started:
        assert started.stdout is not None
        assert started.stdout.readline() == b"ready\n"
        with pytest.raises(TightlipError, match=f"no process runs exim on {config}"):
            ground.hup(Instance(product="exim", config=config))
        assert started.poll() is None
        started.kill()


@pytest.mark.skipif(os.geteuid() != 0, reason="processes are started for others by root alone")
def test_the_program_itself_in_somebody_elses_hands_is_no_master(
    ground: LiveGround, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Anybody can start it and stop it where it looks like the server: it neither runs it nor hides it."""
    mark = str(tmp_path / "main.conf")
    instance = Instance(product="x", config=mark)
    monkeypatch.setattr(live, "product_named", lambda _name: Recognising(mark, "games"))
    with subprocess.Popen(["/usr/bin/python3", "-c", MASTER, mark], stdout=subprocess.PIPE, user=65_534) as started:
        assert started.stdout is not None
        assert started.stdout.readline() == b"ready\n"
        assert not ground.runs(instance)
        with pytest.raises(TightlipError, match="no process runs x"):
            ground.hup(instance)
        assert started.poll() is None
        started.kill()


@pytest.mark.skipif(os.geteuid() != 0, reason="processes are started for others by root alone")
def test_a_server_that_gave_its_rights_up_is_known_by_its_program(
    ground: LiveGround, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exim and Cyrus run as users of their own; the program is root's, and the product's by its path."""
    mark = str(tmp_path / "main.conf")
    account = pwd.getpwuid(65_534).pw_name
    monkeypatch.setattr(live, "product_named", lambda _name: Recognising(mark, account))
    argv = ["/usr/bin/python3", "-c", MASTER, mark]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, user=65_534, process_group=0) as master:
        try:
            assert master.stdout is not None
            assert master.stdout.readline() == b"ready\n"
            ground.hup(Instance(product="x", config=mark))
            assert master.wait(10) == 7
        finally:
            os.killpg(master.pid, signal.SIGKILL)


def test_what_a_product_needs_is_looked_for_without_running_it(ground: LiveGround, tmp_path: Path) -> None:
    """Each program of its check, and that of its reload; the first that is not there is named."""
    instance = Instance(product="x", config="/nowhere")
    touch = Command(("touch", str(tmp_path / "ran")))
    assert ground.lacks(a_product(instance, check=(touch,), reload=ReloadCommand(touch))) is None
    none = Command(("no-such-program", "-n"))
    assert ground.lacks(a_product(instance, check=(touch, none))) == "no-such-program is not installed"
    assert ground.lacks(a_product(instance, reload=ReloadCommand(none))) == "no-such-program is not installed"
    assert list(tmp_path.iterdir()) == []


def a_product(
    instance: Instance, check: tuple[Command, ...] = (), reload: ReloadCommand | ReloadHup | None = None
) -> ProductPlan:
    """A product of a plan, with these commands."""
    return ProductPlan(
        product="x", instance=instance, version=None, files=(), invocations=(), check=check, reload=reload
    )


def test_a_closed_port_is_witnessed_as_closed(ground: LiveGround) -> None:
    """And so has to be closed again after an undo."""
    witnessed = ground.witness((Expectation(endpoint="pop3://127.0.0.1:1", closed=True),))
    assert witnessed.earlier == (Expectation(endpoint="pop3://127.0.0.1:1", closed=True),)
    assert b'"unreachable"' in witnessed.evidence
    assert ground.try_login(witnessed.earlier) is None
    assert ground.prove(witnessed.earlier, ()).ok


def test_a_test_login_that_can_be_tried_nowhere_is_told(tmp_path: Path) -> None:
    """Before anything is written, not when the way back is gone."""
    account = Credentials("bob", "secret")
    ground = LiveGround(local_host(), Shelf(tmp_path / "changes"), account)
    tried = ground.try_login((Expectation(endpoint="pop3://127.0.0.1:1", closed=True),))
    assert tried == Tried(worked=(), failed=(NO_LOGIN,))


def test_only_plugs_are_products() -> None:
    """A plan cannot name any other module."""
    for name in ("_product", "os", "../x", ""):
        with pytest.raises(TightlipError, match="knows no product"):
            product_named(name)


def test_the_author_has_a_name(ground: LiveGround) -> None:
    """Whatever this machine has to go by; and the time is of now."""
    assert ground.author().uid == os.getuid()
    assert ground.author().login
    assert abs(ground.now().timestamp() - time.time()) < 60

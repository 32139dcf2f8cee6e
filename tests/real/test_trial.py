"""A plan is tried beside a real server before it is written: one that kills it is refused, and no other is."""

from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.real.administration import Administrator, digests
from tests.real.deaths import DEATHS, deadly_plan
from tests.real.servers.contract import Listener
from tests.real.servers.exim import Exim
from tests.real.servers.namespace import wait_until
from tightlip.network.greeting import silences
from tightlip.remediate.plan import decode
from tightlip.syntax.spans import Span, Splice, apply

Hire = Callable[..., Administrator]
_REFUSED = 6
_UNTRIED = "was not tried"


class Missed(NamedTuple):
    """The check that sees nothing wrong with a deadly plan, and the reason that the server gives when it is started."""

    check: str
    reason: str


MISSED = {
    "postfix": Missed("postfix -c {folder}/conf check", "discards all mechanisms"),
    "exim": Missed("exim4 -C {folder}/exim.conf -bV", "(smtp_banner) failed"),
    "dovecot": Missed("doveconf -c {folder}/dovecot.conf -n", "Unknown passdb driver"),
}


@pytest.mark.drawn(3)
@pytest.mark.parametrize("name", MISSED)
def test_a_plan_that_kills_a_server_is_refused_before_any_write(administrator: Hire, tmp_path: Path, name: str) -> None:
    """Its own check passes. The reason is shown, no file of the server's changes, and nothing of the trial is left."""
    admin = administrator(DEATHS[name].server)
    plan = deadly_plan(admin, DEATHS[name])
    _check_by_hand(admin, plan, tmp_path / "copy", MISSED[name].check)
    # What a server makes of its first clients is there once all of it was asked.
    endpoints = [each.endpoint for each in decode(plan.read_bytes(), str(plan)).expectations]
    assert not any(silences(endpoints, 10.0).values())
    before = _everything(admin)
    code, said = _applied(admin, plan)
    assert (code, _everything(admin)) == (_REFUSED, before)
    assert MISSED[name].reason in said
    assert "does not answer with the planned files" in said
    assert "is refused: nothing was changed" in said


@pytest.mark.parametrize("name", [*(DEATHS[each].server for each in MISSED), "dovecot-2.4"])
def test_a_plan_that_kills_nobody_is_tried_and_applied(administrator: Hire, name: str) -> None:
    """Nothing is said of what was not tried."""
    admin = administrator(name)
    before = digests(admin.server.folder)
    code, said = _applied(admin, admin.plan())
    assert code == 0, said
    assert _UNTRIED not in said
    assert digests(admin.server.folder) != before


def test_a_server_that_needs_what_no_trial_reaches_is_changed_by_who_says_so(administrator: Hire) -> None:
    """Its greeting asks a service over TCP: nobody but its administrator can tell that from an edit that is deadly."""
    admin = administrator("exim")
    server = admin.server
    assert isinstance(server, Exim)
    with _greeter() as port:
        asked = b"host_lookup =\nsmtp_banner = ${readsocket{inet:127.0.0.1:%d}{x}}\n" % port
        config = server.folder / "exim.conf"
        config.write_bytes(config.read_bytes().replace(b"host_lookup =\n", asked))
        server.namespace.hang_up()
        wait_until(lambda: _greets(server.listeners[0]), 30, lambda: "Exim does not greet with the text")
        plan = admin.plan()
        code, said = _applied(admin, plan)
        assert (code, b"driver = spa" in config.read_bytes()) == (_REFUSED, True)
        assert "Exim answers, and started on its current files it does not" in said
        code, said = _applied(admin, plan, "--untried")
        assert code == 0, said
        assert f"Exim {_UNTRIED} beforehand with the planned files: --untried was given" in said
        assert b"driver = spa" not in config.read_bytes()
        assert _UNTRIED in admin.run("show", admin.changes()[0])
        admin.run("rollback", admin.changes()[0], "--untried")
    assert b"driver = spa" in config.read_bytes()


def test_a_host_without_the_tools_is_changed_all_the_same(administrator: Hire, tmp_path: Path) -> None:
    """Where namespaces cannot be made nothing can be tried; the reason is said."""
    admin = administrator("exim")
    code, said = _applied(admin.without_trials(tmp_path), admin.plan())
    assert code == 0, said
    assert f"Exim {_UNTRIED} beforehand with the planned files: unshare failed" in said


def _check_by_hand(admin: Administrator, plan: Path, copy: Path, check: str) -> None:
    """The product's check is content with the planned files, in a copy of the folder."""
    (product,) = decode(plan.read_bytes(), str(plan)).products
    passed_over = shutil.ignore_patterns("queue", "spool", "run", "dev", "mail", "state")
    shutil.copytree(admin.server.folder, copy, ignore=passed_over)
    for file in product.files:
        splices = [Splice(Span(each.start, each.end), each.new) for each in file.patches]
        planned = copy / Path(file.path).relative_to(admin.server.folder)
        planned.write_bytes(apply(planned.read_bytes(), splices))
    admin.by_hand(*check.format(folder=copy).split())


def _applied(admin: Administrator, plan: Path, *options: str) -> tuple[int, str]:
    """The exit code of ``apply``, and all that it says."""
    done = admin.start("apply", str(plan), *options)
    said, complained = done.communicate(timeout=300)
    return done.returncode, said + complained


@contextmanager
def _greeter() -> Iterator[int]:
    """The port of a service that says a line to everybody."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    with listening.accept()[0] as connection:
                        connection.recv(10)
                        connection.sendall(b"ex01 ESMTP asked")
                except OSError:
                    return

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()


def _greets(listener: Listener) -> bool:
    try:
        with socket.create_connection((listener.host, listener.port), 5, ("127.0.0.9", 0)) as connection:
            return b"asked" in connection.recv(200)
    except OSError:
        return False


def _everything(admin: Administrator) -> tuple[object, ...]:
    """Its files by name, what its configuration and its mail are, what is mounted, and the networks programs run on.

    It is asked before: of its logs nothing is told.
    """
    folder = admin.server.folder
    return (
        sorted(str(each) for each in folder.rglob("*") if not each.is_dir() and "log" not in each.name),
        digests(folder),
        {each: each.lstat().st_mtime_ns for name in ("mail", "queue/deferred", "input") for each in folder.rglob(name)},
        admin.by_hand("cat", "/proc/self/mountinfo"),
        sorted(set(admin.by_hand("sh", "-c", "readlink /proc/[0-9]*/ns/net; true").split())),
    )

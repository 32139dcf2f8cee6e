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
from msgspec.structs import replace

from tests.real.administration import Administrator, digests
from tests.real.servers.contract import Listener
from tests.real.servers.exim import Exim
from tests.real.servers.namespace import wait_until
from tightlip.remediate.plan import Patch, PlannedFile, decode, encode
from tightlip.syntax.spans import Span, Splice, apply, digest

Hire = Callable[..., Administrator]
_REFUSED = 6
_UNTRIED = "was not tried"


class Deadly(NamedTuple):
    """A line of a server's file, what becomes of it, the check that sees nothing, and the reason the server gives."""

    server: str
    variant: str
    file: str
    old: bytes
    new: bytes
    check: str
    reason: str


DEADLY = [
    # smtpd ends at EHLO where it has no mechanism to announce; with logins under TLS alone, at the EHLO after STARTTLS.
    Deadly(
        server="postfix-cyrus-sasl",
        variant="tls-required",
        file="conf/main.cf",
        old=b"smtpd_sasl_mechanism_filter = !external, static:rest",
        new=b"smtpd_sasl_mechanism_filter = nonsense",
        check="postfix -c {folder}/conf check",
        reason="discards all mechanisms",
    ),
    # Strings are expanded when somebody comes.
    Deadly(
        server="exim",
        variant="leaky",
        file="exim.conf",
        old=b"host_lookup =\n",
        new=b"host_lookup =\nsmtp_banner = ${lookup{x}lsearch{/nowhere}}\n",
        check="exim4 -C {folder}/exim.conf -bV",
        reason="(smtp_banner) failed",
    ),
    # The process that all logins ask ends, and no listener greets any more.
    Deadly(
        server="dovecot",
        variant="leaky",
        file="dovecot.conf",
        old=b"passdb {\n  driver = static\n",
        new=b"passdb {\n  driver = nonsense\n",
        check="doveconf -c {folder}/dovecot.conf -n",
        reason="Unknown passdb driver",
    ),
]


@pytest.mark.drawn(3)
@pytest.mark.parametrize("deadly", DEADLY, ids=lambda each: each.server)
def test_a_plan_that_kills_a_server_is_refused_before_any_write(
    administrator: Hire, tmp_path: Path, deadly: Deadly
) -> None:
    """Its own check passes. The reason is shown, no file of the server's changes, and nothing of the trial is left."""
    admin = administrator(deadly.server, deadly.variant)
    folder = admin.server.folder
    plan = _with_mistake(admin.plan(), folder, deadly)
    _check_by_hand(admin, tmp_path, deadly)
    before = _everything(admin)
    code, said = _applied(admin, plan)
    assert (code, _everything(admin)) == (_REFUSED, before)
    assert deadly.reason in said
    assert "does not answer with the planned files" in said
    assert "is refused: nothing was changed" in said


@pytest.mark.drawn(3)
@pytest.mark.parametrize("name", [each.server for each in DEADLY])
def test_a_plan_that_kills_nobody_is_tried_and_applied(administrator: Hire, name: str) -> None:
    """Nothing is said of what was not tried."""
    admin = administrator(name)
    before = digests(admin.server.folder)
    code, said = _applied(admin, admin.plan())
    assert code == 0, said
    assert _UNTRIED not in said
    assert digests(admin.server.folder) != before


def test_a_server_that_does_not_answer_beside_the_running_one_is_changed_all_the_same(administrator: Hire) -> None:
    """Its greeting asks a service over TCP, which no trial reaches: that says nothing of the plan."""
    admin = administrator("exim")
    server = admin.server
    assert isinstance(server, Exim)
    with _greeter() as port:
        asked = b"host_lookup =\nsmtp_banner = ${readsocket{inet:127.0.0.1:%d}{x}}\n" % port
        config = server.folder / "exim.conf"
        config.write_bytes(config.read_bytes().replace(b"host_lookup =\n", asked))
        server.namespace.hang_up()
        wait_until(lambda: _greets(server.listeners[0]), 30, lambda: "Exim does not greet with the text")
        code, said = _applied(admin, admin.plan())
    assert code == 0, said
    assert f"Exim {_UNTRIED} beforehand" in said
    assert "beside the running service it does not answer even with its current files" in said
    assert b"driver = spa" not in config.read_bytes()
    assert _UNTRIED in admin.run("show", admin.changes()[0])


def test_a_host_without_the_tools_is_changed_all_the_same(administrator: Hire, tmp_path: Path) -> None:
    """Where namespaces cannot be made nothing can be tried; the reason is said."""
    admin = administrator("exim")
    code, said = _applied(admin.without_trials(tmp_path), admin.plan())
    assert code == 0, said
    assert f"Exim {_UNTRIED} beforehand with the planned files: unshare failed" in said


def _with_mistake(path: Path, folder: Path, deadly: Deadly) -> Path:
    """The plan with one more change, as a plug that did not know better would have made it."""
    plan = decode(path.read_bytes(), str(path))
    (product,) = plan.products
    file = folder / deadly.file
    text = file.read_bytes()
    at = text.index(deadly.old)
    mistake = Patch(at, at + len(deadly.old), deadly.new, "somebody's mistake")
    planned = {each.path: each.patches for each in product.files}
    planned[str(file)] = tuple(sorted((*planned.get(str(file), ()), mistake), key=lambda each: each.start))
    files = tuple(_planned(Path(each), patches) for each, patches in planned.items())
    mistaken = path.with_name("mistaken.json")
    mistaken.write_bytes(encode(replace(plan, products=(replace(product, files=files),))))
    return mistaken


def _planned(path: Path, patches: tuple[Patch, ...]) -> PlannedFile:
    text = path.read_bytes()
    after = apply(text, [Splice(Span(each.start, each.end), each.new) for each in patches])
    return PlannedFile(path=str(path), before=digest(text), after=digest(after), patches=patches)


def _check_by_hand(admin: Administrator, home: Path, deadly: Deadly) -> None:
    """The product's check is content with the mistake, in a copy of the folder."""
    copy = home / "copy"
    source = admin.server.folder / deadly.file
    shutil.copytree(
        source.parent,
        (copy / deadly.file).parent,
        ignore=shutil.ignore_patterns("queue", "spool", "run", "dev", "mail", "state"),
    )
    (copy / deadly.file).write_bytes(source.read_bytes().replace(deadly.old, deadly.new))
    admin.by_hand(*deadly.check.format(folder=copy).split())


def _applied(admin: Administrator, plan: Path) -> tuple[int, str]:
    """The exit code of ``apply``, and all that it says."""
    done = admin.start("apply", str(plan))
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
    """Its files with their times, logs, spools and queues among them; what is mounted on its host, and what runs."""
    files = {str(each): each.lstat().st_mtime_ns for each in admin.server.folder.rglob("*") if not each.is_dir()}
    return (
        files,
        admin.by_hand("cat", "/proc/self/mountinfo"),
        admin.by_hand("sh", "-c", "echo /proc/[0-9]*").count("/"),
    )

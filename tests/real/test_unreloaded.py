"""An edit that nobody has reloaded yet, on a real server: neither a change nor a way back puts it into force."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.real.administration import Administrator, digests, planned
from tests.real.servers.ask import PLAIN, capabilities
from tests.real.servers.contract import Listener
from tests.real.watcher import SOURCE

Hire = Callable[..., Administrator]
_UNDONE, _STUCK, _REFUSED = 1, 4, 6


class Other(NamedTuple):
    """A server's main file, with another one included, and a text of that of which the server dies."""

    main: str
    included: str
    deadly: str


OTHERS = {
    # The last setting counts, and in Exim's file the main section comes first.
    "dovecot": Other("dovecot.conf", "{text}\n!include_try {path}\n", "passdb {\n  driver = nonsense\n}\n"),
    "exim": Other("exim.conf", ".include_if_exists {path}\n{text}", "smtp_banner = ${nonsense}\n"),
}
NO_POP3 = "service pop3-login {\n  inet_listener pop3 {\n    port = 0\n  }\n}\n"


@pytest.mark.drawn(4)
@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("what", ["apply", "rollback"])
def test_nothing_puts_a_deadly_edit_into_force(administrator: Hire, name: str, what: str) -> None:
    """Neither a change nor a rollback, since putting their own files back would not help. Taken back, it stops none."""
    admin = administrator(name)
    other = _taken_in(admin, OTHERS[name])
    command = (what, str(admin.plan()) if what == "apply" else admin.reach("withdraw-ntlm"))
    other.write_text(OTHERS[name].deadly, "utf-8")
    before = digests(admin.server.folder)
    assert "started on its current files it does not" in _refused(admin, *command)
    assert digests(admin.server.folder) == before
    assert _answers(admin.server.listeners[0])
    other.unlink()
    admin.run(*command)


@pytest.mark.drawn(2)
@pytest.mark.parametrize("name", OTHERS)
def test_no_way_back_puts_a_deadly_edit_into_force(administrator: Hire, name: str) -> None:
    """The files come back; the server runs on with what it has read until the edit is seen to, and is reloaded then."""
    admin = administrator(name)
    other = _taken_in(admin, OTHERS[name])
    before = digests(admin.server.folder)
    admin.run("apply", str(admin.plan()), "--confirm", "1h")
    other.write_text(OTHERS[name].deadly, "utf-8")
    assert "was not reloaded" in admin.run("rollback", admin.changes()[0], expected=_STUCK)
    assert _answers(admin.server.listeners[0])
    other.unlink()
    assert digests(admin.server.folder) == before
    admin.run("recover", expected=_UNDONE)
    assert digests(admin.server.folder) == before


def test_neither_does_it_one_that_closes_a_port(administrator: Hire) -> None:
    """The running server still holds it, and the way back would close it."""
    admin = administrator("dovecot")
    other = _taken_in(admin, OTHERS["dovecot"])
    change = admin.reach("withdraw-ntlm")
    pop3 = next(each for each in admin.server.listeners if each.scheme == "pop3")
    other.write_text(NO_POP3, "utf-8")
    said = _refused(admin, "rollback", change)
    assert f"dovecot runs as its files say: it listens on port {pop3.port}, which they do not name" in said
    assert _answers(pop3)
    other.unlink()
    admin.run("rollback", change)


def test_neither_does_a_change_one_that_moves_the_server_to_other_addresses(administrator: Hire) -> None:
    """A plan that was made after the edit says so, and is not carried out."""
    admin = administrator("dovecot")
    other = _taken_in(admin, OTHERS["dovecot"])
    other.write_text("listen = 127.0.0.1, 127.0.0.3\n", "utf-8")
    plan = admin.plan()
    told = "at 127.0.0.1, where they name 127.0.0.1, 127.0.0.3"
    assert [told in each["why"] for each in planned(plan)["unmet"]] == [True]
    assert told in _refused(admin, "apply", str(plan))
    assert _answers(admin.server.listeners[0])


def test_neither_does_a_change_one_that_moves_its_run_folder(administrator: Hire) -> None:
    """A reload would look for it there in vain, and so would the way back."""
    admin = administrator("dovecot")
    other, plan = _taken_in(admin, OTHERS["dovecot"]), admin.plan()
    (admin.server.folder / "run2").mkdir()
    other.write_text(f"base_dir = {admin.server.folder}/run2\n", "utf-8")
    before = digests(admin.server.folder)
    assert "by its current files a reload would not reach it" in _refused(admin, "apply", str(plan))
    assert digests(admin.server.folder) == before
    assert _answers(admin.server.listeners[0])


def _taken_in(admin: Administrator, other: Other) -> Path:
    """Another file that the server's files take in, and that is not there yet: what the server has read is the same."""
    path = admin.server.folder / "local.conf"
    main = admin.server.folder / other.main
    main.write_text(other.included.format(path=path, text=main.read_text("utf-8")), "utf-8")
    return path


def _answers(listener: Listener) -> bool:
    """Whether it greets; one that is reloaded at this moment may hang up."""
    try:
        return bool(capabilities(listener, PLAIN, SOURCE, seconds=5.0))
    except OSError:
        return False


def _refused(admin: Administrator, *arguments: str) -> str:
    """All that is said by a command that is refused."""
    done = admin.start(*arguments)
    said, complained = done.communicate(timeout=300)
    assert done.returncode == _REFUSED, said + complained
    return said + complained

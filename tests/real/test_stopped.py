"""Services that are stopped, or that a reload would stop: nothing is stuck, and nothing dies of a change."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.real.administration import Administrator, digests, planned
from tests.real.scans import run_scan, urls
from tests.real.servers.exim import Exim
from tests.real.servers.mailhost import MailHost
from tests.real.servers.ready import CHALLENGED, wait_for_listeners, wait_for_ntlm

_NOT_PROVED, _REFUSED = 4, 6


def test_a_rollback_while_dovecot_is_stopped_is_done_and_not_proved(
    administrator: Callable[[str], Administrator], tmp_path: Path
) -> None:
    """It says what to start; started, Dovecot and the Postfix that asks it do as they did before the change."""
    admin = administrator("mail-host")
    server = admin.server
    assert isinstance(server, MailHost)
    config = str(server.dovecot.folder / "dovecot.conf")
    before = digests(server.folder)
    admin.run("apply", str(admin.plan()))
    server.namespace.run("doveadm", "-c", config, "stop")
    said = admin.run("rollback", admin.changes()[0], expected=_NOT_PROVED)
    assert "the files are back.\nNot proved: dovecot does not run: start it." in said
    assert "kept, not proved" in admin.run("changes")
    assert digests(server.folder) == before
    assert "No change is under way" in admin.run("recover")
    server.namespace.run("sh", "-c", f"dovecot -c {config} </dev/null >/dev/null 2>&1")
    wait_for_listeners(server.listeners, server.namespace)
    wait_for_ntlm(server.listeners, CHALLENGED, server.namespace)
    verdicts = {each["verdict"] for each in run_scan(tmp_path, *urls(server.listeners)).observations.values()}
    assert verdicts == {"discloses"}


def test_an_exim_that_would_die_of_its_reload_is_not_changed(administrator: Callable[[str], Administrator]) -> None:
    """Its `-C` is not trusted: the plan says so and nothing is written; once it is, the same plan is applied."""
    admin = administrator("exim")
    server = admin.server
    assert isinstance(server, Exim)
    server.trust("/etc/exim4/another.conf")
    before = digests(server.folder)
    plan = admin.plan()
    (unmet,) = planned(plan)["unmet"]
    assert unmet["what"] == "exim can be reloaded"
    assert "trusted_configs" in unmet["why"]
    admin.run("apply", str(plan), expected=_REFUSED)
    assert digests(server.folder) == before
    server.trust()
    trusted = server.folder / "etc" / "exim4" / "trusted_configs"
    trusted.chmod(0o666)
    admin.run("apply", str(plan), expected=_REFUSED)
    trusted.chmod(0o644)
    admin.run("apply", str(plan))
    assert digests(server.folder) != before

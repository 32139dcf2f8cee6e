"""Ways back on a host one of whose services is stopped: the files are put back, and nothing is stuck."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.real.administration import Administrator, digests
from tests.real.scans import run_scan, urls
from tests.real.servers.mailhost import MailHost
from tests.real.servers.ready import CHALLENGED, wait_for_listeners, wait_for_ntlm

_NOT_PROVED = 4


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
    assert "the files are back; dovecot does not run: start it" in admin.run(
        "rollback", admin.changes()[0], expected=_NOT_PROVED
    )
    assert digests(server.folder) == before
    assert "No change is under way" in admin.run("recover")
    server.namespace.run("sh", "-c", f"dovecot -c {config} </dev/null >/dev/null 2>&1")
    wait_for_listeners(server.listeners, server.namespace)
    wait_for_ntlm(server.listeners, CHALLENGED, server.namespace)
    verdicts = {each["verdict"] for each in run_scan(tmp_path, *urls(server.listeners)).observations.values()}
    assert verdicts == {"discloses"}

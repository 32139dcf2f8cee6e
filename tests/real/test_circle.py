"""The whole circle on real servers: leak, audit, plan, apply, proof, nothing twice, rollback, apply again."""

from __future__ import annotations

import json
import os
import poplib
import pwd
import re
import smtplib
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.house.told import Tell
from tests.real.administration import Administrator, digests, planned
from tests.real.scans import Scan, records_of, run_scan, urls
from tests.real.servers.contract import IMPLICIT, Listener, Server

# Server, the product and file (below the server's folder) that cause the leak, the setting, and the login that works.
CIRCLES = [
    ("dovecot", "dovecot.conf", "auth_mechanisms", "bob"),
    ("dovecot-2.4", "dovecot.conf", "auth_mechanisms", "bob"),
    ("mail-host", "dovecot/dovecot.conf", "auth_mechanisms", "bob"),
    ("postfix-cyrus-sasl", "conf/sasl/smtpd.conf", "mech_list", "bob@pf01.lab.test"),
    ("cyrus", "imapd.conf", "sasl_mech_list", "bob"),
    ("exim", "exim.conf", "driver = spa", "bob"),
]
PASSWORD = "bobpw"
_PROVEN = {"ntlm_refused", "tls_enforced", "login_works"}
_REFUSED = 6
_MAIL = pwd.getpwnam("mail")
# The tests' own certificate fails its check.
_SELF_SIGNED = 1


@pytest.mark.drawn(6)
@pytest.mark.parametrize(("name", "file", "setting", "user"), CIRCLES, ids=[circle[0] for circle in CIRCLES])
def test_the_circle(
    circle: Callable[[str], Administrator], tmp_path: Path, name: str, file: str, setting: str, user: str
) -> None:
    """The audit names the line, the change mends every state, the way back brings every byte back, and again."""
    admin = circle(name)
    server, cause = admin.server, admin.server.folder / file
    before = digests(server.folder)
    smoke = _smoke(tmp_path, user)

    assert _leaks(server, tmp_path)
    assert _line_of(cause, setting) in _lines_named(admin, str(cause))

    plan = admin.plan()
    assert planned(plan)["unmet"] == []
    admin.run("apply", str(plan), *smoke)
    assert not _leaks(server, tmp_path)
    assert _logs_in(server.listeners, user)
    assert digests(server.folder).keys() == before.keys()
    mended = digests(server.folder)
    assert mended != before

    assert "Nothing to do" in admin.run("apply", str(plan))
    assert "nothing to do" in admin.run("plan", *admin.told)
    assert len(admin.changes()) == 1

    change = admin.changes()[0]
    admin.run("rollback", change, *smoke)
    assert digests(server.folder) == before
    assert _leaks(server, tmp_path)

    admin.run("apply", str(plan), *smoke)
    assert not _leaks(server, tmp_path)
    assert digests(server.folder) == mended


@pytest.mark.drawn(6)
@pytest.mark.parametrize(
    ("name", "user"), [(name, user) for name, _, _, user in CIRCLES], ids=[circle[0] for circle in CIRCLES]
)
def test_tls_before_any_login(circle: Callable[[str], Administrator], tmp_path: Path, name: str, user: str) -> None:
    """NTLM withdrawn and TLS required, both are proved; verify asks for passwords itself, and every server refuses."""
    admin = circle(name)
    smoke = _smoke(tmp_path, user)
    for goal in ("withdraw-ntlm", "require-tls"):
        admin.run("apply", str(admin.plan("--goal", goal)), *smoke)
    said = admin.run("verify", *urls(admin.server.listeners), *smoke, "--format", "jsonl", expected=_SELF_SIGNED)
    checks = [each for each in records_of(said) if each["record"] == "check"]
    assert {each["question"] for each in checks} == {*_PROVEN, "certificate_sound"}
    assert [each for each in checks if each["question"] in _PROVEN and each["outcome"] != "proven"] == []


@pytest.mark.drawn(4)
@pytest.mark.parametrize(
    ("name", "user"), [(name, user) for name, _, _, user in CIRCLES], ids=[circle[0] for circle in CIRCLES]
)
def test_a_login_that_cannot_work_begins_nothing(
    circle: Callable[[str], Administrator], tmp_path: Path, name: str, user: str
) -> None:
    """A wrong password: refused before any write, never stuck; with the right one the same plan is applied and kept."""
    admin = circle(name)
    before = digests(admin.server.folder)
    plan = admin.plan()
    admin.run("apply", str(plan), *_smoke(tmp_path, user, "wrong"), expected=_REFUSED)
    assert digests(admin.server.folder) == before
    assert "the test login proves nothing" in admin.run("show", admin.changes()[0])
    admin.run("apply", str(plan), *_smoke(tmp_path, user))
    assert not _leaks(admin.server, tmp_path)


@pytest.mark.drawn(6)
@pytest.mark.parametrize(
    ("name", "file"), [(name, file) for name, file, _, _ in CIRCLES], ids=[circle[0] for circle in CIRCLES]
)
def test_a_folder_of_the_mail_users_is_written_in_where_it_is_trusted_alone(
    circle: Callable[[str], Administrator], record_property: Tell, name: str, file: str
) -> None:
    """Whoever owns the folder can swap what lies in it: refused before any write, and kept once root trusts them."""
    admin = circle(name)
    before, plan = digests(admin.server.folder), admin.plan()
    os.chown((admin.server.folder / file).parent, _MAIL.pw_uid, _MAIL.pw_gid)
    admin.run("apply", str(plan), expected=_REFUSED)
    assert (digests(admin.server.folder), admin.changes()) == (before, [])
    record_property("ended", "refused")
    settings = admin.home / ".config" / "tightlip" / "tightlip.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text(f'[policy]\ntrusted_owners = ["{_MAIL.pw_uid}"]\n', encoding="utf-8")
    admin.run("apply", str(plan))
    assert digests(admin.server.folder) != before


def test_a_mistyped_password_takes_no_change_back(circle: Callable[[str], Administrator], tmp_path: Path) -> None:
    """Refused, with two refusals in Dovecot's log at most; the change goes on waiting, and is undone without it."""
    admin = circle("dovecot")
    before = digests(admin.server.folder)
    admin.run("apply", str(admin.plan()), "--confirm", "1h", *_smoke(tmp_path, "bob"))
    (change,) = admin.changes()
    waiting, told = digests(admin.server.folder), _mismatches(admin.server)
    for command in (("rollback", change), ("recover", "--undo")):
        admin.run(*command, *_smoke(tmp_path, "bob", "wrong"), expected=_REFUSED)
    assert digests(admin.server.folder) == waiting
    assert 0 < _mismatches(admin.server) - told <= 2 * 2
    admin.run("rollback", change)
    assert digests(admin.server.folder) == before


def _mismatches(server: Server) -> int:
    """How often Dovecot has refused a password."""
    return (server.folder / "dovecot.log").read_text("utf-8", "replace").lower().count("password mismatch")


def _smoke(folder: Path, user: str, password: str = PASSWORD) -> list[str]:
    path = folder / "password"
    path.touch(mode=0o600)
    path.write_text(f"{password}\n", encoding="utf-8")
    return ["--smoke-user", user, "--smoke-password-file", str(path)]


def _line_of(file: Path, setting: str) -> int:
    """The line that the setting stands on, found without tightlip."""
    lines = file.read_text(encoding="utf-8").splitlines()
    (found,) = [number for number, line in enumerate(lines, 1) if re.match(rf"\s*{setting}\b", line)]
    return found


def _lines_named(admin: Administrator, file: str) -> set[int | None]:
    """The lines of a file that the audit names as the cause of NTLM."""
    places = [
        place
        for finding in admin.audit()
        if finding["rule"] in ("ntlm-discloses-host", "ntlm-offered")
        for place in finding["places"]
    ]
    return {place["line"] for place in places if place["file"] == file}


def _leaks(server: Server, home: Path) -> bool:
    """Whether any state of any listener takes NTLM; every one must have been asked to the end."""
    verdicts = {each["verdict"] for each in _scan(server, home).observations.values()}
    assert verdicts <= {"discloses", "offers", "clean"}, verdicts
    return verdicts != {"clean"}


def _scan(server: Server, home: Path) -> Scan:
    return run_scan(home, *urls(server.listeners))


def _logs_in(listeners: tuple[Listener, ...], user: str) -> bool:
    """Whether a client of today logs in at the server's first TLS port, with the standard library and no tightlip."""
    listener = next(each for each in listeners if each.scheme in IMPLICIT)
    context = ssl._create_unverified_context()  # the test's own certificate
    if IMPLICIT[listener.scheme] == "pop3":
        client = poplib.POP3_SSL(listener.host, listener.port, context=context, timeout=30)
        client.user(user)
        answered = client.pass_(PASSWORD).startswith(b"+OK")
        client.quit()
        return answered
    with smtplib.SMTP_SSL(
        listener.host, listener.port, local_hostname="[127.0.0.1]", context=context, timeout=30
    ) as mail:
        return mail.login(user, PASSWORD)[0] == 235


def test_a_plan_holds_nothing_of_the_configuration(circle: Callable[[str], Administrator]) -> None:
    """The password that stands in the file is in no plan, no page, no journal and no evidence."""
    admin = circle("dovecot")
    plan = admin.plan()
    page = admin.run("plan")
    admin.run("apply", str(plan))
    shown = admin.run("show", admin.changes()[0])
    written = [path.read_bytes() for path in admin.home.rglob("*.json*") if path.is_file()]
    assert json.loads(plan.read_bytes())["plan"]["goal"] == "withdraw-ntlm"
    assert "auth_mechanisms" in page
    assert PASSWORD not in page + shown
    assert [text for text in written if PASSWORD.encode() in text] == []

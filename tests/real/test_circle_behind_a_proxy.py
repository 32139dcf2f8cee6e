"""The circle on real servers behind a proxy: proved with a PROXY header where it is taken, else left out and named."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.real.administration import Administrator, digests, planned
from tests.real.scans import records_of, run_scan
from tests.real.servers.contract import Listener

# Server, variant, the schemes of the ports behind the proxy (none: all of them), and the login that works.
PROXIED = [
    ("dovecot", "proxied", (), "bob"),
    ("dovecot-2.4", "proxied", (), "bob"),
    ("postfix-cyrus-sasl", "proxied", (), "bob@pf01.lab.test"),
    ("postfix-cyrus-sasl", "proxied-submission", ("submission",), "bob@pf01.lab.test"),
    ("exim", "proxied", (), "bob"),
]
IMAP = ("imap", "imaps")
PASSWORD = "bobpw"


@pytest.mark.drawn(5)
@pytest.mark.parametrize(
    ("name", "variant", "schemes", "user"), PROXIED, ids=[f"{name} {variant}" for name, variant, *_ in PROXIED]
)
def test_it_is_proved_with_the_header(
    circle: Callable[..., Administrator],
    tmp_path: Path,
    name: str,
    variant: str,
    schemes: tuple[str, ...],
    user: str,
) -> None:
    """Audit, plan, apply, proof, rollback: each change is kept, and the test login works through the same door."""
    admin = circle(name, variant)
    proxied = [each for each in admin.server.listeners if not schemes or each.scheme in schemes]
    before = digests(admin.server.folder)
    smoke = _smoke(tmp_path, user)

    assert _behind_proxy(admin) == {each.port: "trusted" for each in proxied}
    assert "clean" not in _verdicts(tmp_path, proxied)

    plan = admin.plan()
    assert _proved_with_header(plan) == {each.port for each in proxied}
    assert "left_out" not in planned(plan)
    admin.run("apply", str(plan), *smoke)
    assert _states(admin) == ["kept"]
    assert _verdicts(tmp_path, proxied) == {"clean"}

    admin.run("rollback", admin.changes()[0], *smoke)
    assert _states(admin) == ["kept", "rolled back"]
    assert digests(admin.server.folder) == before
    assert "clean" not in _verdicts(tmp_path, proxied)


def test_what_takes_no_header_from_here_is_named_and_left_out(circle: Callable[..., Administrator]) -> None:
    """All else of that Dovecot is proved, and the change is kept."""
    admin = circle("dovecot", "proxied-elsewhere")
    ports = {each.port for each in admin.server.listeners if each.scheme in IMAP}
    assert _behind_proxy(admin) == dict.fromkeys(ports, "untrusted")

    plan = admin.plan()
    named = planned(plan)["left_out"]
    assert {port for port in ports for said in named if f"port {port}:" in said} == ports
    assert not ports & {int(each["endpoint"].rpartition(":")[2]) for each in planned(plan)["expectations"]}
    applying = admin.start("apply", str(plan))
    said, complained = applying.communicate(timeout=300)
    assert (applying.returncode, _states(admin)) == (0, ["kept"])
    for port in ports:
        assert f"left out of the proof: dovecot imap, port {port}: " in said + complained


def test_who_is_no_proxy_of_exims_is_greeted_without(circle: Callable[..., Administrator]) -> None:
    """The option is told, and everything is proved as ever."""
    admin = circle("exim", "proxied-elsewhere")
    assert _behind_proxy(admin) == {each.port: "exempt" for each in admin.server.listeners}
    plan = admin.plan()
    assert _proved_with_header(plan) == set()
    assert len(planned(plan)["expectations"]) == 5
    admin.run("apply", str(plan))
    assert _states(admin) == ["kept"]


def test_a_probe_goes_through_the_same_door(circle: Callable[..., Administrator]) -> None:
    """What is written is heard."""
    admin = circle("dovecot", "proxied")
    said = admin.run("audit", "--probe", "--store", "none", "--format", "jsonl", expected=1)
    heard = [each["verdict"] for each in records_of(said) if each["record"] == "observation"]
    assert set(heard) == {"discloses"}


def test_verify_goes_through_it_where_it_is_told_to(circle: Callable[..., Administrator]) -> None:
    """Nothing is refused before the change, and every check is made."""
    admin = circle("dovecot", "proxied")
    pop3 = next(each for each in admin.server.listeners if each.scheme == "pop3s")
    said = admin.run("verify", "--proxy-protocol", pop3.url, "--format", "jsonl", "--store", "none", expected=1)
    checks = {each["question"]: each["outcome"] for each in records_of(said) if each["record"] == "check"}
    assert checks["ntlm_refused"] == "failed"


def _smoke(folder: Path, user: str) -> list[str]:
    path = folder / "password"
    path.touch(mode=0o600)
    path.write_text(f"{PASSWORD}\n", encoding="utf-8")
    return ["--smoke-user", user, "--smoke-password-file", str(path)]


def _behind_proxy(admin: Administrator) -> dict[int, str]:
    """What the audit says of each port behind a proxy."""
    said = admin.run("audit", *admin.told, "--store", "none", "--format", "jsonl", expected=1)
    listeners = [
        listener
        for each in records_of(said)
        if each["record"] == "posture"
        for service in each["services"]
        for listener in service["listeners"]
    ]
    return {each["port"]: each["proxy_header"]["from_loopback"] for each in listeners if each["proxy_header"]}


def _proved_with_header(plan: Path) -> set[int]:
    expected = planned(plan)["expectations"]
    return {int(each["endpoint"].rpartition(":")[2]) for each in expected if each.get("proxied")}


def _states(admin: Administrator) -> list[str]:
    """The state of each change, the youngest first."""
    return re.findall(r"\b(kept|rolled back|undone|stuck|refused)\b", admin.run("changes"))


def _verdicts(home: Path, listeners: list[Listener]) -> set[str]:
    scan = run_scan(home, "--proxy-protocol", *(each.url for each in listeners))
    return {each["verdict"] for each in scan.observations.values()}

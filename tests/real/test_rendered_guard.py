"""Scripts and playbooks whose change kills a real server, which its own check does not see: all is put back."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.house.told import Tell
from tests.real.administration import Administrator, digests
from tests.real.deaths import DEATHS, LONGEST, Death, client_of, deadly_plan
from tests.real.scans import run_scan, urls
from tests.real.servers.contract import IMPLICIT
from tests.real.watcher import Watcher
from tightlip.remediate.ansible import playbook
from tightlip.remediate.plan import Plan, decode
from tightlip.remediate.shell import script

Hire = Callable[..., Administrator]
_FAILED, _FAILED_PLAY = 1, 2


@pytest.mark.drawn(4)
@pytest.mark.parametrize("name", DEATHS)
def test_the_script_puts_a_dead_server_back(circle: Hire, tmp_path: Path, record_property: Tell, name: str) -> None:
    """The product's check passes; the script names what is dead, restores the files, and everything answers again."""
    admin = circle(DEATHS[name].server)
    before, verdicts = digests(admin.server.folder), _verdicts(admin, tmp_path)
    file = tmp_path / "mend.sh"
    file.write_text(script(_plan(admin, DEATHS[name])), encoding="utf-8")
    watcher = Watcher()
    with watcher.watching(client_of(admin, DEATHS[name])):
        said = admin.by_hand("sh", str(file), expected=_FAILED)
    assert _dead(said) >= _over_tls(admin, DEATHS[name])
    assert "everything is as it was before" in said
    assert (digests(admin.server.folder), _verdicts(admin, tmp_path)) == (before, verdicts)
    record_property("told", f"{name} killed by a change, {watcher.gap:.0f} s without service until a script undid it")
    assert watcher.gap < LONGEST


def test_the_playbook_puts_a_dead_server_back(circle: Hire, tmp_path: Path) -> None:
    """The same with Ansible."""
    death = DEATHS["dovecot"]
    admin = circle(death.server)
    before, verdicts = digests(admin.server.folder), _verdicts(admin, tmp_path)
    file = tmp_path / "mend.yml"
    file.write_text(playbook(_plan(admin, death)), encoding="utf-8")
    program = Path(sys.executable).with_name("ansible-playbook")
    own = f"-i localhost, -c local -e ansible_python_interpreter={sys.executable} -e tightlip_backup={admin.home}/kept"
    said = admin.by_hand(str(program), *own.split(), str(file), expected=_FAILED_PLAY)
    assert _dead(said) >= _over_tls(admin, death)
    assert (digests(admin.server.folder), _verdicts(admin, tmp_path)) == (before, verdicts)


def _dead(said: str) -> set[str]:
    """The states that were named as dead."""
    return set(re.findall(r"does not answer any more: ([\w+]+://[\w.]+:\d+)", said))


def _over_tls(admin: Administrator, death: Death) -> set[str]:
    """Every state with TLS, in its text form, of those listeners that die."""
    found = set()
    for each in (each for each in admin.server.listeners if each.scheme not in death.spared):
        protocol = "smtp" if each.scheme == "submission" else each.scheme
        found.add(f"{protocol}{'' if each.scheme in IMPLICIT else '+starttls'}://{each.host}:{each.port}")
    return found


def _plan(admin: Administrator, death: Death) -> Plan:
    path = deadly_plan(admin, death)
    return decode(path.read_bytes(), str(path))


def _verdicts(admin: Administrator, home: Path) -> dict[str, str]:
    """What the scan says of each state."""
    observations = run_scan(home, *urls(admin.server.listeners)).observations
    return {endpoint: str(each["verdict"]) for endpoint, each in observations.items()}

"""Scripts and playbooks whose change kills a real server, which its own check does not see: all is put back."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from msgspec.structs import replace

from tests.real.administration import Administrator, digests
from tests.real.scans import run_scan, urls
from tests.real.servers.contract import IMPLICIT, Listener
from tests.unit.remediate.plans import Part, a_plan
from tightlip.remediate.ansible import playbook
from tightlip.remediate.plan import Expectation, Patch, Plan
from tightlip.remediate.shell import script

Hire = Callable[..., Administrator]
_FAILED, _FAILED_PLAY = 1, 2


class Deadly(NamedTuple):
    """A setting of a server, and the value with which it dies."""

    server: str
    variant: str
    file: str
    setting: bytes
    value: bytes
    check: str
    reload: str


DEADLY = [
    # Port 25 greets and takes EHLO; smtpd ends at the EHLO after STARTTLS, where it has no mechanism to announce. Once
    # it has done so, master may keep the whole port waiting.
    Deadly(
        server="postfix-cyrus-sasl",
        variant="fixed",
        file="conf/main.cf",
        setting=b"smtpd_sasl_mechanism_filter",
        value=b"nonsense",
        check="postfix -c {folder}/conf check",
        reload="postfix -c {folder}/conf reload",
    ),
    # The process that all logins ask ends, and no listener greets any more.
    Deadly(
        server="dovecot",
        variant="leaky",
        file="dovecot.conf",
        setting=b"auth_mechanisms",
        value=b"plain nonsense",
        check="doveconf -c {folder}/dovecot.conf -n",
        reload="doveadm -c {folder}/dovecot.conf reload",
    ),
]


@pytest.mark.drawn(2)
@pytest.mark.parametrize("deadly", DEADLY, ids=lambda each: each.server)
def test_the_script_puts_a_dead_server_back(administrator: Hire, tmp_path: Path, deadly: Deadly) -> None:
    """The product's check passes; the script names what is dead, restores the file, and everything answers again."""
    admin = administrator(deadly.server, deadly.variant)
    before, verdicts = digests(admin.server.folder), _verdicts(admin, tmp_path)
    file = tmp_path / "mend.sh"
    file.write_text(script(_plan(admin, deadly)), encoding="utf-8")
    said = admin.by_hand("sh", str(file), expected=_FAILED)
    assert _dead(said) >= _over_tls(admin)
    assert "everything is as it was before" in said
    assert (digests(admin.server.folder), _verdicts(admin, tmp_path)) == (before, verdicts)


def test_the_playbook_puts_a_dead_server_back(administrator: Hire, tmp_path: Path) -> None:
    """The same with Ansible."""
    admin = administrator(DEADLY[0].server, DEADLY[0].variant)
    before, verdicts = digests(admin.server.folder), _verdicts(admin, tmp_path)
    file = tmp_path / "mend.yml"
    file.write_text(playbook(_plan(admin, DEADLY[0])), encoding="utf-8")
    program = Path(sys.executable).with_name("ansible-playbook")
    own = f"-i localhost, -c local -e ansible_python_interpreter={sys.executable} -e tightlip_backup={admin.home}/kept"
    said = admin.by_hand(str(program), *own.split(), str(file), expected=_FAILED_PLAY)
    assert _dead(said) >= _over_tls(admin)
    assert (digests(admin.server.folder), _verdicts(admin, tmp_path)) == (before, verdicts)


def _dead(said: str) -> set[str]:
    """The states that were named as dead."""
    return set(re.findall(r"does not answer any more: ([\w+]+://[\w.]+:\d+)", said))


def _over_tls(admin: Administrator) -> set[str]:
    """Those that are asked over TLS."""
    return {each for each in _states(admin.server.listeners) if re.match(r"\w+(?:\+starttls|s)://", each)}


def _states(listeners: tuple[Listener, ...]) -> Iterator[str]:
    """Every TLS state of every listener, in its text form."""
    for each in listeners:
        if protocol := IMPLICIT.get(each.scheme):
            yield f"{protocol}s://{each.host}:{each.port}"
        else:
            protocol = "smtp" if each.scheme == "submission" else each.scheme
            yield from (f"{protocol}{state}://{each.host}:{each.port}" for state in ("", "+starttls"))


def _plan(admin: Administrator, deadly: Deadly) -> Plan:
    """A plan that gives the setting its deadly value, and demands every state."""
    folder = admin.server.folder
    text = (folder / deadly.file).read_bytes()
    found = re.search(rb"^%s = (.*)$" % deadly.setting, text, re.MULTILINE)
    assert found is not None
    patch = Patch(found.start(1), found.end(1), deadly.value, "somebody's mistake")
    part = Part(path=folder / deadly.file, text=text, patches=(patch,))
    commands = [each.format(folder=folder).split() for each in (deadly.check, deadly.reload)]
    expected = tuple(Expectation(endpoint=each) for each in _states(admin.server.listeners))
    return replace(a_plan(part, check=commands[0], reload=commands[1]), expectations=expected)


def _verdicts(admin: Administrator, home: Path) -> dict[str, str]:
    """What the scan says of each state."""
    observations = run_scan(home, *urls(admin.server.listeners)).observations
    return {endpoint: str(each["verdict"]) for endpoint, each in observations.items()}

"""A plan is about this host's own servers and their files, or it is refused: its hash keeps nobody from writing one."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.unit.workflows.audited import DictHost
from tightlip.hosts._host import Reach
from tightlip.hosts.local import LocalHost, local_host
from tightlip.model.errors import Exit, TightlipError
from tightlip.products._product import Process
from tightlip.remediate.goal import Goal
from tightlip.remediate.plan import Plan
from tightlip.workflows.change.origin import vouch
from tightlip.workflows.planning import PlanOrder, plan_for
from tightlip.workflows.surveying import Wanted

TLS = b"protocols = pop3\nssl = yes\nssl_cert = </etc/ssl/mail.pem\n"
DOVECOT, PART = "/etc/dovecot/dovecot.conf", "/etc/dovecot/auth.conf"
FILES = {
    DOVECOT: TLS + b"!include auth.conf\n",
    PART: b"auth_mechanisms = plain ntlm\n",
    "/home/anna/dovecot.conf": TLS + b"auth_mechanisms = plain ntlm\n",
}
HOST = DictHost(files=FILES, reach=Reach.LIVE)


def planned(host: DictHost | LocalHost, config: str | None = None) -> Plan:
    """What is planned for a host, or for one configuration on it."""
    configs = {"dovecot": (config,)} if config else {}
    order = PlanOrder(goal=Goal.WITHDRAW_NTLM, wanted=Wanted(products=("dovecot",), configs=configs))
    return plan_for(host, order).drawn.plan


def refusal(plan: Plan, host: DictHost | LocalHost) -> str:
    """Why a plan is refused: exit code 6."""
    with pytest.raises(TightlipError) as caught:
        vouch(plan, host)
    assert caught.value.exit_code is Exit.REFUSED
    return caught.value.message


def test_what_a_survey_finds_is_this_hosts_own() -> None:
    """At its usual place, or by the process that runs on it, wherever its files are; root has started that."""
    vouch(planned(HOST), HOST)
    elsewhere = "/home/anna/dovecot.conf"
    running = replace(HOST, running=(Process(7, ("/usr/sbin/dovecot", "-c", elsewhere)),))
    vouch(planned(running), running)
    assert "is none that a survey of this host finds" in refusal(planned(HOST, elsewhere), HOST)
    foreign = replace(HOST, running=(Process(7, ("/usr/sbin/dovecot", "-c", elsewhere), foreign=True),))
    assert "others than you and root may write /home/anna" in refusal(planned(HOST, elsewhere), foreign)


def test_nothing_is_planned_for_what_a_process_of_others_alone_names() -> None:
    """Anybody can start one on a file of root's that reads as a configuration; who names it has it planned for."""
    backup = "/etc/passwd"  # root's, on this machine
    running = (Process(7, ("dovecot", "-c", backup), foreign=True, user="nobody"),)
    host = replace(HOST, files={**FILES, backup: TLS + b"auth_mechanisms = plain ntlm\n"}, running=running)
    plan = planned(host)
    assert [each.instance.config for each in plan.products] == [DOVECOT]
    (told,) = (each.text for each in plan.advice if backup in each.text)
    assert told.startswith(f"nothing says that dovecot runs on {backup} but process 7 of user nobody")
    assert [each.instance.config for each in planned(host, backup).products] == [backup]


def test_a_configuration_that_was_named_has_to_be_in_our_hands(tmp_path: Path) -> None:
    """Its product's commands run what it names; a folder above it that others may write is enough to put in another."""
    config = tmp_path / "dovecot.conf"
    config.write_bytes(FILES["/home/anna/dovecot.conf"])
    config.chmod(0o644)
    plan, host = planned(local_host(), str(config)), local_host()
    vouch(plan, host)
    tmp_path.chmod(0o777)
    assert f"others than you and root may write {config}" in refusal(plan, host)


def test_a_place_beside_the_configuration_counts_as_well() -> None:
    """The plan's own instance with another place is another instance."""
    plan = planned(HOST)
    (product,) = plan.products
    strange = replace(product, instance=replace(product.instance, places={"bin": "/tmp/evil"}))
    assert "is none that a survey of this host finds" in refusal(replace(plan, products=(strange,)), HOST)


def test_a_file_that_the_configuration_does_not_consist_of_is_refused() -> None:
    """One that it includes is its own; any other of the system is not."""
    plan = planned(HOST)
    (product,) = plan.products
    (file,) = product.files
    assert file.path == PART
    strange = replace(product, files=(file, replace(file, path="/etc/cron.d/x")))
    assert "/etc/cron.d/x is no file of dovecot" in refusal(replace(plan, products=(strange,)), HOST)

"""Plans for servers behind a proxy: proved after a PROXY header where it is taken, else left out and named."""

import re

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from tests.unit.remediate.surveys import DOVECOT, EXIM, LEAKY, MAIN_CF, MASTER_CF, plan_from, surveyed
from tightlip.model.verdict import Verdict
from tightlip.remediate._earlier import earlier
from tightlip.remediate.goal import Goal
from tightlip.remediate.plan import Plan, decode, encode
from tightlip.remediate.proof import Witness

BEHIND = b"service imap-login {\n  inet_listener imap {\n    haproxy = yes\n  }\n}\n"
TRUSTING = b"haproxy_trusted_networks = 127.0.0.0/8\n"


def ports(plan: Plan, *, proxied: bool) -> set[int]:
    """The ports that are to be proved, after a header or without one."""
    told = (*plan.expectations, *plan.restored)
    return {int(each.endpoint.rpartition(":")[2]) for each in told if bool(each.proxied) is proxied}


def of_dovecot(more: bytes, goal: Goal = Goal.WITHDRAW_NTLM) -> Plan:
    """The plan for a Dovecot with this besides."""
    return plan_from(surveyed("dovecot", {DOVECOT: LEAKY + more}), goal=goal).plan


@pytest.mark.parametrize("goal", [Goal.WITHDRAW_NTLM, Goal.REQUIRE_TLS, Goal.DISABLE_POP3])
def test_a_listener_that_takes_the_header_is_proved_with_it(goal: Goal) -> None:
    """In every state, forwards and back; those beside it without."""
    plan = of_dovecot(BEHIND + TRUSTING, goal)
    assert (ports(plan, proxied=True), ports(plan, proxied=False)) == ({143}, {110, 995, 993})
    assert not plan.left_out
    assert decode(encode(plan), "plan") == plan


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (b"", "takes none from this machine"),
        (b"haproxy_trusted_networks = 10.0.0.0/8\n", "takes none from this machine"),
        (b"haproxy_trusted_networks = proxy\n", "could not be told"),
    ],
)
def test_one_that_takes_none_from_here_is_left_out_and_named(more: bytes, why: str) -> None:
    """With the line of the setting; neither what follows nor the way back asks for it."""
    plan = of_dovecot(BEHIND + more)
    assert 143 not in ports(plan, proxied=True) | ports(plan, proxied=False)
    (told,) = plan.left_out or ()
    assert re.fullmatch(rf"dovecot imap, port 143: it expects a PROXY header \(haproxy, {DOVECOT}:\d+\), .*", told)
    assert why in told
    assert decode(encode(plan), "plan") == plan


def test_who_need_not_send_it_does_not() -> None:
    """Exim demands it of others alone."""
    text = b"daemon_smtp_ports = 25\nhosts_proxy = %s\nbegin authenticators\n"
    text += b"ntlm:\n  driver = spa\n  server_password = x\n"
    text += b"plain:\n  driver = plaintext\n  public_name = PLAIN\n  server_condition = yes\n"
    elsewhere = plan_from(surveyed("exim", {EXIM: text % b"10.0.0.9"})).plan
    here = plan_from(surveyed("exim", {EXIM: text % b"10.0.0.9 : 127.0.0.0/8"})).plan
    assert (ports(elsewhere, proxied=False), ports(elsewhere, proxied=True)) == ({25}, set())
    assert (ports(here, proxied=False), ports(here, proxied=True)) == (set(), {25})


def test_one_service_of_postfix_is_proved_with_it() -> None:
    """By its own -o."""
    main = b"smtpd_sasl_auth_enable = yes\nsmtpd_tls_cert_file = /c.pem\nsmtpd_tls_security_level = may\n"
    master = b"smtp inet n - y - - smtpd\n10587 inet n - y - - smtpd\n  -o smtpd_upstream_proxy_protocol=haproxy\n"
    files = {MAIN_CF: main, MASTER_CF: master, "/etc/postfix/sasl/smtpd.conf": b"mech_list: PLAIN NTLM\n"}
    plan = plan_from(surveyed("postfix", files)).plan
    assert (ports(plan, proxied=True), ports(plan, proxied=False)) == ({10587}, {25})


def test_nothing_of_it_is_written_where_there_is_no_proxy() -> None:
    """So that plans of before have the hashes that they had."""
    content = encode(of_dovecot(b""))
    assert b"proxied" not in content
    assert b"left_out" not in content


def test_the_way_back_remembers_it() -> None:
    """What was heard after a header is asked for after one."""
    heard = Witness(
        endpoint="pop3://127.0.0.1:110", verdict=Verdict.DISCLOSES, reason="", detail=None, mechanisms=(), proxied=True
    )
    told = [heard, replace(heard, verdict=Verdict.UNREACHABLE), replace(heard, proxied=UNSET)]
    assert [bool(each.proxied) for each in earlier(told)] == [True, True, False]

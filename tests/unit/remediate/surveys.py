"""Surveys for tests: products' own plugs over files in a dictionary."""

from collections.abc import Mapping

from msgspec.structs import replace

from tests.unit.products import cases
from tests.unit.rules.postures import NOW
from tightlip.assess.judge import judge
from tightlip.assess.linking import link
from tightlip.model.finding import Finding
from tightlip.model.host_view import HostView
from tightlip.model.posture import Note
from tightlip.model.remedy import Accounts
from tightlip.products import dovecot, exim, postfix
from tightlip.products._product import Instance
from tightlip.remediate.drawing import Drawn, Refusal, Survey, Surveyed, draw
from tightlip.remediate.goal import Extent, Goal, answers, remedy_of
from tightlip.remediate.outlook import Basis

DOVECOT, MAIN_CF, MASTER_CF = "/etc/dovecot/dovecot.conf", "/etc/postfix/main.cf", "/etc/postfix/master.cf"
EXIM = "/etc/exim4/exim4.conf"
PLUGS = {"dovecot": (dovecot.PRODUCT, DOVECOT), "postfix": (postfix.PRODUCT, MAIN_CF), "exim": (exim.PRODUCT, EXIM)}

LEAKY = b"""protocols = pop3 imap
ssl = yes
ssl_cert = </etc/ssl/mail.pem
auth_mechanisms = plain ntlm
auth_use_winbind = yes
passdb {
  driver = static
  args = password=hunter2
}
service auth {
  unix_listener /var/spool/postfix/private/auth {
  }
}
"""
ASKING = {
    MAIN_CF: b"""smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = private/auth
smtpd_tls_security_level = may
smtpd_tls_cert_file = /etc/ssl/mail.pem
smtpd_tls_auth_only = yes
""",
    MASTER_CF: b"submission inet n - y - - smtpd\n  -o smtpd_sasl_auth_enable=yes\n",
}


def surveyed(product: str, files: Mapping[str, bytes], notes: tuple[Note, ...] = ()) -> Surveyed:
    """One instance at its usual place, with further notes in its posture."""
    plug, config = PLUGS[product]
    config = next(iter(files)) if config not in files else config
    read = cases.read(plug, Instance(product=product, config=config, pid=4711), files)
    posture = plug.posture(read)
    return Surveyed(plug=plug, files=read, posture=replace(posture, notes=(*posture.notes, *notes)))


def drawn_from(
    *instances: Surveyed, goal: Goal = Goal.WITHDRAW_NTLM, basis: Basis = Basis.LIVE, extent: Extent = Extent.SERVER
) -> Drawn | Refusal:
    """What is drawn from these instances on one host, and from what the rules say of them."""
    found = findings_of(*instances)
    survey = Survey(host="mx1", tool="0", now=NOW, instances=instances, findings=found, basis=basis)
    return draw(survey, goal, answers(goal), remedy_of(goal, ("bob",), Accounts.ONLY, extent), link)


def findings_of(*instances: Surveyed) -> tuple[Finding, ...]:
    """What the rules find in these instances."""
    said = judge(HostView((), link(tuple(each.posture for each in instances)), "mx1", NOW))
    return tuple(each for each in said if isinstance(each, Finding))


def plan_from(
    *instances: Surveyed, goal: Goal = Goal.WITHDRAW_NTLM, basis: Basis = Basis.LIVE, extent: Extent = Extent.SERVER
) -> Drawn:
    """The same, where a plan is expected."""
    drawn = drawn_from(*instances, goal=goal, basis=basis, extent=extent)
    assert isinstance(drawn, Drawn), drawn
    return drawn

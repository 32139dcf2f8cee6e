"""Preconditions are looked at when a plan is applied, on the host as it is then, not as it was at planning."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.house.tree import ROOT
from tests.unit.workflows.audited import DictHost
from tightlip.hosts._host import Reach
from tightlip.lab.certificates import write_certificate
from tightlip.model.errors import Exit, TightlipError
from tightlip.model.remedy import Accounts
from tightlip.remediate.goal import Goal
from tightlip.remediate.lifecycle import State
from tightlip.remediate.plan import Plan, Unmet
from tightlip.syntax.spans import Span, Splice, apply
from tightlip.workflows.change.recheck import still_unmet
from tightlip.workflows.planning import PlanOrder, plan_for
from tightlip.workflows.practising import practising
from tightlip.workflows.surveying import Wanted

DOVECOT, EXIM, CERTIFICATE = "/etc/dovecot/dovecot.conf", "/etc/exim/exim.conf", "/etc/ssl/mail.pem"
LEAKY = b"protocols = pop3\nssl = yes\nssl_cert = </etc/ssl/mail.pem\nauth_mechanisms = plain ntlm\n"
# Nobody but a person can take its NTLM away.
HIDDEN = (ROOT / "tests/products/exim/a-macro-decides-the-driver/before.conf").read_bytes()
MISSING = (Unmet(what=f"a valid certificate in {CERTIFICATE}", why="cannot be read: No such file or directory"),)


@pytest.fixture
def sound(tmp_path: Path) -> DictHost:
    """A live host with a Dovecot that offers NTLM and has a certificate."""
    write_certificate(tmp_path / "mail.pem", "127.0.0.1")
    return having({DOVECOT: LEAKY, CERTIFICATE: (tmp_path / "mail.pem").read_bytes()})


def having(files: dict[str, bytes]) -> DictHost:
    """A live host with these files, and no commands."""
    return DictHost(files=files, reach=Reach.LIVE)


def without(host: DictHost, path: str) -> DictHost:
    """The host after somebody has removed a file."""
    return having({name: content for name, content in host.files.items() if name != path})


def planned(host: DictHost, goal: Goal = Goal.WITHDRAW_NTLM, **parts: object) -> Plan:
    """What is planned for a host."""
    order = PlanOrder(goal=goal, wanted=Wanted(), **parts)  # type: ignore[arg-type]  # whatever the test says
    return plan_for(host, order).drawn.plan


def test_a_certificate_that_went_since_the_plan_is_unmet(sound: DictHost) -> None:
    """The plan itself knows nothing of it."""
    plan = planned(sound)
    assert (plan.unmet, still_unmet(plan, sound)) == ((), ())
    assert still_unmet(plan, without(sound, CERTIFICATE)) == MISSING


def test_a_certificate_that_came_since_the_plan_is_met(sound: DictHost) -> None:
    """What was seen to is seen; until then it is unmet as it was."""
    bare = without(sound, CERTIFICATE)
    plan = planned(bare)
    assert (plan.unmet, still_unmet(plan, bare)) == (MISSING, MISSING)
    assert still_unmet(plan, sound) == ()


def test_what_another_product_has_in_the_way_stays_unmet_until_it_is_mended(sound: DictHost) -> None:
    """The plan changes Dovecot alone, and says that an Exim beside it goes on offering NTLM."""
    beside = having({**sound.files, EXIM: HIDDEN})
    plan = planned(beside)
    assert [each.product for each in plan.products] == ["dovecot"]
    (unmet,) = plan.unmet
    assert unmet.what == "exim smtp without NTLM"
    assert still_unmet(plan, beside) == plan.unmet
    assert still_unmet(plan, without(beside, EXIM)) == ()
    assert still_unmet(plan, having({**sound.files, EXIM: HIDDEN.replace(b"= spa", b"= plaintext")})) == ()


def test_a_product_that_the_plan_says_nothing_of_is_none_of_its_business(sound: DictHost) -> None:
    """It came later, or the plan was made for one product alone; even if nothing could be planned for it."""
    assert still_unmet(planned(sound), having({**sound.files, EXIM: HIDDEN})) == ()
    plan = planned(without(sound, CERTIFICATE))
    assert still_unmet(plan, having({**sound.files, "/etc/imapd.conf": b"sasl_mech_list: NTLM\n"})) == ()


def test_goal_and_accounts_are_those_of_the_plan(sound: DictHost) -> None:
    """A goal that moves no logins needs no certificate for it; accounts are handed on, and how they are meant."""
    plan = planned(sound, Goal.LIMIT_ACCOUNTS, accounts=("anna",), meaning=Accounts.ALL_BUT)
    assert still_unmet(plan, sound) == plan.unmet == ()
    assert still_unmet(planned(sound, Goal.REQUIRE_TLS), sound) == ()


def test_where_no_plan_would_be_made_any_more_it_is_refused(sound: DictHost) -> None:
    """Nobody could log in, nothing is there, the goal is unknown: exit code 6 and the reason."""
    plan = planned(sound)
    last = having({**sound.files, DOVECOT: LEAKY.replace(b"plain ", b"")})
    for host, told, why in (
        (last, plan, "no usable mechanism would be left"),
        (having({}), plan, "could not be read"),
        (sound, replace(plan, goal="rollback of x"), "knows no goal 'rollback of x'"),
    ):
        with pytest.raises(TightlipError, match=why) as caught:
            still_unmet(told, host)
        assert caught.value.exit_code is Exit.REFUSED


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        (b"", b"service pop3-login {\n inet_listener pop3 {\n  port = 1110\n }\n}\n", "does not know: .*:1110"),
        (b"protocols = imap pop3\n", b"", "no longer has listeners of the plan: imap.*:143"),
    ],
    ids=["a port was moved", "a service went"],
)
def test_what_a_reload_would_put_into_force_besides_is_refused(
    sound: DictHost, before: bytes, after: bytes, why: str
) -> None:
    """Somebody has edited a file that the plan does not touch: a proof of the old listeners could only get stuck."""
    main = LEAKY + b"!include other.conf\n"
    was, now = ({**sound.files, DOVECOT: main, "/etc/dovecot/other.conf": other} for other in (before, after))
    plan = planned(having(was))
    assert still_unmet(plan, having(was)) == ()
    with pytest.raises(TightlipError, match=why) as caught:
        still_unmet(plan, having(now))
    assert caught.value.exit_code is Exit.REFUSED


def test_a_file_in_its_new_form_already_is_nobody_elses_edit(sound: DictHost) -> None:
    """The listeners that the plan closes went with it; the rest of the plan is still to be carried out."""
    other = "/etc/dovecot/other.conf"
    login = b"service pop3-login {\n inet_listener %b {\n  port = %b\n }\n}\n"
    main = LEAKY + login % (b"pop3", b"1110") + b"!include other.conf\n"
    was = {**sound.files, DOVECOT: main, other: login % (b"pop3s", b"1995")}
    plan = planned(having(was), Goal.DISABLE_POP3)
    (file,) = [each for one in plan.products for each in one.files if each.path == other]
    splices = [Splice(Span(each.start, each.end), each.new) for each in file.patches]
    assert still_unmet(plan, having({**was, other: apply(was[other], splices)})) == plan.unmet


def test_a_live_host_is_asked_again_when_the_plan_is_applied() -> None:
    """Its certificate is away: nothing is written; it is back: the very same plan is carried out."""
    with practising(lambda _words: None) as practice:
        planned = practice.plan()
        (certificate,) = practice.config.parent.glob("*.pem")
        away = certificate.rename(certificate.with_suffix(".away"))
        before = practice.config.read_bytes()
        with pytest.raises(TightlipError, match="preconditions are not met: a valid certificate in"):
            practice.apply(planned)
        assert practice.config.read_bytes() == before
        away.rename(certificate)
        assert practice.apply(planned)[1].state is State.KEPT

"""A product that does not take its files: they are not what runs, so that nothing is certain and nothing is planned."""

import pytest

from tests.unit.workflows.audited import DictHost
from tightlip.hosts._host import Reach
from tightlip.model.errors import Exit, TightlipError
from tightlip.model.posture import NoteKind
from tightlip.products._own_words import Refusal, refusal
from tightlip.products._product import Absent, Command, Ran
from tightlip.remediate.goal import Goal
from tightlip.workflows.auditing import audit, doubts_of
from tightlip.workflows.planning import PlanOrder, plan_for
from tightlip.workflows.surveying import Wanted

MAIN, AUTH = "/etc/dovecot/dovecot.conf", "/etc/dovecot/conf.d/10-auth.conf"
SAFE = b"protocols = imap\nssl = required\nssl_cert = </c\nauth_mechanisms = plain\n"
LEAKY = SAFE.replace(b"plain", b"plain ntlm") + b"auth_use_winbind = yes\n"
FATAL = f"doveconf: Fatal: Error in configuration file {AUTH} line 3: "
WANTED = Wanted(products=("dovecot",))


class Live(DictHost, frozen=True, kw_only=True):
    """A host on which every command ends like this."""

    status: int = 89
    said: str = ""

    def run(self, command: Command) -> Ran | Absent:
        """Its end."""
        return Ran(command, self.status, self.said)


def live(main: bytes, said: str) -> Live:
    """A Dovecot whose commands fail with these words."""
    return Live(files={MAIN: main, "/c": b""}, reach=Reach.LIVE, said=said)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (f"{FATAL}Unknown setting: auth_mechanism\n", Refusal("Unknown setting: auth_mechanism", AUTH, 3)),
        (f"{FATAL}Unknown setting: a hunter2\n", Refusal("Unknown setting", AUTH, 3)),
        (f"{FATAL}Recursive include file: {MAIN}", Refusal(f"Recursive include file: {MAIN}", AUTH, 3)),
        (
            f"{FATAL}Couldn't open include file {MAIN}: No such file or directory\n",
            Refusal(f"Couldn't open include file {MAIN}: No such file or directory", AUTH, 3),
        ),
        (f"{FATAL}Invalid size: hunter2\n", Refusal("Invalid size", AUTH, 3)),
        (f"{FATAL}Expecting '='\n", Refusal("Expecting '='", AUTH, 3)),
        (
            "doveconf: Error: x: hunter2\n"
            f"doveconf: Fatal: Error in configuration file {MAIN}: u doesn't exist: hunter2",
            Refusal("u doesn't exist", MAIN, None),
        ),
        (
            "LOG: PANIC DIE\n  Exim configuration error in line 2 of /etc/exim.conf:\n"
            '  main option "hunter2" unknown\n',
            Refusal("main option ‹…› unknown", "/etc/exim.conf", 2),
        ),
        (
            "postconf: fatal: /etc/postfix/main.cf, line 1: missing '=' after attribute name: \"foo hunter2\"\n",
            Refusal("missing '=' after attribute name", "/etc/postfix/main.cf", 1),
        ),
        (
            "/usr/sbin/postconf: fatal: file /etc/postfix/master.cf: line 1: bad field count\n",
            Refusal("bad field count", "/etc/postfix/master.cf", 1),
        ),
        ("doveconf: Fatal: open(/etc/dovecot/dovecot.conf) failed: Permission denied\n", None),
        ("tls_on_connect_ports is not a known option\n", None),
        ("", None),
    ],
)
def test_a_product_s_words_are_told_without_what_it_stumbled_over(said: str, expected: Refusal | None) -> None:
    """Which may be a password. What only we may not read, or do not understand, says nothing of the files."""
    assert refusal(Ran(Command(("x",)), 89, said)) == expected
    assert refusal(Ran(Command(("x",)), 0, said)) is None


def test_files_that_the_product_does_not_take_are_a_doubt() -> None:
    """With its words and its place: a reload fails, and what runs is an earlier state, which may leak."""
    done = audit(live(SAFE, f"{FATAL}Unknown setting: foo\n"), WANTED)
    (note,) = [each for each in done.postures[0].notes if each.kind is NoteKind.DOUBT]
    assert (note.file, note.line) == (AUTH, 3)
    assert note.text.startswith("doveconf does not take these files: Unknown setting: foo. A reload fails")
    assert (done.doubts, len(doubts_of(done))) == (1, 1)


def test_a_view_that_was_not_given_for_another_reason_is_no_doubt() -> None:
    """As where the command is not installed."""
    done = audit(live(SAFE, "doveconf: Fatal: open(/c) failed: Permission denied\n"), WANTED)
    unknown = [each.text for each in done.postures[0].notes if each.kind is NoteKind.UNKNOWN]
    assert "its own view could not be asked: doveconf ended with status 89" in unknown
    assert done.doubts == 0


def test_no_plan_is_made_for_files_that_the_product_does_not_take() -> None:
    """The reload would fail; nothing to do is not certain either."""
    order = PlanOrder(goal=Goal.WITHDRAW_NTLM, wanted=WANTED)
    with pytest.raises(TightlipError, match=r"Dovecot does not take .*: Unknown setting: foo") as caught:
        plan_for(live(LEAKY, f"{FATAL}Unknown setting: foo\n"), order)
    assert caught.value.exit_code is Exit.REFUSED
    assert plan_for(live(SAFE, f"{FATAL}Unknown setting: foo\n"), order).exit is Exit.DOUBT

"""How a product is started beside the running one: what it is told to leave out, and what of its folders it sees."""

from collections.abc import Mapping

import pytest
from msgspec.structs import replace

from tightlip.products import dovecot, exim, postfix
from tightlip.products._exim.collecting import GENERATED
from tightlip.products._product import Absent, Command, ConfigFile, Files, Instance, Product, Ran
from tightlip.products._trial import Emptied, Trial
from tightlip.syntax.lenses.columns import MASTER_CF
from tightlip.syntax.lenses.folded import MAIN_CF
from tightlip.syntax.lenses.sections import MAIN
from tightlip.syntax.lenses.sections import exim as exim_lens

POSTCONF = """\
postconf: warning: /etc/postfix/main.cf: unused parameter: x=y
queue_directory = /var/spool/postfix
data_directory = /var/lib/postfix
daemon_directory = /usr/lib/postfix/sbin
maillog_file =
"""
MASTER = """\
smtp inet n - y - 1 postscreen
# behind it
smtpd pass - - y - - smtpd
submission inet n - y - - smtpd
  -o smtpd_milters=inet:127.0.0.1:11332
pickup unix n - y 60 1 pickup
cleanup unix n - y - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - y 1000? 1 tlsmgr
maildrop unix - n n - - pipe
  flags=DRXhu user=vmail argv=/usr/bin/maildrop
"""
EXIM = "spool_directory = /var/spool/exim4\nlog_file_path = /var/log/exim4/%slog\n"
DOVECOT = {
    "base_dir": "base_dir = /run/dovecot\nstate_dir = /var/lib/dovecot\nlog_path = /var/log/dovecot.log\n"
    "info_log_path =\ndebug_log_path = /dev/stderr\n",
    "service": "service auth {\n  unix_listener /var/spool/postfix/private/auth {\n    mode = 0660\n  }\n"
    "  unix_listener auth-userdb {\n  }\n}\n",
}


def trial_of(plug: Product, files: Files, output: str | Mapping[str, str]) -> Trial | str:
    """The plug's trial, its commands answered: by the last word that is known, or always the same."""
    assert plug.trial is not None
    asking = plug.trial(files)
    try:
        command = next(asking)
        while True:
            command = asking.send(_ran(command, output))
    except StopIteration as ended:
        told: Trial | str = ended.value
        return told


def _ran(command: Command, output: str | Mapping[str, str]) -> Ran | Absent:
    said = output if isinstance(output, str) else next(text for name, text in output.items() if name in command.argv)
    return Ran(command, 0, said) if said else Absent("it is not installed")


def postfix_files(main: str = "", master: str = MASTER) -> Files:
    """An instance of Postfix at its usual place."""
    files = (
        ConfigFile(path="/etc/postfix/main.cf", role="main", reading=MAIN_CF.read(main.encode())),
        ConfigFile(path="/etc/postfix/master.cf", role="master", reading=MASTER_CF.read(master.encode())),
    )
    return Files(instance=Instance(product="postfix", config="/etc/postfix/main.cf"), files=files)


def test_a_postfix_that_is_tried_takes_no_mail() -> None:
    """What handles mail is gone from master.cf; who answers clients stays with its options, and asks no mail filter."""
    trial = trial_of(postfix.PRODUCT, postfix_files(), POSTCONF)
    assert isinstance(trial, Trial)
    assert trial.start == ("/usr/lib/postfix/sbin/master", "-c", "/etc/postfix", "-d")
    services = MASTER_CF.read(trial.files["/etc/postfix/master.cf"]).entries
    assert [each.name for each in services] == [
        "smtp/inet", "smtpd_milters", "smtpd/pass", "smtpd_milters", "submission/inet", "smtpd_milters",
        "smtpd_milters", "tlsmgr/unix",
    ]  # fmt: skip  # a column of single words otherwise
    assert [each.value for each in services if each.name == "smtpd_milters"][-1] == ""


def test_the_queue_of_a_postfix_is_not_seen() -> None:
    """Of its folder all else is: a service in a chroot finds its files there."""
    trial = trial_of(postfix.PRODUCT, postfix_files(), POSTCONF)
    assert isinstance(trial, Trial)
    queue, data = trial.emptied
    assert (queue.path, data) == ("/var/spool/postfix", Emptied("/var/lib/postfix"))
    assert {"active", "deferred", "incoming", "maildrop", "private", "public"} <= set(queue.only)
    assert not {"etc", "dev", "usr"} & set(queue.only)


def test_the_socket_that_decides_on_its_logins_is_seen() -> None:
    """It is that of the Dovecot that runs, whose own change would make it another."""
    main = "smtpd_sasl_auth_enable = yes\nsmtpd_sasl_type = dovecot\nsmtpd_sasl_path = private/auth\n"
    trial = trial_of(postfix.PRODUCT, postfix_files(main), POSTCONF)
    assert isinstance(trial, Trial)
    assert (trial.shown, trial.asks) == (("/var/spool/postfix/private/auth",), ("dovecot",))
    over_tcp = trial_of(postfix.PRODUCT, postfix_files(main.replace("private/auth", "inet:127.0.0.1:12345")), POSTCONF)
    assert over_tcp == "its logins ask inet:127.0.0.1:12345, which is out of a trial's reach"


def test_a_postfix_that_is_not_understood_is_not_tried() -> None:
    """A master.cf that was not read whole, or a postconf that says nothing."""
    assert trial_of(postfix.PRODUCT, postfix_files(master="smtp inet n\n"), POSTCONF) == (
        "its master.cf was not read whole"
    )
    assert trial_of(postfix.PRODUCT, postfix_files(), "") == "postconf does not tell where its folders are"


def exim_files(config: str, text: str = "") -> Files:
    """An instance of Exim."""
    reading = exim_lens(MAIN, frozenset()).read(text.encode())
    file = ConfigFile(path=config, role="main", reading=reading)
    return Files(instance=Instance(product="exim", config=config), files=(file,))


def test_an_exim_that_is_tried_has_a_spool_of_its_own_and_runs_no_queue() -> None:
    """A daemon in the foreground on the same file."""
    trial = trial_of(exim.PRODUCT, exim_files("/etc/exim4/exim4.conf"), EXIM)
    assert isinstance(trial, Trial)
    assert trial.start[:4] == ("exim4", "-C", "/etc/exim4/exim4.conf", "-bdf")
    assert not any(word.startswith("-q") for word in trial.start)
    assert trial.emptied == (Emptied("/var/spool/exim4"), Emptied("/var/log/exim4"))
    assert trial.logs == ("/var/log/exim4/paniclog", "/var/log/exim4/mainlog")
    assert trial.prepare == ()


def test_an_exim_is_tried_on_the_ports_that_its_daemon_was_given() -> None:
    """They take the place of those of its files: nothing would answer at them."""
    bare = exim_files("/etc/exim4/exim4.conf")
    given = {"-oX": "587:465", "-tls-on-connect": "yes"}
    files = replace(bare, instance=replace(bare.instance, arguments=given))
    trial = trial_of(exim.PRODUCT, files, EXIM)
    assert isinstance(trial, Trial)
    assert trial.start[3:7] == ("-bdf", "-oX", "587:465", "-tls-on-connect")


def test_debian_s_exim_joins_its_sources_first() -> None:
    """What it joins lies in a folder of the trial's own."""
    trial = trial_of(exim.PRODUCT, exim_files(GENERATED), EXIM)
    assert isinstance(trial, Trial)
    assert trial.prepare == (("update-exim4.conf",),)
    assert trial.start[:2] == ("exim4", "-bdf")
    assert Emptied("/var/lib/exim4") in trial.emptied


@pytest.mark.parametrize(
    ("path", "folders", "logs"),
    [
        ("/var/spool/exim4/log/%slog", ("/var/spool/exim4",), 2),
        ("syslog", ("/var/spool/exim4",), 2),
        ("syslog : /var/log/exim_%s.%D", ("/var/spool/exim4",), 0),
    ],
)
def test_logs_are_where_exim_says(path: str, folders: tuple[str, ...], logs: int) -> None:
    """In its spool where it says nothing; those of each day are not read."""
    output = f"spool_directory = /var/spool/exim4\nlog_file_path = {path}\n"
    trial = trial_of(exim.PRODUCT, exim_files("/etc/exim4/exim4.conf"), output)
    assert isinstance(trial, Trial)
    assert (tuple(each.path for each in trial.emptied), len(trial.logs)) == (folders, logs)


def test_a_dovecot_that_is_tried_makes_its_sockets_nowhere_else() -> None:
    """Not those in Postfix' queue either: that folder is the trial's own."""
    files = Files(instance=Instance(product="dovecot", config="/etc/dovecot/dovecot.conf"), files=())
    trial = trial_of(dovecot.PRODUCT, files, DOVECOT)
    assert isinstance(trial, Trial)
    assert trial.start == ("dovecot", "-c", "/etc/dovecot/dovecot.conf", "-F")
    assert [each.path for each in trial.emptied] == ["/run/dovecot", "/var/lib/dovecot", "/var/spool/postfix/private"]
    assert trial.logs == ("/var/log/dovecot.log",)
    assert trial_of(dovecot.PRODUCT, files, "") == "doveconf does not tell where its folders are"

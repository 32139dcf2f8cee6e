"""Dovecot's own commands: whose process it is, what is run for it, and what outputs mean."""

import pytest
from msgspec.structs import replace

from tests.unit.products import cases
from tightlip.model.posture import NoteKind
from tightlip.model.remedy import WithdrawMechanism
from tightlip.products._product import Command, Declined, Instance, Process, Ran
from tightlip.products.dovecot import PRODUCT

MAIN = "/etc/dovecot/dovecot.conf"
INSTANCE = Instance(product="dovecot", config=MAIN)
SHOWN = Command(("doveconf", "-c", MAIN, "-n"))
CLEAN = b"protocols = imap\nauth_mechanisms = plain\nbase_dir = /srv/run\n"
HEADER_23 = "# 2.3.19.1 (9b53102964): /etc/dovecot/dovecot.conf\n# Pigeonhole version 0.5.19 (4eae2f79)\n"
HEADER_24 = "# 2.4.1-4 (7d8c0e5759): /etc/dovecot/dovecot.conf\ndovecot_config_version = 2.4.1\n"


@pytest.mark.parametrize(
    ("argv", "config"),
    [
        ("/usr/sbin/dovecot -F", MAIN),
        ("/usr/sbin/dovecot", MAIN),
        ("dovecot -c /srv/d.conf", "/srv/d.conf"),
        ("/usr/sbin/dovecot -Fc/srv/d.conf", "/srv/d.conf"),
        ("/usr/sbin/dovecot -o x=y -F -p", MAIN),
        ("/usr/sbin/dovecot -c dovecot.conf", "dovecot.conf"),
        ("/usr/sbin/dovecot -n", None),
        ("/usr/sbin/dovecot --version", None),
        ("/usr/sbin/dovecot stop", None),
        ("dovecot/anvil", None),
        ("dovecot/auth -w", None),
        ("dovecot/pop3-login", None),
        ("/usr/sbin/exim4 -bd", None),
        ("", None),
    ],
)
def test_only_the_master_process_is_an_instance(argv: str, config: str | None) -> None:
    """Its children, its other uses and other programs are none; a relative path is left as it is."""
    found = PRODUCT.recognise(Process(7, tuple(argv.split())))
    assert found == (Instance(product="dovecot", config=config, pid=7) if config else None)


@pytest.mark.parametrize(
    ("argv", "config"), [("-F", "/srv/d.conf"), ("", "/srv/d.conf"), ("-c /etc/other.conf", "/etc/other.conf")]
)
def test_the_environment_names_the_file_where_no_argument_does(argv: str, config: str) -> None:
    """CONFIG_FILE of a unit, or of a process (seen on 2.3.19)."""
    found = PRODUCT.recognise(Process(7, ("dovecot", *argv.split()), {"CONFIG_FILE": "/srv/d.conf"}))
    assert found
    assert found.config == config


@pytest.mark.parametrize(("pid", "taken", "is_other"), [(7, b"#\n", True), (7, CLEAN, False), (8, b"#\n", False)])
@pytest.mark.parametrize("folder", ["/run/dovecot", "/srv/run"])
def test_another_file_that_the_master_took_is_unread(folder: str, pid: int, taken: bytes, is_other: bool) -> None:
    """Its link in base_dir leads there, beside its process id; nothing is planned for the file that does not run."""
    files = {MAIN: CLEAN, f"{folder}/master.pid": b"%d\n" % pid, f"{folder}/dovecot.conf": taken}
    read = cases.read(PRODUCT, replace(INSTANCE, pid=7), files)
    notes = [note.file for note in PRODUCT.posture(read).notes if note.kind is NoteKind.UNREAD]
    assert notes == [f"{folder}/dovecot.conf"] * is_other
    assert isinstance(PRODUCT.edit(read, WithdrawMechanism()), Declined) is is_other


def test_commands_name_this_instances_file() -> None:
    """Each command that reads a configuration gets the flag."""
    commands = PRODUCT.commands(replace(INSTANCE, config="/srv/d.conf"))
    assert commands.effective == (Command(("doveconf", "-c", "/srv/d.conf", "-n")),)
    assert commands.reload == Command(("doveadm", "-c", "/srv/d.conf", "reload"))
    assert all(command.argv[1:3] == ("-c", "/srv/d.conf") for command in commands.check)


def test_no_command_shows_a_secret() -> None:
    """Neither -P, nor -x of a setting that names a file with a key in it."""
    told = PRODUCT.commands(INSTANCE)
    shown = [word for command in (*told.check, *told.effective) for word in command.argv]
    assert set(shown) == {"doveconf", "-c", MAIN, "-n", "-x", "protocols"}


@pytest.mark.parametrize(
    ("output", "version"),
    [("2.3.19.1 (9b53102964)\n", "2.3.19.1"), ("2.4.1-4 (7d8c0e5759)\n", "2.4.1-4"), ("command not found", None)],
)
def test_versions_are_read(output: str, version: str | None) -> None:
    """Without the build's hash."""
    assert PRODUCT.read_version(output) == version


# As doveconf of 2.3.19 and 2.4.1 printed them.
@pytest.mark.parametrize(
    ("status", "output", "words"),
    [
        (0, HEADER_23 + "auth_mechanisms = plain login\n", []),
        (0, HEADER_24 + "auth_mechanisms = plain login\n", []),
        (0, "doveconf: Error: setmntent(/etc/mtab) failed: No such file or directory\n" + HEADER_24, []),
        (0, HEADER_23 + "auth_mechanisms = plain ntlm\n", ["would end at its start"]),
        (0, HEADER_24 + "auth_mechanisms {\n  plain = yes\n  ntlm = yes\n}\n", ["would end at its start"]),
        (0, HEADER_23 + "auth_mechanisms = plain ntlm\nauth_use_winbind = yes\n", []),
        (0, HEADER_23.replace("2.3.19.1", "2.3.4") + "auth_mechanisms = plain ntlm\n", []),
        (0, HEADER_23 + "auth_mechanisms = anonymous\n", ["no mechanism left"]),
        (0, "doveconf: Error: auth_allow_cleartext=yes has no effect with ssl=required\n", ["has no effect"]),
        (89, "doveconf: Fatal: Error in configuration file x line 2: Unknown setting: y\n", ["Unknown setting: y"]),
        (127, "", ["ended with status 127"]),
    ],
)
def test_complaints_go_beyond_the_exit_status(status: int, output: str, words: list[str]) -> None:
    """doveconf -n ends with 0 on mechanisms that end the auth process."""
    found = PRODUCT.complaints(Ran(SHOWN, status, output))
    assert len(found) == len(words)
    assert all(word in complaint for word, complaint in zip(words, found, strict=True))


def differences(text: str, output: str) -> list[tuple[str, str | None, str | None, int | None]]:
    """What compare finds: setting, written, effective, line."""
    files = cases.read(PRODUCT, INSTANCE, {MAIN: text.encode()})
    found = PRODUCT.compare(files, (Ran(SHOWN, 0, output),))
    return [(each.setting, each.written, each.effective, each.place.line if each.place else None) for each in found]


def test_the_effective_view_agrees_whatever_its_order() -> None:
    """The order of a list and what is default are no contradictions."""
    text = "protocols = pop3 imap\nssl = yes\nauth_mechanisms = login plain\n"
    assert differences(text, HEADER_23 + "auth_mechanisms = plain login\nprotocols = imap pop3\n") == []


def test_a_contradiction_names_the_line() -> None:
    """Mechanisms, the demand for TLS in one protocol."""
    text = "auth_mechanisms = plain\nprotocol pop3 {\n  ssl = required\n}\n"
    assert differences(text, HEADER_23 + "auth_mechanisms = plain ntlm\nauth_use_winbind = yes\n") == [
        ("auth_mechanisms", "plain", "ntlm plain", 1),
        ("protocol pop3 / ssl", "required", "yes", 3),
        ("auth_use_winbind", "no", "yes", None),
    ]


def test_a_view_that_failed_contradicts_nothing() -> None:
    """What doveconf could not say is no evidence."""
    files = cases.read(PRODUCT, INSTANCE, {MAIN: b"auth_mechanisms = plain\n"})
    assert PRODUCT.compare(files, (Ran(SHOWN, 89, ""),)) == ()

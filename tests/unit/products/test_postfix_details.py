"""Postfix' plug in the small: variables, ports, versions of TLS, the filter, hostile files, and its commands."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.products.answering import answered
from tests.unit.products.postfixes import AUTH, CERT, INSTANCE, MAIN, MASTER, SMTP, files, meaning, only
from tightlip.model.endpoint import Security
from tightlip.model.posture import NoteKind
from tightlip.model.remedy import RequireTls, WithdrawMechanism
from tightlip.products._product import Command, Declined, Files, Instance, Mending, Process, Ran
from tightlip.products.postfix import PRODUCT


@pytest.mark.parametrize(
    ("main", "required"),
    [
        ("smtpd_tls_auth_only = no\nsmtpd_tls_auth_only = yes\n", True),
        ("smtpd_tls_auth_only = YES\n", True),
        ("x = yes\nsmtpd_tls_auth_only = $x\n", True),
        ("x = $y\ny = yes\nsmtpd_tls_auth_only = ${x}\n", True),
        ("smtpd_tls_auth_only = $smtpd_sasl_auth_enable\n", True),
        ("smtpd_tls_auth_only =\n  yes\n", True),
        ("smtpd_tls_auth_only = no\n", False),
        ("", False),
        ("smtpd_enforce_tls = yes\n", False),
    ],
)
def test_the_last_value_counts_with_its_variables(main: str, required: bool) -> None:
    """As smtpd reads it; a level that is set leaves the settings from before 2.3 without effect."""
    assert only(AUTH + CERT + main).tls.required is required


def test_settings_from_before_the_level_count_without_it() -> None:
    """smtpd_enforce_tls demands TLS of everybody, smtpd_use_tls offers it."""
    old = AUTH + "smtpd_tls_cert_file = /c.pem\n"
    assert only(old + "smtpd_enforce_tls = yes\n").tls.required
    assert only(old + "smtpd_use_tls = yes\n").listeners[0].states == (Security.PLAIN, Security.STARTTLS)
    assert only(old).listeners[0].states == (Security.PLAIN,)


@pytest.mark.parametrize(
    "value", ["${stress?yes}", "${stress?{yes}:{no}}", "$nowhere", "$smtpd_tls_auth_only", "$$yes", "maybe"]
)
def test_what_is_not_worked_out_is_a_doubt_and_never_edited(value: str) -> None:
    """Conditions, unknown names, circles and bad values each give a note with file and line."""
    main = AUTH + CERT + f"smtpd_tls_auth_only = {value}\n"
    assert (MAIN, 4) in [(note.file, note.line) for note in meaning(main).notes if note.kind is NoteKind.DOUBT]
    if value != "maybe" and not value.startswith("$$"):
        refusal = PRODUCT.edit(files(main), RequireTls())
        assert isinstance(refusal, Declined)
        assert refusal.place is not None
        assert refusal.place.line == 4


@pytest.mark.parametrize(
    ("name", "address", "port"),
    [
        ("smtp", "", 25),
        ("submission", "", 587),
        ("smtps", "", 465),
        ("submissions", "", 465),
        ("2525", "", 2525),
        ("127.0.0.1:10025", "127.0.0.1", 10025),
        ("[::1]:smtp", "::1", 25),
    ],
)
def test_sockets_are_read_from_the_entry(name: str, address: str, port: int) -> None:
    """By the service's name or its number, with or without an address."""
    (listener,) = only(AUTH, f"{name} inet n - n - - smtpd\n").listeners
    assert (listener.address, listener.port) == (address, port)


def test_a_port_of_no_known_name_is_a_doubt() -> None:
    """No socket is made up."""
    told = meaning(AUTH, "mailq inet n - n - - smtpd\n")
    assert told.services[0].listeners == ()
    assert any(note.kind is NoteKind.DOUBT and "port of mailq/inet" in note.text for note in told.notes)


@pytest.mark.parametrize(
    ("interfaces", "addresses"),
    [("all", [""]), ("loopback-only", ["127.0.0.1"]), ("192.0.2.1, [2001:db8::1]", ["192.0.2.1", "2001:db8::1"])],
)
def test_inet_interfaces_are_the_addresses(interfaces: str, addresses: list[str]) -> None:
    """For an entry that names none."""
    found = only(AUTH + f"inet_interfaces = {interfaces}\n").listeners
    assert [each.address for each in found] == addresses


@pytest.mark.parametrize(
    ("protocols", "oldest"),
    [
        (">=TLSv1.2", "TLSv1.2"),
        ("!SSLv2, !SSLv3", "TLSv1"),
        ("!SSLv2,!SSLv3,!TLSv1,!TLSv1.1", "TLSv1.2"),
        ("TLSv1.3, TLSv1.2", "TLSv1.2"),
        ("<=TLSv1.2", None),
        ("", None),
    ],
)
def test_the_oldest_version_is_read_from_either_notation(protocols: str, oldest: str | None) -> None:
    """Exclusions, lists and bounds; the mandatory list where everybody has to use TLS."""
    assert only(AUTH + CERT + f"smtpd_tls_protocols = {protocols}\n").tls.oldest == oldest
    forced = "smtp inet n - y - - smtpd -o smtpd_tls_security_level=encrypt\n"
    assert only(AUTH + CERT + f"smtpd_tls_mandatory_protocols = {protocols}\n", forced).tls.oldest == oldest


@pytest.mark.parametrize(
    ("version", "pattern", "is_hidden"),
    [
        ("3.7.11", "!ntlm, static:rest", True),
        ("3.7.11", "plain, login", True),
        ("3.7.11", "static:all", False),
        ("3.7.11", "NTLM", False),
        ("3.7.11", "!!ntlm", False),
        (None, "!ntlm static:x", True),
        ("3.5.25", "!ntlm, static:rest", False),
    ],
)
def test_the_filter_is_a_match_list_since_3_6(version: str | None, pattern: str, is_hidden: bool) -> None:
    """The first pattern that matches decides; older versions do not know it."""
    told = files(AUTH + f"smtpd_sasl_mechanism_filter = {pattern}\n")
    known = Files(instance=told.instance, files=told.files, version=version)
    found = next(each for each in PRODUCT.posture(known).services[0].offers if each.name == "NTLM")
    assert (found.hidden_by is not None) is is_hidden


def test_networks_that_see_no_auth_are_worth_a_note() -> None:
    """A probe from there would look clean."""
    told = meaning(AUTH + "smtpd_sasl_exceptions_networks = 192.0.2.0/24\n")
    assert any("looks clean" in note.text and note.line == 2 for note in told.notes)


def test_a_service_without_auth_offers_nothing() -> None:
    """The default is no."""
    assert (only("").offers, only("").delegation) == ((), None)


@pytest.mark.parametrize(
    ("argv", "environment", "config"),
    [
        (("/usr/lib/postfix/sbin/master", "-w"), {}, "/etc/postfix/main.cf"),
        (("/usr/lib/postfix/sbin/master", "-w"), {"MAIL_CONFIG": "/etc/postfix-out"}, "/etc/postfix-out/main.cf"),
        (("/opt/zimbra/common/libexec/master", "-wc", "/opt/zimbra/conf"), {}, "/opt/zimbra/conf/main.cf"),
        (("/opt/zimbra/common/libexec/master", "-w"), {}, None),
        (("/opt/imap/master", "-C", "/etc/imapd.conf", "-c", "/srv/p"), {}, None),
        (("/opt/it/master", "-c", "it.conf"), {}, None),
        (("/opt/it/master", "-c", "/etc/it", "run"), {}, None),
        (("/usr/libexec/postfix/master", "-c", "/srv/p", "-w"), {"MAIL_CONFIG": "/x"}, "/srv/p/main.cf"),
        (("/usr/lib/cyrus/bin/master", "-d"), {}, None),
        (("/usr/lib/postfix/sbin/smtpd", "-n", "smtp"), {"MAIL_CONFIG": "/etc/postfix"}, None),
        ((), {}, None),
    ],
)
def test_the_master_process_names_its_instance(
    argv: tuple[str, ...], environment: dict[str, str], config: str | None
) -> None:
    """By -c, else by MAIL_CONFIG; Cyrus' master is another one."""
    found = PRODUCT.recognise(Process(7, argv, environment))
    assert (found and found.config) == config
    if found:
        assert found.places == {"master.cf": found.config.replace("main.cf", "master.cf")}
        assert found.pid == 7


def test_commands_name_the_directory() -> None:
    """Each of them, so that the right instance of several is meant."""
    told = PRODUCT.commands(Instance(product="postfix", config="/etc/postfix-out/main.cf"))
    assert isinstance(told.reload, Command)
    assert told.version is not None
    for command in (told.version, told.reload, *told.effective, *told.check):
        assert command.argv[2] == "/etc/postfix-out"
    assert PRODUCT.read_version("3.7.11\n") == "3.7.11"
    assert PRODUCT.read_version("postconf: fatal: open /x/main.cf: No such file or directory\n") is None


@pytest.mark.parametrize(
    ("argv", "status", "output", "complaint"),
    [
        (("postfix", "-c", "/d", "check"), 0, "postfix/postfix-script: warning: not owned by root: /d/x\n", None),
        (("postconf", "-c", "/d", "-n"), 0, "smtpd_tls_auth_only = maybe\n", "smtpd_tls_auth_only = maybe"),
        (("postconf", "-c", "/d", "-n"), 0, "smtpd_tls_auth_only = ${x?yes}\nsmtpd_tls_security_level =\n", None),
        (("postconf", "-c", "/d", "-P"), 0, "smtp/inet/smtpd_sasl_type = foo\n", "smtp/inet/smtpd_sasl_type = foo"),
        (("postconf", "-c", "/d", "-n"), 1, "postconf: fatal: /d/main.cf, line 3: missing '='\n", "line 3"),
        (("sendmail", "-C", "/d", "-bs"), 0, "220 mail.example.org ESMTP Postfix\r\n", None),
        (("sendmail", "-C", "/d", "-bs"), 1, "", "smtpd does not start"),
    ],
)
def test_checks_are_read_for_what_smtpd_dies_of(
    argv: tuple[str, ...], status: int, output: str, complaint: str | None
) -> None:
    """Outputs as Postfix 3.7 gives them; its warnings are no reason to go back."""
    found = PRODUCT.complaints(Ran(Command(argv), status, output))
    assert len(found) == (1 if complaint else 0)
    assert complaint is None or complaint in found[0]


def test_the_effective_view_is_compared_setting_by_setting() -> None:
    """Equal views give nothing; a value that differs, or is missing on one side, is named with its line."""
    told = files(
        AUTH + "smtpd_sasl_path =  private/auth\nbiff = no\n", SMTP.replace("\n", " -o smtpd_tls_auth_only=no\n")
    )
    alike = "biff = yes\nsmtpd_sasl_auth_enable = yes\nsmtpd_sasl_path = private/auth\n"
    own = "smtp/inet/smtpd_tls_auth_only = no\nsmtp/inet/syslog_name = x\n"
    assert PRODUCT.compare(told, (_said("-n", alike), _said("-P", own))) == ()
    found = PRODUCT.compare(told, (_said("-n", "smtpd_sasl_auth_enable = no\n"), _said("-P", "")))
    assert [(each.setting, each.written, each.effective, each.place and each.place.line) for each in found] == [
        ("smtpd_sasl_auth_enable", "yes", "no", 1),
        ("smtpd_sasl_path", "private/auth", None, 2),
        ("smtp/inet/smtpd_tls_auth_only", "no", None, 1),
    ]


@pytest.mark.parametrize(
    ("option", "is_shown"),
    [("{-o} {x = yes}", True), ("-vo x=yes", True), ("{-ox = yes}", False), ("{-o x=yes}", False)],
)
def test_what_postconf_overlooks_is_no_contradiction(option: str, is_shown: bool) -> None:
    """An option that shares its braces with its value; smtpd heeds it (both 3.7.11)."""
    own = option.replace("x", "smtpd_tls_auth_only")
    found = PRODUCT.compare(files("", SMTP.replace("\n", f" {own}\n")), (_said("-P", ""),))
    assert [each.setting for each in found] == ["smtp/inet/smtpd_tls_auth_only"] * is_shown


def _said(flag: str, output: str) -> Ran:
    return Ran(Command(("postconf", "-c", "/etc/postfix", flag)), 0, output)


LINES = st.sampled_from(
    [
        *(
            "smtpd_sasl_auth_enable = yes",
            "smtpd_sasl_type = $x",
            "smtpd_sasl_path = ${y}",
            "y = $y$y$y$y",
            "x = cyrus",
        ),
        *("smtp inet n - - - - smtpd", "  -o smtpd_tls_wrappermode=yes", "587 inet n - - - - postscreen", "\0", "{"),
        *("smtpd pass - - - - - smtpd -o { a = b }", "mech_list: NTLM", "mech_list:", " x", "#", "\xff: =", "9" * 99),
    ]
)


@given(st.lists(LINES, max_size=12), st.lists(LINES, max_size=8), st.lists(LINES, max_size=4))
def test_no_bytes_make_it_raise(main: list[str], master: list[str], sasl: list[str]) -> None:
    """Posture and edits are drawn, or declined, whatever the files hold."""
    told = files("\n".join(main), "\n".join(master), "\n".join(sasl))
    PRODUCT.posture(told)
    for remedy in (WithdrawMechanism(), RequireTls()):
        assert isinstance(PRODUCT.edit(told, remedy), Mending | Declined)


def test_missing_files_are_named() -> None:
    """Nothing is there, and nothing is made up."""
    told = answered(PRODUCT.collect(INSTANCE), {})
    assert [each.path for each in told.missing] == [MAIN, MASTER]
    assert PRODUCT.posture(told).services == ()

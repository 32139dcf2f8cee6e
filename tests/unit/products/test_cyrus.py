"""Cyrus IMAP: what its files mean, how they are mended, and its own commands' words."""

from tests.unit.products.cases import Case, assert_mends, case, claims, mended, read
from tests.unit.products.test_cyrus_tls import CASES as DEMANDED
from tests.unit.products.test_cyrus_tls import SWITCHED
from tightlip.model.endpoint import Security
from tightlip.model.finding import Place
from tightlip.model.posture import NoteKind, Service
from tightlip.model.remedy import Accounts, DisableService, LimitAccounts, RequireTls, WithdrawMechanism
from tightlip.products._product import Command, Declined, Instance, Mending, Process, Ran
from tightlip.products.cyrus import PRODUCT

MAIN = Instance(product="cyrus", config="/etc/imapd.conf")
PLAIN, STARTTLS, IMPLICIT = Security.PLAIN, Security.STARTTLS, Security.IMPLICIT

DEFAULT = case("cyrus", "debian-default-takes-every-plugin")
INCLUDED = case("cyrus", "ntlm-in-an-include-and-in-a-list-of-one-service")
POP3 = case("cyrus", "pop3-is-taken-out-of-the-services")
OWN = case("cyrus", "a-service-reads-the-file-of-its-own-command")
LAST = case("cyrus", "ntlm-is-all-that-anybody-can-log-in-with")
BROKEN = case("cyrus", "a-file-that-was-not-read-whole")
TWICE = case("cyrus", "a-list-that-stands-twice")
BOTH = case("cyrus", "one-service-has-a-list-and-the-others-have-none")


def _services(told: Case) -> dict[str, Service]:
    return {each.name: each for each in PRODUCT.posture(read(PRODUCT, MAIN, told.before)).services}


def _states(service: Service) -> dict[str, tuple[Security, ...]]:
    return {each.name: each.states for each in service.offers}


def _changed(before: bytes, remedy: RequireTls | WithdrawMechanism) -> bytes:
    files = {"/etc/imapd.conf": before, "/etc/cyrus.conf": LAST.before["/etc/cyrus.conf"]}
    mending = PRODUCT.edit(read(PRODUCT, MAIN, files), remedy)
    assert isinstance(mending, Mending), mending.why
    return mended(files, mending)["/etc/imapd.conf"]


def test_every_case_is_tested() -> None:
    """No folder lies there for nothing."""
    told = (DEFAULT, INCLUDED, POP3, OWN, LAST, BROKEN, TWICE, BOTH, *DEMANDED)
    assert claims("cyrus") == sorted(each.claim for each in told)


def test_without_a_list_ntlm_is_offered() -> None:
    """The cause is a setting that is not there; without a certificate there is the clear state alone."""
    services = _services(DEFAULT)
    assert list(services) == ["imap", "pop3", "sieve"]
    assert [(each.protocol, each.listeners[0].port) for each in services.values()] == [
        ("imap", 143),
        ("pop3", 110),
        ("managesieve", 4190),
    ]
    assert services["sieve"].listeners[0].address == "localhost"
    ntlm = next(each for each in services["pop3"].offers if each.name == "NTLM")
    assert ntlm.place == Place("/etc/imapd.conf", None, "sasl_mech_list", None)
    assert (ntlm.states, ntlm.names_host) == ((PLAIN,), True)
    tls = services["pop3"].tls
    assert (tls.available, tls.required, tls.place.line) == (False, False, None)
    notes = PRODUCT.posture(read(PRODUCT, MAIN, DEFAULT.before)).notes
    assert [(each.kind, each.line) for each in notes] == [(NoteKind.UNKNOWN, None), (NoteKind.DOUBT, 12)]
    assert_mends(PRODUCT, MAIN, DEFAULT, WithdrawMechanism())


def test_plugins_that_can_be_seen_decide() -> None:
    """A list written anew holds what is installed, usable, and can be checked; without the plugin there is no NTLM."""
    plugins = {f"/usr/lib/x86_64-linux-gnu/sasl2/lib{name}.so": b"" for name in ("plain", "scram", "gssapi")}
    files = read(PRODUCT, MAIN, dict(DEFAULT.before) | plugins)
    assert not any(each.name == "NTLM" for each in PRODUCT.posture(files).services[0].offers)
    ntlm = plugins | {"/usr/lib/x86_64-linux-gnu/sasl2/libntlm.so": b""}
    mending = PRODUCT.edit(read(PRODUCT, MAIN, dict(DEFAULT.before) | ntlm), WithdrawMechanism())
    assert isinstance(mending, Mending)
    splice = mending.edits[0].hunks[0].splice
    assert splice.replacement == b"sasl_mech_list: PLAIN SCRAM-SHA-512 SCRAM-SHA-256 SCRAM-SHA-1 GSSAPI\n"
    asked = DEFAULT.before["/etc/imapd.conf"].replace(b"method: auxprop", b"method: saslauthd")
    mending = PRODUCT.edit(read(PRODUCT, MAIN, {"/etc/imapd.conf": asked} | ntlm), WithdrawMechanism())
    assert isinstance(mending, Mending)
    assert mending.edits[0].hunks[0].splice.replacement == b"sasl_mech_list: PLAIN GSSAPI\n"


def test_a_services_own_list_goes_before_the_general_one() -> None:
    """Each mechanism is placed in the file and line that its service goes by, folded values at their first line."""
    services = _services(INCLUDED)
    assert _states(services["imap"]) == {
        "NTLM": (PLAIN, STARTTLS),
        "PLAIN": (STARTTLS,),
        "LOGIN": (STARTTLS,),
        "GSSAPI": (PLAIN, STARTTLS),
    }
    assert services["imap"].offers[0].place == Place(
        "/etc/imapd-sasl.conf", 2, "sasl_mech_list", "NTLM PLAIN LOGIN GSSAPI"
    )
    assert _states(services["pop3s"]) == {"PLAIN": (IMPLICIT,), "NTLM": (IMPLICIT,)}
    place = services["pop3s"].offers[1].place
    assert (place.file, place.line, place.setting) == ("/etc/imapd.conf", 9, "pop3s_sasl_mech_list")
    assert [(each.address, each.port) for each in services["imaps"].listeners] == [("2001:db8::1", 993)]
    assert [(each.address, each.port) for each in services["pop3s"].listeners] == [("192.0.2.7", 995)]
    tls = services["imap"].tls
    assert (tls.certificate, tls.oldest) == ("/etc/ssl/certs/mail.pem", "TLSv1.2")
    assert_mends(PRODUCT, MAIN, INCLUDED, WithdrawMechanism())


def test_pop3_is_closed_by_the_lines_that_start_it() -> None:
    """Found by the program that they run, whatever they are called; all else stays."""
    assert {name: each.protocol for name, each in _services(POP3).items()} == {
        "imap": "imap",
        "pop3": "pop3",
        "alsopop": "pop3",
    }
    assert_mends(PRODUCT, MAIN, POP3, DisableService("pop3"))
    again = PRODUCT.edit(read(PRODUCT, MAIN, POP3.after), LimitAccounts(("anna",)))
    assert again == Mending()


def test_a_service_goes_by_the_file_that_its_command_names() -> None:
    """The master does not hand its own -C on; seen on Cyrus IMAP 3.6."""
    services = _services(OWN)
    assert _states(services["imap"]) == {"PLAIN": (STARTTLS,)}
    assert list(_states(services["pop3"])) == ["PLAIN", "NTLM", "GSS-SPNEGO"]
    assert services["pop3"].offers[1].place.file == "/etc/imapd-pop.conf"
    assert [offer.carries_ntlm for offer in services["pop3"].offers] == [False, True, False]
    assert_mends(PRODUCT, MAIN, OWN, WithdrawMechanism())
    elsewhere = Instance(product="cyrus", config="/srv/imapd.conf", pid=7)
    live = read(PRODUCT, elsewhere, dict(OWN.before) | {"/srv/imapd.conf": b"sasl_mech_list: NTLM\n"})
    imap = PRODUCT.posture(live).services[0]
    assert imap.offers[0].place.file == "/etc/imapd.conf"


def test_nobody_is_locked_out() -> None:
    """PLAIN stays in the list, but is accepted in no state: nothing is changed, and the list's line is named."""
    assert _states(_services(LAST)["pop3"]) == {"PLAIN": (), "LOGIN": (), "NTLM": (PLAIN,)}
    refusal = PRODUCT.edit(read(PRODUCT, MAIN, LAST.before), WithdrawMechanism())
    assert isinstance(refusal, Declined)
    assert refusal.place == Place("/etc/imapd.conf", 4, "sasl_mech_list", "PLAIN LOGIN NTLM")
    files = {"/etc/imapd.conf": b"sasl_mech_list: NTLM\n"}
    assert isinstance(PRODUCT.edit(read(PRODUCT, MAIN, files), WithdrawMechanism()), Declined)


def test_each_hunk_has_its_own_reason() -> None:
    """That of a list which was not there says what else to put into it; that of one which was does not."""
    mending = PRODUCT.edit(read(PRODUCT, MAIN, BOTH.before), WithdrawMechanism())
    assert isinstance(mending, Mending)
    told = [(hunk.splice.replacement, "without a list" in hunk.reason) for hunk in mending.edits[0].hunks]
    assert told == [(b"", False), (b"sasl_mech_list: PLAIN LOGIN\n", True)]
    assert_mends(PRODUCT, MAIN, BOTH, WithdrawMechanism())


def test_a_minimum_layer_keeps_ntlm_for_tls() -> None:
    """A mechanism without a layer of its own is taken only inside of one; seen on Cyrus IMAP 3.6."""
    before = b"allowplaintext: yes\nsasl_minimum_layer: 1\nsasl_mech_list: PLAIN NTLM DIGEST-MD5\ntls_server_cert: /c\n"
    told = Case("", {"/etc/imapd.conf": before, "/etc/cyrus.conf": LAST.before["/etc/cyrus.conf"]}, {})
    assert _states(_services(told)["pop3"]) == {
        "PLAIN": (STARTTLS,),
        "NTLM": (STARTTLS,),
        "DIGEST-MD5": (PLAIN, STARTTLS),
    }


def test_words_with_a_comma_between_are_one() -> None:
    """The SASL library parts them at blanks alone, and then offers nothing; that is said, without the word."""
    told = Case("", {"/etc/imapd.conf": b"sasl_mech_list: plain,ntlm\nallowplaintext: yes\n"}, {})
    assert list(_states(_services(told)["pop3"])) == []
    notes = [note for note in PRODUCT.posture(read(PRODUCT, MAIN, told.before)).notes if "comma" in note.text]
    assert [(note.kind, note.line, "PLAIN" in note.text.upper()) for note in notes] == [(NoteKind.UNREAD, 1, False)]


def test_what_was_not_read_is_not_changed() -> None:
    """The file and the line are named, in imapd.conf and in cyrus.conf."""
    files = read(PRODUCT, MAIN, BROKEN.before)
    for remedy, place in ((WithdrawMechanism(), ("/etc/imapd.conf", 3)), (DisableService("imap"), None)):
        refusal = PRODUCT.edit(files, remedy)
        if place is None:
            assert refusal == Mending()
        else:
            assert isinstance(refusal, Declined)
            assert refusal.place is not None
            assert (refusal.place.file, refusal.place.line) == place
    unread = [(each.file, each.line) for each in PRODUCT.posture(files).notes if each.kind is NoteKind.UNREAD]
    assert unread == [("/etc/imapd.conf", 3), ("/etc/cyrus.conf", 1)]


def test_a_setting_that_stands_twice_is_left_to_people() -> None:
    """Cyrus refuses to start with it, so that neither line is the one in effect."""
    files = read(PRODUCT, MAIN, TWICE.before)
    refusal = PRODUCT.edit(files, WithdrawMechanism())
    assert isinstance(refusal, Declined)
    assert refusal.place is not None
    assert (refusal.place.line, refusal.why) == (3, "sasl_mech_list stands twice, which Cyrus refuses")
    assert [each.line for each in PRODUCT.posture(files).notes if each.kind is NoteKind.DOUBT] == [3]


def test_includes_that_go_in_a_circle_end() -> None:
    """And one that is not there is noted with the line that names it."""
    files = {"/etc/imapd.conf": b"@include: /etc/a\n", "/etc/a": b"@include: /etc/imapd.conf\n@include: /etc/b\n"}
    found = read(PRODUCT, MAIN, files)
    assert [each.path for each in found.files] == ["/etc/imapd.conf", "/etc/a"]
    assert [(each.path, each.file, each.line) for each in found.missing] == [
        ("/etc/b", "/etc/a", 2),
        ("/etc/cyrus.conf", None, None),
    ]
    posture = PRODUCT.posture(found)
    assert [each.name for each in posture.services] == ["pop3", "imap"]


def test_accounts_are_advised_on() -> None:
    """Denials are in a database of Cyrus' own."""
    mending = PRODUCT.edit(read(PRODUCT, MAIN, POP3.before), LimitAccounts(("anna",), Accounts.ALL_BUT))
    assert isinstance(mending, Mending)
    assert mending.edits == ()
    assert "cyr_deny -C /etc/imapd.conf -s pop3 -s alsopop USER" in mending.advice[0].text


def test_the_file_is_left_in_its_own_style() -> None:
    """Line ends and a last line without one stay."""
    before = b"allowplaintext: yes\r\nsasl_mech_list: PLAIN NTLM"
    assert _changed(before, WithdrawMechanism()) == b"allowplaintext: yes\r\nsasl_mech_list: PLAIN"


def test_masters_are_recognised() -> None:
    """By Debian's and the others' names for it, and not Postfix' master."""
    debian = ("/usr/sbin/cyrmaster", "-l", "32", "-C", "/etc/imapd.conf", "-M", "/etc/cyrus-two.conf")
    found = PRODUCT.recognise(Process(9, debian))
    assert found is not None
    assert (found.config, found.places["cyrus.conf"], found.pid) == ("/etc/imapd.conf", "/etc/cyrus-two.conf", 9)
    found = PRODUCT.recognise(Process(9, ("/usr/lib/cyrus/bin/master", "-d", "-C/srv/i.conf")))
    assert found is not None
    assert (found.config, found.places["cyrus.conf"]) == ("/srv/i.conf", "/etc/cyrus.conf")
    others = [("/usr/lib/postfix/sbin/master", "-w"), ("imapd", "-s"), ("/tmp/master",), ()]
    assert [PRODUCT.recognise(Process(1, each)) for each in others] == [None] * 4


def test_its_own_commands_name_this_instance() -> None:
    """As the cyrus user, for cyr_info refuses root; a folder that a process made up is not run from."""
    instance = Instance(
        product="cyrus", config="/srv/i.conf", places={"cyrus.conf": "/srv/c.conf", "bin": "/tmp/cyrus"}
    )
    commands = PRODUCT.commands(instance)
    assert commands.check[1].argv == (
        *("runuser", "-u", "cyrus", "--", "/usr/lib/cyrus/bin/cyr_info"),
        *("-C", "/srv/i.conf", "-M", "/srv/c.conf", "conf-lint"),
    )
    assert PRODUCT.read_version("cyrus-imapd 3.6.1-Debian-3.6.1-4+deb12u4\n") == "3.6.1"
    assert PRODUCT.read_version("command not found") is None


def _ran(name: str, output: str, status: int = 0) -> Ran:
    return Ran(Command(("cyr_info", name)), status, output)


def test_the_effective_view_is_compared() -> None:
    """Switches by their meaning, lists by their words; a default is not printed."""
    files = read(PRODUCT, MAIN, SWITCHED.before)
    same = "configdirectory: /var/imap\nsasl_mech_list: PLAIN LOGIN NTLM\nallowplaintext: yes\n"
    assert PRODUCT.compare(files, (_ran("conf", same),)) == ()
    other = same.replace(" NTLM", "").replace("allowplaintext: yes\n", "tls_required: yes\n")
    found = PRODUCT.compare(files, (_ran("conf", other),))
    assert [(each.setting, each.written, each.effective) for each in found] == [
        ("sasl_mech_list", "PLAIN LOGIN NTLM", "PLAIN LOGIN"),
        ("allowplaintext", "1", None),
        ("tls_required", None, "yes"),
    ]
    assert PRODUCT.compare(files, (_ran("conf", "fatal error: x", 78),)) == ()


def test_what_the_checks_complain_of() -> None:
    """conf-lint ends with 0 whatever it finds, and finds fault with lists of single services."""
    assert PRODUCT.complaints(_ran("conf-lint", "imap_sasl_mech_list: PLAIN\nbogus: 7\n")) == ()
    assert PRODUCT.complaints(_ran("conf-lint", "tls_required: yes\n")) == ("this Cyrus does not know tls_required",)
    said = "fatal error: non-switch value for allowplaintext in line 9\n"
    assert PRODUCT.complaints(_ran("conf", said, 78)) == (said.strip(),)
    assert PRODUCT.complaints(_ran("conf", "runuser: user cyrus does not exist\n", 1)) == (
        "runuser: user cyrus does not exist",
    )

"""Cyrus IMAP by its arguments: those of a master wherever it was built to be, and of what cyrus.conf starts."""

import pytest

from tests.unit.products.cases import read
from tightlip.model.endpoint import Security
from tightlip.model.posture import Service
from tightlip.model.remedy import RequireTls
from tightlip.products._product import Hup, Instance, Mending, Process
from tightlip.products.cyrus import PRODUCT

IMAPD, CYRUS, OWN = "/etc/imapd.conf", "/etc/cyrus.conf", "/etc/own.conf"
MAIN = b"sasl_mech_list: PLAIN\nallowplaintext: yes\n"
NTLM = b"sasl_mech_list: NTLM\nallowplaintext: yes\n"


def _service(command: str, main: bytes = MAIN) -> Service:
    services = f'SERVICES {{\n  one cmd="{command}" listen="1143"\n}}\n'.encode()
    files = {IMAPD: main, CYRUS: services, OWN: NTLM}
    return PRODUCT.posture(read(PRODUCT, Instance(product="cyrus", config=IMAPD), files)).services[0]


@pytest.mark.parametrize(
    "words",
    [
        "-C /etc/own.conf",
        "-C /etc/imapd.conf -T 60 -C /etc/own.conf",
        "-sC /etc/own.conf",
        "-p 2 junk -C /etc/own.conf",
    ],
)
def test_the_last_file_that_a_service_is_given_counts(words: str) -> None:
    """Each was seen on 3.6.1, which reads its arguments by glibc's getopt: also behind a word that is none."""
    assert [each.name for each in _service(f"imapd {words}").offers] == ["NTLM"]


@pytest.mark.parametrize("words", ["-U 30 -T 60", "-p 2 -- -C /etc/own.conf", "-C"])
def test_a_service_without_a_file_of_its_own_has_the_usual_one(words: str) -> None:
    """Nothing behind two dashes is an option."""
    assert [each.name for each in _service(f"imapd {words}").offers] == ["PLAIN"]


@pytest.mark.parametrize(
    ("words", "states"),
    [("-C /etc/own.conf -s", (Security.IMPLICIT,)), ("-sC /etc/own.conf", (Security.PLAIN,))],
)
def test_a_switch_that_shares_its_word_is_lost(words: str, states: tuple[Security, ...]) -> None:
    """Seen on 3.6.1: with -sC it reads the file, and greets in clear."""
    (listener,) = _service(f"imapd {words}").listeners
    assert listener.states == states


@pytest.mark.parametrize(
    ("words", "layer", "early"),
    [
        ("-p 256", "128", {"PLAIN", "NTLM", "DIGEST-MD5"}),
        ("-p 128", "0x80", {"PLAIN", "NTLM", "DIGEST-MD5"}),
        ("-p 127", "200", {"DIGEST-MD5"}),
        ("-p 1", "0", {"NTLM", "DIGEST-MD5"}),
        ("-p x", "1", {"DIGEST-MD5"}),
        ("", "1", {"DIGEST-MD5"}),
    ],
)
def test_a_layer_of_anothers_counts_as_far_as_it_is_strong(words: str, layer: str, early: set[str]) -> None:
    """Behind stunnel, say; each was asked of 3.6.1, with allowplaintext: no."""
    main = f"sasl_mech_list: PLAIN NTLM DIGEST-MD5\nsasl_minimum_layer: {layer}\n".encode()
    service = _service(f"imapd {words}", main)
    assert {each.name for each in service.offers if Security.PLAIN in each.states} == early


def test_what_lets_passwords_go_before_tls_is_the_line_with_the_layer() -> None:
    """It says that the layer is there; whether it is, no file tells."""
    cause = _service("imapd -p 256", b"sasl_mech_list: PLAIN\n").tls.cleartext
    assert cause is not None
    assert (cause.file, cause.line, cause.setting) == (CYRUS, 2, "SERVICES one")


def test_who_is_locked_out_behind_another_s_tls_is_told() -> None:
    """With -p 256 and tls_required Cyrus 3.6.1 refused every login: its own TLS alone counts."""
    services = b'SERVICES {\n  imap cmd="imapd -p 256" listen="imap"\n  pop3 cmd="pop3d" listen="pop3"\n}\n'
    files = read(PRODUCT, Instance(product="cyrus", config=IMAPD), {IMAPD: MAIN, CYRUS: services})
    mending = PRODUCT.edit(files, RequireTls())
    assert isinstance(mending, Mending)
    assert [(each.place and each.place.line, "nobody logs in" in each.text) for each in mending.advice] == [(2, True)]


@pytest.mark.parametrize("folder", ["/usr/local/libexec", "/opt/mail/bin", "/usr/cyrus/bin", "/usr/local/cyrus/bin"])
def test_a_master_may_be_anywhere(folder: str) -> None:
    """A source build has it in the libexec of its prefix; Postfix' master knows neither -C nor -M."""
    found = PRODUCT.recognise(Process(7, (f"{folder}/master", "-d", "-C", OWN, "-M", "/etc/own-cyrus.conf")))
    assert found is not None
    assert (found.config, found.places["cyrus.conf"]) == (OWN, "/etc/own-cyrus.conf")


@pytest.mark.parametrize(("folder", "is_cyrus"), [("/usr/local/libexec", True), ("/opt/mail/bin", False)])
def test_a_master_that_names_no_file_is_known_by_its_folder(folder: str, is_cyrus: bool) -> None:
    """Many a program is called master; the usual files are read of either."""
    found = PRODUCT.recognise(Process(7, (f"{folder}/master", "-d")))
    assert (found is not None) is is_cyrus


@pytest.mark.parametrize("argv", [("/opt/mta/master", "-w"), ("/usr/libexec/postfix/master", "-C", OWN)])
def test_the_master_of_postfix_is_none_of_cyrus(argv: tuple[str, ...]) -> None:
    """It is started with MAIL_CONFIG, by its own postfix(1)."""
    assert PRODUCT.recognise(Process(7, argv, {"MAIL_CONFIG": "/etc/postfix"})) is None


def test_a_script_finds_a_master_where_it_is() -> None:
    """Beside those of the distributions, for a HUP."""
    instance = Instance(product="cyrus", config=OWN, places={"cyrus.conf": CYRUS, "bin": "/usr/local/libexec"})
    step = PRODUCT.commands(instance).reload
    assert isinstance(step, Hup)
    assert step.programs[-1] == "usr/local/libexec/master"

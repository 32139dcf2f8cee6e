"""Dovecot: values that stand in files of their own, and words of a list that cannot be mechanisms.

What 2.3.19 makes of each was seen on a real one: the list is parted by blanks alone, and the content is taken as it is.
"""

import pytest

from tests.unit.products import cases
from tests.unit.products.answering import answered
from tightlip.model.endpoint import Security
from tightlip.model.finding import Place
from tightlip.model.posture import NoteKind, Posture, Service
from tightlip.model.remedy import DisableService, WithdrawMechanism
from tightlip.products._dovecot.commands import compare, complaints
from tightlip.products._product import Command, Declined, FileEdit, Instance, Mending, Ran
from tightlip.products.dovecot import PRODUCT

MAIN, LIST = "/etc/dovecot/dovecot.conf", "/etc/dovecot/m.txt"
INSTANCE = Instance(product="dovecot", config=MAIN)
BASE = b"protocols = pop3\nssl_cert = </c.pem\nauth_use_winbind = yes\n"
FROM_FILE = BASE + b"auth_mechanisms = <m.txt\n"


def of(**files: bytes) -> Posture:
    """The posture of a main file and, where it is given, of m.txt beside it."""
    there = {MAIN: files["main"]} | ({LIST: files["m"]} if "m" in files else {})
    return PRODUCT.posture(cases.read(PRODUCT, INSTANCE, there))


def names(service: Service) -> list[str]:
    """The mechanisms that a service takes."""
    return [each.name for each in service.offers]


def kinds(found: Posture) -> list[tuple[NoteKind, int | None]]:
    """The notes without their words."""
    return [(note.kind, note.line) for note in found.notes]


@pytest.mark.parametrize("path", [b"m.txt", b" m.txt", b"/etc/dovecot/m.txt", b"../dovecot/m.txt"])
def test_a_list_in_a_file_is_read_from_it(path: bytes) -> None:
    """Beside the file that names it; the finding's place is the statement, with the file's name for its value."""
    there = {MAIN: BASE + b"auth_mechanisms = <" + path + b"\n", LIST: b"plain ntlm"}
    there["/etc/dovecot/../dovecot/m.txt"] = there[LIST]
    found = PRODUCT.posture(cases.read(PRODUCT, INSTANCE, there))
    assert names(found.services[0]) == ["PLAIN", "NTLM"]
    assert found.services[0].offers[1].place == Place(MAIN, 4, "auth_mechanisms", f"<{path.decode().strip()}")
    assert kinds(found) == []


@pytest.mark.parametrize("content", [b"plain ntlm\n", b"plain\nntlm\n", b"plain\tntlm", b"plain,ntlm"])
def test_a_line_end_is_a_part_of_the_value(content: bytes) -> None:
    """The words are reckoned with, and it is said that the auth process of 2.3 ends."""
    found = of(main=FROM_FILE, m=content)
    assert names(found.services[0]) == ["PLAIN", "NTLM"]
    assert kinds(found) == [(NoteKind.DOUBT, 4)]


def test_a_list_that_is_parted_by_commas_is_doubted() -> None:
    """2.3 takes `plain,` for the name of a mechanism; 2.4 is not known to."""
    assert kinds(of(main=BASE + b"auth_mechanisms = plain, ntlm\n")) == [(NoteKind.DOUBT, 4)]


@pytest.mark.parametrize("content", [None, b"x" * 4_001, b"plain\0ntlm"])
def test_a_list_in_a_file_that_cannot_be_read_is_unread(content: bytes | None) -> None:
    """Nothing is offered, nothing is told as the default, and the statement is named."""
    found = of(main=FROM_FILE, m=content) if content is not None else of(main=FROM_FILE)
    assert found.services[0].offers == ()
    assert kinds(found) == [(NoteKind.UNREAD, 4)]


def test_what_cannot_be_a_mechanism_is_unread_and_never_shown() -> None:
    """A password that somebody put there by mistake."""
    for found in (
        of(main=FROM_FILE, m=b"plain ntlm S3cr3t!pass"),
        of(main=BASE + b"auth_mechanisms = plain ntlm S3cr3t!pass\n"),
        of(main=BASE + b"auth_mechanisms = plain ntlm " + b"s3cr3t" * 9 + b"\n"),
    ):
        assert names(found.services[0]) == ["PLAIN", "NTLM"]
        assert kinds(found) == [(NoteKind.UNREAD, 4)]
        assert "s3cr3t" not in str(found).lower()


def test_nothing_in_a_file_is_expanded() -> None:
    """`$auth_mechanisms` in it is no variable, as `doveconf -x` says."""
    found = of(main=BASE + b"auth_mechanisms = login\nauth_mechanisms = <m.txt\n", m=b"$auth_mechanisms ntlm")
    assert names(found.services[0]) == ["NTLM"]
    assert kinds(found) == [(NoteKind.UNREAD, 5)]


def test_a_switch_in_a_file_counts() -> None:
    """`ssl = <file` with required in it bars every mechanism before TLS; unread, nothing is said of that state."""
    main = BASE + b"auth_mechanisms = plain ntlm\ndisable_plaintext_auth = no\nssl = <m.txt\n"
    for found in (of(main=main, m=b"required"), of(main=main)):
        assert all(Security.PLAIN not in each.states for each in found.services[0].offers)
    assert all(Security.PLAIN in each.states for each in of(main=main, m=b"yes").services[0].offers)
    assert kinds(of(main=main)) == [(NoteKind.UNREAD, 6)]


def test_no_other_file_is_asked_for() -> None:
    """Keys, passwords and the arguments of a passdb are nobody's business."""
    main = BASE + b"ssl_key = </k.pem\npassdb {\n  args = </etc/secret\n}\nplugin {\n  ssl = </etc/secret\n}\n"
    files = answered(PRODUCT.collect(INSTANCE), {MAIN: main, "/etc/secret": b"x", "/k.pem": b"x"})
    assert (files.values, files.missing) == ({}, ())


def test_a_port_in_a_file_is_not_followed_and_closes_nothing() -> None:
    """It is unread, and Dovecot's own port is reckoned with."""
    main = BASE + b"service pop3-login {\n  inet_listener pop3 {\n    port = <m.txt\n  }\n}\n"
    found = of(main=main, m=b"0")
    assert 110 in [each.port for each in found.services[0].listeners]
    assert kinds(found) == [(NoteKind.UNREAD, 6)]


def test_a_list_in_a_file_is_not_edited() -> None:
    """The plan names the file."""
    refusal = PRODUCT.edit(cases.read(PRODUCT, INSTANCE, {MAIN: FROM_FILE, LIST: b"plain ntlm"}), WithdrawMechanism())
    assert isinstance(refusal, Declined)
    assert LIST in refusal.why
    assert refusal.place == Place(MAIN, 4, "auth_mechanisms", "<m.txt")


def test_protocols_in_a_file_are_not_edited() -> None:
    """The ports of the protocol are closed instead."""
    main = b"protocols = <m.txt\nssl_cert = </c.pem\n"
    files = cases.read(PRODUCT, INSTANCE, {MAIN: main, LIST: b"imap pop3"})
    mending = PRODUCT.edit(files, DisableService("pop3"))
    assert isinstance(mending, Mending)
    (edit,) = mending.edits
    assert isinstance(edit, FileEdit)
    assert cases.mended({MAIN: main}, mending)[MAIN].startswith(main)


def test_dovecots_own_view_of_such_a_list_contradicts_nothing() -> None:
    """`doveconf -n` prints the file's name: neither a contradiction nor a complaint."""
    files = cases.read(PRODUCT, INSTANCE, {MAIN: FROM_FILE, LIST: b"plain ntlm"})
    said = "# 2.3.19.1 (9b53102964): /etc/dovecot/dovecot.conf\n" + FROM_FILE.decode()
    ran = Ran(Command(("doveconf", "-c", MAIN, "-n")), 0, said)
    assert compare(files, (ran,)) == ()
    assert complaints(ran) == ()

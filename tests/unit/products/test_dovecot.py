"""Dovecot: what its files mean, each fact with the line that takes effect."""

import tracemalloc

import pytest

from tests.unit.products import cases
from tests.unit.products.gss import NOTHING
from tightlip.model.endpoint import Security
from tightlip.model.finding import Place
from tightlip.model.posture import NoteKind, Offer, Posture, Service
from tightlip.products._product import Instance
from tightlip.products.dovecot import PRODUCT

MAIN = "/etc/dovecot/dovecot.conf"
INSTANCE = Instance(product="dovecot", config=MAIN)
CLEAR, UPGRADED, IMPLICIT = Security.PLAIN, Security.STARTTLS, Security.IMPLICIT
ALL = (CLEAR, UPGRADED, IMPLICIT)
TLS = (UPGRADED, IMPLICIT)
BASE = "protocols = pop3\nssl_cert = </c.pem\nauth_use_winbind = yes\n"
V24 = "dovecot_config_version = 2.4.1\n"


def of(text: str | dict[str, bytes]) -> Posture:
    """The posture of a single file, or of a dictionary of them."""
    files = {MAIN: text.encode()} if isinstance(text, str) else text
    return PRODUCT.posture(cases.read(PRODUCT, INSTANCE, files))


def pop3(text: str) -> Service:
    """The POP3 service of a single file."""
    return next(service for service in of(text).services if service.name == "pop3")


def states(service: Service) -> dict[str, tuple[Security, ...]]:
    """In which states each mechanism is taken."""
    return {offer.name: offer.states for offer in service.offers}


def offer(text: str, name: str) -> Offer:
    """One mechanism of the POP3 service."""
    return next(each for each in pop3(text).offers if each.name == name)


def test_debians_files_are_followed_to_the_line_that_counts() -> None:
    """NTLM comes from local.conf, PLAIN from conf.d, the protocols from the packages' own files."""
    posture = of(dict(cases.case("dovecot", "23-debian-with-ntlm-appended-in-local-conf").before))
    assert [service.name for service in posture.services] == ["pop3", "imap"]
    service = posture.services[0]
    assert {each.name: (each.place.file, each.place.line) for each in service.offers} == {
        "PLAIN": ("/etc/dovecot/conf.d/10-auth.conf", 3),
        "LOGIN": ("/etc/dovecot/conf.d/10-auth.conf", 3),
        "NTLM": ("/etc/dovecot/local.conf", 2),
    }
    assert service.offers[2].place.value == "plain login ntlm"
    assert states(service) == {"PLAIN": TLS, "LOGIN": TLS, "NTLM": ALL}
    assert [(each.port, each.states) for each in service.listeners] == [(110, (CLEAR, UPGRADED)), (995, (IMPLICIT,))]
    assert (service.tls.certificate, service.tls.required) == ("/etc/dovecot/private/dovecot.pem", False)
    assert [each.name for each in posture.backend] == ["PLAIN", "LOGIN", "NTLM"]
    assert posture.notes == ()


def test_the_last_setting_takes_effect() -> None:
    """Earlier ones do not count, in whatever file they stand."""
    files = {
        MAIN: b"auth_mechanisms = ntlm\n!include conf.d/*.conf\nprotocols = pop3\nssl_cert = </c\n",
        "/etc/dovecot/conf.d/20-b.conf": b"auth_mechanisms = plain\n",
        "/etc/dovecot/conf.d/10-a.conf": b"auth_mechanisms = plain ntlm\n",
    }
    expected = Place("/etc/dovecot/conf.d/20-b.conf", 1, "auth_mechanisms", "plain")
    assert [(each.name, each.place) for each in of(files).services[0].offers] == [("PLAIN", expected)]


def test_an_absent_setting_has_no_line() -> None:
    """Dovecot's default mechanism is plain; its place names the main file and the setting."""
    assert offer(BASE, "PLAIN").place == Place(MAIN, None, "auth_mechanisms", None)


def test_without_a_list_of_protocols_it_is_said_that_it_is_not_known() -> None:
    """Debian and everybody else differ in the default."""
    posture = of("ssl_cert = </c\n")
    assert [service.name for service in posture.services] == ["pop3", "imap"]
    assert [note.kind for note in posture.notes] == [NoteKind.UNKNOWN]


@pytest.mark.parametrize(
    ("more", "plain", "ntlm"),
    [
        ("", TLS, ALL),
        ("disable_plaintext_auth = no\n", ALL, ALL),
        ("ssl = required\ndisable_plaintext_auth = no\n", TLS, TLS),
        ("protocol pop3 {\n  ssl = required\n}\nssl = yes\n", TLS, TLS),
        ("protocol imap {\n  ssl = required\n}\n", TLS, ALL),
        ("protocol !imap {\n  ssl = required\n}\n", TLS, TLS),
        ("ssl = no\n", (), (CLEAR,)),
        ("ssl = no\ndisable_plaintext_auth = no\n", (CLEAR,), (CLEAR,)),
        ("ssl = no\nprotocol pop3 {\n  ssl = yes\n}\n", (UPGRADED,), (CLEAR, UPGRADED)),
        ("protocol pop3 {\n  ssl = no\n}\n", (), (CLEAR,)),
        ("ssl_cert = \n", (), (CLEAR,)),
    ],
)
def test_states_follow_tls_and_cleartext(more: str, plain: tuple[Security, ...], ntlm: tuple[Security, ...]) -> None:
    """As measured on 2.3.19: `ssl = required` bars all before TLS, disable_plaintext_auth only PLAIN and LOGIN."""
    assert states(pop3(f"{BASE}auth_mechanisms = plain ntlm\n{more}")) == {"PLAIN": plain, "NTLM": ntlm}


def test_a_newer_dovecot_has_cleartext_the_other_way_round() -> None:
    """2.4: auth_allow_cleartext, no by default; the certificate may stand in a group."""
    text = V24 + "protocols = pop3\nssl_server {\n  cert_file = /c.pem\n}\n"
    assert states(pop3(text)) == {"PLAIN": TLS}
    assert states(pop3(text + "auth_allow_cleartext = yes\n")) == {"PLAIN": ALL}
    assert pop3(text).tls.certificate_place == Place(MAIN, 4, "ssl_server_cert_file", "/c.pem")


def test_a_newer_dovecots_lists_are_switches() -> None:
    """A block adds to the default, `=` starts anew, and the place is the switch itself."""
    text = V24 + "protocols/pop3 = yes\nauth_mechanisms {\n  ntlm = yes\n  plain = yes\n}\nauth_use_winbind = yes\n"
    assert offer(text, "NTLM").place == Place(MAIN, 4, "auth_mechanisms/ntlm", "yes")
    assert list(states(pop3(text + "auth_mechanisms = login\n"))) == ["LOGIN"]


def test_mechanisms_inside_of_a_protocol_count_for_nothing() -> None:
    """The auth process reads the outermost setting; a note tells whoever believes otherwise."""
    text = BASE + "auth_mechanisms = plain\nprotocol pop3 {\n  auth_mechanisms = ntlm\n}\n"
    assert list(states(pop3(text))) == ["PLAIN"]
    assert [(note.kind, note.line) for note in of(text).notes] == [(NoteKind.DOUBT, 6)]


def test_ntlm_without_winbind_depends_on_the_version() -> None:
    """Older ones answer it themselves; of a 2.4 the auth process ends, and nobody can log in."""
    text = "protocols = pop3\nssl_cert = </c\nauth_mechanisms = plain ntlm\n"
    assert states(pop3(text)) == {"PLAIN": TLS, "NTLM": ALL}
    assert [(note.kind, note.line) for note in of(text).notes] == [(NoteKind.BREAKS_ON_UPGRADE, 3)]
    dead = V24 + "protocols = pop3\nssl_server_cert_file = /c\nauth_mechanisms = plain ntlm\n"
    assert states(pop3(dead)) == {"PLAIN": (), "NTLM": ()}
    assert [(note.kind, note.line) for note in of(dead).notes] == [(NoteKind.DOUBT, 4)]


def test_spnego_names_the_host_through_samba_alone() -> None:
    """Without winbind it carries Kerberos, and a note says so."""
    assert offer(BASE + "auth_mechanisms = plain gss-spnego\n", "GSS-SPNEGO").names_host
    without = BASE.replace("auth_use_winbind = yes", "") + "auth_mechanisms = plain gss-spnego\n"
    assert not offer(without, "GSS-SPNEGO").names_host
    assert not offer(without, "GSS-SPNEGO").carries_ntlm
    host = {MAIN: without.encode(), **NOTHING}
    assert [(note.kind, note.line) for note in of(host).notes] == [(NoteKind.HARMLESS, 4)]


def test_sockets_are_dovecots_own_unless_written_otherwise() -> None:
    """Port 0 closes; addresses are the listener's own, else those of `listen`; others come on top."""
    text = BASE + (
        "listen = 192.0.2.1, [2001:db8::1]\nservice pop3-login {\n  inet_listener pop3 {\n    port = 0\n  }\n"
        "  inet_listener pop3s {\n    address = 192.0.2.9\n  }\n  inet_listener more {\n    port = 1110\n  }\n}\n"
    )
    assert [(each.address, each.port, each.place.line) for each in pop3(text).listeners] == [
        ("192.0.2.9", 995, 9),
        ("192.0.2.1", 1110, 13),
        ("2001:db8::1", 1110, 13),
    ]


def test_a_login_service_of_the_sites_own_is_a_service() -> None:
    """It is known by its program, and named as the site does."""
    text = BASE + "service inside {\n  executable = pop3-login -D\n  inet_listener {\n    port = 2110\n  }\n}\n"
    assert [(each.name, each.protocol, each.listeners[0].port) for each in of(text).services] == [
        ("pop3", "pop3", 110),
        ("inside", "pop3", 2110),
    ]


def test_accounts_are_limited_by_a_passdb_of_the_protocol() -> None:
    """The line is the one that denies; a passdb outside of the protocol's block limits nothing here."""
    text = BASE + "protocol pop3 {\n  passdb {\n    deny = yes\n    username_filter = anna\n  }\n}\n"
    accounts = pop3(text).accounts
    assert accounts
    assert (accounts.limited, accounts.place.line) == (True, 6)
    for more in ("passdb {\n  deny = yes\n}\n", "protocol pop3 {\n  passdb {\n    driver = pam\n  }\n}\n"):
        other = pop3(BASE + more).accounts
        assert other
        assert (other.limited, other.place.line) == (False, None)
        assert other.place.said == "protocol pop3 { passdb { username_filter } } is not set"


@pytest.mark.parametrize(
    ("text", "kind", "line"),
    [
        ("!include /etc/dovecot/gone.conf\n", NoteKind.UNREAD, 1),
        ("protocol pop3 {\n", NoteKind.UNREAD, 1),
        ("remote 192.0.2.0/24 {\n  ssl = no\n}\n", NoteKind.DOUBT, 2),
        ("login_trusted_networks = 192.0.2.0/24\n", NoteKind.DOUBT, 1),
        ("service auth {\n  executable = auth -o auth_mechanisms=ntlm\n}\n", NoteKind.DOUBT, 2),
        ("service auth {\n  executable = auth -c /etc/dovecot/auth.conf\n}\n", NoteKind.DOUBT, 2),
        ("# Ansible managed\n", NoteKind.MANAGED, 1),
    ],
)
def test_what_is_no_setting_is_a_note(text: str, kind: NoteKind, line: int) -> None:
    """Each names its line."""
    found = of(text + "protocols = pop3\n").notes
    assert (kind, line) in [(note.kind, note.line) for note in found]


def test_includes_that_go_in_circles_end() -> None:
    """A file that includes itself, by whatever way, is read once."""
    files = {
        MAIN: b"!include a.conf\nprotocols = pop3\n",
        "/etc/dovecot/a.conf": b"!include_try *.conf\n!include dovecot.conf\nauth_mechanisms = login\n" * 50,
    }
    assert [each.name for each in of(files).services[0].offers] == ["LOGIN"]


def test_what_was_not_followed_is_said() -> None:
    """Thousands of includes are cut off with a note, and nothing hangs."""
    notes = of("protocols = pop3\n" + "!include_try e*.conf\n" * 20_000).notes
    assert [note.kind for note in notes] == [NoteKind.UNREAD, NoteKind.UNREAD]
    assert "more than 2000 files" in notes[0].text


def test_variables_that_multiply_stay_short() -> None:
    """A million times four thousand letters are never put together."""
    tracemalloc.start()
    of(f"{BASE}a = {'x' * 4_000}\nb = {'$a ' * 300_000}\nauth_mechanisms = plain ntlm\n")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 100 << 20

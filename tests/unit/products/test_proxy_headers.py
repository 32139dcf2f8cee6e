"""Listeners behind a proxy: where a PROXY header is expected, and whether a client on the machine may send it."""

import pytest

from tests.unit.products.cases import read
from tests.unit.products.postfixes import AUTH, MAIN, MASTER, meaning
from tightlip.model.posture import FromLoopback, Listener, NoteKind, Posture, ProxyHeader
from tightlip.network.sources import source_for
from tightlip.products import dovecot, exim
from tightlip.products._product import Instance
from tightlip.products._proxy_clients import clients_at

DOVECOT, EXIM = "/etc/dovecot/dovecot.conf", "/etc/exim/exim.conf"
TRUSTED, UNTRUSTED = FromLoopback.TRUSTED, FromLoopback.UNTRUSTED
EXEMPT, UNKNOWN = FromLoopback.EXEMPT, FromLoopback.UNKNOWN
LISTENER = "protocols = pop3\nservice pop3-login {\n  inet_listener pop3 {\n    haproxy = yes\n  }\n}\n"


def of_dovecot(text: str, **more: str) -> Posture:
    """What a configuration of Dovecot means; ``more`` are other files of its folder."""
    files = {DOVECOT: text.encode()} | {f"/etc/dovecot/{name}": held.encode() for name, held in more.items()}
    return dovecot.PRODUCT.posture(read(dovecot.PRODUCT, Instance(product="dovecot", config=DOVECOT), files))


def of_exim(text: str) -> Posture:
    """What a configuration of Exim means."""
    return exim.PRODUCT.posture(read(exim.PRODUCT, Instance(product="exim", config=EXIM), {EXIM: text.encode()}))


def first(posture: Posture) -> ProxyHeader:
    """What the first listener expects."""
    header = listeners(posture)[0].proxy_header
    assert header
    return header


def listeners(posture: Posture) -> list[Listener]:
    """All of them."""
    return [each for service in posture.services for each in service.listeners]


def doubts(posture: Posture) -> list[tuple[str, int | None]]:
    """Where the configuration is in doubt, or was not read."""
    return [(note.file, note.line) for note in posture.notes if note.kind in (NoteKind.DOUBT, NoteKind.UNREAD)]


@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.2", "127.3.4.5"])
def test_clients_on_loopback_are_where_tightlip_contacts_from(address: str) -> None:
    """What a plug reckons with, and what the engine does."""
    assert [str(each) for each in clients_at(address)] == [source_for(address, ("127.0.0.1", "192.0.2.7"))]


def test_dovecot_says_it_of_one_listener() -> None:
    """The line is that of `haproxy`; the TLS port beside it has a block of its own."""
    found = listeners(of_dovecot(f"ssl_cert = </c.pem\n{LISTENER}"))
    assert [each.port for each in found if each.proxy_header] == [110]
    assert first(of_dovecot(LISTENER)).place.line == 4


@pytest.mark.parametrize("value", ["no", "NO"])
def test_dovecot_greets_everybody_where_it_is_off(value: str) -> None:
    """As where nothing is said."""
    assert listeners(of_dovecot(LISTENER.replace("yes", value)))[0].proxy_header is None


@pytest.mark.parametrize(
    ("networks", "listen", "reach"),
    [
        (None, "*", UNTRUSTED),
        ("", "*", UNTRUSTED),
        ("127.0.0.0/8", "*", TRUSTED),
        ("10.0.0.0/8, 127.0.0.2", "*", TRUSTED),
        ("10.0.0.0/8 127.0.0.0/8", "127.0.0.1", TRUSTED),
        ("127.0.0.1", "*", UNTRUSTED),  # it is contacted from 127.0.0.2
        ("::1", "*", UNTRUSTED),
        ("::1", "::1", TRUSTED),
        ("10.0.0.0/8", "192.0.2.9", UNTRUSTED),
        ("192.0.2.0/24", "192.0.2.9", UNKNOWN),  # it may be contacted from another address of the machine
        ("192.0.2.0/24 127.0.0.0/8", "192.0.2.9", TRUSTED),
    ],
)
def test_dovecot_takes_it_of_trusted_networks(networks: str | None, listen: str, reach: FromLoopback) -> None:
    """Of none unless they are set."""
    said = "" if networks is None else f"haproxy_trusted_networks = {networks}\n"
    posture = of_dovecot(f"listen = {listen}\n{said}{LISTENER}")
    assert first(posture).from_loopback is reach
    assert doubts(posture) == []


@pytest.mark.parametrize(
    "said",
    [
        "haproxy_trusted_networks = proxy.example.org\n",
        "haproxy_trusted_networks = $ENV:PROXIES\n",
        "haproxy_trusted_networks = </etc/dovecot/gone\n",
        "remote 10.0.0.0/8 {\n  haproxy_trusted_networks = 127.0.0.0/8\n}\n",
        "haproxy_trusted_networks = localhost 127.0.0.0/8\n",
    ],
)
def test_what_dovecot_trusts_is_not_guessed(said: str) -> None:
    """A name, a variable, a file that is not there, a block: not known, and told with its place."""
    posture = of_dovecot(said + LISTENER)
    assert first(posture).from_loopback is UNKNOWN
    assert doubts(posture)


def test_a_protocol_of_dovecots_may_trust_others() -> None:
    """Seen on 2.3.19: the networks of its block count for its listeners, and for no other's."""
    trusting = "protocol {} {{\n  haproxy_trusted_networks = 127.0.0.0/8\n}}\n"
    assert first(of_dovecot(trusting.format("pop3") + LISTENER)).from_loopback is TRUSTED
    assert first(of_dovecot(trusting.format("imap") + LISTENER)).from_loopback is UNTRUSTED


@pytest.mark.parametrize("value", ["</etc/dovecot/value", "$ENV:PROXIED", "maybe"])
def test_whether_dovecot_expects_it_is_not_guessed(value: str) -> None:
    """A value that stands elsewhere makes it unknown, and each that is no switch is told with its line."""
    posture = of_dovecot("haproxy_trusted_networks = 127.0.0.0/8\n" + LISTENER.replace("yes", value))
    found = listeners(posture)[0].proxy_header
    assert (DOVECOT, 5) in doubts(posture)
    assert found is None if value == "maybe" else found and found.from_loopback is UNKNOWN


def test_postfix_says_it_of_all_or_of_one_service() -> None:
    """In main.cf, or by -o in master.cf, where the last word is; whoever sends it is believed."""
    master = "smtp inet n - y - - smtpd\n10025 inet n - y - - smtpd\n  -o smtpd_upstream_proxy_protocol=haproxy\n"
    found = listeners(meaning(AUTH, master))
    assert [(each.port, each.asks_for_header) for each in found] == [(25, False), (10025, True)]
    assert found[1].proxy_header
    assert (found[1].proxy_header.place.file, found[1].proxy_header.place.line) == (MASTER, 3)
    everywhere = listeners(meaning(AUTH + "smtpd_upstream_proxy_protocol = haproxy\n", master.replace("=haproxy", "=")))
    assert [each.asks_for_header for each in everywhere] == [True, False]


def test_postscreen_has_a_setting_of_its_own() -> None:
    """The smtpd behind it is handed the addresses, whatever stands there for smtpd."""
    master = "smtp inet n - y - 1 postscreen\n{}smtpd pass - - y - - smtpd\n"
    own = "  -o postscreen_upstream_proxy_protocol=haproxy\n"
    assert first(meaning(AUTH, master.format(own))).from_loopback is TRUSTED
    behind = meaning(AUTH + "smtpd_upstream_proxy_protocol = haproxy\n", master.format(""))
    assert listeners(behind)[0].proxy_header is None


@pytest.mark.parametrize(("value", "expected"), [("$nowhere", True), ("HAProxy", False), ("nginx", False)])
def test_what_postfix_does_not_know_is_a_doubt(value: str, expected: bool) -> None:
    """A variable may stand for it; at a protocol that it does not know smtpd ends."""
    posture = meaning(AUTH + f"smtpd_upstream_proxy_protocol = {value}\n")
    header = listeners(posture)[0].proxy_header
    assert (MAIN, 2) in doubts(posture)
    assert (header is not None) is expected
    assert not header or header.from_loopback is UNKNOWN


@pytest.mark.parametrize(
    ("hosts", "reach"),
    [
        ("*", TRUSTED),
        ("127.0.0.0/8", TRUSTED),
        ("10.0.0.1 : 127.0.0.2", TRUSTED),
        ("!127.0.0.1 : *", TRUSTED),
        ("<; ::1 ; 127.0.0.0/8", TRUSTED),
        ("+proxies", TRUSTED),
        ("!10.0.0.1", TRUSTED),  # all but these
        ("10.0.0.1", EXEMPT),
        ("127.0.0.1", EXEMPT),
        ("!127.0.0.0/8 : *", EXEMPT),
        ("proxy.example.org", UNKNOWN),
        ("net-lsearch;/etc/proxies", UNKNOWN),
        ("+unheard", UNKNOWN),
        ("${lookup{x}lsearch{/etc/proxies}}", UNKNOWN),
    ],
)
def test_exim_demands_it_of_the_hosts_of_a_list(hosts: str, reach: FromLoopback) -> None:
    """All others are greeted without one; what only Exim can work out is a doubt."""
    posture = of_exim(f"hostlist proxies = 127.0.0.0/8\nhosts_proxy = {hosts}\n")
    assert first(posture).from_loopback is reach
    assert first(posture).place.line == 2
    assert ((EXIM, 2) in doubts(posture)) is (reach is UNKNOWN)


@pytest.mark.parametrize("text", ["", "hosts_proxy =\n"])
def test_exim_without_a_list_greets_everybody(text: str) -> None:
    """No header is expected."""
    assert listeners(of_exim(text))[0].proxy_header is None


def test_a_macro_of_exims_is_put_in() -> None:
    """One that is not there stays a name that nobody can tell."""
    assert first(of_exim("PROXIES = 127.0.0.0/8\nhosts_proxy = PROXIES\n")).from_loopback is TRUSTED
    assert first(of_exim("hosts_proxy = PROXIES\n")).from_loopback is UNKNOWN

"""Small files made to hurt: understood within bounds, and where one was cut off, neither called clean nor edited."""

from collections.abc import Mapping

import pytest

from tests.unit.costing import at_most
from tests.unit.products.answering import answered
from tightlip.model.posture import NoteKind, Posture
from tightlip.model.remedy import WithdrawMechanism
from tightlip.products import courier, cyrus, dovecot, exim, postfix
from tightlip.products._product import Declined, Files, Instance, Need, Product

DOVECOT, EXIM, IMAPD, COURIER = "/etc/dovecot/dovecot.conf", "/etc/exim4/exim4.conf", "/etc/imapd.conf", "/etc/courier/"
POP3 = "protocols = pop3\nssl_cert = </c.pem\nauth_mechanisms = plain\n"
POSTFIX = {"/etc/postfix/main.cf": "smtpd_sasl_auth_enable = yes\n", "/etc/postfix/master.cf": ""}
SERVER = "begin authenticators\na:\n  driver = plaintext\n  server_condition = true\n"


def told(product: Product, name: str, texts: Mapping[str, str]) -> tuple[Files, Posture]:
    """What a plug reads and what it means; the first file is the main one."""
    encoded = {path: text.encode() for path, text in texts.items()}
    with at_most(20.0, 250):
        files = answered(product.collect(Instance(product=name, config=next(iter(texts)))), encoded)
        return files, product.posture(files)


def is_doubted(files: Files, posture: Posture) -> bool:
    """Whether anything keeps it from being called clean."""
    required = any(each.need is Need.REQUIRED for each in files.missing)
    return bool(files.cut) or required or any(note.kind in (NoteKind.UNREAD, NoteKind.DOUBT) for note in posture.notes)


def listener(number: int) -> str:
    """An inet_listener."""
    return f"inet_listener a{number} {{\nport = {number + 1}\n}}\n"


def proxied(number: int) -> str:
    """One that expects a PROXY header."""
    return f"inet_listener a{number} {{\nport = {number + 1}\nhaproxy = yes\n}}\n"


DOVECOTS = {
    "variables of variables": {DOVECOT: f"{POP3}a = {'x' * 4_000}\nb = {'$a' * 500_000}\n"},
    "many long variables": {DOVECOT: f"{POP3}a = {'x' * 3_990}\n" + "b = x$a\n" * 20_000},
    "many listeners": {DOVECOT: f"{POP3}service pop3-login {{\n{''.join(map(listener, range(20_000)))}}}\n"},
    "many addresses": {DOVECOT: f"{POP3}listen = {' '.join(f'10.0.0.{number}' for number in range(60_000))}\n"},
    "many services": {
        DOVECOT: POP3
        + "".join(f"service s{n} {{\nexecutable = pop3-login\nprotocol = pop3\n}}\n" for n in range(3_000))
    },
    "many mechanisms": {DOVECOT: f"{POP3}auth_mechanisms = {' '.join(f'm{number}' for number in range(200_000))}\n"},
    "many lists": {DOVECOT: POP3 + "auth_mechanisms = $auth_mechanisms ntlm\n" * 5_000},
    "many switches": {
        DOVECOT: f"dovecot_config_version = 2.4.1\n{POP3}auth_mechanisms {{\n"
        + "".join(f"m{number} = yes\n" for number in range(20_000))
        + "}\n"
    },
    "includes of includes": {DOVECOT: f"{POP3}!include 0.conf\n"}
    | {f"/etc/dovecot/{depth}.conf": f"!include {depth + 1}.conf\n" * 10 for depth in range(15)}
    | {"/etc/dovecot/15.conf": "a = b\n"},
    "a deep include": {DOVECOT: f"{POP3}!include_try 0.conf\n"}
    | {f"/etc/dovecot/{depth}.conf": f"!include_try {depth + 1}.conf\n" for depth in range(20)},
    "many trusted proxies": {
        DOVECOT: POP3
        + f"haproxy_trusted_networks = {' '.join(f'10.1.{n // 250}.{n % 250}' for n in range(40_000))}\n" * 5
        + f"service pop3-login {{\n{''.join(map(proxied, range(3_000)))}}}\n"
    },
    "proxies trusted many times": {
        DOVECOT: POP3
        + "haproxy_trusted_networks = 10.0.0.0/8\n" * 20_000
        + f"service pop3-login {{\n{''.join(map(proxied, range(3_000)))}}}\n"
    },
    "a long way": {DOVECOT: POP3 + "!include_try long.conf\n" * 30, "/etc/dovecot/long.conf": "a = b\n" * 9_000},
}


@pytest.mark.drawn(3)
@pytest.mark.parametrize("what", DOVECOTS)
def test_a_dovecot_made_to_hurt_is_cut_off_and_said(what: str) -> None:
    """Each took seconds to hours, gigabytes, or hid what came last."""
    files, posture = told(dovecot.PRODUCT, "dovecot", DOVECOTS[what])
    assert is_doubted(files, posture)
    assert len(posture.services) <= 201
    assert all(len(service.listeners) <= 500 and len(service.offers) <= 200 for service in posture.services)


@pytest.mark.drawn(3)
@pytest.mark.parametrize("what", ["many switches", "includes of includes", "a deep include", "a long way"])
def test_a_dovecot_that_was_cut_off_is_not_edited(what: str) -> None:
    """What was left out may overrule the change."""
    texts = {path: text.replace("= plain\n", "= plain ntlm\n") for path, text in DOVECOTS[what].items()}
    files, _ = told(dovecot.PRODUCT, "dovecot", texts)
    assert isinstance(dovecot.PRODUCT.edit(files, WithdrawMechanism()), Declined)


EXIMS = {
    "includes of includes": {EXIM: f"{SERVER}.include /etc/0\n"}
    | {f"/etc/{depth}": f".include /etc/{depth + 1}\n" * 10 for depth in range(14)}
    | {"/etc/14": "# nothing\n"},
    "many macros": {
        EXIM: "".join(f"MAC{number}X = a\n" for number in range(9_000)) + SERVER + "  server_set_id = MAC1X\n" * 9_000
    },
    "long macros": {EXIM: f"MA = {'x' * 60_000}\n{SERVER}" + "  server_set_id = MA\n" * 20_000},
    "macros of all lengths": {
        EXIM: "".join(f"{'Z' * length} = a\n" for length in range(1, 64))
        + f"tls_advertise_hosts = {'AB' * 200_000}\n{SERVER}"
    },
    "many authenticators": {
        EXIM: "begin authenticators\n"
        + "".join(f"a{n}:\n  driver = spa\n  server_password = x\n" for n in range(10_000))
    },
    "many sockets": {
        EXIM: f"daemon_smtp_ports = {' : '.join(map(str, range(1, 9_000)))}\n"
        f"local_interfaces = {' : '.join(f'10.0.0.{number}' for number in range(9_000))}\n{SERVER}"
    },
    "proxies of proxies": {
        EXIM: "".join(f"hostlist h{n} = {' : '.join([f'+h{n + 1}'] * 20)}\n" for n in range(30))
        + f"hostlist h30 = 10.0.0.1\nhosts_proxy = +h0\n{SERVER}"
    },
    "many proxies": {
        EXIM: f"hosts_proxy = {' : '.join(f'10.1.{n // 250}.{n % 250}' for n in range(40_000))}\n"
        f"daemon_smtp_ports = {' : '.join(map(str, range(1, 9_000)))}\n{SERVER}"
    },
    "missing includes": {EXIM: "".join(f".include /etc/m{number}\n" for number in range(9_000)) + SERVER},
}


@pytest.mark.drawn(3)
@pytest.mark.parametrize("what", EXIMS)
def test_an_exim_made_to_hurt_is_cut_off_and_said(what: str) -> None:
    """Macros in macros, and includes that double at each of sixteen steps."""
    assert is_doubted(*told(exim.PRODUCT, "exim", EXIMS[what]))


def test_an_exim_that_was_cut_off_is_not_edited() -> None:
    """An authenticator may stand where it was not followed."""
    files, _ = told(exim.PRODUCT, "exim", EXIMS["includes of includes"])
    assert isinstance(exim.PRODUCT.edit(files, WithdrawMechanism()), Declined)


def services(lines: str) -> dict[str, str]:
    """A Cyrus with these services."""
    return {IMAPD: "sasl_mech_list: PLAIN\n", "/etc/cyrus.conf": f"SERVICES {{\n{lines}}}\n"}


CYRUSES = {
    "includes of includes": services("")
    | {IMAPD: "@include: /etc/0\n"}
    | {f"/etc/{depth}": f"@include: /etc/{depth + 1}\n" * 10 for depth in range(15)}
    | {"/etc/15": "# nothing\n"},
    "many services": services("".join(f'a{n} cmd="imapd" listen="{n}"\n' for n in range(20_000))),
    "many configurations": services("".join(f'a{n} cmd="imapd -C /etc/{n}" listen="{n}"\n' for n in range(100)))
    | {f"/etc/{number}": "@include: /etc/one\n" for number in range(100)}
    | {"/etc/one": "".join(f"o{number}: b\n" for number in range(9_000))},
    "missing includes": services("") | {IMAPD: "".join(f"@include: /etc/m{number}\n" for number in range(9_000))},
}


@pytest.mark.drawn(3)
@pytest.mark.parametrize("what", CYRUSES)
def test_a_cyrus_made_to_hurt_is_cut_off_and_said(what: str) -> None:
    """Ten includes at each of sixteen steps would be read for years."""
    assert is_doubted(*told(cyrus.PRODUCT, "cyrus", CYRUSES[what]))


def entries(kind: str, number: int) -> str:
    """A master.cf of these services."""
    return "".join(f"{each % 60_000} inet n - n - - {kind}\n" for each in range(number))


POSTFIXES = {
    "many services": {"/etc/postfix/master.cf": entries("smtpd", 9_000)},
    "many screens": {"/etc/postfix/master.cf": entries("postscreen", 9_000)},
    "many options": {"/etc/postfix/master.cf": "smtp inet n - n - - smtpd " + "-o a=b " * 100_000},
    "long variables": {
        "/etc/postfix/main.cf": f"smtpd_sasl_auth_enable = yes\na = {'x' * 4_000}\nsmtpd_sasl_path = {'$a' * 1_900}\n",
        "/etc/postfix/master.cf": entries("smtpd", 400),
    },
    "many interfaces": {
        "/etc/postfix/main.cf": f"inet_interfaces = {' '.join(f'10.0.0.{number}' for number in range(9_000))}\n",
        "/etc/postfix/master.cf": entries("smtpd", 400),
    },
}


@pytest.mark.drawn(3)
@pytest.mark.parametrize("what", POSTFIXES)
def test_a_postfix_made_to_hurt_is_cut_off_and_said(what: str) -> None:
    """Every service looks up a score of settings, each through its variables."""
    assert is_doubted(*told(postfix.PRODUCT, "postfix", POSTFIX | POSTFIXES[what]))


COURIERS = {
    "long variables": f"A={'x' * 60_000}\n" + "".join(f"B{number}=x$A\n" for number in range(9_000)) + "PORT=$B8999\n",
    "many ports": f"PORT={','.join(map(str, range(1, 60_000)))}\n",
    "many mechanisms": f'IMAP_CAPABILITY="{" ".join(f"AUTH=X{number}" for number in range(9_000))}"\n',
}


@pytest.mark.drawn(3)
@pytest.mark.parametrize("what", COURIERS)
def test_a_courier_made_to_hurt_is_cut_off_and_said(what: str) -> None:
    """A variable of sixty kilobytes in nine thousand others is half a gigabyte."""
    files, posture = told(courier.PRODUCT, "courier", {f"{COURIER}imapd": COURIERS[what]})
    assert is_doubted(files, posture)
    assert all(len(service.listeners) <= 200 and len(service.offers) <= 210 for service in posture.services)

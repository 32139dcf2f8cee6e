"""Dovecot's plug: at which sockets its auth processes answer others, and what of that could not be told."""

import pytest

from tests.unit.products import cases
from tightlip.model.posture import AuthSocket, Posture
from tightlip.products._product import Instance
from tightlip.products.dovecot import PRODUCT

MAIN = "/etc/dovecot/dovecot.conf"
V24 = "dovecot_config_version = 2.4.1\n"
OWN = {
    "/run/dovecot/auth-client",
    "/run/dovecot/auth-login",
    "/run/dovecot/auth-master",
    "/run/dovecot/auth-userdb",
    "/run/dovecot/login/login",
    "/run/dovecot/token-login/tokenlogin",
}
PRIVATE = "/var/spool/postfix/private/auth"


def of(text: str, main: str = MAIN, **beside: str) -> Posture:
    """The posture of a main file, and of others below conf.d."""
    files = {main: text} | {f"/etc/dovecot/conf.d/{name}.conf": more for name, more in beside.items()}
    instance = Instance(product="dovecot", config=main)
    return PRODUCT.posture(cases.read(PRODUCT, instance, {path: each.encode() for path, each in files.items()}))


def paths(found: Posture) -> set[str]:
    """The sockets that have a path."""
    return {each.path for each in found.backend_at if each.path}


def ports(found: Posture) -> set[tuple[str, int]]:
    """Those that have a port."""
    return {(each.address, each.port) for each in found.backend_at if each.port}


def auth(body: str) -> str:
    """A `service auth` with this in it."""
    return f"protocols = imap\nservice auth {{\n{body}\n}}\n"


def test_nothing_written_leaves_dovecot_s_own() -> None:
    """Those are there in every installation; nothing more is in doubt."""
    found = of("protocols = imap\n")
    assert (paths(found), ports(found), found.backend_unsure) == (OWN, set(), "")


def test_debian_s_example_listens_once_its_lines_are_no_comments() -> None:
    """The block of conf.d/10-master.conf, as it comes and as everybody has it."""
    text = (
        "  unix_listener auth-userdb {\n    #mode = 0666\n    #user =\n  }\n\n  # Postfix smtp-auth\n"
        "  #unix_listener /var/spool/postfix/private/auth {\n  #  mode = 0666\n  #}\n"
    )
    main = "protocols = imap\n!include conf.d/*.conf\n"
    as_it_comes = of(main, master=f"service auth {{\n{text}}}\n")
    assert paths(as_it_comes) == OWN
    used = text.replace("  #unix", "  unix").replace("  #  mode", "    mode").replace("  #}", "  }")
    found = of(main, master=f"service auth {{\n{used}}}\n")
    assert (paths(found), found.backend_unsure) == (OWN | {PRIVATE}, "")


@pytest.mark.parametrize("head", ["", V24])
@pytest.mark.parametrize(
    "body",
    [
        f"unix_listener {PRIVATE} {{\nmode = 0660\n}}",
        f'unix_listener "{PRIVATE}" {{\n}}',
        "unix_listener /var/spool//postfix/./private/auth/ {\n}",
        f"unix_listener {{\npath = {PRIVATE}\nmode = 0666\n}}",
        f"unix_listener postfix {{\npath = {PRIVATE}\n}}",
    ],
)
def test_a_path_is_the_listener_s_name_or_written_in_it(head: str, body: str) -> None:
    """However it is spelled, in 2.3 and 2.4."""
    assert paths(of(head + auth(body))) == OWN | {PRIVATE}


def test_relative_paths_begin_in_base_dir() -> None:
    """/var/run is /run; a build from the sources has its own."""
    body = "unix_listener postfix/auth {\n}"
    assert "/run/dovecot/postfix/auth" in paths(of(auth(body)))
    for base in ("/var/run/dovecot-b/", "/run/dovecot-b"):
        found = paths(of(f"base_dir = {base}\n{auth(body)}"))
        assert {"/run/dovecot-b/postfix/auth", "/run/dovecot-b/auth-client"} <= found
        assert not found & OWN
    built = paths(of(auth(body), "/usr/local/etc/dovecot/dovecot.conf"))
    assert {"/run/dovecot/auth-client", "/usr/local/var/run/dovecot/auth-client"} <= built


def test_mode_0_closes() -> None:
    """One of Dovecot's own as well, and in another block of the same name."""
    assert paths(of(auth("unix_listener auth-client {\nmode = 0\n}"))) == OWN - {"/run/dovecot/auth-client"}
    twice = auth(f"unix_listener {PRIVATE} {{\nmode = 0600\n}}") + auth(f"unix_listener {PRIVATE} {{\nmode = 0\n}}")
    assert paths(of(twice)) == OWN


@pytest.mark.parametrize(
    ("body", "there"),
    [
        ("inet_listener {\nport = 12345\n}", {("", 12345)}),
        (
            "inet_listener a {\nport = 1\n}\ninet_listener {\nport = 2\n}\ninet_listener {\nport = 3\n}",
            {("", 1), ("", 2), ("", 3)},
        ),
        ("inet_listener sasl {\naddress = 127.0.0.1, [::1]\nport = 12345\n}", {("127.0.0.1", 12345), ("::1", 12345)}),
        ("inet_listener sasl {\nlisten = 127.0.0.1\nport = 12345\n}", {("127.0.0.1", 12345)}),
        ("inet_listener sasl {\nport = 0\n}", set()),
        ("inet_listener sasl {\n}", set()),
    ],
)
def test_ports_are_there_with_their_addresses(body: str, there: set[tuple[str, int]]) -> None:
    """Without a port, or with 0, there is none."""
    found = of(auth(body))
    assert (ports(found), found.backend_unsure) == (there, "")


def test_other_services_answer_by_their_program_alone() -> None:
    """A site's own service of Dovecot's auth; the sockets of others are no matter of logins."""
    more = "executable = auth -w\nunix_listener /run/site/auth {\n}"
    assert "/run/site/auth" in paths(of(f"protocols = imap\nservice site {{\n{more}\n}}\n"))
    lmtp = "unix_listener /var/spool/postfix/private/lmtp {\n}"
    assert paths(of(f"protocols = imap\nservice lmtp {{\n{lmtp}\n}}\n")) == OWN


def test_what_dovecot_1_called_them_is_translated() -> None:
    """`socket listen` inside of `auth default`."""
    text = f"protocols = imap\nauth default {{\nsocket listen {{\nclient {{\npath = {PRIVATE}\n}}\n}}\n}}\n"
    assert paths(of(text)) == OWN | {PRIVATE}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (auth("unix_listener a {\npath = $elsewhere\n}"), "the path of one stands elsewhere"),
        (V24 + auth("unix_listener %{env:SOCKET} {\n}"), "the path of one stands elsewhere"),
        (auth("inet_listener a {\nport = </etc/dovecot/port\n}"), "the port of one stands elsewhere"),
        ("base_dir = $ENV:BASE\n" + auth(""), "base_dir could not be told"),
        (auth("") + "!include gone.conf\n", "its files were not read whole"),
        (auth("") + "service x {\n", "its files were not read whole"),
        (auth("".join(f"unix_listener /run/{n} {{\n}}\n" for n in range(501))), "it has more than 500"),
    ],
)
def test_what_could_not_be_told_is_said(text: str, why: str) -> None:
    """There may be sockets besides those that are named."""
    assert of(text).backend_unsure == why


def test_of_a_main_file_that_was_not_read_nothing_is_told() -> None:
    """Not even Dovecot's own sockets."""
    found = PRODUCT.posture(cases.read(PRODUCT, Instance(product="dovecot", config=MAIN), {}))
    assert (found.backend_at, found.backend_unsure) == ((), "its files were not read whole")


def test_spellings_of_one_path_are_one() -> None:
    """As AuthSocket they are equal, which is what linking compares."""
    assert AuthSocket(path="/run/a") in of(auth("unix_listener /var/run//a/ {\n}")).backend_at

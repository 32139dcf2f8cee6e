"""Postfix' plug where Dovecot decides on logins: what of its mechanisms Postfix does not let through."""

import pytest

from tests.unit.products.postfixes import AUTH, CERT, only
from tightlip.model.endpoint import Security
from tightlip.model.posture import AuthSocket


@pytest.mark.parametrize(
    ("options", "barred", "spared"),
    [
        ("noplaintext", {"PLAIN", "LOGIN", "XOAUTH2", "OAUTHBEARER"}, {"NTLM", "CRAM-MD5"}),
        ("noactive", {"NTLM", "CRAM-MD5", "DIGEST-MD5"}, {"PLAIN", "SCRAM-SHA-1"}),
        ("nodictionary", {"NTLM", "CRAM-MD5", "DIGEST-MD5"}, {"PLAIN"}),
        ("mutual_auth", {"PLAIN", "NTLM", "CRAM-MD5"}, {"DIGEST-MD5", "SCRAM-SHA-256"}),
    ],
)
def test_security_options_bar_what_dovecot_says_of_its_mechanisms(
    options: str, barred: set[str], spared: set[str]
) -> None:
    """By the properties that it tells on its auth socket; with TLS too, unless that has options of its own."""
    asking = AUTH + CERT + f"smtpd_sasl_type = dovecot\nsmtpd_sasl_security_options = noanonymous, {options}\n"
    delegation = only(asking).delegation
    assert delegation is not None
    assert [each.states for each in delegation.bars] == [
        (Security.PLAIN,),
        (Security.STARTTLS, Security.IMPLICIT),
    ]
    for bar in delegation.bars:
        assert barred <= set(bar.names)
        assert not spared & set(bar.names)
    free = only(asking + "smtpd_sasl_tls_security_options = noanonymous\n").delegation
    assert free is not None
    assert [each.states for each in free.bars] == [(Security.PLAIN,)]


def asked_at(path: str, chroot: str = "y", more: str = "") -> tuple[AuthSocket, ...]:
    """The sockets that a value of smtpd_sasl_path may mean."""
    asking = f"{AUTH}smtpd_sasl_type = dovecot\nsmtpd_sasl_path = {path}\n{more}"
    delegation = only(asking, f"smtp inet n - {chroot} - - smtpd\n").delegation
    assert delegation is not None
    return delegation.at


IN_QUEUE = "/var/spool/postfix/private/auth"


@pytest.mark.parametrize("chroot", ["y", "-", "n"])
@pytest.mark.parametrize("path", ["private/auth", "unix:private/auth", "private//auth/", "./private/auth"])
def test_a_relative_path_begins_in_the_queue_directory(chroot: str, path: str) -> None:
    """With a chroot or not, which is what it is for."""
    assert asked_at(path, chroot) == (AuthSocket(path=IN_QUEUE),)
    elsewhere = asked_at(path, chroot, "queue_directory = /var/spool/postfix-b\n")
    assert elsewhere == (AuthSocket(path="/var/spool/postfix-b/private/auth"),)


@pytest.mark.parametrize(
    ("path", "chroot", "there"),
    [
        ("/var/run/dovecot/auth-client", "n", {"/run/dovecot/auth-client"}),
        ("unix:/run/dovecot/auth-client", "n", {"/run/dovecot/auth-client"}),
        ("/private/auth", "y", {"/private/auth", IN_QUEUE}),
        ("/private/auth", "-", {"/private/auth", IN_QUEUE}),
        ("$queue_directory/private/auth", "n", {IN_QUEUE}),
    ],
)
def test_an_absolute_path_may_be_one_of_a_chroot(path: str, chroot: str, there: set[str]) -> None:
    """Where there is none, it is as it is written."""
    assert {each.path for each in asked_at(path, chroot)} == there


def test_a_dash_is_no_chroot_from_compatibility_level_1_on() -> None:
    """The level of every Postfix that was set up since 3.0."""
    found = asked_at("/private/auth", "-", "compatibility_level = 3.6\n")
    assert found == (AuthSocket(path="/private/auth"),)


@pytest.mark.parametrize(
    ("path", "there"),
    [
        ("inet:127.0.0.1:12345", ("127.0.0.1", 12345)),
        ("inet:[::1]:12345", ("::1", 12345)),
        ("inet:localhost:12345", ("localhost", 12345)),
        ("inet:12345", ("", 12345)),
    ],
)
def test_a_port_is_asked_at_its_address(path: str, there: tuple[str, int]) -> None:
    """Or at this machine's own, where none is written."""
    assert [(each.address, each.port) for each in asked_at(path)] == [there]


@pytest.mark.parametrize("path", ["$unknown/auth", "inet:127.0.0.1:sasl", "inet:"])
def test_what_could_not_be_followed_is_no_socket(path: str) -> None:
    """A variable that stands nowhere, a port by its name."""
    assert asked_at(path) == ()
    assert asked_at("private/auth", more="queue_directory = $unknown\n") == ()

"""The goals beside NTLM on real servers: plan, apply, what clients then meet, and every byte back again."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.real.administration import Administrator, digests
from tests.real.logins import PASSWORD, listed, protocol_of, smtp, ways_in
from tests.real.servers.ask import IMPLICIT_TLS, PLAIN, STARTTLS, ask
from tests.real.servers.contract import IMPLICIT, Listener, Server

Hire = Callable[[str], Administrator]
# What a listener lists, and by which commands one gets in.
Doors = tuple[set[str], list[str]]

_CLIENTS = ("pop3", "imap", "smtp")
_SECONDS = 30.0


@pytest.mark.drawn(6)
@pytest.mark.parametrize("name", ["dovecot", "dovecot-2.4", "cyrus", "exim", "mail-host"])
def test_nobody_logs_in_before_tls(circle: Hire, name: str) -> None:
    """Before TLS no login is listed and none taken, NTLM neither; over TLS one logs in, and mail comes in as before."""
    admin = circle(name)
    before, mail = digests(admin.server.folder), _mail(admin.server)
    assert _are_open(_in_clear(admin.server, "bob"))

    change = admin.reach("require-tls")
    assert _are_shut(_in_clear(admin.server, "bob"))
    assert not any(ask(each.scheme, each.port, PLAIN).discloses for each in _clear(admin.server))
    assert all(_over_tls(_spoken(admin.server, *_CLIENTS), "bob").values())
    assert _mail(admin.server) == mail
    assert "nothing to do" in admin.run("plan", *admin.told, "--goal", "require-tls")

    admin.run("rollback", change)
    assert digests(admin.server.folder) == before
    assert _are_open(_in_clear(admin.server, "bob"))


def test_a_public_mail_exchanger_still_takes_mail_without_tls(circle: Hire) -> None:
    """Port 25 takes a stranger's whole mail in clear, as RFC 3207 wants it, and no login; port 587 takes neither."""
    admin, user = circle("mail-exchanger"), "bob@pf01.lab.test"
    exchanger, submission = _clear(admin.server)
    assert (exchanger.port, submission.port) == (25, 587)
    before = digests(admin.server.folder)
    assert (_delivered(exchanger), _delivered(submission)) == (250, 250)
    assert _are_open(_in_clear(admin.server, user))

    change = admin.reach("require-tls")
    # RFC 3207, 4: 530 is "Must issue a STARTTLS command first".
    assert (_delivered(exchanger), _delivered(submission)) == (250, 530)
    assert "encrypt" not in (admin.server.folder / "conf" / "main.cf").read_text(encoding="utf-8")
    assert _are_shut(_in_clear(admin.server, user))
    assert all(_over_tls(admin.server.listeners, user).values())

    admin.run("rollback", change)
    assert digests(admin.server.folder) == before
    assert (_delivered(exchanger), _delivered(submission)) == (250, 250)


@pytest.mark.drawn(6)
@pytest.mark.parametrize("name", ["dovecot", "dovecot-2.4", "cyrus"])
def test_pop3_is_gone_and_imap_goes_on(circle: Hire, name: str) -> None:
    """Nobody listens on the ports of POP3 any more, and by IMAP one logs in as before; undone, POP3 is back."""
    admin = circle(name)
    before = digests(admin.server.folder)
    pop3, imap = _spoken(admin.server, "pop3"), _spoken(admin.server, "imap")
    assert all(_over_tls([*pop3, *imap], "bob").values())

    change = admin.reach("disable-pop3")
    assert [each.url for each in pop3 if not _is_closed(each)] == []
    assert all(_over_tls(imap, "bob").values())
    assert "nothing to do" in admin.run("plan", *admin.told, "--goal", "disable-pop3")

    admin.run("rollback", change)
    assert digests(admin.server.folder) == before
    assert all(_over_tls([*pop3, *imap], "bob").values())


@pytest.mark.drawn(6)
@pytest.mark.parametrize("name", ["dovecot", "dovecot-2.4"])
def test_only_some_accounts_keep_pop3(circle: Hire, name: str) -> None:
    """bob, who is listed, fetches mail by POP3, anna does not by any command; by IMAP both log in."""
    admin = circle(name)
    before = digests(admin.server.folder)
    pop3, imap = _spoken(admin.server, "pop3"), _spoken(admin.server, "imap")
    assert all(_over_tls(pop3, "anna").values())

    change = admin.reach("limit-accounts", "--account", "bob")
    assert all(_over_tls([*pop3, *imap], "bob").values())
    assert all(_over_tls(imap, "anna").values())
    assert not any(_over_tls(pop3, "anna").values())
    assert "nothing to do" in admin.run("plan", *admin.told, "--goal", "limit-accounts", "--account", "bob")

    admin.run("rollback", change)
    assert digests(admin.server.folder) == before
    assert all(_over_tls(pop3, "anna").values())


def test_a_login_that_must_fail_proves_who_is_kept_out(circle: Hire) -> None:
    """anna logs in before the change and is refused after it; a plan that lists her is not even begun."""
    admin = circle("dovecot")
    secret = admin.home / "anna.txt"
    secret.write_text(f"{PASSWORD}\n")
    secret.chmod(0o600)
    words = ("--smoke-denied-user", "anna", "--smoke-denied-password-file", str(secret))
    said = admin.run("apply", str(admin.plan("--goal", "limit-accounts", "--account", "bob")), *words)
    assert "what was to be proved is proved" in said
    admin.run("rollback", admin.changes()[0])
    unproved = admin.run("apply", str(admin.plan("--goal", "limit-accounts", "--account", "bob")))
    assert "not proved: that accounts are kept out" in unproved


def test_a_later_list_takes_the_place_of_the_earlier(circle: Hire) -> None:
    """The second list of accounts alone counts; undone one after the other, first the first counts again, then none."""
    admin = circle("dovecot")
    before = digests(admin.server.folder)
    pop3 = _spoken(admin.server, "pop3")

    first = admin.reach("limit-accounts", "--account", "bob")
    second = admin.reach("limit-accounts", "--all-but", "--account", "bob")
    assert all(_over_tls(pop3, "anna").values())
    assert not any(_over_tls(pop3, "bob").values())

    admin.run("rollback", second)
    assert all(_over_tls(pop3, "bob").values())
    assert not any(_over_tls(pop3, "anna").values())
    admin.run("rollback", first)
    assert digests(admin.server.folder) == before


def _spoken(server: Server, *protocols: str) -> list[Listener]:
    """The listeners that speak one of these protocols."""
    return [each for each in server.listeners if protocol_of(each) in protocols]


def _clear(server: Server) -> list[Listener]:
    """The listeners of mail clients that begin without TLS."""
    return [each for each in _spoken(server, *_CLIENTS) if each.scheme not in IMPLICIT]


def _in_clear(server: Server, user: str) -> dict[str, Doors]:
    """What each of them lists before TLS, and by which commands this user gets in."""
    with ThreadPoolExecutor() as pool:
        asked = {
            each.url: (pool.submit(listed, each), pool.submit(ways_in, each, PLAIN, user)) for each in _clear(server)
        }
        return {url: (names.result(), ways.result()) for url, (names, ways) in asked.items()}


def _are_open(doors: dict[str, Doors]) -> bool:
    return all(names and ways for names, ways in doors.values())


def _are_shut(doors: dict[str, Doors]) -> bool:
    """Whether nothing is listed and nobody gets in; an AssertionError tells where something is, or somebody does."""
    assert {url: found for url, found in doors.items() if found != (set(), [])} == {}
    return doors != {}


def _over_tls(listeners: Iterable[Listener], user: str) -> dict[str, list[str]]:
    """By which commands this user gets in over TLS: after STARTTLS, or on a port of TLS."""
    with ThreadPoolExecutor() as pool:
        asked = {
            each.url: pool.submit(ways_in, each, IMPLICIT_TLS if each.scheme in IMPLICIT else STARTTLS, user)
            for each in listeners
        }
        return {url: ways.result() for url, ways in asked.items()}


def _mail(server: Server) -> list[tuple[int, bytes]]:
    """What a stranger without TLS is answered on the port for mail from other servers: to MAIL FROM, to RCPT TO."""
    answers = []
    for listener in (each for each in server.listeners if each.scheme == "smtp"):
        with smtp(listener, PLAIN) as client:
            client.ehlo()
            answers += [client.mail("stranger@example.org"), client.rcpt("postmaster@pf01.lab.test")]
    return answers


def _delivered(listener: Listener) -> int:
    """The code that a whole mail without TLS, or the first of its commands that is refused, is answered with."""
    with smtp(listener, PLAIN) as client:
        client.ehlo()
        for code, _ in (client.mail("stranger@example.org"), client.rcpt("postmaster@pf01.lab.test")):
            if code != 250:
                return code
        return client.data("Subject: from a stranger\r\n\r\nHello.\r\n")[0]


def _is_closed(listener: Listener) -> bool:
    with socket.socket() as probe:
        probe.settimeout(_SECONDS)
        try:
            probe.connect((listener.host, listener.port))
        except ConnectionRefusedError:
            return True
        return False

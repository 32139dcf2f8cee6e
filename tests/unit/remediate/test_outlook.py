"""What will be so afterwards: which endpoints are proved, what stays, what could break, what is not met."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from tests.unit.rules.postures import (
    FILTER,
    IMPLICIT,
    NOW,
    PLAIN,
    STARTTLS,
    USUAL_TLS,
    imap,
    listeners,
    offer,
    posture,
    service,
)
from tightlip.model.endpoint import Security
from tightlip.model.posture import Certificate, Offer, Posture, Service
from tightlip.model.remedy import DisableService, LimitAccounts, Remedy, RequireTls, WithdrawMechanism
from tightlip.remediate.outlook import (
    Basis,
    expectations,
    left_silent,
    left_without_login,
    may_break,
    preconditions,
    restored,
)
from tightlip.remediate.plan import Expectation

WITHDRAW = WithdrawMechanism()
NO_TLS = replace(USUAL_TLS, available=False)


def expected(before: Posture, after: Posture, remedy: Remedy = WITHDRAW) -> dict[str, Expectation]:
    """The expectations by endpoint."""
    return {each.endpoint: each for each in expectations([before], [after], remedy)}


def test_every_state_of_every_listener_is_proved() -> None:
    """Port 110 before and after STLS, and 995; the mechanisms that stay must still be listed."""
    after = posture(service(offer("PLAIN")))
    proved = expected(posture(service(offer("PLAIN"), offer("NTLM"))), after)
    assert set(proved) == {"pop3://127.0.0.1:110", "pop3+starttls://127.0.0.1:110", "pop3s://127.0.0.1:995"}
    assert {each.kept for each in proved.values()} == {("PLAIN",)}
    assert {each.withdrawn for each in proved.values()} == {("NTLM", "GSS-SPNEGO")}


def test_kerberos_in_spnego_is_not_proved_to_be_gone() -> None:
    """Where SPNEGO carries nothing else it stays, and NTLM alone must be refused."""
    spnego = replace(offer("GSS-SPNEGO"), kerberos_only=True)
    proved = expected(posture(service(offer("PLAIN"), offer("NTLM"), spnego)), posture(service(offer("PLAIN"), spnego)))
    assert {each.withdrawn for each in proved.values()} == {("NTLM",)}


@pytest.mark.parametrize(
    ("address", "dialled"),
    [("", "127.0.0.1"), ("*", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("::", "[::1]"), ("[::]", "[::1]")],
)
def test_a_socket_on_every_address_is_asked_on_loopback(address: str, dialled: str) -> None:
    """Of its own family."""
    told = posture(service(offer("PLAIN"), sockets=listeners(995, address=address)))
    assert set(expected(told, told)) == {f"pop3s://{dialled}:995"}


@pytest.mark.parametrize("address", ["192.0.2.7", "2001:db8::7"])
def test_a_socket_on_one_address_is_asked_there(address: str) -> None:
    """Loopback would not reach it."""
    told = posture(service(offer("PLAIN"), sockets=listeners(995, address=address)))
    assert address in next(iter(expected(told, told)))


def test_without_tls_there_is_one_state() -> None:
    """No STARTTLS is asked for that is not there."""
    told = posture(service(offer("PLAIN"), sockets=listeners(110), tls=NO_TLS))
    assert set(expected(told, told)) == {"pop3://127.0.0.1:110"}


def test_what_a_filter_hides_is_not_looked_for_in_a_list() -> None:
    """It is accepted and not listed: missing it in the list would undo a good change."""
    hidden = replace(offer("LOGIN"), hidden_by=FILTER)
    told = posture(service(offer("PLAIN"), hidden))
    assert {each.kept for each in expected(told, told).values()} == {("PLAIN",)}
    assert {each.kept for each in restored([told])} == {("PLAIN",)}


def test_what_servers_do_not_list_is_not_looked_for() -> None:
    """APOP is no SASL mechanism, and EXTERNAL is for those who bring a certificate."""
    told = posture(service(offer("PLAIN"), offer("NTLM"), offer("APOP"), offer("EXTERNAL"), offer("PLAIN")))
    assert {each.kept for each in expected(told, told).values()} == {("PLAIN",)}
    assert {each.kept for each in restored([told])} == {("PLAIN", "NTLM")}


def test_before_tls_nothing_may_be_listed_where_tls_is_demanded() -> None:
    """In clear only; a mechanism of the other states is not looked for there."""
    demanding = replace(USUAL_TLS, required=True)
    after = posture(service(offer("PLAIN", STARTTLS), sockets=listeners(110), tls=demanding))
    proved = expected(posture(service(offer("PLAIN"), sockets=listeners(110))), after, RequireTls())
    assert (proved["pop3://127.0.0.1:110"].needs_tls, proved["pop3://127.0.0.1:110"].kept) == (True, ())
    assert (proved["pop3+starttls://127.0.0.1:110"].needs_tls, proved["pop3+starttls://127.0.0.1:110"].kept) == (
        False,
        ("PLAIN",),
    )


def test_a_port_that_goes_must_be_closed() -> None:
    """Whether its listener goes, or the whole service."""
    before = posture(service(offer("PLAIN")), imap(offer("PLAIN")))
    fewer = posture(service(offer("PLAIN"), sockets=listeners(995)), imap(offer("PLAIN")))
    gone = posture(imap(offer("PLAIN")))
    for after, ports in ((fewer, {"110"}), (gone, {"110", "995"})):
        closed = {each.endpoint.rpartition(":")[2] for each in expected(before, after).values() if each.closed}
        assert closed == ports


def test_an_undo_is_proved_by_what_was_listed_before() -> None:
    """In each state what that state had."""
    told = posture(service(offer("PLAIN", STARTTLS), offer("NTLM"), sockets=listeners(110)))
    assert {each.endpoint: each.kept for each in restored([told])} == {
        "pop3://127.0.0.1:110": ("NTLM",),
        "pop3+starttls://127.0.0.1:110": ("PLAIN", "NTLM"),
    }


@pytest.mark.parametrize("remedy", [WithdrawMechanism(), RequireTls()])
def test_a_login_without_tls_is_a_precondition_unmet(remedy: Remedy) -> None:
    """Passwords would go in clear; a service without logins needs none."""
    (unmet,) = preconditions([posture(service(offer("PLAIN"), tls=NO_TLS))], remedy, NOW, Basis.LIVE)
    assert "TLS on dovecot pop3" in unmet.what
    assert not list(preconditions([posture(service(tls=NO_TLS))], remedy, NOW, Basis.LIVE))


@pytest.mark.parametrize("remedy", [DisableService(), LimitAccounts(("bob",))])
def test_closing_pop3_needs_no_tls_elsewhere(remedy: Remedy) -> None:
    """Everybody else logs in as before."""
    assert not list(preconditions([posture(imap(offer("PLAIN")), service(tls=NO_TLS))], remedy, NOW, Basis.LIVE))


def test_a_certificate_must_be_there_and_valid() -> None:
    """One that ends at this very moment has ended."""
    certificates = (
        Certificate(path="/good.pem", not_after=NOW + timedelta(seconds=1)),
        Certificate(path="/ended.pem", not_after=NOW),
        Certificate(path="/gone.pem", problem="No such file or directory"),
        Certificate(path="/unknown.pem"),
    )
    told = posture(service(offer("PLAIN")), certificates=certificates)
    unmet = list(preconditions([told], WithdrawMechanism(), NOW, Basis.LIVE))
    assert [each.what for each in unmet] == ["a valid certificate in /ended.pem", "a valid certificate in /gone.pem"]


@pytest.mark.parametrize(
    ("before", "after", "lost"),
    [
        (service(offer("PLAIN"), offer("NTLM")), service(offer("PLAIN")), None),
        (service(offer("PLAIN"), offer("NTLM")), service(offer("NTLM")), "pop3"),
        (service(offer("PLAIN")), service(offer("PLAIN")), None),
        (service(offer("PLAIN")), service(replace(offer("PLAIN"), states=())), "pop3"),
        (service(offer("NTLM")), service(), None),
        (service(offer("PLAIN")), service(sockets=()), None),
        (service(offer("PLAIN")), imap(offer("PLAIN")), None),
    ],
)
def test_nobody_is_left_without_a_login(before: Service, after: Service, lost: str | None) -> None:
    """A service that is closed on purpose is another matter, and so is one that had no login before."""
    assert left_without_login(posture(before), posture(after)) == lost


def test_those_who_ask_are_not_left_without_a_login_either() -> None:
    """A backend that would offer nothing usable."""
    assert left_without_login(posture(backend=(offer("PLAIN"),)), posture(backend=(offer("NTLM"),)))


@pytest.mark.parametrize(
    ("after", "lost"),
    [
        ((offer("PLAIN"),), None),
        ((offer("PLAIN", STARTTLS, IMPLICIT),), PLAIN),
        ((offer("PLAIN", PLAIN),), STARTTLS),
        ((replace(offer("PLAIN"), hidden_by=FILTER),), PLAIN),
    ],
)
def test_a_server_that_must_announce_is_not_left_silent(after: tuple[Offer, ...], lost: Security | None) -> None:
    """In no state of its sockets in which it takes logins; others bear it."""
    before, then = service(offer("PLAIN"), offer("NTLM")), service(*after)
    told = left_silent(posture(before), posture(replace(then, must_announce=True)))
    assert (told and told[1]) == lost
    assert left_silent(posture(before), posture(then)) is None


def test_a_state_that_takes_no_logins_any_more_may_be_silent() -> None:
    """Once TLS is demanded nothing is announced before it."""
    demanding = service(offer("PLAIN", STARTTLS, IMPLICIT), tls=replace(USUAL_TLS, required=True))
    assert left_silent(posture(service(offer("NTLM"))), posture(replace(demanding, must_announce=True))) is None


@pytest.mark.parametrize(
    ("remedy", "word"),
    [
        (WithdrawMechanism(), "SPA"),
        (RequireTls(), "without TLS"),
        (DisableService(), "POP3"),
        (LimitAccounts(("bob",)), "POP3"),
    ],
)
def test_somebody_is_named_who_could_notice(remedy: Remedy, word: str) -> None:
    """For every remedy."""
    assert any(word in line for line in may_break(remedy, [posture(service())]))

"""What will be so afterwards: which endpoints are proved, what stays, what could break, what is not met."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from tests.unit.rules.postures import (
    CERTIFICATE_FILE,
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


def test_states_that_are_new_are_proved_too() -> None:
    """TLS that comes up with the change is the way in from then on."""
    off, on = replace(USUAL_TLS, available=False), replace(USUAL_TLS, required=True)
    before = posture(service(offer("PLAIN", PLAIN), sockets=listeners(110), tls=off))
    after = posture(service(offer("PLAIN", STARTTLS, IMPLICIT), sockets=listeners(110, 995), tls=on))
    proved = {each.endpoint: each.kept for each in expectations([before], [after], RequireTls())}
    assert proved == {
        "pop3://127.0.0.1:110": (),
        "pop3+starttls://127.0.0.1:110": ("PLAIN",),
        "pop3s://127.0.0.1:995": ("PLAIN",),
    }


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


def unmet(before: Posture, after: Posture, remedy: Remedy = WITHDRAW) -> list[str]:
    """What is not met before a change of a live host."""
    return [each.what for each in preconditions([before], [after], remedy, NOW, Basis.LIVE)]


def test_passwords_that_would_go_in_clear_are_a_precondition_unmet() -> None:
    """Unless they may go so today: a lack that stands is no matter of this change."""
    hiding = posture(service(offer("PLAIN", STARTTLS), offer("NTLM"), tls=NO_TLS))
    clear = posture(service(offer("PLAIN"), tls=NO_TLS))
    assert unmet(hiding, clear) == ["TLS on dovecot pop3"]
    assert unmet(clear, clear) == []


def test_tls_that_is_demanded_must_be_able_to_come_up() -> None:
    """Nobody could log in; a service without logins needs none, and neither has one that takes none today."""
    demanding = replace(NO_TLS, required=True)
    after = posture(service(offer("PLAIN", STARTTLS), tls=demanding))
    assert unmet(posture(service(offer("PLAIN"), tls=NO_TLS)), after, RequireTls()) == ["TLS on dovecot pop3"]
    assert unmet(posture(service(tls=NO_TLS)), after, RequireTls()) == []
    assert unmet(posture(service(replace(offer("PLAIN"), states=()), tls=demanding)), after, RequireTls()) == []


def test_where_mail_is_only_handed_on_no_tls_is_wanted() -> None:
    """On loopback, beside services that others reach; where all are on loopback, something stands in front of them."""
    way_back = service(offer("PLAIN"), name="inner", sockets=listeners(110, address="127.0.0.1"), tls=NO_TLS)
    demanding = replace(way_back, tls=replace(NO_TLS, required=True))
    assert unmet(posture(way_back, imap()), posture(demanding, imap()), RequireTls()) == []
    assert unmet(posture(way_back), posture(demanding), RequireTls()) == ["TLS on dovecot inner"]


def test_a_certificate_that_nobody_uses_may_be_anything() -> None:
    """Where TLS is off, as behind a proxy that has it."""
    gone = Certificate(path=CERTIFICATE_FILE, problem="No such file or directory")
    for tls, what in ((NO_TLS, []), (USUAL_TLS, [f"a valid certificate in {CERTIFICATE_FILE}"])):
        told = posture(service(offer("PLAIN"), tls=tls), certificates=(gone,))
        assert unmet(told, told) == what


@pytest.mark.parametrize("remedy", [DisableService(), LimitAccounts(("bob",))])
def test_closing_pop3_needs_no_tls_elsewhere(remedy: Remedy) -> None:
    """Everybody else logs in as before."""
    told = posture(imap(offer("PLAIN")), service(tls=NO_TLS), certificates=(Certificate(path="/c", not_after=NOW),))
    assert unmet(told, told, remedy) == []


def test_a_certificate_must_be_there_and_valid() -> None:
    """One that ends at this very moment has ended."""
    certificates = (
        Certificate(path="/good.pem", not_after=NOW + timedelta(seconds=1)),
        Certificate(path="/ended.pem", not_after=NOW),
        Certificate(path="/gone.pem", problem="No such file or directory"),
        Certificate(path="/unknown.pem"),
    )
    told = posture(service(offer("PLAIN")), certificates=certificates)
    assert unmet(told, told) == ["a valid certificate in /ended.pem", "a valid certificate in /gone.pem"]


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
        (service(offer("PLAIN")), service(tls=replace(NO_TLS, required=True)), None),
    ],
)
def test_nobody_is_left_without_a_login(before: Service, after: Service, lost: str | None) -> None:
    """A service that is closed on purpose is another matter; so is one that had no login before, or lacks TLS now."""
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

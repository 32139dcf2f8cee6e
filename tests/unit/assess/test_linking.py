"""Linking: a service that asks another product shows what that one says, and the cause stays in its file."""

import pytest
from msgspec.structs import replace

from tests.unit.rules.postures import (
    AT,
    EVERY,
    FILTER,
    IMPLICIT,
    MAIN_CF,
    MECHANISMS,
    PLAIN,
    STARTTLS,
    naming,
    offer,
    postfix,
    posture,
    service,
)
from tightlip.assess.linking import link
from tightlip.model.endpoint import Security
from tightlip.model.finding import Place
from tightlip.model.posture import AuthSocket, Bar, Note, NoteKind, Offer, Posture

DOVECOT = posture(service(naming("NTLM")), backend=(naming("NTLM"), offer("PLAIN")))
ELSEWHERE = Place("/srv/b/dovecot/dovecot.conf", 3, "auth_mechanisms", "plain")
OTHER = posture(config="/srv/b/dovecot/dovecot.conf", backend=(offer("PLAIN", place=ELSEWHERE),))


def test_offers_arrive_with_the_place_that_causes_them() -> None:
    """Postfix offers NTLM because of a line of Dovecot's; Dovecot itself stays as it is."""
    asking, asked = link((postfix(), DOVECOT))
    assert [(each.name, each.place, each.names_host) for each in asking.services[0].offers] == [
        ("NTLM", MECHANISMS, True),
        ("PLAIN", MECHANISMS, False),
    ]
    assert asking.notes == ()
    assert asked == DOVECOT


@pytest.mark.parametrize(("demand", "states"), [("no", EVERY), ("yes", (STARTTLS, IMPLICIT))])
def test_the_states_are_those_of_the_asking_service(demand: str, states: tuple[Security, ...]) -> None:
    """Its sockets and its own demand for TLS decide, whatever the other's clients are allowed."""
    asking, _ = link((postfix(demand=demand), posture(backend=(naming("NTLM", PLAIN),))))
    assert [each.states for each in asking.services[0].offers] == [states]


def test_unknown_sockets_have_the_states_that_tls_allows() -> None:
    """Without TLS there is the plain state alone."""
    asking = with_service(postfix(), listeners=())
    bare = with_service(asking, tls=replace(asking.services[0].tls, available=False))
    assert first_offer(asking).states == EVERY
    assert first_offer(bare).states == (PLAIN,)


def test_filters_of_the_asking_service_are_kept() -> None:
    """What it hides is hidden, what it refuses before TLS has no plain state."""
    asking = postfix(hides=("NTLM",))
    delegation = asking.services[0].delegation
    assert delegation is not None
    asking = with_service(
        asking, delegation=replace(delegation, bars=(Bar(names=("PLAIN",), states=(PLAIN,), place=FILTER),))
    )
    ntlm, plain = link((asking, DOVECOT))[0].services[0].offers
    assert (ntlm.hidden_by, ntlm.states) == (FILTER, EVERY)
    assert (plain.hidden_by, plain.states) == (None, (STARTTLS, IMPLICIT))


def test_linking_twice_changes_nothing() -> None:
    """Neither offers nor notes are added again."""
    once = link((postfix(), postfix(socket="inet:192.0.2.9:4711"), DOVECOT))
    assert link(once) == once


LEGACY = (AuthSocket(path="/var/spool/postfix/private/auth-legacy"),)
INET = (AuthSocket(address="192.0.2.9", port=4711),)


@pytest.mark.parametrize(
    ("others", "socket", "at", "why"),
    [
        ((), "private/auth", (AT,), "was not found"),
        ((posture(product="cyrus", backend=(offer("PLAIN"),)),), "private/auth", (AT,), "was not found"),
        ((DOVECOT,), "inet:192.0.2.9:4711", INET, "stands on another machine"),
        ((DOVECOT,), "inet:auth.example.org:sasl", (), "stands on another machine"),
        ((posture(),), "private/auth", (AT,), "says nothing of what it answers to others"),
        (
            (DOVECOT, OTHER),
            "private/auth",
            (AT,),
            "is one of 2 instances that listen there, and nothing tells which",
        ),
    ],
)
def test_a_delegation_that_leads_nowhere_is_a_note(
    others: tuple[Posture, ...], socket: str, at: tuple[AuthSocket, ...], why: str
) -> None:
    """The service keeps no offers, which is not none; the note names the setting's line."""
    text = f"dovecot, which is asked for logins at {socket}, {why}: its mechanisms are not known"
    assert_not_known(text, postfix(socket=socket, at=at), *others)


@pytest.mark.parametrize("others", [(DOVECOT,), (DOVECOT, OTHER)])
def test_who_listens_elsewhere_is_not_meant(others: tuple[Posture, ...]) -> None:
    """Not even the only one of its product: another may answer there that was not found."""
    text = "no Dovecot that was found listens at private/auth-legacy, so its mechanisms are not known"
    assert_not_known(text, postfix(socket="private/auth-legacy", at=LEGACY), *others)


def test_sockets_that_may_be_there_are_told() -> None:
    """Of a Dovecot that was not read whole, with why."""
    text = (
        "no Dovecot that was found listens at private/auth-legacy, so its mechanisms are not known; there may be "
        "sockets that were not seen (/etc/dovecot/dovecot.conf: its files were not read whole)"
    )
    partly = replace(DOVECOT, backend_unsure="its files were not read whole")
    assert_not_known(text, postfix(socket="private/auth-legacy", at=LEGACY), partly)


def test_a_socket_that_could_not_be_told_is_nobody_s() -> None:
    """A value with a variable in it."""
    text = "which Dovecot is meant by $mine/auth could not be told, so its mechanisms are not known"
    assert_not_known(text, postfix(socket="$mine/auth", at=()), DOVECOT)


def test_of_several_instances_the_one_that_listens_is_meant() -> None:
    """Whatever the order, and however many there are."""
    legacy = replace(OTHER, backend_at=LEGACY)
    for others in ((DOVECOT, legacy), (legacy, DOVECOT)):
        asking = link((postfix(), *others))[0]
        assert [each.place for each in asking.services[0].offers] == [MECHANISMS, MECHANISMS]
        assert asking.services[0].delegation is not None
        assert asking.services[0].delegation.answered_by == "/etc/dovecot/dovecot.conf"
        behind = link((postfix(socket="private/auth-legacy", at=LEGACY), *others))[0]
        assert [each.place for each in behind.services[0].offers] == [ELSEWHERE]


def test_of_several_that_listen_there_the_one_beside_is_meant() -> None:
    """Two copied hosts: both products' configurations lie in one folder."""
    asking = link((postfix(config="/srv/b/postfix/main.cf"), DOVECOT, OTHER))[0]
    assert [each.place for each in asking.services[0].offers] == [ELSEWHERE]


@pytest.mark.parametrize(
    ("asked", "listens", "is_answered"),
    [
        ("127.0.0.1", "", True),
        ("::1", "*", True),
        ("localhost", "127.0.0.1", True),
        ("", "::1", True),
        ("127.0.0.1", "localhost", True),
        ("127.0.0.1", "127.0.0.1", True),
        ("192.0.2.9", "192.0.2.9", True),
        ("127.0.0.1", "127.0.0.2", False),
        ("127.0.0.1", "192.0.2.9", False),
        ("192.0.2.9", "", False),
    ],
)
def test_ports_are_compared_with_their_addresses(asked: str, listens: str, is_answered: bool) -> None:
    """One on every address is reached on loopback; whose an address of the network is, nobody knows."""
    asking = postfix(socket=f"inet:{asked}:4711", at=(AuthSocket(address=asked, port=4711),))
    for port in (4711, 4712):
        listening = replace(DOVECOT, backend_at=(AuthSocket(address=listens, port=port),))
        assert bool(link((asking, listening))[0].services[0].offers) is (is_answered and port == 4711)


def assert_not_known(text: str, asking: Posture, *others: Posture) -> None:
    """No offers, and this note at the line of the setting."""
    found = link((asking, *others))[0]
    assert found.services[0].offers == ()
    assert found.notes == (Note(kind=NoteKind.UNKNOWN, text=text, file=MAIN_CF, line=20),)


def with_service(asking: Posture, **changes: object) -> Posture:
    """The same with its one service changed."""
    return replace(asking, services=(replace(asking.services[0], **changes),))


def first_offer(asking: Posture) -> Offer:
    """The first of what Dovecot makes it offer."""
    return link((asking, DOVECOT))[0].services[0].offers[0]

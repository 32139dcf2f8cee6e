"""Linking: a service that asks another product shows what that one says, and the cause stays in its file."""

import pytest
from msgspec.structs import replace

from tests.unit.rules.postures import (
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
from tightlip.model.posture import Bar, Note, NoteKind, Offer, Posture

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


@pytest.mark.parametrize(
    ("others", "socket", "why"),
    [
        ((), "private/auth", "was not found"),
        ((posture(product="cyrus", backend=(offer("PLAIN"),)),), "private/auth", "was not found"),
        ((DOVECOT,), "inet:192.0.2.9:4711", "stands on another machine"),
        ((DOVECOT,), "inet:auth.example.org:4711", "stands on another machine"),
        ((posture(),), "private/auth", "says nothing of what it answers to others"),
        ((DOVECOT, OTHER), "private/auth", "is one of 2 instances, and nothing tells which"),
        ((DOVECOT, OTHER), "/var/spool/postfix/private/auth", "is one of 2 instances, and nothing tells which"),
    ],
)
def test_a_delegation_that_leads_nowhere_is_a_note(others: tuple[Posture, ...], socket: str, why: str) -> None:
    """The service keeps no offers, which is not none; the note names the setting's line."""
    asking = link((postfix(socket=socket), *others))[0]
    text = f"dovecot, which is asked for logins at {socket}, {why}: its mechanisms are not known"
    assert asking.services[0].offers == ()
    assert asking.notes == (Note(kind=NoteKind.UNKNOWN, text=text, file=MAIN_CF, line=20),)


@pytest.mark.parametrize("socket", ["private/auth", "inet:127.0.0.1:4711", "inet:[::1]:4711", "inet:localhost:4711"])
def test_the_only_instance_is_meant(socket: str) -> None:
    """Wherever on this machine its socket stands."""
    assert [each.name for each in link((postfix(socket=socket), DOVECOT))[0].services[0].offers] == ["NTLM", "PLAIN"]


@pytest.mark.parametrize(
    ("socket", "config"),
    [("/srv/b/dovecot/run/auth", MAIN_CF), ("private/auth", "/srv/b/postfix/main.cf")],
)
def test_of_several_instances_the_one_beside_is_meant(socket: str, config: str) -> None:
    """The socket lies in its folder, or both products' configurations lie in one."""
    asking = link((postfix(socket=socket, config=config), DOVECOT, OTHER))[0]
    assert [each.place for each in asking.services[0].offers] == [ELSEWHERE]


def with_service(asking: Posture, **changes: object) -> Posture:
    """The same with its one service changed."""
    return replace(asking, services=(replace(asking.services[0], **changes),))


def first_offer(asking: Posture) -> Offer:
    """The first of what Dovecot makes it offer."""
    return link((asking, DOVECOT))[0].services[0].offers[0]

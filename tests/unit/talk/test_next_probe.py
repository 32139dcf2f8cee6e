"""What is asked next of an endpoint state, from what was heard; nothing is asked twice, and limits are kept."""

import pytest

from tests.unit.assess.observed import challenge
from tests.unit.talk.inquired import asked_of, protocol, refusing
from tightlip.model.disclosure import Disclosure
from tightlip.model.endpoint import Security
from tightlip.model.facts import (
    Acceptance,
    Asked,
    Door,
    Fact,
    LeftUnasked,
    Mechanisms,
    OtherProtocol,
    Refusal,
    Standing,
    TlsOffer,
    Upgrade,
)
from tightlip.model.observation import Depth
from tightlip.talk.grounds import told_to_wait
from tightlip.talk.next_probe import Inquiry
from tightlip.talk.probes import PathProbe, Probe, Subject

NAMED, EMPTY = challenge(Disclosure(target_name="CORP")), challenge(Disclosure())
PLAIN_LISTED, NOTHING_LISTED = Mechanisms(("PLAIN",)), Mechanisms(())


def test_who_refuses_plainly_is_asked_once() -> None:
    """No such mechanism, in a protocol whose lists are believed: NTLM, and nothing else."""
    inquiry = Inquiry(protocol("pop3"), Security.IMPLICIT)
    assert asked_of(inquiry, refusing(Standing.NO_SUCH_MECHANISM), PLAIN_LISTED) == [["auth NTLM"]]
    assert list(inquiry.left_unasked()) == []


def test_smtp_is_asked_for_what_a_filter_may_hide() -> None:
    """GSS-SPNEGO and GSSAPI, last, on one connection, three refusals in all."""
    inquiry = Inquiry(protocol("smtp"), Security.IMPLICIT)
    asked = asked_of(inquiry, refusing(Standing.NO_SUCH_MECHANISM), PLAIN_LISTED)
    assert asked == [["auth NTLM", "spnego GSS-SPNEGO wrapped", "gssapi GSSAPI"]]


@pytest.mark.parametrize("standing", [Standing.TLS_REQUIRED, Standing.NO_AUTHENTICATION])
def test_who_has_no_logins_in_this_state_is_asked_no_further(standing: Standing) -> None:
    """TLS first, or no authentication here: the other paths are the same login."""
    inquiry = Inquiry(protocol("smtp"), Security.PLAIN)
    assert asked_of(inquiry, refusing(standing), TlsOffer(listed=True), NOTHING_LISTED) == [["auth NTLM"]]


def test_an_unclear_refusal_is_measured() -> None:
    """A listed mechanism is begun first, then NTLM comes with its message, at last what does not exist."""
    inquiry = Inquiry(protocol("pop3"), Security.IMPLICIT)
    asked = asked_of(inquiry, refusing(Standing.UNCLEAR), PLAIN_LISTED)
    assert asked == [
        ["auth NTLM", "listed_mechanism PLAIN", "auth NTLM initial_response", "unknown_mechanism X-TIGHTLIP"]
    ]


def test_what_is_listed_and_refused_is_measured_too() -> None:
    """The list contradicts the words."""
    inquiry = Inquiry(protocol("pop3"), Security.IMPLICIT)
    asked = asked_of(inquiry, refusing(Standing.NO_SUCH_MECHANISM), Mechanisms(("NTLM",)))
    assert asked == [["auth NTLM", "auth NTLM initial_response", "unknown_mechanism X-TIGHTLIP"]]


def test_where_nothing_is_listed_a_command_is_invented() -> None:
    """Refused like it, and unlike one that exists: there is no AUTH, and no more is asked."""
    inquiry = Inquiry(protocol("smtp"), Security.PLAIN)
    asked = asked_of(inquiry, refusing(Standing.UNCLEAR, "500 what?"), NOTHING_LISTED)
    assert asked == [["auth NTLM", "unknown_command STIGHTLIP", "known_command NOOP"]]


def test_a_mechanism_is_asked_for_as_it_is_spelled() -> None:
    """Servers are met that compare letter by letter."""
    inquiry = Inquiry(protocol("pop3"), Security.IMPLICIT)
    lists = Mechanisms(("NTLM", "GSSAPI"), Door.AUTH, ("Ntlm", "gssapi"))
    asked = asked_of(inquiry, lambda _probe: [EMPTY, Acceptance(Door.AUTH)], lists)
    assert asked == [["auth Ntlm", "gssapi gssapi"]]


def test_what_is_refused_as_it_is_spelled_is_asked_for_as_clients_write_it() -> None:
    """A list says how its author writes names, not what the server compares them with."""
    inquiry = Inquiry(protocol("pop3"), Security.IMPLICIT)
    asked = asked_of(inquiry, refusing(Standing.NO_SUCH_MECHANISM), Mechanisms(("NTLM",), Door.AUTH, ("Ntlm",)))
    assert asked[0][:2] == ["auth Ntlm", "auth NTLM"]


def test_each_listed_spelling_is_asked_for() -> None:
    """Two lines of one list, or the lists of two connections, may write a name in two ways."""
    inquiry = Inquiry(protocol("pop3"), Security.IMPLICIT)
    lists = Mechanisms(("NTLM",), Door.AUTH, ("Ntlm", "ntlm"))
    asked = asked_of(inquiry, refusing(Standing.NO_SUCH_MECHANISM), lists)
    assert asked[0][:3] == ["auth Ntlm", "auth ntlm", "auth NTLM"]


def test_a_disclosure_ends_a_polite_asking_and_no_thorough_one() -> None:
    """Once a path discloses the rest is asked only thoroughly."""
    lists = Mechanisms(("NTLM", "GSS-SPNEGO"))
    politely = Inquiry(protocol("pop3"), Security.IMPLICIT)
    assert asked_of(politely, lambda _probe: [NAMED, Acceptance(Door.AUTH)], lists) == [["auth NTLM"]]
    assert politely.has_disclosed
    thoroughly = Inquiry(protocol("pop3"), Security.IMPLICIT, Depth.THOROUGH)
    asked = asked_of(thoroughly, lambda _probe: [NAMED, Acceptance(Door.AUTH)], lists)
    assert asked == [["auth NTLM", "spnego GSS-SPNEGO wrapped", "msn MSN", "gssapi GSSAPI"]]


def test_a_thorough_asking_holds_its_controls_on_a_connection_of_their_own() -> None:
    """Every path, three refusals a connection, NTLM first on each; then with its message, as the second refused."""
    inquiry = Inquiry(protocol("pop3"), Security.IMPLICIT, Depth.THOROUGH)
    asked = asked_of(inquiry, refusing(Standing.NO_SUCH_MECHANISM), PLAIN_LISTED)
    assert asked == [
        ["auth NTLM", "spnego GSS-SPNEGO wrapped", "msn MSN"],
        ["auth NTLM", "gssapi GSSAPI"],
        ["unknown_mechanism X-TIGHTLIP", "auth NTLM initial_response", "auth NTLM"],
    ]


def test_another_list_is_another_machine_which_is_asked_for_all_of_it() -> None:
    """What one machine of a pool refused is no answer of the next; who never answers twice alike is left in doubt."""
    inquiry = Inquiry(protocol("imap"), Security.IMPLICIT, Depth.THOROUGH)
    refuse = refusing(Standing.NO_SUCH_MECHANISM)
    for listed in (Mechanisms(("PLAIN",)), Mechanisms(("PLAIN", "NTLM"))):
        facts: list[Fact] = [listed]
        inquiry.connect(facts)
        probe = inquiry.next_probe()
        assert probe == PathProbe()
        facts += refuse(probe)
        inquiry.disconnect()
    assert inquiry.wants_connection()
    assert [left.what for left in inquiry.left_unasked()] == ["GSS-SPNEGO"]


def test_transact_stands_in_no_list() -> None:
    """Exchange's AUTHINFO TRANSACT is older than capabilities: whoever lists them is not asked for it."""
    news, refuse = protocol("nntp"), refusing(Standing.NO_SUCH_MECHANISM)
    assert asked_of(Inquiry(news, Security.IMPLICIT), refuse, PLAIN_LISTED) == [["auth NTLM", "generic NTLM"]]
    assert asked_of(Inquiry(news, Security.IMPLICIT), refuse)[0] == ["auth NTLM", "generic NTLM", "transact NTLM"]


def test_a_refused_message_is_sent_in_its_other_form() -> None:
    """The older type 1 where the current one was refused; for GSSAPI the one in SPNEGO.

    GSSAPI that is listed has a connection of its own: its failed logins are not to follow other refusals.
    """

    def refusing_messages(probe: Probe) -> list[Fact]:
        assert isinstance(probe, PathProbe)
        taken = [] if probe.via is Door.GSSAPI else [Acceptance(probe.via)]
        return [*taken, Refusal(Asked.MESSAGE, Standing.UNCLEAR, "-ERR no", probe.via, probe.mechanism)]

    inquiry = Inquiry(protocol("pop3"), Security.IMPLICIT)
    asked = asked_of(inquiry, refusing_messages, Mechanisms(("GSSAPI",)))
    assert asked == [["auth NTLM", "auth NTLM older"], ["gssapi GSSAPI", "gssapi GSSAPI wrapped"]]


def test_what_the_limits_cut_off_is_left_unasked() -> None:
    """Three refusals a connection and two connections: what remains is named, and leaves the state in doubt."""
    inquiry = Inquiry(protocol("imap"), Security.PLAIN)
    lists = Mechanisms(("MSN", "GSS-SPNEGO", "GSSAPI", "NTLM"))

    def ever_different(probe: Probe) -> list[Fact]:
        assert isinstance(probe, PathProbe)
        taken = [] if probe.message == "current" else [Refusal(Asked.MECHANISM, Standing.UNCLEAR, "NO", probe.via)]
        return [*taken, Refusal(Asked.MESSAGE, Standing.UNCLEAR, "NO", probe.via, probe.mechanism)]

    asked = asked_of(inquiry, ever_different, lists)
    assert len(asked) == 2
    assert [type(each) for each in inquiry.left_unasked()] == [LeftUnasked]


def test_an_error_limit_gives_the_open_probe_another_connection() -> None:
    """Closed after a refusal of ours: what was open then is asked again, once."""
    inquiry = Inquiry(protocol("smtp"), Security.IMPLICIT)
    facts: list[Fact] = [PLAIN_LISTED]
    inquiry.connect(facts)
    first = inquiry.next_probe()
    assert first is not None
    facts += refusing(Standing.NO_SUCH_MECHANISM)(first)
    cut_off = inquiry.next_probe()
    assert inquiry.ask_again()
    inquiry.disconnect()
    assert inquiry.wants_connection()
    inquiry.connect([PLAIN_LISTED])
    assert inquiry.next_probe() == cut_off
    assert not inquiry.ask_again()


OVER: list[Fact] = [
    OtherProtocol("SSH"),
    Upgrade(offered=True, accepted=False),
    Refusal(Asked.GREETING, Standing.PERMANENT, "no"),
    Refusal(Asked.MECHANISM, Standing.TEMPORARY, "later", Door.AUTH),
    Refusal(Asked.MECHANISM, Standing.BANNED, "blocked", Door.AUTH),
]


@pytest.mark.parametrize("fact", OVER)
@pytest.mark.parametrize("depth", Depth)
def test_who_is_not_there_or_does_not_want_us_is_asked_nothing(fact: Fact, depth: Depth) -> None:
    """However thorough the asking."""
    inquiry = Inquiry(protocol("smtp"), Security.PLAIN, depth, tuple(Subject))
    facts: list[Fact] = []
    inquiry.connect(facts)
    assert inquiry.next_probe() is not None
    facts.append(fact)
    assert inquiry.next_probe() is None
    inquiry.disconnect()
    assert not inquiry.wants_connection()
    assert list(inquiry.left_unasked()) == []


@pytest.mark.parametrize(
    ("security", "subjects", "expected"),
    [
        (Security.PLAIN, tuple(Subject), [["auth NTLM"], ["password"]]),
        (Security.PLAIN, (Subject.NTLM,), [["auth NTLM"]]),
        (Security.IMPLICIT, tuple(Subject), [["auth NTLM"]]),
    ],
)
def test_passwords_are_asked_about_last_and_without_tls_alone(
    security: Security, subjects: tuple[Subject, ...], expected: list[list[str]]
) -> None:
    """On a connection of their own."""
    inquiry = Inquiry(protocol("pop3"), security, subjects=subjects)
    assert asked_of(inquiry, refusing(Standing.NO_SUCH_MECHANISM), PLAIN_LISTED) == expected


@pytest.mark.parametrize(
    ("facts", "waits"),
    [
        ([], False),
        ([Refusal(Asked.MECHANISM, Standing.UNCLEAR, "no")], False),
        ([Refusal(Asked.MECHANISM, Standing.TEMPORARY, "later")], True),
        ([Refusal(Asked.GREETING, Standing.TEMPORARY, "421")], True),
        ([Refusal(Asked.MECHANISM, Standing.TEMPORARY, "later"), Acceptance(Door.AUTH)], False),
    ],
)
def test_for_now_is_worth_waiting_unless_something_better_is_known(facts: list[Fact], waits: bool) -> None:
    """Only a "not now" with nothing accepted is a reason to come back."""
    assert told_to_wait(facts) is waits


def test_an_unclear_refusal_of_a_command_of_its_own_is_held_against_an_invented_one() -> None:
    """X-EXPS, where it is no path here, is refused like any command that does not exist."""
    inquiry = Inquiry(protocol("smtp"), Security.IMPLICIT, Depth.THOROUGH)
    asked = asked_of(inquiry, refusing(Standing.UNCLEAR, "550 5.5.1 what?"), PLAIN_LISTED)
    assert "unknown_command STIGHTLIP" in [each for connection in asked for each in connection]

"""config-contradicts-wire: the service does not do what its files say."""

import pytest
from msgspec.structs import replace

from tests.unit.assess.observed import ACCEPTED, REFUSED, REFUSED_FOR_NOW, TLS_FIRST, TLS_LISTED, observed
from tests.unit.rules.postures import (
    DEMAND,
    MECHANISMS,
    PLAIN,
    STARTTLS,
    cleared,
    finding,
    findings,
    imap,
    naming,
    note,
    offer,
    postfix,
    posture,
    service,
    view,
)
from tightlip.model.facts import Acceptance, Door
from tightlip.model.finding import Certainty, Evidence
from tightlip.model.observation import Depth, Observation
from tightlip.model.posture import NoteKind, Posture

RULE = "config-contradicts-wire"
ENDPOINT = "pop3://mail.example.org:110"
MENDED = posture(service(offer("PLAIN", STARTTLS)))
LEAKING = posture(service(offer("PLAIN"), naming("NTLM")))
AFTER_TLS = posture(service(naming("NTLM", STARTTLS)))
THOROUGHLY = replace(observed(REFUSED), depth=Depth.THOROUGH)
LOCAL = replace(observed(ACCEPTED), address="127.0.0.1")


def test_a_withdrawn_mechanism_that_is_accepted_is_flagged() -> None:
    """Not reloaded, another file, or a proxy: the subject is the endpoint, the files stand beside what was heard."""
    (found,) = findings(RULE, view(MENDED, heard=(observed(ACCEPTED),)))
    assert found.subject == ENDPOINT
    assert found.certainty is Certainty.BOTH
    assert found.summary == "NTLM is accepted, though the configuration does not offer it in this state"
    assert found.places == (MECHANISMS, DEMAND)
    assert found.evidence[0] == Evidence(observation="run/0", text="accepted on the wire")
    assert [each.file for each in found.evidence[1:]] == [MECHANISMS.file, DEMAND.file]


@pytest.mark.parametrize(
    ("written", "heard"),
    [(LEAKING, observed(REFUSED)), (LEAKING, observed(TLS_LISTED, TLS_FIRST)), (AFTER_TLS, observed(ACCEPTED))],
)
def test_either_way_round_is_flagged(written: Posture, heard: Observation) -> None:
    """Offered and refused, offered before TLS and made to wait, offered after TLS and accepted before."""
    assert [each.subject for each in findings(RULE, view(written, heard=(heard,)))] == [ENDPOINT]


@pytest.mark.parametrize(
    ("written", "heard"),
    [
        (LEAKING, observed(ACCEPTED)),
        (MENDED, THOROUGHLY),
        (AFTER_TLS, replace(observed(TLS_LISTED, TLS_FIRST), depth=Depth.THOROUGH)),
        (posture(service(offer("PLAIN"), replace(offer("PLAINTEXT"), called="NTLM"))), observed(ACCEPTED)),
    ],
)
def test_agreement_clears(written: Posture, heard: Observation) -> None:
    """What was a contradiction is proven to be none."""
    host = view(written, heard=(heard,))
    assert findings(RULE, host) == []
    assert cleared(RULE, host) == [ENDPOINT]


@pytest.mark.parametrize(
    ("written", "heard"),
    [
        (MENDED, observed(REFUSED)),  # politely: another node may accept it
        (MENDED, replace(THOROUGHLY, was_throttled=True)),
        (MENDED, observed(REFUSED_FOR_NOW)),
        (MENDED, observed(Acceptance(Door.X_EXPS))),
        (posture(imap(offer("PLAIN"))), observed(ACCEPTED)),
        (posture(service(offer("PLAIN")), notes=(note(NoteKind.DOUBT),)), observed(ACCEPTED)),
        (posture(service(offer("PLAIN")), notes=(note(NoteKind.UNREAD),)), observed(ACCEPTED)),
        (posture(service(delegation=postfix().services[0].delegation)), observed(ACCEPTED)),
        (posture(service(naming("NTLM")), service(offer("PLAIN"))), observed(REFUSED)),
        (posture(service(replace(naming("NTLM"), called="MSN"))), observed(REFUSED)),
        (MENDED, LOCAL),
        (MENDED, replace(observed(ACCEPTED), source_address="192.0.2.7")),
    ],
)
def test_what_cannot_be_told_is_left_alone(written: Posture, heard: Observation) -> None:
    """Doubt on either side, no service on the port, two of them that differ, a server asked from its own address."""
    host = view(written, heard=(heard,))
    assert (findings(RULE, host), cleared(RULE, host)) == ([], [])


def test_a_server_asked_from_another_loopback_address_counts() -> None:
    """Then it does not take the client for itself."""
    heard = replace(LOCAL, source_address="127.0.0.2")
    assert len(findings(RULE, view(MENDED, heard=(heard,)))) == 1


def test_no_offers_at_all_are_known_offers() -> None:
    """A service without SASL that accepts NTLM is not the one that was read."""
    assert len(findings(RULE, view(posture(service()), heard=(observed(ACCEPTED),)))) == 1


def test_what_the_product_says_of_its_files_is_flagged() -> None:
    """A note of contradiction names its setting; without an observation it is written only."""
    found = finding(RULE, posture(service(offer("PLAIN", PLAIN)), notes=(note(NoteKind.CONTRADICTION, "differs"),)))
    assert (found.subject, found.summary) == ("mail.example.org auth_mechanisms", "differs")
    assert (found.certainty, found.places) == (Certainty.WRITTEN, (MECHANISMS,))


def test_an_offer_on_a_proviso_contradicts_nothing() -> None:
    """A plugin that nobody saw may not be there: its refusal is no contradiction."""
    unsure = posture(service(offer("PLAIN"), replace(naming("NTLM"), proviso="if the plugin is installed")))
    assert findings(RULE, view(unsure, heard=(observed(REFUSED),))) == []
    assert findings(RULE, view(LEAKING, heard=(observed(REFUSED),))) != []

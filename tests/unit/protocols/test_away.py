"""A service that says it is away, beside its answers: what it refuses then it may take again tomorrow."""

import pytest

from tests.unit.assess.observed import REFUSED, observed
from tests.unit.protocols.holding import asking, hold
from tightlip.assess.verdict import assess
from tightlip.model.endpoint import Security
from tightlip.model.facts import Banner, Refusal, Standing, Upgrade
from tightlip.model.oddity import Oddity, OddityName
from tightlip.model.verdict import Reason, Verdict

AWAY = [
    "ready - logins are temporarily disabled, try again later",
    "[SYS/TEMP] authentication backend",
    "[ALERT] Maintenance: no logins before ten",
    "[UNAVAILABLE] authentication server",
    "server busy",
    "(authentication service offline)",
    "ESMTP starting up, not ready",
    "[ALERT] Authentication backend not reachable",
    "[ALERT] NTLM is offline: no domain controller",
    "[ALERT] Too many failed logins, NTLM disabled for this session",
    "Your IP address has been blocked",
]
THERE = [
    "Dovecot (Debian) ready.",
    "maintenance.example.org ESMTP Postfix",
    "mx.example.org ESMTP Postfix - no UCE, spammers will be blocked",
    "maintenance ESMTP Postfix",
    "[CAPABILITY IMAP4rev1 LOGIN-REFERRALS ID ENABLE IDLE] ready now",
    "internal.example.org Microsoft ESMTP MAIL Service ready at Sat, 28 Nov 2026 10:00:00 +0000",
]


@pytest.mark.parametrize("text", AWAY)
def test_who_greets_as_one_that_is_away_is_in_doubt(text: str) -> None:
    """However plainly NTLM is refused afterwards."""
    assessment = assess(observed(Banner(text), REFUSED))
    assert (assessment.verdict, assessment.reason) == (Verdict.INCONCLUSIVE, Reason.REFUSED_FOR_NOW)


@pytest.mark.parametrize("text", THERE)
def test_names_of_hosts_and_products_say_nothing(text: str) -> None:
    """Nor does the time of day."""
    assert assess(observed(Banner(text), REFUSED)).verdict is Verdict.CLEAN


@pytest.mark.parametrize("status", ["NO", "OK", "BAD"])
def test_an_untagged_word_of_imap_is_heard(status: str) -> None:
    """RFC 3501 section 7.1: untagged, it is a warning, and is about no command."""
    beside = f"* {status} [UNAVAILABLE] authentication server is down, try again later\r\n".encode()
    held = hold("imap", asking(), [b"* OK ready\r\n", beside + b"a1 OK done\r\n"])
    assert [fact.name for fact in held.facts if isinstance(fact, Oddity)] == [OddityName.NOT_NOW]


def test_untagged_data_is_no_warning() -> None:
    """Capabilities may be called what they like."""
    held = hold("imap", asking(), [b"* OK ready\r\n", b"* CAPABILITY IMAP4rev1 BUSY\r\na1 OK done\r\n"])
    assert not [fact for fact in held.facts if isinstance(fact, Oddity)]


def test_the_close_of_a_managesieve_list_is_heard() -> None:
    """Its text is the greeting's."""
    away = b'"SASL" "PLAIN"\r\nOK "Service temporarily in maintenance, try again later"\r\n'
    held = hold("managesieve", asking(), [b'"IMPLEMENTATION" "Example"\r\n' + away])
    assert [fact.name for fact in held.facts if isinstance(fact, Oddity)] == [OddityName.NOT_NOW]


@pytest.mark.parametrize(
    ("answers", "standing"),
    [
        ([b"220 mx ESMTP\r\n", b"500 what?\r\n", b"450 4.7.1 try again later\r\n"], Standing.TEMPORARY),
        ([b"220 mx ESMTP\r\n", b"500 what?\r\n", b"554 5.7.1 your IP address is blocked\r\n"], Standing.BANNED),
    ],
)
def test_a_refused_helo_is_heard(answers: list[bytes], standing: Standing) -> None:
    """Though EHLO was only not known."""
    assert [fact.standing for fact in hold("smtp", asking(), answers).facts if isinstance(fact, Refusal)] == [standing]


def test_a_refused_mode_reader_is_heard() -> None:
    """The reader may have NTLM, and is away."""
    answers = [b"200\r\n", b"101\r\nMODE-READER\r\n.\r\n", b"403 overloaded, try again later\r\n", b"500\r\n"]
    held = hold("nntp", asking(), answers)
    assert [fact.standing for fact in held.facts if isinstance(fact, Refusal)] == [Standing.TEMPORARY]


def test_a_starttls_that_fails_at_the_transit_server_is_there() -> None:
    """580 and 400 are said of a command that is known (RFC 4642 section 2.2.2)."""
    for answer in (b"580 Can not initiate TLS negotiation\r\n", b"400 TLS temporarily unavailable\r\n"):
        held = hold("nntp", asking(Security.STARTTLS), [b"200\r\n", b"101\r\nMODE-READER\r\n.\r\n", answer])
        assert b"MODE READER\r\n" not in held.said
        assert held.of(Upgrade) == [Upgrade(offered=False, accepted=False, text=answer.decode().strip())]

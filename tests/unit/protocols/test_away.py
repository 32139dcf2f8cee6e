"""A service that says it is away, beside its answers: what it refuses then it may take again tomorrow."""

import pytest

from tests.unit.assess.observed import REFUSED, observed
from tests.unit.protocols.holding import asking, hold
from tightlip.assess.verdict import assess
from tightlip.model.facts import Banner
from tightlip.model.oddity import Oddity, OddityName
from tightlip.model.verdict import Reason, Verdict

AWAY = [
    "ready - logins are temporarily disabled, try again later",
    "[SYS/TEMP] authentication backend",
    "[ALERT] Maintenance: no logins before ten",
    "[UNAVAILABLE] authentication server",
    "server busy",
    "Your IP address has been blocked",
]
THERE = [
    "Dovecot (Debian) ready.",
    "maintenance.example.org ESMTP Postfix",
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

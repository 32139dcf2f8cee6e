"""certificate-expired over postures: files that have ended when the host is judged."""

from datetime import timedelta

from tests.unit.rules.postures import (
    CERTIFICATE,
    CERTIFICATE_FILE,
    NOW,
    findings,
    offer,
    posture,
    service,
    silent,
    view,
)
from tightlip.model.finding import Evidence
from tightlip.model.posture import Certificate

RULE = "certificate-expired"
POP3 = service(offer("PLAIN"))
STALE = posture(POP3, certificates=(Certificate(path=CERTIFICATE_FILE, not_after=NOW - timedelta(days=3)),))


def test_a_file_that_has_ended_is_flagged() -> None:
    """The setting that names the file is the place, the file the evidence."""
    (found,) = findings(RULE, view(STALE))
    assert found.subject == "mail.example.org ssl_cert"
    assert found.places == (CERTIFICATE,)
    assert found.summary == "the certificate file expired on 2026-04-28: dovecot pop3"
    assert found.evidence == (Evidence(file=CERTIFICATE_FILE, text="notAfter 2026-04-28T12:00:00Z"),)


def test_without_a_moment_nothing_is_judged() -> None:
    """Rules have no clock: a view without its moment gets no answer."""
    assert findings(RULE, view(STALE, now=None)) == []


def test_a_file_that_holds_is_not_flagged() -> None:
    """Nor one that ends this very moment, nor one of another path, nor one that could not be read."""
    for path, end in ((CERTIFICATE_FILE, NOW), ("/elsewhere.pem", NOW - timedelta(days=3)), (CERTIFICATE_FILE, None)):
        assert silent(RULE, posture(POP3, certificates=(Certificate(path=path, not_after=end),)))

"""upgrade-will-break: what the product says its next version refuses."""

from tests.unit.rules.postures import MECHANISMS, SSL_ON, finding, note, offer, posture, service, silent
from tightlip.model.finding import Evidence, RemediationKind
from tightlip.model.posture import NoteKind

RULE = "upgrade-will-break"
BREAKS = NoteKind.BREAKS_ON_UPGRADE


def test_a_note_at_the_line_of_an_ntlm_offer_is_mended_by_withdrawing_it() -> None:
    """The setting at that line is the place."""
    found = finding(RULE, posture(service(offer("NTLM")), notes=(note(BREAKS, "2.3.13 needs winbind"),)))
    assert found.subject == "mail.example.org auth_mechanisms"
    assert found.places == (MECHANISMS,)
    assert found.summary == "2.3.13 needs winbind"
    kinds = [each.kind for each in found.remediations]
    assert kinds == [RemediationKind.WITHDRAW_MECHANISM, RemediationKind.ADVISE]


def test_a_note_at_another_setting_is_advice() -> None:
    """Withdrawing NTLM would not mend it."""
    found = finding(RULE, posture(service(offer("NTLM")), notes=(note(BREAKS, file=SSL_ON.file, line=SSL_ON.line),)))
    assert found.places == (SSL_ON,)
    assert [each.kind for each in found.remediations] == [RemediationKind.ADVISE]


def test_a_note_without_a_known_setting_is_about_its_file() -> None:
    """File and line stand in the evidence; no setting is made up."""
    found = finding(RULE, posture(notes=(note(BREAKS, "old syntax", "/etc/dovecot/x.conf", 3),)))
    assert found.subject == "mail.example.org /etc/dovecot/x.conf"
    assert found.places == ()
    assert found.evidence == (Evidence(file="/etc/dovecot/x.conf", line=3, text="old syntax"),)


def test_other_notes_break_nothing() -> None:
    """Each kind of note has its own meaning."""
    others = tuple(note(kind) for kind in NoteKind if kind is not BREAKS)
    assert silent(RULE, posture(service(offer("NTLM")), notes=others))

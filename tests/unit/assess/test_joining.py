"""Joining: what is written and what is heard are one matter where a rule says it of a port and of its setting."""

from datetime import timedelta

from msgspec.structs import replace

from tests.unit.assess.observed import ACCEPTED, REFUSED, challenge, observed, proved
from tests.unit.rules.postures import (
    AUTH_FILE,
    CERTIFICATE,
    CERTIFICATE_FILE,
    MAIN_CF,
    MECHANISMS,
    NOW,
    STARTTLS,
    USUAL_TLS,
    findings,
    listeners,
    naming,
    note,
    offer,
    postfix,
    posture,
    service,
    view,
)
from tightlip.assess.judge import judge
from tightlip.assess.lapsing import lapsed
from tightlip.assess.linking import link
from tightlip.model.disclosure import Disclosure
from tightlip.model.endpoint import Endpoint, Security
from tightlip.model.finding import Certainty, Cleared, Evidence, Finding, Place
from tightlip.model.observation import Observation
from tightlip.model.posture import Certificate, NoteKind, Posture

RULE = "ntlm-discloses-host"
NAMED = challenge(Disclosure(netbios_computer_name="MX1"))
LEAK = observed(ACCEPTED, NAMED)
LEAKING = posture(service(offer("PLAIN"), naming("NTLM")))
MENDED = posture(service(offer("PLAIN", STARTTLS)))
SECOND = Place("/srv/b/dovecot.conf", 3, "auth_mechanisms", "ntlm")
SECOND_INSTANCE = posture(service(naming("NTLM", place=SECOND)), config="/srv/b/dovecot.conf")


def test_heard_and_written_prove_each_other() -> None:
    """The endpoint's finding gets the place, the setting's finding the observation; both are certain both ways."""
    heard, written = findings(RULE, view(LEAKING, heard=(LEAK,)))
    assert (heard.subject, written.subject) == ("pop3://mail.example.org:110", "mail.example.org auth_mechanisms")
    assert (heard.certainty, written.certainty) == (Certainty.BOTH, Certainty.BOTH)
    assert heard.places == (MECHANISMS,)
    assert [each.observation for each in heard.evidence] == ["run/0"]
    assert written.evidence == (
        Evidence(file=AUTH_FILE, line=100, text="auth_mechanisms = plain ntlm"),
        Evidence(observation="run/0", text="NTLM challenge by auth (9 bytes)"),
    )


def test_another_port_protocol_or_tls_state_proves_nothing() -> None:
    """A leak that the settings do not make stays heard, and they stay written."""
    elsewhere = [
        at("mail.example.org", 1110, "pop3", Security.PLAIN),
        at("mail.example.org", 110, "imap", Security.PLAIN),
        at("mail.example.org", 110, "pop3", Security.IMPLICIT),
    ]
    after_tls = posture(service(naming("NTLM", STARTTLS)))
    for written, leak in [(LEAKING, each) for each in elsewhere] + [(after_tls, LEAK)]:
        assert [each.certainty for each in findings(RULE, view(written, heard=(leak,)))] == [
            Certainty.HEARD,
            Certainty.WRITTEN,
        ]


def test_of_several_machines_in_one_posture_the_one_asked_counts() -> None:
    """Listeners bound to the name or the address that was asked are meant, and no others on the same port."""
    elsewhere = Place("/srv/collected.json", 3, "ex2 setting", "True")
    for bound, other in (("MAIL.example.org", "ex2.example.org"), ("192.0.2.7", "192.0.2.8")):
        asked = service(naming("NTLM"), name="ex1 pop3", sockets=listeners(110, address=bound))
        silent = service(naming("NTLM", place=elsewhere), name="ex2 pop3", sockets=listeners(110, address=other))
        heard, *written = findings(RULE, view(posture(asked, silent), heard=(LEAK,)))
        assert heard.places == (MECHANISMS,)
        assert [each.certainty for each in written] == [Certainty.BOTH, Certainty.WRITTEN]


def test_one_line_of_one_product_that_another_shows_is_one_finding() -> None:
    """Postfix leaks because Dovecot says so: cause and symptoms are one, and each symptom is proven by its port."""
    leak = at("mail.example.org", 587, "smtp", Security.STARTTLS)
    dovecot = posture(service(naming("NTLM")), backend=(naming("NTLM"),))
    heard, written = findings(RULE, view(*link((postfix(), dovecot)), heard=(leak,)))
    assert heard.subject == "smtp+starttls://mail.example.org:587"
    assert heard.places == written.places == (MECHANISMS,)
    assert written.certainty is Certainty.BOTH
    assert written.summary.endswith(": postfix submission/inet; dovecot pop3")


def test_two_instances_of_a_product_do_not_collide() -> None:
    """The usual one keeps the plain subject, the other's main file stands in its own; their order does not matter."""
    subjects = {"mail.example.org auth_mechanisms", "mail.example.org auth_mechanisms /srv/b/dovecot.conf"}
    alone = findings(RULE, view(LEAKING))[0].subject
    assert {each.subject for each in findings(RULE, view(LEAKING, SECOND_INSTANCE))} == subjects
    assert {each.subject for each in findings(RULE, view(SECOND_INSTANCE, LEAKING))} == subjects
    assert alone in subjects


def test_two_products_with_the_same_setting_do_not_collide() -> None:
    """The second gets its main file, so that their ids differ."""
    cyrus = posture(service(naming("NTLM", place=SECOND)), product="cyrus", config="/etc/imapd.conf")
    found = findings(RULE, view(LEAKING, cyrus))
    assert [each.subject for each in found] == [
        "mail.example.org auth_mechanisms",
        "mail.example.org auth_mechanisms /etc/imapd.conf",
    ]


def test_an_endpoint_is_cleared_beside_postures_as_without_them() -> None:
    """The refusal is the proof, whatever is written."""
    said = list(judge(view(MENDED, heard=(proved(REFUSED),))))
    assert Cleared(RULE, "pop3://mail.example.org:110") in said


def test_a_mended_setting_lapses() -> None:
    """Its file was read again, whole, and its rule says nothing of it any more."""
    known = findings(RULE, view(LEAKING))
    assert lapse(MENDED, known) == [Cleared(RULE, "mail.example.org auth_mechanisms")]


def test_what_still_holds_does_not_lapse() -> None:
    """Nor does a finding of an endpoint, which only the wire clears."""
    assert lapse(LEAKING, findings(RULE, view(LEAKING, heard=(LEAK,)))) == []


def test_nothing_lapses_in_doubt() -> None:
    """A file that could not be read whole proves nothing."""
    known = findings(RULE, view(LEAKING))
    for kind in (NoteKind.UNREAD, NoteKind.DOUBT, NoteKind.UNKNOWN, NoteKind.CONTRADICTION):
        assert lapse(replace(MENDED, notes=(note(kind),)), known) == []


def test_nothing_lapses_of_files_that_were_not_read() -> None:
    """An audit of one product proves nothing of another; a folder that many share is nobody's own."""
    known = findings(RULE, view(LEAKING))
    cyrus = posture(product="cyrus", config="/etc/imapd.conf")
    assert lapse(posture(product="postfix", config=MAIN_CF), known) == []
    assert lapse(cyrus, known) == []


def lapse(written: Posture, known: list[Finding]) -> list[Cleared]:
    """What an audit of ``written`` alone proves of what was known."""
    host = view(written)
    return list(lapsed(host, judge(host), known))


def at(host: str, port: int, protocol: str, security: Security) -> Observation:
    """The leak, heard at another endpoint."""
    return replace(LEAK, endpoint=Endpoint(host, port, protocol, security))


def test_a_line_of_the_hosts_own_is_mended_where_it_was_looked_at() -> None:
    """The finding names a list of the whole host: it lapses where that was read whole, whatever it says now."""
    registered = Place("/etc/gss/mech.d/mech.ntlmssp.conf", 8, "gssntlmssp_v1", "1.3.6.1.4.1.311.2.2.10 /x.so")
    known = findings(RULE, view(posture(service(offer("PLAIN"), replace(naming("GSSAPI"), through=registered)))))
    assert [each.places for each in known] == [(MECHANISMS, registered)]
    assert lapse(MENDED, known) == []
    looked_at = replace(MENDED, beside=("/etc/gss/mech", "/etc/gss/mech.d/"))
    assert [each.subject for each in lapse(looked_at, known)] == ["mail.example.org auth_mechanisms"]


def test_a_finding_that_was_named_by_another_setting_stands_while_its_cause_is_flagged() -> None:
    """0.1.0 called it ``ssl`` where disable_plaintext_auth was at fault: a new name is no mending."""
    rule = "plaintext-without-tls"
    said = findings(rule, view(posture(service(offer("PLAIN")))))
    known = replace(said[0], subject="mail.example.org ssl")
    assert list(lapsed(view(posture(service(offer("PLAIN")))), said, [known])) == []
    assert list(lapsed(view(MENDED), (), [known])) == [Cleared(rule, known.subject)]


EXPIRED = "certificate-expired"
OLD = Certificate(path=CERTIFICATE_FILE, not_after=NOW - timedelta(days=1))
NEW = Certificate(path=CERTIFICATE_FILE, not_after=NOW + timedelta(days=1))
NO_TLS = replace(USUAL_TLS, available=False, certificate=None)


def test_a_certificate_that_was_not_looked_at_keeps_its_finding_and_no_other() -> None:
    """A copy is seldom made with its certificates: what they say now is not known, while the list of mechanisms is."""
    known = findings(EXPIRED, view(replace(LEAKING, certificates=(OLD,)))) + findings(RULE, view(LEAKING))
    assert [each.rule for each in lapse(MENDED, known)] == [RULE]
    unreadable = Certificate(path=CERTIFICATE_FILE, problem="it is no certificate that can be read")
    assert [each.rule for each in lapse(replace(MENDED, certificates=(unreadable,)), known)] == [RULE]
    assert [each.rule for each in lapse(replace(MENDED, certificates=(NEW,)), known)] == [EXPIRED, RULE]
    assert [each.rule for each in lapse(posture(service(offer("PLAIN"), tls=NO_TLS)), known)] == [EXPIRED, RULE]


def test_a_certificate_that_could_not_be_used_has_to_be_looked_at_again() -> None:
    """What was wrong with TLS besides, the settings alone prove mended."""
    rule, demanded = "last-tls-path-missing", replace(USUAL_TLS, required=True)
    gone = Certificate(path=CERTIFICATE_FILE, problem="cannot be read: No such file or directory")
    waiting = posture(service(offer("PLAIN"), tls=demanded))
    known = findings(rule, view(replace(waiting, certificates=(gone,))))
    assert [each.places[0] for each in known] == [CERTIFICATE]
    assert lapse(waiting, known) == []
    assert [each.rule for each in lapse(replace(waiting, certificates=(NEW,)), known)] == [rule]
    assert [each.rule for each in lapse(MENDED, known)] == [rule], "no login waits for TLS any more"
    switched_off = posture(service(offer("PLAIN"), tls=replace(demanded, available=False)))
    assert [each.rule for each in lapse(waiting, findings(rule, view(switched_off)))] == [rule]


def test_who_asks_another_product_has_not_read_its_files() -> None:
    """Postfix was read whole and shows Dovecot's line, whose include was not: that line is not mended."""
    known = findings(RULE, view(LEAKING))
    asking = posture(service(offer("PLAIN")), product="postfix", config=MAIN_CF)
    assert [each.rule for each in lapsed(view(MENDED, asking), (), known)] == [RULE]
    doubtful = replace(MENDED, notes=(note(NoteKind.UNREAD),))
    assert list(lapsed(view(doubtful, asking), (), known)) == []

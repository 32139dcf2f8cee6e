"""ntlm-discloses-host over postures: what carries NTLM and is answered with the machine's name."""

from msgspec.structs import replace

from tests.unit.rules.postures import (
    MECHANISMS,
    STARTTLS,
    finding,
    imap,
    naming,
    offer,
    posture,
    service,
    silent,
)
from tightlip.model.finding import Certainty, Evidence, Place, RemediationKind
from tightlip.model.posture import Offer

RULE = "ntlm-discloses-host"


def test_an_offer_that_names_the_machine_is_flagged_with_its_line() -> None:
    """Subject, certainty, place and evidence are those of the setting that makes the offer."""
    found = finding(RULE, posture(service(offer("PLAIN"), naming("NTLM"))))
    assert found.subject == "mail.example.org auth_mechanisms"
    assert found.certainty is Certainty.WRITTEN
    assert found.summary == "NTLM accepted, and the first answer names the machine: dovecot pop3"
    assert found.places == (MECHANISMS,)
    assert found.evidence == (
        Evidence(file="/etc/dovecot/conf.d/10-auth.conf", line=100, text="auth_mechanisms = plain ntlm"),
    )
    assert found.remediations[0].kind is RemediationKind.WITHDRAW_MECHANISM


def test_several_services_of_one_setting_are_one_finding() -> None:
    """The cause is one line, whatever number of services feel it."""
    found = finding(RULE, posture(service(naming("NTLM")), imap(naming("NTLM")), backend=(naming("NTLM"),)))
    assert found.summary.endswith(": dovecot pop3, imap")
    assert found.places == (MECHANISMS,)


def test_a_setting_written_twice_has_both_places() -> None:
    """An override for one protocol is the same setting, in another place."""
    override = Place("/etc/dovecot/conf.d/20-imap.conf", 4, "auth_mechanisms", "ntlm")
    found = finding(RULE, posture(service(naming("NTLM")), imap(naming("NTLM", STARTTLS, place=override))))
    assert found.places == (MECHANISMS, override)


def test_an_absent_setting_has_a_place_without_a_line() -> None:
    """Where a default makes the offer, the evidence says that the setting is not set."""
    absent = Place("/etc/postfix/sasl/smtpd.conf", None, "mech_list", None)
    found = finding(RULE, posture(service(naming("NTLM", place=absent))))
    assert found.subject == "mail.example.org mech_list"
    assert found.evidence == (Evidence(file="/etc/postfix/sasl/smtpd.conf", text="mech_list is not set"),)


def test_what_is_answered_to_other_products_counts() -> None:
    """A back end that nobody in this view asks still answers whoever does."""
    found = finding(RULE, posture(backend=(naming("NTLM"),)))
    assert found.summary == "NTLM accepted, and the first answer names the machine"


def test_what_does_not_name_or_is_accepted_nowhere_is_not_flagged() -> None:
    """Neither an empty challenge, nor another mechanism, nor an offer without a TLS state."""
    nowhere = Offer(name="NTLM", states=(), place=MECHANISMS, names_host=True)
    assert silent(RULE, posture(service(offer("NTLM"), naming("PLAIN"), nowhere)))


def test_a_delegation_that_was_not_followed_says_nothing() -> None:
    """Without offers nobody knows."""
    assert silent(RULE, posture(service()))


REGISTERED = Place("/etc/gss/mech.d/mech.ntlmssp.conf", 8, "gssntlmssp_v1", "1.3.6.1.4.1.311.2.2.10 /usr/lib/x.so")


def test_gssapi_that_ntlm_comes_in_has_both_places() -> None:
    """The mechanism's setting, and the line that registers NTLM for the whole host; either can be mended."""
    gssapi = replace(naming("GSSAPI"), through=REGISTERED)
    found = finding(RULE, posture(service(offer("PLAIN"), gssapi)))
    assert found.subject == "mail.example.org auth_mechanisms"
    assert found.summary.startswith("GSSAPI (NTLM by gss-ntlmssp) accepted, and the first answer names the machine")
    assert found.places == (MECHANISMS, REGISTERED)
    kinds = [each.kind for each in found.remediations]
    assert kinds[:2] == [RemediationKind.WITHDRAW_MECHANISM, RemediationKind.ADVISE]


def test_gssapi_of_kerberos_alone_is_not_flagged() -> None:
    """Whatever it answers is no NTLM."""
    assert silent(RULE, posture(service(offer("PLAIN"), offer("GSSAPI"))))


def test_what_could_not_be_seen_is_a_proviso() -> None:
    """The summary says what it rests on."""
    found = finding(RULE, posture(service(replace(naming("NTLM"), proviso="if the plugin is installed"))))
    assert found.summary.startswith("NTLM (if the plugin is installed) accepted")

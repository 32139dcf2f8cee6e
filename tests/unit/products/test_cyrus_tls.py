"""Cyrus IMAP: what demands TLS before a login, whom else that concerns, and which services have it anyway."""

import pytest

from tests.unit.products.cases import Case, assert_mends, case, read
from tightlip.model.endpoint import Security
from tightlip.model.finding import Place
from tightlip.model.posture import NoteKind, Service
from tightlip.model.remedy import RequireTls
from tightlip.products._product import Declined, Files, Instance, Mending
from tightlip.products.cyrus import PRODUCT
from tightlip.rules import plaintext_without_tls

MAIN = Instance(product="cyrus", config="/etc/imapd.conf")
PLAIN, STARTTLS, IMPLICIT = Security.PLAIN, Security.STARTTLS, Security.IMPLICIT

SWITCHED = case("cyrus", "tls-is-demanded-where-a-service-had-its-own-switch")
BESIDE = case("cyrus", "tls-is-demanded-beside-calendars-and-delivery")
UNCERTIFIED = case("cyrus", "tls-is-demanded-before-there-is-a-certificate")
IMAP = b'SERVICES {\n  imap cmd="imapd" listen="imap"\n}\n'
CASES = (SWITCHED, BESIDE, UNCERTIFIED)


def _services(told: Case) -> dict[str, Service]:
    return {each.name: each for each in PRODUCT.posture(read(PRODUCT, MAIN, told.before)).services}


def _afterwards(told: Case) -> dict[str, Service]:
    return _services(Case("", told.after, {}))


def _states(service: Service) -> dict[str, tuple[Security, ...]]:
    return {each.name: each.states for each in service.offers}


def _demanded(told: Case) -> Mending:
    mending = PRODUCT.edit(read(PRODUCT, MAIN, told.before), RequireTls())
    assert isinstance(mending, Mending)
    return mending


def test_tls_is_demanded_of_every_service() -> None:
    """A switch of a single service is brought along; one that is as wanted is left alone."""
    services = _services(SWITCHED)
    assert _states(services["imap"])["PLAIN"] == (STARTTLS,)
    assert _states(services["pop3"])["PLAIN"] == (PLAIN, STARTTLS)
    assert services["pop3"].tls.demand == Place("/etc/imapd.conf", 5, "pop3_tls_required", "off")
    assert services["imap"].tls.demand == Place("/etc/imapd.conf", None, "tls_required", None)
    assert_mends(PRODUCT, MAIN, SWITCHED, RequireTls())
    after = _afterwards(SWITCHED).values()
    assert [each.tls.required for each in after] == [True, True]
    assert {state for each in after for offer in each.offers for state in offer.states} == {STARTTLS}


def test_without_a_certificate_it_is_planned_and_everybody_would_wait_in_vain() -> None:
    """The mechanisms stay listed, accepted in no state; that there is no TLS is for the plan's preconditions."""
    assert_mends(PRODUCT, MAIN, UNCERTIFIED, RequireTls())
    pop3 = _afterwards(UNCERTIFIED)["pop3"]
    assert _states(pop3) == {"PLAIN": (), "LOGIN": ()}
    assert (pop3.tls.available, pop3.tls.required) == (False, True)


def test_a_version_that_does_not_know_the_switch_is_refused() -> None:
    """It came with 3.0."""
    files = read(PRODUCT, MAIN, SWITCHED.before)
    old = Files(instance=files.instance, files=files.files, missing=files.missing, version="2.5.10")
    refusal = PRODUCT.edit(old, RequireTls())
    assert isinstance(refusal, Declined)
    assert "came with 3.0" in refusal.why


def test_whoever_else_goes_by_the_switches_is_named_delivery_first() -> None:
    """With what leaves it as it is; not who trusts everybody, has another file, or lets nobody log in."""
    assert_mends(PRODUCT, MAIN, BESIDE, RequireTls())
    lines = [each for each in _demanded(BESIDE).advice if each.place and each.place.file == "/etc/cyrus.conf"]
    assert [(each.text.partition(" ")[0], each.place and each.place.line) for each in lines] == [
        ("lmtp", 9),
        ("http", 7),
        ("davsock", 8),
        ("csync", 13),
    ]
    assert "deliver" in lines[0].text
    assert lines[0].text.endswith("/etc/imapd.conf needs lmtp_allowplaintext: yes")
    assert lines[2].text.endswith("/etc/imapd.conf needs davsock_tls_required: no and davsock_allowplaintext: yes")


def test_what_they_have_of_their_own_is_kept_and_told() -> None:
    """A switch that somebody set for calendars or for other servers is not brought along."""
    own = [each.place for each in _demanded(BESIDE).advice if each.place and each.place.file == "/etc/imapd.conf"]
    assert own == [
        Place("/etc/imapd.conf", 5, "http_tls_required", "no"),
        Place("/etc/imapd.conf", 4, "mupdate_allowplaintext", "yes"),
    ]


def test_where_nothing_changes_nobody_is_named() -> None:
    """Asked on its own outcome."""
    assert _demanded(Case("", BESIDE.after, {})) == Mending()


def test_a_tls_port_is_one_on_which_tls_is_required() -> None:
    """By the -s of its command, whatever imapd.conf says."""
    pop3s = _services(BESIDE)["pop3s"]
    assert _states(pop3s) == {"PLAIN": (IMPLICIT,), "NTLM": (IMPLICIT,)}
    assert pop3s.tls.required
    assert pop3s.tls.demand == Place("/etc/cyrus.conf", 6, "SERVICES pop3s", 'cmd="pop3d -s" listen="pop3s"')


def test_delivery_takes_no_notice_of_the_demand() -> None:
    """Seen on Cyrus IMAP 3.6: lmtpd withholds passwords before TLS and answers NTLM; with -a it takes no logins."""
    services = _afterwards(BESIDE)
    assert _states(services["imap"]) == {"PLAIN": (STARTTLS,), "NTLM": (STARTTLS,)}
    assert _states(services["lmtp"]) == {"PLAIN": (STARTTLS,), "NTLM": (PLAIN, STARTTLS)}
    assert not services["lmtp"].tls.required
    assert services["lmtpin"].offers == ()
    plain = BESIDE.after["/etc/imapd.conf"].replace(b" NTLM", b"")
    lmtp = _services(Case("", {**BESIDE.after, "/etc/imapd.conf": plain}, {}))["lmtp"]
    assert (_states(lmtp), lmtp.tls.required) == ({"PLAIN": (STARTTLS,)}, True)
    assert lmtp.tls.demand == Place("/etc/imapd.conf", 3, "allowplaintext", "no")


def test_the_line_that_lets_passwords_go_is_told() -> None:
    """Beside what could demand TLS, which is not set; where passwords wait, no line lets them go."""
    files = {
        "/etc/imapd.conf": b"sasl_mech_list: PLAIN\nallowplaintext: 1\npop3_allowplaintext: no\ntls_server_cert: /c\n",
        "/etc/cyrus.conf": b'SERVICES {\n  imap cmd="imapd" listen="imap"\n  pop3 cmd="pop3d" listen="pop3"\n}\n',
    }
    found = PRODUCT.posture(read(PRODUCT, MAIN, files))
    services = {each.name: each for each in found.services}
    assert services["imap"].tls.cleartext == Place("/etc/imapd.conf", 2, "allowplaintext", "1")
    assert services["pop3"].tls.cleartext is None
    (told,) = plaintext_without_tls.written(found)
    assert told.places == (Place("/etc/imapd.conf", 2, "allowplaintext", "1"),)


@pytest.mark.parametrize(
    ("value", "is_on"),
    [("y", True), ("t", True), ("on", True), ("1", True), ("10", True), ("off", False), ("n", False), ("f", False)],
)
def test_a_switch_is_known_by_how_it_begins(value: str, is_on: bool) -> None:
    """As config_parse_switch() of Cyrus IMAP 3.6 has it; in tls_required and allowplaintext alike."""
    text = f"sasl_mech_list: PLAIN NTLM\ntls_server_cert: /c\ntls_required: {value}\n"
    imap = _services(Case("", {"/etc/imapd.conf": text.encode(), "/etc/cyrus.conf": IMAP}, {}))["imap"]
    assert (imap.tls.required, PLAIN in _states(imap)["NTLM"]) == (is_on, not is_on)
    text = f"sasl_mech_list: PLAIN\nallowplaintext: {value}\n"
    imap = _services(Case("", {"/etc/imapd.conf": text.encode(), "/etc/cyrus.conf": IMAP}, {}))["imap"]
    assert (PLAIN in _states(imap)["PLAIN"]) is is_on


@pytest.mark.parametrize("value", ["Yes", "Y", "ja", "o"])
def test_what_cyrus_does_not_start_with_is_a_doubt(value: str) -> None:
    """It is neither on nor off: capitals are none of its spellings."""
    text = f"sasl_mech_list: PLAIN\nimap_tls_required: {value}\n"
    notes = PRODUCT.posture(read(PRODUCT, MAIN, {"/etc/imapd.conf": text.encode(), "/etc/cyrus.conf": IMAP})).notes
    assert [(each.line, "does not start" in each.text) for each in notes if each.kind is NoteKind.DOUBT] == [(2, True)]

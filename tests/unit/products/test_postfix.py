"""Postfix' plug on real-looking configurations: what they mean, what mends them, and what is refused."""

import pytest

from tests.unit.products.cases import assert_mends, case, claims, read
from tests.unit.products.gss import NOTHING
from tightlip.model.endpoint import Security
from tightlip.model.finding import Place
from tightlip.model.posture import Note, NoteKind, Offer, Posture, Service
from tightlip.model.remedy import DisableService, LimitAccounts, Remedy, RequireTls, WithdrawMechanism
from tightlip.products._product import Declined, Instance, Mending
from tightlip.products.postfix import PRODUCT
from tightlip.syntax.spans import apply

PLAIN, STARTTLS, IMPLICIT = Security.PLAIN, Security.STARTTLS, Security.IMPLICIT
MAIN = "/etc/postfix/main.cf"
MASTER = "/etc/postfix/master.cf"
SASL = "/etc/postfix/sasl/smtpd.conf"
INSTANCE = Instance(product="postfix", config=MAIN, places={"master.cf": MASTER})

WITHDRAW = WithdrawMechanism()
TLS = RequireTls()

# Those that are mended, or need nothing, by remedy. What is declined comes below.
MENDED: list[tuple[str, Remedy]] = [
    ("another-application-for-submission", WITHDRAW),
    ("auth-only-overridden-in-master-cf", TLS),
    ("dovecot-decides-on-logins", WITHDRAW),
    ("encrypt-on-a-public-mx-is-advised-against", TLS),
    ("filter-hides-ntlm-and-does-not-refuse-it", WITHDRAW),
    ("first-mech-list-takes-effect", WITHDRAW),
    ("no-certificate-for-tls", TLS),
    ("no-mech-list-and-no-ntlm-plugin", WITHDRAW),
    ("no-mech-list-with-auxprop-keeps-what-is-installed", WITHDRAW),
    ("no-mech-list-with-saslauthd", WITHDRAW),
    ("no-smtpd-conf-at-all", WITHDRAW),
    ("noplaintext-with-tls-first-is-fine", WITHDRAW),
    ("ntlm-in-mech-list", WITHDRAW),
    ("postscreen-hands-submission-and-the-mx-to-one-smtpd", TLS),
    ("postscreen-in-front-of-smtpd", WITHDRAW),
    ("smtpd-conf-of-red-hat", WITHDRAW),
    ("tls-demanded-already", TLS),
    ("tls-for-logins-on-the-mx-and-for-everybody-on-submission", TLS),
    ("tls-on-submission-alone-where-logins-are-there-alone", TLS),
    ("tls-switched-off-becomes-may", TLS),
    ("way-back-from-a-filter-takes-no-logins", TLS),
    ("way-back-from-a-filter-takes-logins-today", TLS),
]

# (claim, remedy, file and line of the reason, words in it)
DECLINED: list[tuple[str, Remedy, tuple[str, int | None], str]] = [
    ("only-ntlm-is-left", WITHDRAW, (SASL, 1), "nothing would be left of mech_list"),
    ("noplaintext-would-leave-nothing-in-clear", WITHDRAW, (MAIN, 39), "noplaintext leaves nothing of PLAIN, LOGIN"),
    ("noplaintext-with-tls-too-would-leave-nothing", WITHDRAW, (MAIN, 39), "smtpd_sasl_tls_security_options = noanon"),
    ("filter-would-leave-nothing", WITHDRAW, (MAIN, 39), "smtpd_sasl_mechanism_filter = ntlm leaves nothing"),
    ("master-cf-not-read-whole", TLS, (MASTER, 17), "3 columns where a service has 8"),
]


def meaning(claim: str) -> Posture:
    """The posture of a case as it is before."""
    return PRODUCT.posture(read(PRODUCT, INSTANCE, case("postfix", claim).before))


def service(claim: str, name: str) -> Service:
    """One service of a case as it is before."""
    return next(each for each in meaning(claim).services if each.name == name)


def offer(claim: str, name: str, mechanism: str) -> Offer:
    """One offer of one service of a case as it is before."""
    return next(each for each in service(claim, name).offers if each.name == mechanism)


def notes(claim: str, kind: NoteKind) -> list[Note]:
    """The notes of one kind that a case has before."""
    return [note for note in meaning(claim).notes if note.kind is kind]


def outcome(claim: str, remedy: Remedy) -> Mending | Declined:
    """What the plug makes of a remedy."""
    return PRODUCT.edit(read(PRODUCT, INSTANCE, case("postfix", claim).before), remedy)


@pytest.mark.parametrize(("claim", "remedy"), MENDED)
def test_it_is_mended_as_written_down(claim: str, remedy: Remedy) -> None:
    """Byte for byte what stands in `after`, and nothing when asked again."""
    assert_mends(PRODUCT, INSTANCE, case("postfix", claim), remedy)


@pytest.mark.parametrize(("claim", "remedy", "at", "words"), DECLINED)
def test_it_is_declined_by_file_and_line(claim: str, remedy: Remedy, at: tuple[str, int | None], words: str) -> None:
    """The reason names the setting that stands against it."""
    refusal = outcome(claim, remedy)
    assert isinstance(refusal, Declined)
    assert refusal.place is not None
    assert (refusal.place.file, refusal.place.line) == at
    assert words in refusal.why


def test_every_case_is_looked_at() -> None:
    """No folder of cases lies unused."""
    assert claims("postfix") == sorted([claim for claim, _ in MENDED] + [claim for claim, *_ in DECLINED])


@pytest.mark.parametrize("claim", [claim for claim, remedy in MENDED if remedy is WITHDRAW])
def test_a_mended_configuration_offers_no_ntlm(claim: str) -> None:
    """Read again, no service that Cyrus SASL decides for lists NTLM, unless there was no file to mend."""
    files = read(PRODUCT, INSTANCE, case("postfix", claim).after)
    names = {each.name for service in PRODUCT.posture(files).services for each in service.offers}
    assert ("NTLM" in names) == (claim == "no-smtpd-conf-at-all")


def test_an_offer_names_the_line_that_makes_it() -> None:
    """Cyrus' NTLM names the host; port 25 and submission have both states, since TLS is only offered."""
    found = offer("ntlm-in-mech-list", "submission/inet", "NTLM")
    place = Place(SASL, 3, "mech_list", "PLAIN LOGIN CRAM-MD5 NTLM DIGEST-MD5")
    proviso = "if the plugin is installed"
    assert found == Offer(name="NTLM", states=(PLAIN, STARTTLS), place=place, names_host=True, proviso=proviso)
    listeners = {
        each.name: [(at.port, at.states) for at in each.listeners] for each in meaning("ntlm-in-mech-list").services
    }
    assert listeners == {"smtp/inet": [(25, (PLAIN, STARTTLS))], "submission/inet": [(587, (PLAIN, STARTTLS))]}


def test_of_several_lists_the_first_counts() -> None:
    """As Cyrus SASL reads them."""
    assert offer("first-mech-list-takes-effect", "smtp/inet", "NTLM").place.line == 2


def test_a_missing_list_is_a_place_without_line() -> None:
    """What is offered then is what is installed; where that cannot be seen, a note says so."""
    claim = "no-mech-list-with-auxprop-keeps-what-is-installed"
    assert offer(claim, "smtp/inet", "NTLM").place == Place(SASL, None, "mech_list", None)
    assert [each.name for each in service(claim, "smtp/inet").offers] == [
        *("PLAIN", "LOGIN", "SCRAM-SHA-512", "SCRAM-SHA-256", "SCRAM-SHA-1", "NTLM")
    ]
    assert notes(claim, NoteKind.UNKNOWN) == []
    unseen = notes("no-mech-list-with-saslauthd", NoteKind.UNKNOWN)
    assert [(note.file, note.line) for note in unseen] == [(SASL, None)]
    assert "plugins could not be seen" in unseen[0].text


def test_without_ntlm_plugin_nothing_leaks() -> None:
    """A missing list offers what is installed, and no more."""
    names = [each.name for each in service("no-mech-list-and-no-ntlm-plugin", "smtp/inet").offers]
    assert names == ["PLAIN", "LOGIN"]


def test_a_missing_file_can_only_be_advised_on() -> None:
    """Debian's Postfix wants it beside main.cf."""
    mending = outcome("no-smtpd-conf-at-all", WITHDRAW)
    assert isinstance(mending, Mending)
    assert [each.place for each in mending.advice] == [Place(SASL, None, "mech_list", None)]
    assert "mech_list: PLAIN LOGIN" in mending.advice[0].text


def test_a_filter_hides_and_does_not_refuse() -> None:
    """NTLM is accepted in every state, and its place stays the back end's list."""
    found = offer("filter-hides-ntlm-and-does-not-refuse-it", "smtp/inet", "NTLM")
    assert found.states == (PLAIN, STARTTLS)
    assert found.hidden_by == Place(MAIN, 39, "smtpd_sasl_mechanism_filter", "!ntlm, static:rest")
    assert offer("filter-hides-ntlm-and-does-not-refuse-it", "smtp/inet", "PLAIN").hidden_by is None


def test_dovecot_is_asked_with_a_filter_before_it() -> None:
    """The socket as written; what the filter hides of what Dovecot may offer; here there is nothing to do."""
    found = service("dovecot-decides-on-logins", "submission/inet")
    assert (found.offers, found.delegation is not None) == ((), True)
    assert found.delegation is not None
    assert found.delegation.socket == "private/auth"
    assert found.delegation.place == Place(MAIN, 40, "smtpd_sasl_path", "private/auth")
    assert {"NTLM", "GSS-SPNEGO", "CRAM-MD5"} <= set(found.delegation.hides)
    assert not {"PLAIN", "LOGIN"} & set(found.delegation.hides)
    assert found.must_announce
    assert outcome("dovecot-decides-on-logins", WITHDRAW) == Mending()


def test_noplaintext_leaves_ntlm_alone_in_clear() -> None:
    """Without TLS only what hides the password is accepted, which NTLM claims to do."""
    states = {
        each.name: each.states for each in service("noplaintext-would-leave-nothing-in-clear", "smtp/inet").offers
    }
    assert states == {"PLAIN": (STARTTLS,), "LOGIN": (STARTTLS,), "NTLM": (PLAIN, STARTTLS)}


def test_spnego_of_cyrus_sasl_is_kerberos() -> None:
    """It stays in the list, carries no NTLM where nothing registers that, and a note says so."""
    claim = "smtpd-conf-of-red-hat"
    found = offer(claim, "smtp/inet", "GSS-SPNEGO")
    assert (found.carries_ntlm, found.names_host) == (False, False)
    in_the_chroot = {f"/var/spool/postfix{path}": text for path, text in NOTHING.items()}
    told = PRODUCT.posture(read(PRODUCT, INSTANCE, {**case("postfix", claim).before, **NOTHING, **in_the_chroot}))
    said = [(note.file, note.line) for note in told.notes if note.kind is NoteKind.HARMLESS]
    assert said == [("/etc/sasl2/smtpd.conf", 2)]


def test_tls_places_are_those_that_decide() -> None:
    """An -o before main.cf, variables expanded, wrapper mode TLS from the first byte."""
    overridden = service("auth-only-overridden-in-master-cf", "smtp/inet").tls
    assert (overridden.required, overridden.demand) == (False, Place(MASTER, 12, "smtpd_tls_auth_only", "no"))
    expanded = service("tls-demanded-already", "smtp/inet").tls
    assert (expanded.required, expanded.demand) == (True, Place(MAIN, 40, "smtpd_tls_auth_only", "yes"))
    wrapped = service("tls-demanded-already", "smtps/inet")
    assert [(each.port, each.states) for each in wrapped.listeners] == [(465, (IMPLICIT,))]
    assert wrapped.tls.demand == Place(MASTER, 18, "smtpd_tls_wrappermode", "yes")
    assert wrapped.tls.certificate == "/etc/ssl/certs/ssl-cert-snakeoil.pem"


def test_tls_without_certificate_does_not_come_up() -> None:
    """STARTTLS is announced then, and answered with 454; no state is made of it."""
    found = service("no-certificate-for-tls", "smtp/inet")
    assert (found.tls.available, found.tls.certificate) == (False, None)
    assert found.listeners[0].states == (PLAIN,)


def test_the_public_mx_is_known_and_spared() -> None:
    """Port 25 takes strangers' mail; `encrypt` there is advised against, and never planned."""
    claim = "encrypt-on-a-public-mx-is-advised-against"
    assert [(each.name, each.public_mx) for each in meaning(claim).services] == [
        ("smtp/inet", True),
        ("submission/inet", False),
    ]
    mending = outcome(claim, TLS)
    assert isinstance(mending, Mending)
    assert [each.place for each in mending.advice] == [Place(MAIN, 21, "smtpd_tls_security_level", "encrypt")]


def test_no_edit_ever_sets_encrypt_outside_submission() -> None:
    """Neither in main.cf nor for any other entry."""
    for claim, remedy in MENDED:
        files = case("postfix", claim).before
        mending = outcome(claim, remedy)
        assert isinstance(mending, Mending)
        for edit in mending.edits:
            after = apply(files[edit.path], [hunk.splice for hunk in edit.hunks])
            assert edit.path == MASTER or after.count(b"encrypt") == files[edit.path].count(b"encrypt")


def test_postscreen_hands_on_to_the_smtpd_behind_it() -> None:
    """The socket is postscreen's, the login smtpd's, with the -o of the latter."""
    found = service("postscreen-in-front-of-smtpd", "smtp/inet")
    assert (found.listeners[0].port, found.public_mx, found.tls.required) == (25, True, True)
    assert {each.name: each.states for each in found.offers} == {"PLAIN": (STARTTLS,), "NTLM": (STARTTLS,)}


def test_encrypt_is_never_set_where_the_mx_comes_by() -> None:
    """The smtpd behind postscreen answers port 25 too: there TLS is demanded of logins alone."""
    mending = outcome("postscreen-hands-submission-and-the-mx-to-one-smtpd", TLS)
    assert isinstance(mending, Mending)
    assert [each.path for each in mending.edits] == [MAIN]


def test_a_way_back_from_a_filter_is_left_as_it_is() -> None:
    """It is no service without TLS; where it takes logins today, the plan says that they end."""
    assert outcome("way-back-from-a-filter-takes-no-logins", TLS) == Mending()
    inner = service("way-back-from-a-filter-takes-no-logins", "127.0.0.1:10025/inet")
    assert (inner.offers, inner.delegation) == ((), None)
    mending = outcome("way-back-from-a-filter-takes-logins-today", TLS)
    assert isinstance(mending, Mending)
    assert [(each.place and each.place.line, "-o smtpd_tls_auth_only=no" in each.text) for each in mending.advice] == [
        (15, True)
    ]


def test_what_cannot_be_read_is_named_and_the_rest_is_mended() -> None:
    """A broken master.cf stands against edits of itself, and not of others."""
    assert [(note.file, note.line) for note in notes("master-cf-not-read-whole", NoteKind.UNREAD)] == [(MASTER, 17)]
    assert isinstance(outcome("master-cf-not-read-whole", WITHDRAW), Mending)


@pytest.mark.parametrize("remedy", [DisableService(), LimitAccounts(accounts=("bob",))])
def test_mailbox_protocols_are_not_postfix_matter(remedy: Remedy) -> None:
    """Postfix settings cure nothing of POP3."""
    mending = outcome("ntlm-in-mech-list", remedy)
    assert isinstance(mending, Mending)
    assert (mending.edits, "not Postfix' matter" in mending.advice[0].text) == ((), True)

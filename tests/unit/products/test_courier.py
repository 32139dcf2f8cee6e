"""Courier: what its files list in which TLS state, and where; changes are advised on with file and line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.products.answering import answered
from tests.unit.products.cases import case
from tightlip.assess.judge import judge
from tightlip.model.endpoint import Security
from tightlip.model.finding import Finding, Place, Severity
from tightlip.model.host_view import HostView
from tightlip.model.posture import NoteKind, Posture, Service
from tightlip.model.remedy import DisableService, LimitAccounts, Remedy, RequireTls, WithdrawMechanism
from tightlip.products._product import Absent, Files, Instance, Mending, Need
from tightlip.products.courier import PRODUCT

FOLDER = "/etc/courier"
PLAIN, STARTTLS, IMPLICIT = Security.PLAIN, Security.STARTTLS, Security.IMPLICIT
SHIPPED, NTLM, FALLBACK = "debian-as-shipped", "ntlm-in-imap-capability", "tls-list-falls-back-to-the-plain-one"
MAIN = {SHIPPED: "imapd", NTLM: "imapd", FALLBACK: "pop3d"}


def collected(files: dict[str, bytes], main: str = "imapd") -> Files:
    """What the plug makes of files in Courier's folder."""
    return answered(PRODUCT.collect(Instance(product="courier", config=f"{FOLDER}/{main}")), files)


def test_a_neighbour_that_may_not_be_read_is_missed() -> None:
    """Its server runs by a file that is there; one that is not there starts none."""
    closed: dict[str, bytes | Absent] = {
        f"{FOLDER}/imapd": b"",
        f"{FOLDER}/pop3d": Absent("Permission denied", hidden=True),
    }
    found = answered(PRODUCT.collect(Instance(product="courier", config=f"{FOLDER}/imapd")), closed)
    assert [(each.path, each.need) for each in found.missing] == [(f"{FOLDER}/pop3d", Need.REQUIRED)]


def files(claim: str) -> Files:
    """The files of a case."""
    return collected(dict(case("courier", claim).before), MAIN[claim])


def posture(claim: str) -> Posture:
    """The posture of a case."""
    return PRODUCT.posture(files(claim))


def service(claim: str, name: str) -> Service:
    """One service of a case."""
    return next(each for each in posture(claim).services if each.name == name)


def offers(found: Service) -> set[tuple[str, tuple[Security, ...], int | None]]:
    """Mechanisms with the TLS states in which they are accepted, and the line that says so."""
    return {(offer.name, offer.states, offer.place.line) for offer in found.offers}


def only_listed(found: Service) -> set[tuple[str, tuple[Security, ...], int | None]]:
    """Mechanisms with the TLS states in which they are listed and never answered, and the line that lists them."""
    return {(offer.name, offer.only_listed, offer.place.line) for offer in found.offers if offer.only_listed}


def mending(found: Files, remedy: Remedy) -> Mending:
    """What a remedy comes to: never a refusal."""
    outcome = PRODUCT.edit(found, remedy)
    assert isinstance(outcome, Mending)
    return outcome


def advice(claim: str, remedy: Remedy) -> list[tuple[str, int | None]]:
    """The files and lines that are advised on; nothing is edited."""
    outcome = mending(files(claim), remedy)
    assert (outcome.edits, outcome.invocations) == ((), ())
    return [(each.place.file.rpartition("/")[2], each.place.line) for each in outcome.advice if each.place]


def test_debian_ships_seven_servers_without_ntlm() -> None:
    """Passwords are taken by POP3 and IMAP before TLS, and under it; SMTP takes no logins at all."""
    found = posture(SHIPPED)
    names = ["imapd", "imapd-ssl", "pop3d", "pop3d-ssl", "esmtpd", "esmtpd-msa", "esmtpd-ssl"]
    assert [each.name for each in found.services] == names
    assert not [offer for each in found.services for offer in each.offers if offer.name == "NTLM"]
    both = (PLAIN, STARTTLS)
    assert {(name, states) for name, states, _ in offers(service(SHIPPED, "pop3d"))} == {
        ("PLAIN", both),
        ("LOGIN", both),
    }
    assert service(SHIPPED, "esmtpd").offers == ()
    assert service(SHIPPED, "esmtpd").public_mx
    assert not service(SHIPPED, "esmtpd-ssl").public_mx


def test_the_submission_server_is_off_as_shipped() -> None:
    """ESMTPDSTART=NO in esmtpd-msa overrides esmtpd's YES; a systemd unit would not look at it."""
    assert service(SHIPPED, "esmtpd-msa").listeners == ()
    doubts = [note.file for note in posture(SHIPPED).notes if note.kind is NoteKind.DOUBT]
    assert doubts == ["/etc/courier/esmtpd-msa"]


def test_ntlm_is_found_through_variables() -> None:
    """The word stands in IMAP_CAPABILITY, which IMAP_CAPABILITY_TLS repeats: its line is the cause under TLS too."""
    found = service(NTLM, "imapd")
    assert offers(found) == {
        ("CRAM-MD5", (STARTTLS,), 5),
        ("NTLM", (), 5),
        ("PLAIN", (STARTTLS,), 6),
        ("LOGIN", (STARTTLS,), 6),
    }
    ntlm = next(offer for offer in found.offers if offer.name == "NTLM")
    value = "IMAP4rev1 UIDPLUS IDLE AUTH=CRAM-MD5 AUTH=NTLM"
    assert ntlm.place == Place(f"{FOLDER}/imapd", 5, "IMAP_CAPABILITY", value)
    assert not ntlm.names_host
    wrapped = service(NTLM, "imapd-ssl")
    assert {states for name, states, _ in offers(wrapped) if name != "NTLM"} == {(IMPLICIT,)}


def test_ntlm_is_listed_and_never_answered() -> None:
    """Courier does not have it: it is accepted in no state, which is not to say that clients are not shown it."""
    assert only_listed(service(NTLM, "imapd")) == {("NTLM", (STARTTLS,), 5)}
    assert only_listed(service(NTLM, "imapd-ssl")) == {("NTLM", (IMPLICIT,), 5)}
    said = list(judge(HostView((), (posture(FALLBACK),), "mail")))
    about_ntlm = [each for each in said if isinstance(each, Finding) and "NTLM" in each.summary]
    assert [(each.rule, each.severity, each.summary) for each in about_ntlm] == [
        (
            "advertised-contradicts-accepted",
            Severity.INFO,
            "NTLM listed, never answered: courier pop3d, pop3d-ssl",
        )
    ]


def test_demanded_tls_leaves_nothing_before_it() -> None:
    """The demand's line, the certificate's, and the oldest version of STARTTLS alone."""
    tls = service(NTLM, "imapd").tls
    assert (tls.available, tls.required, tls.demand.line) == (True, True, 5)
    assert (tls.certificate, tls.oldest) == ("/etc/courier/imapd.pem", "TLSv1.2")
    assert service(NTLM, "imapd-ssl").tls.oldest is None


def test_ports_may_carry_addresses() -> None:
    """`143,192.0.2.1.1143`, and the address of the TLS server."""
    listeners = service(NTLM, "imapd").listeners
    assert [(each.address, each.port) for each in listeners] == [("", 143), ("192.0.2.1", 1143)]
    (wrapped,) = service(NTLM, "imapd-ssl").listeners
    assert (wrapped.address, wrapped.port, wrapped.states) == ("192.0.2.1", 993, (IMPLICIT,))


def test_an_empty_list_for_tls_is_that_for_plain() -> None:
    """As the server does it; what is not started has no listeners."""
    assert ("NTLM", (PLAIN, STARTTLS), 3) in only_listed(service(FALLBACK, "pop3d"))
    assert ("NTLM", (IMPLICIT,), 3) in only_listed(service(FALLBACK, "pop3d-ssl"))
    assert service(FALLBACK, "pop3d-ssl").listeners == ()


@pytest.mark.parametrize(
    ("claim", "remedy", "places"),
    [
        (NTLM, WithdrawMechanism(), [("imapd", 5), ("imapd", 5)]),
        (SHIPPED, WithdrawMechanism(), []),
        (FALLBACK, RequireTls(), [("pop3d-ssl", 4)]),
        (NTLM, RequireTls(), []),
        (FALLBACK, DisableService(), [("pop3d", 5)]),
        (NTLM, DisableService(), []),
    ],
)
def test_changes_are_advised_on(claim: str, remedy: Remedy, places: list[tuple[str, int]]) -> None:
    """With the file and line of what is to be changed; nothing where nothing is to be done."""
    assert advice(claim, remedy) == places
    assert not [each for each in mending(files(claim), remedy).advice if each.text.startswith(FOLDER)]


def test_mail_from_strangers_is_never_asked_for_tls() -> None:
    """A server on port 25 that takes logins before TLS: they are to move, not the mail."""
    text = b'PORT=25\nESMTPAUTH="LOGIN"\nESMTPDSTART=YES\nTLS_CERTFILE=/x\n'
    outcome = mending(collected({f"{FOLDER}/esmtpd": text}, "esmtpd"), RequireTls())
    assert ["Not ESMTP_TLS_REQUIRED=1" in each.text for each in outcome.advice] == [True]


def test_limiting_accounts_is_the_business_of_authlib() -> None:
    """Its option is named."""
    outcome = mending(files(FALLBACK), LimitAccounts(("anna",)))
    assert ["disablepop3=1" in each.text for each in outcome.advice] == [True]


def test_what_only_a_shell_can_work_out_is_said() -> None:
    """A command in a file is unread, one in a value is a doubt; the rest is audited."""
    text = b'PORT=143\nIMAP_CAPABILITY="IMAP4rev1 $(cat /etc/mechanisms)"\nif true; then\nIMAPDSTART=YES\n'
    found = PRODUCT.posture(collected({f"{FOLDER}/imapd": text}))
    assert [(note.kind, note.line) for note in found.notes] == [(NoteKind.UNREAD, 3), (NoteKind.DOUBT, 2)]
    assert [each.name for each in found.services] == ["imapd"]


def test_single_quotes_expand_nothing() -> None:
    """As in a shell."""
    text = b"A=AUTH=NTLM\nIMAP_CAPABILITY='IMAP4rev1 $A'\n"
    (found,) = PRODUCT.posture(collected({f"{FOLDER}/imapd": text})).services
    assert "NTLM" not in {offer.name for offer in found.offers}


def test_values_that_double_each_other_are_bounded() -> None:
    """Sixty doublings would be more than any memory."""
    doubling = "".join(f'V{n}="$V{n - 1}$V{n - 1}"\n' for n in range(1, 60))
    text = f"V0=AUTH=NTLM-{'x' * 1000}\n{doubling}IMAP_CAPABILITY=$V59\n".encode()
    found = PRODUCT.posture(collected({f"{FOLDER}/imapd": text}))
    assert max(len(str(offer.place.value)) for offer in found.services[0].offers) <= 65_536


def test_a_missing_main_file_is_missing() -> None:
    """Its neighbours are optional, it is not."""
    assert [each.path for each in collected({}).missing] == [f"{FOLDER}/imapd"]


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_no_bytes_make_it_raise(one: bytes, other: bytes) -> None:
    """Any text in any file gives a posture and advice."""
    for start in (b"", b"IMAP_CAPABILITY=$X\nPORT=", b"TLS_STARTTLS_PROTOCOL=\nX="):
        found = collected({f"{FOLDER}/imapd": start + one, f"{FOLDER}/imapd-ssl": other})
        PRODUCT.posture(found)
        PRODUCT.edit(found, WithdrawMechanism())

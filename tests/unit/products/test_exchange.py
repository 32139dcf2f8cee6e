"""Exchange: what collected settings mean, server by server, and what is not known of them."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.products.answering import answered
from tests.unit.products.cases import case, claims
from tightlip.model.endpoint import Security
from tightlip.model.finding import Place
from tightlip.model.posture import Accounts, NoteKind, Posture, Service
from tightlip.products._product import Files, Instance
from tightlip.products.exchange import PRODUCT

PATH = "/srv/exchange.json"
INSTANCE = Instance(product="exchange", config=PATH)
PLAIN, STARTTLS, IMPLICIT = Security.PLAIN, Security.STARTTLS, Security.IMPLICIT


def collected(text: bytes) -> Files:
    """What the plug makes of a file."""
    return answered(PRODUCT.collect(INSTANCE), {PATH: text})


def posture(claim: str) -> Posture:
    """The posture of a case."""
    return PRODUCT.posture(collected(case("exchange", claim, PATH).before[PATH]))


def service(claim: str, name: str) -> Service:
    """One service of a case."""
    return next(each for each in posture(claim).services if each.name == name)


def offers(found: Service) -> dict[str, tuple[Security, ...]]:
    """Mechanisms and the TLS states in which they are accepted."""
    return {offer.name: offer.states for offer in found.offers}


@pytest.mark.parametrize(
    ("claim", "version"),
    [
        ("2010-has-no-back-end-services", "14.3.123.4"),
        ("2016-leaks-on-every-port", "15.1.2507.6"),
        ("2019-refuses-ntlm-without-tls-only-by-the-book", "15.2.1118.7"),
        ("se-offers-ntlm-on-receive-connectors", "15.2.2562.17"),
        ("two-servers-one-does-not-answer", "15.1.2507.6, 15.2.1118.7"),
    ],
)
def test_versions_are_told(claim: str, version: str) -> None:
    """Every server's version is told once, the lowest first."""
    assert posture(claim).version == version


@pytest.mark.parametrize(
    ("servers", "name"),
    [
        (
            '{"Name":"A","Fqdn":"a.emea.example.test","DistinguishedName":"CN=A,CN=X,DC=Example,DC=test"}',
            "example.test",
        ),
        ('{"Name":"A","Fqdn":"a.EMEA.example.test"},{"Name":"B","Fqdn":"b.apac.example.test"}', "example.test"),
        ('{"Name":"A","Fqdn":"a.emea.example.test"}', "emea.example.test"),
        ('{"Name":"A","Fqdn":"a.one.test"},{"Name":"B","Fqdn":"b.two.test"}', None),
        ('{"Name":"A","Fqdn":"a"}', None),
        ('{"Name":"A","DistinguishedName":"CN=A,DC=x y,DC=\\u001b"}', None),
        ("", None),
    ],
)
def test_a_collection_is_of_its_forest_wherever_it_is_read(servers: str, name: str | None) -> None:
    """By the servers' distinguished names, else by what their full names have in common; never by a public suffix."""
    text = f'{{"tightlip":"exchange","schema":1,"Get-ExchangeServer":[{servers}]}}'
    assert PRODUCT.whose is not None
    assert PRODUCT.whose(collected(text.encode())) == name


def test_a_plain_text_login_takes_everything_before_tls() -> None:
    """PlainTextLogin: NTLM, Kerberos and passwords in clear, each from the line that says so; NTLM names the host."""
    found = service("2010-has-no-back-end-services", "EX10 pop3")
    everywhere = (PLAIN, STARTTLS, IMPLICIT)
    assert offers(found) == {"NTLM": everywhere, "GSSAPI": everywhere, "PLAIN": everywhere}
    ntlm = found.offers[0]
    assert ntlm.names_host
    assert ntlm.place == Place(PATH, 32, "EX10: Get-PopSettings EnableGSSAPIAndNTLMAuth", "true")
    assert (found.tls.available, found.tls.required) == (True, False)


def test_listeners_are_those_of_the_server_not_of_this_machine() -> None:
    """A socket on every address is called by the server's full name, once for both kinds of addresses."""
    found = service("2010-has-no-back-end-services", "EX10 pop3")
    assert [(each.address, each.port, each.states) for each in found.listeners] == [
        ("ex10.example.test", 110, (PLAIN, STARTTLS)),
        ("ex10.example.test", 995, (IMPLICIT,)),
    ]
    assert found.listeners[0].place.line == 38


def test_login_types_differ_before_tls_only() -> None:
    """PlainTextAuthentication keeps passwords for TLS and takes NTLM before it; SecureLogin takes nothing before."""
    claim = "2016-leaks-on-every-port"
    assert offers(service(claim, "EX16 pop3"))["NTLM"] == (PLAIN, STARTTLS, IMPLICIT)
    assert offers(service(claim, "EX16 pop3"))["PLAIN"] == (STARTTLS, IMPLICIT)
    assert set(offers(service(claim, "EX16 imap")).values()) == {(STARTTLS, IMPLICIT)}
    assert service(claim, "EX16 imap").tls.required


def test_accounts_are_limited_where_not_every_mailbox_may() -> None:
    """One of three may use POP3; where all three may, nothing limits them."""
    limited = service("2016-leaks-on-every-port", "EX16 pop3").accounts
    place = Place(PATH, 108, "Get-CASMailbox PopEnabled", "1 of 3 mailboxes")
    assert limited == Accounts(limited=True, place=place)
    free = service("2010-has-no-back-end-services", "EX10 pop3").accounts
    assert free is not None
    assert not free.limited


def test_of_several_certificates_for_the_name_the_one_for_the_service_that_lasts_counts() -> None:
    """An ended one for the very name gives way to the wildcard's, which POP3 is assigned too."""
    found = posture("2016-leaks-on-every-port").certificates
    assert [(each.path, each.not_after) for each in found] == [
        ("EX16: Get-ExchangeCertificate BB02", datetime(2027, 1, 31, tzinfo=UTC))
    ]


def test_a_certificate_that_is_not_assigned_is_a_problem() -> None:
    """The name is right, but POP3 may not use it; the service that is off is not spoken of."""
    found = posture("2019-refuses-ntlm-without-tls-only-by-the-book").certificates
    assert [each.path for each in found] == ["EX19: Get-PopSettings X509CertificateName mail.example.test"]
    assert "not assigned" in str(found[0].problem)


def test_a_withdrawn_ntlm_stays_to_be_proved_under_tls() -> None:
    """The setting says false: no offer, and a note that the documentation speaks of connections without TLS."""
    claim = "2019-refuses-ntlm-without-tls-only-by-the-book"
    assert offers(service(claim, "EX19 pop3")) == {"PLAIN": (STARTTLS, IMPLICIT)}
    notes = [(note.kind, note.line) for note in posture(claim).notes if "under TLS" in note.text]
    assert notes == [(NoteKind.UNKNOWN, 44)]


def test_a_service_that_is_disabled_is_none() -> None:
    """Stopped and disabled: it is not there; stopped by hand only: it is there, without listeners, with a doubt."""
    names = [each.name for each in posture("se-offers-ntlm-on-receive-connectors").services]
    assert not [name for name in names if name.endswith(("pop3", "imap"))]
    assert service("2010-has-no-back-end-services", "EX10 imap").listeners == ()
    doubts = [note for note in posture("2010-has-no-back-end-services").notes if note.kind is NoteKind.DOUBT]
    assert ["MSExchangeIMAP4" in note.text for note in doubts] == [True]


def test_receive_connectors() -> None:
    """Integrated is NTLM, with Kerberos where that is on; BasicAuth waits for TLS where told; 25 is for strangers."""
    claim = "se-offers-ntlm-on-receive-connectors"
    front = service(claim, "EXSE\\Default Frontend EXSE")
    assert offers(front) == {"NTLM": (PLAIN, STARTTLS), "LOGIN": (STARTTLS,)}
    assert front.public_mx
    assert front.offers[0].place.line == 82
    client = service(claim, "EXSE\\Client Frontend EXSE")
    both = (PLAIN, STARTTLS)
    assert offers(client) == {"NTLM": both, "GSSAPI": both, "LOGIN": both}
    assert not client.public_mx
    assert "EXSE\\Old scanner" not in [each.name for each in posture(claim).services]


def test_x_exps_is_doubted_while_exchange_server_is_set() -> None:
    """Both connectors that keep ExchangeServer get a note with their line."""
    notes = [note for note in posture("se-offers-ntlm-on-receive-connectors").notes if "X-EXPS" in note.text]
    assert [(note.kind, note.line) for note in notes] == [(NoteKind.DOUBT, 82), (NoteKind.DOUBT, 122)]


def test_what_could_not_be_collected_is_said() -> None:
    """The server that did not answer is named with the reason, and nothing is said of it."""
    found = posture("two-servers-one-does-not-answer")
    assert [each.name for each in found.services] == ["EXA pop3"]
    assert any(note.text.startswith("EXB: Get-PopSettings") and note.line == 7 for note in found.notes)
    assert not service("two-servers-one-does-not-answer", "EXA pop3").tls.available


def test_a_setting_that_is_absent_is_on() -> None:
    """EnableGSSAPIAndNTLMAuth is true by default; the place has no line then."""
    text = b'{"tightlip":"exchange","schema":1,"Get-PopSettings":[{"Server":"E","LoginType":"SecureLogin"}]}'
    (found,) = PRODUCT.posture(collected(text)).services
    assert found.offers[0].place == Place(PATH, None, "E: Get-PopSettings EnableGSSAPIAndNTLMAuth", None)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_what_a_shell_made_utf_16_is_read(encoding: str) -> None:
    """`>` in Windows PowerShell writes UTF-16 with a mark."""
    text = case("exchange", "2016-leaks-on-every-port", PATH).before[PATH].decode()
    mark = "\ufeff".encode(encoding)
    assert PRODUCT.posture(collected(mark + text.encode(encoding))) == posture("2016-leaks-on-every-port")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (b"[]", None),
        (b'{"schema": 1}', None),
        (b'{"tightlip":"exchange",\n"schema": 2}', 2),
        (b'{"tightlip":"exchange",\n"schema": 1', 2),
        (b"\xff\xff", 1),
    ],
)
def test_another_file_is_refused_by_name_and_line(text: bytes, line: int | None) -> None:
    """What the script has not written, or not whole, gives a note and no services."""
    found = PRODUCT.posture(collected(text))
    assert found.services == ()
    assert [(note.kind, note.file, note.line) for note in found.notes] == [(NoteKind.UNREAD, PATH, line)]


def test_a_missing_file_is_missing() -> None:
    """Nothing is there: a note, and a missing file that was required."""
    files = answered(PRODUCT.collect(INSTANCE), {})
    assert [each.path for each in files.missing] == [PATH]
    assert PRODUCT.posture(files).services == ()


@pytest.mark.parametrize("claim", claims("exchange"))
@given(st.data())
def test_no_bytes_make_it_raise(claim: str, data: st.DataObject) -> None:
    """A file with anything anywhere in it gives a posture."""
    text = case("exchange", claim, PATH).before[PATH]
    at = data.draw(st.integers(0, len(text)))
    cut = data.draw(st.integers(0, 40))
    PRODUCT.posture(collected(text[:at] + data.draw(st.binary(max_size=30)) + text[at + cut :]))

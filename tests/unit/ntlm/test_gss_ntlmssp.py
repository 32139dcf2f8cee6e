"""The challenge of gss-ntlmssp, as the real one wrote it: it names the service in a pair of its own."""

from base64 import b64encode
from datetime import UTC, datetime

from tests.unit.ntlm import gss_ntlmssp, wire
from tightlip.model.disclosure import Disclosure, Implementation
from tightlip.model.facts import Door
from tightlip.ntlm import parse_challenge
from tightlip.ntlm.anatomy import Kind, spans
from tightlip.ntlm.reading import read_challenge
from tightlip.ntlm.search import challenge_in


def test_the_service_is_read_from_pair_nine() -> None:
    """Every field as asked for when it was recorded, without an oddity; no product, for its version is a constant."""
    message = parse_challenge(gss_ntlmssp.NAMED)
    assert message.oddities == ()
    assert message.disclosure == Disclosure(
        target_name="MAIL01",
        netbios_computer_name="MAIL01",
        netbios_domain_name="WORKSTATION",
        dns_computer_name="mail01.corp.example",
        product_version="6.2.0",
        system_time=message.disclosure.system_time,
        service_name="imap/mail01.corp.example",
    )
    clock = message.disclosure.system_time
    assert clock is not None
    assert datetime(2026, 11, 28, 6, tzinfo=UTC) < clock < datetime(2026, 11, 28, 7, tzinfo=UTC)


def test_without_a_service_the_pair_is_missing() -> None:
    """A credential without a name gives none away in it."""
    disclosure = parse_challenge(gss_ntlmssp.NAMELESS).disclosure
    assert disclosure.service_name is None
    assert disclosure.names == ("MAIL01", "WORKSTATION", "mail01")


def test_the_service_alone_is_a_name() -> None:
    """It counts as naming, and is listed among the names."""
    info = wire.pair(9, wire.utf16("imap/mail01.corp.example")) + wire.end()
    disclosure = parse_challenge(wire.Message(flags=0x00820205, info=info).encode()).disclosure
    assert disclosure.has_names
    assert disclosure.names == ("imap/mail01.corp.example",)


def test_inside_an_envelope_it_is_the_same() -> None:
    """Both ways to the message agree: by the SPNEGO door, and searched for in what was said."""
    challenge = read_challenge(Door.SPNEGO, gss_ntlmssp.WRAPPED)
    assert challenge.implementation is Implementation.GSS_NTLMSSP
    assert challenge.disclosure.service_name == "imap/mail01.corp.example"
    assert challenge_in(b"+ " + b64encode(gss_ntlmssp.WRAPPED) + b"\r\n") == challenge.raw


def test_the_bytes_of_the_service_are_marked_as_telling() -> None:
    """As those of every other name are."""
    pair = next(span for span in spans(gss_ntlmssp.NAMED) if span.name.startswith("AV pair 9"))
    assert (pair.value, pair.kind) == ("imap/mail01.corp.example", Kind.LEAK)

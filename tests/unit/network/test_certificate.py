"""A server certificate as facts: names, issuer, expiry, self-signed, and whether it is for the host asked for."""

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.network.shown import PAST, certificate
from tightlip.model.facts import TlsState
from tightlip.network import certificate as reading
from tightlip.network.certificate import read_certificate

DER = certificate(names=("mail.example.org",)).public_bytes(Encoding.DER)


def read(der: bytes, host: str = "mail.example.org") -> TlsState:
    """The TLS state for a handshake that showed ``der``."""
    return read_certificate(der, host, "TLSv1.3", "AES")


@pytest.mark.parametrize(
    ("names", "host", "matches"),
    [
        (("mail.example.org",), "mail.example.org", True),
        (("Mail.Example.ORG",), "mail.example.org", True),
        (("mail.example.org.",), "mail.example.org", True),
        (("mail.example.org",), "mail.example.org.", True),
        (("other.example.org", "mail.example.org"), "mail.example.org", True),
        (("*.example.org",), "mail.example.org", True),
        (("*.example.org",), "mail.example.org.", True),
        (("*.example.org",), "example.org", False),
        (("*.example.org",), "a.mail.example.org", False),
        (("*.example.org",), "mailexample.org", False),
        (("mail.*.org",), "mail.example.org", False),
        (("example.org",), "mail.example.org", False),
        (("xn--bcher-kva.example",), "xn--bcher-kva.example", True),
    ],
)
def test_a_name_matches(names: tuple[str, ...], host: str, matches: bool) -> None:
    """Without case or final dot; an asterisk stands for one whole label on the left (RFC 6125 section 6.4)."""
    assert read(certificate(names=names).public_bytes(Encoding.DER), host).name_matches is matches


def test_the_common_name_counts_where_there_is_no_other() -> None:
    """Old certificates have no alternative names; where there are any the common name says nothing."""
    old = certificate(names=(), common_name="mail.example.org").public_bytes(Encoding.DER)
    assert read(old).subject_names == ("mail.example.org",)
    assert read(old).name_matches is True
    new = certificate(names=("other.example.org",), common_name="mail.example.org").public_bytes(Encoding.DER)
    assert read(new).name_matches is False


@pytest.mark.parametrize(("host", "matches"), [("192.0.2.7", True), ("192.0.2.8", None), ("2001:DB8::1", True)])
def test_an_address_that_is_not_listed_is_no_mismatch(host: str, matches: bool | None) -> None:
    """Nobody promised that a certificate names an address."""
    shown = certificate(addresses=("192.0.2.7", "2001:db8::1"))
    assert read(shown.public_bytes(Encoding.DER), host).name_matches is matches


def test_expired_and_self_signed_are_facts() -> None:
    """Both are told as they are."""
    shown = certificate(common_name="mail.example.org", issuer="mail.example.org", not_after=PAST)
    state = read(shown.public_bytes(Encoding.DER))
    assert (state.not_after, state.self_signed) == (shown.not_valid_after_utc, True)
    assert state.issuer == "CN=mail.example.org"


@pytest.mark.parametrize("der", [b"", b"\x30", b"no certificate", DER[:-1], DER[:200]])
def test_an_unreadable_certificate_leaves_its_fields_open(der: bytes) -> None:
    """Version and cipher are known all the same; nothing is claimed of the rest."""
    assert read(der) == TlsState("TLSv1.3", "AES")


@given(at=st.integers(0, len(DER) - 1), value=st.integers(0, 255))
def test_no_byte_of_a_certificate_makes_reading_fail(at: int, value: int) -> None:
    """A certificate with any byte changed is read or unreadable; nothing is raised, nothing is warned of."""
    state = read(DER[:at] + bytes((value,)) + DER[at + 1 :])
    assert state.version == "TLSv1.3"


def test_names_without_number_or_measure_are_cut() -> None:
    """A certificate with hundreds of names keeps the first ones; each has an end."""
    many = certificate(names=tuple(f"h{number}.example.org" for number in range(300)), issuer="x" * 60)
    state = read(many.public_bytes(Encoding.DER))
    assert len(state.subject_names) == 50


def test_a_fleets_certificate_is_parsed_once_and_a_huge_one_is_not_kept() -> None:
    """What is cached is small, whatever servers show."""
    cache = reading._read
    cache.cache_clear()
    for _ in range(3):
        read(DER)
    assert (cache.cache_info().hits, cache.cache_info().currsize) == (2, 1)
    huge = certificate(names=tuple(f"{'h' * 50}{number}.example.org" for number in range(200)))
    assert read(huge.public_bytes(Encoding.DER)).subject_names
    assert cache.cache_info().currsize == 1

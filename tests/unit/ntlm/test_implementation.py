"""Which server code is believed to have written a challenge, and from what."""

import pytest

from tests.unit.ntlm import gss_ntlmssp, wire
from tightlip.model.disclosure import Implementation
from tightlip.ntlm import parse_challenge
from tightlip.ntlm.builds import products_of
from tightlip.ntlm.implementation import infer

DOVECOT_ONE_PAIR = wire.pair(3, wire.utf16("mx1")) + wire.end()
DISORDERED = wire.pair(1, wire.utf16("A")) + wire.pair(2, wire.utf16("B")) + wire.end()


@pytest.mark.parametrize(
    ("raw", "implementation", "said"),
    [
        pytest.param(wire.WINDOWS, Implementation.WINDOWS, "10.0.17763", id="windows"),
        pytest.param(wire.SAMBA, Implementation.SAMBA, "6.1 build 0", id="samba"),
        pytest.param(wire.DOVECOT, Implementation.DOVECOT, "only AV pair", id="dovecot"),
        pytest.param(wire.CYRUS, Implementation.CYRUS, "upper-case", id="cyrus"),
        pytest.param(wire.EXIM, Implementation.EXIM, "0x8201", id="exim"),
        pytest.param(gss_ntlmssp.NAMED, Implementation.GSS_NTLMSSP, "6.2 build 0", id="gss-ntlmssp"),
        pytest.param(gss_ntlmssp.NAMELESS, Implementation.GSS_NTLMSSP, "6.2 build 0", id="gss-ntlmssp-nameless"),
        pytest.param(gss_ntlmssp.IN_DOMAIN, Implementation.GSS_NTLMSSP, "6.2 build 0", id="gss-ntlmssp-in-domain"),
    ],
)
def test_each_server_code_is_known_by_its_shape(raw: bytes, implementation: Implementation, said: str) -> None:
    """The conclusion comes with the reason it was drawn from."""
    concluded, why = infer(parse_challenge(raw))
    assert concluded is implementation
    assert said in why


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(wire.OLDEST, id="32-byte-header"),
        pytest.param(wire.NT4, id="40-byte-header"),
        pytest.param(
            wire.Message(flags=0x02820205, info=DISORDERED, version=wire.WINDOWS_VERSION).encode(),
            id="windows-build-in-another-order",
        ),
        pytest.param(
            wire.Message(flags=0x02000205, name=wire.utf16("A"), version=wire.WINDOWS_VERSION).encode(),
            id="windows-build-without-pairs",
        ),
        pytest.param(
            wire.Message(flags=0x02820205, info=wire.WINDOWS_PAIRS, version=b"\x07\0\x10\x27\0\0\0\x0f").encode(),
            id="a-version-that-never-was",
        ),
        pytest.param(
            wire.Message(flags=0x02820205, info=wire.WINDOWS_PAIRS, version=b"\x06\2\0\0\0\0\0\x0f").encode(),
            id="gss-ntlmssp-would-write-pairs-in-ascending-order",
        ),
        pytest.param(
            wire.Message(flags=0x00028205, name=wire.utf16("Mail.lab.test")).encode(),
            id="cyrus-would-write-upper-case",
        ),
        pytest.param(wire.Message(flags=0x80028205, name=wire.utf16("MAIL")).encode(), id="cyrus-has-no-high-flags"),
        pytest.param(
            wire.Message(flags=0x00820205, name=wire.utf16("other"), info=DOVECOT_ONE_PAIR).encode(),
            id="dovecot-would-repeat-its-name",
        ),
        pytest.param(wire.Message(flags=0x00008205, name_field=wire.field(0, 0x2800)).encode(), id="not-exims-flags"),
        pytest.param(
            wire.Message(flags=0x00820205, name=wire.utf16("D"), info=wire.WINDOWS_PAIRS).encode(),
            id="windows-pairs-without-version",
        ),
    ],
)
def test_what_fits_no_shape_is_unknown_with_a_reason(raw: bytes) -> None:
    """No guess is made; the reason is never empty."""
    concluded, why = infer(parse_challenge(raw))
    assert concluded is Implementation.UNKNOWN
    assert why


def test_an_early_dovecot_that_cut_its_own_end_mark_is_still_dovecot() -> None:
    """Dovecot 1.0 counted four bytes too few, which left the end mark outside the list."""
    info = wire.pair(3, wire.utf16("mx1")) + wire.end()
    raw = wire.Message(
        flags=0x00820205,
        name=wire.utf16("mx1"),
        info=info,
        info_field=wire.field(len(info) - 4, 48 + 6),
    ).encode()
    assert infer(parse_challenge(raw))[0] is Implementation.DOVECOT


@pytest.mark.parametrize(
    ("version", "text"),
    [
        ((6, 1, 7601), "Windows 7 or Server 2008 R2"),
        ((6, 3, 9600), "Windows 8.1 or Server 2012 R2"),
        ((10, 0, 14393), "Windows 10 1607 or Server 2016"),
        ((10, 0, 17784), "Azure Stack HCI 20H2 (unconfirmed)"),
        ((10, 0, 20348), "Windows Server 2022"),
        ((10, 0, 20349), "Azure Stack HCI 22H2"),
        ((10, 0, 25398), "Windows Server 23H2 or Azure Stack HCI 23H2"),
        ((10, 0, 26100), "Windows 11 24H2 or later, or Server 2025"),
        ((10, 0, 26200), "Windows 11 25H2"),
        ((6, 2, 0), None),
        ((6, 1, 0), None),
        ((10, 0, 1), None),
        ((0, 0, 0), None),
    ],
)
def test_a_build_names_every_release_that_shares_it(version: tuple[int, int, int], text: str | None) -> None:
    """One text for all sharers; no product for Samba's constant and for builds that are not known."""
    assert products_of(*version) == text


def test_sambas_constant_is_a_version_and_no_product() -> None:
    """What the wire says is kept; what it does not mean is not claimed."""
    disclosure = parse_challenge(wire.SAMBA).disclosure
    assert (disclosure.product_version, disclosure.product) == ("6.1.0", None)
    assert disclosure.dns_domain_name is None

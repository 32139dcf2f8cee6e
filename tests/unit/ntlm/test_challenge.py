"""What the reader of challenges makes of well-formed messages of every age."""

from datetime import UTC, datetime

import pytest

from tests.unit.ntlm import wire
from tightlip.model.disclosure import Disclosure
from tightlip.ntlm import ChallengeMessage, HeaderShape, parse_challenge

# MS-NLMP 4.2.4.3, the challenge of the NTLMv2 example.
SPECIFICATION_V2 = bytes.fromhex(
    "4e544c4d53535000020000000c000c003800000033828ae20123456789abcdef"
    "00000000000000002400240044000000060070170000000f5300650072007600"
    "6500720002000c0044006f006d00610069006e0001000c005300650072007600"
    "6500720000000000"
)
# MS-NLMP 4.2.3.3, the challenge of the NTLMv1 example with client challenge.
SPECIFICATION_V1 = bytes.fromhex(
    "4e544c4d53535000020000000c000c003800000033820a820123456789abcdef"
    "00000000000000000000000000000000060070170000000f5300650072007600"
    "65007200"
)
# The type 2 message of E. Glass, "The NTLM Authentication Protocol and Security Support Provider".
DAVENPORT = bytes.fromhex(
    "4e544c4d53535000020000000c000c003000000001028100"
    "0123456789abcdef0000000000000000620062003c000000"
    "44004f004d00410049004e0002000c0044004f004d004100"
    "49004e0001000c0053004500520056004500520004001400"
    "64006f006d00610069006e002e0063006f006d0003002200"
    "7300650072007600650072002e0064006f006d0061006900"
    "6e002e0063006f006d0000000000"
)
# The shortest type 2 message of the same page: no target, OEM.
DAVENPORT_MINIMAL = bytes.fromhex("4e544c4d53535000020000000000000000000000020200000123456789abcdef")


def test_reads_every_field_of_a_windows_challenge() -> None:
    """A full modern challenge gives all nine fields and nothing odd."""
    assert parse_challenge(wire.WINDOWS) == ChallengeMessage(
        flags=0xA2898205,
        server_challenge=bytes.fromhex("0123456789abcdef"),
        shape=HeaderShape.WITH_VERSION,
        target_name="CORPLAB",
        target_name_offset=56,
        av_pairs=(
            (2, wire.utf16("CORPLAB")),
            (1, wire.utf16("POPSRV01")),
            (4, wire.utf16("corp.lab.test")),
            (3, wire.utf16("popsrv01.corp.lab.test")),
            (5, wire.utf16("lab.test")),
            (7, (133_500_000_000_000_000).to_bytes(8, "little")),
        ),
        version=(10, 0, 17763),
        revision=15,
        disclosure=Disclosure(
            target_name="CORPLAB",
            netbios_computer_name="POPSRV01",
            netbios_domain_name="CORPLAB",
            dns_computer_name="popsrv01.corp.lab.test",
            dns_domain_name="corp.lab.test",
            dns_tree_name="lab.test",
            product_version="10.0.17763",
            product="Windows 10 1809, Server 2019 or Server 1809",
            system_time=datetime(2024, 1, 17, 21, 20, tzinfo=UTC),
        ),
        oddities=(),
    )


def test_reads_the_specifications_ntlmv2_example() -> None:
    """MS-NLMP 4.2.4.3 is read as the document says, without an oddity."""
    message = parse_challenge(SPECIFICATION_V2)
    assert message.flags == 0xE28A8233
    assert message.disclosure == Disclosure(
        target_name="Server",
        netbios_computer_name="Server",
        netbios_domain_name="Domain",
        product_version="6.0.6000",
        product="Windows Vista",
    )
    assert message.revision == 15
    assert message.oddities == ()


def test_reads_the_specifications_ntlmv1_example() -> None:
    """MS-NLMP 4.2.3.3 has a version but no TargetInfo."""
    message = parse_challenge(SPECIFICATION_V1)
    assert message.shape is HeaderShape.WITH_VERSION
    assert message.disclosure.names == ("Server",)
    assert message.version == (6, 0, 6000)
    assert message.av_pairs == ()
    assert message.oddities == ()


def test_reads_the_challenge_of_windows_before_versions() -> None:
    """The 48-byte header of the NT 5.0 age carries all names and no version."""
    message = parse_challenge(DAVENPORT)
    assert message.shape is HeaderShape.WITH_TARGET_INFO
    assert message.version is None
    assert message.revision is None
    assert message.disclosure == Disclosure(
        target_name="DOMAIN",
        netbios_computer_name="SERVER",
        netbios_domain_name="DOMAIN",
        dns_computer_name="server.domain.com",
        dns_domain_name="domain.com",
    )
    assert message.oddities == ()


def test_reads_the_shortest_challenge() -> None:
    """32 bytes are a whole message that discloses nothing."""
    message = parse_challenge(DAVENPORT_MINIMAL)
    assert message.shape is HeaderShape.OLDEST
    assert message.server_challenge == bytes.fromhex("0123456789abcdef")
    assert message.disclosure == Disclosure()
    assert message.oddities == ()


@pytest.mark.parametrize(
    ("raw", "shape", "name"),
    [
        pytest.param(wire.OLDEST, HeaderShape.OLDEST, "OLDDOM", id="32"),
        pytest.param(wire.NT4, HeaderShape.WITH_CONTEXT, "NTDOM", id="40"),
        pytest.param(wire.CYRUS, HeaderShape.WITH_TARGET_INFO, "PF01.LAB.TEST", id="48"),
        pytest.param(wire.SAMBA, HeaderShape.WITH_VERSION, "MAIL", id="56"),
    ],
)
def test_each_historic_header_is_told_by_where_the_payload_begins(raw: bytes, shape: HeaderShape, name: str) -> None:
    """The header's size follows from the payload; the name is found in each."""
    message = parse_challenge(raw)
    assert message.shape is shape
    assert message.disclosure.target_name == name


def test_dovecots_own_challenge_names_the_host_twice() -> None:
    """Dovecot before 2.3.13 gives its host name as target and as DNS computer name."""
    message = parse_challenge(wire.DOVECOT)
    assert message.disclosure == Disclosure(target_name="mx1", dns_computer_name="mx1")
    assert message.oddities == ()


def test_exims_challenge_discloses_nothing() -> None:
    """An empty target whose offset lies outside the message is no name."""
    assert parse_challenge(wire.EXIM).disclosure == Disclosure()


def test_target_info_may_come_before_the_target_name() -> None:
    """The order of payload fields is the server's choice."""
    info = wire.pair(1, wire.utf16("BOX")) + wire.end()
    raw = wire.Message(
        flags=0x00820205,
        name_field=wire.field(6, 48 + len(info)),
        info=info,
        info_field=wire.field(len(info), 48),
    ).encode() + wire.utf16("DOM")
    message = parse_challenge(raw)
    assert message.disclosure.names == ("DOM", "BOX")
    assert message.oddities == ()


def test_unicode_names_survive() -> None:
    """Names are UTF-16, beyond the basic plane too."""
    raw = wire.Message(flags=0x00020205, name=wire.utf16("МАИЛ-ßrv-\U0001f4ee")).encode()
    assert parse_challenge(raw).target_name == "МАИЛ-ßrv-\U0001f4ee"


def test_av_pairs_are_unicode_even_when_the_flags_say_oem() -> None:
    """MS-NLMP 2.2.2.1: the flags rule the target name only."""
    raw = wire.Message(flags=0x00820206, name=b"DOM", info=wire.pair(2, wire.utf16("DOM")) + wire.end()).encode()
    message = parse_challenge(raw)
    assert message.disclosure == Disclosure(target_name="DOM", netbios_domain_name="DOM")
    assert message.oddities == ()


def test_a_zero_version_that_is_not_promised_is_no_version() -> None:
    """MS-NLMP 2.2.1.2: without the flag the field is zero, and says nothing."""
    raw = wire.Message(flags=0x00000205, name=wire.utf16("DOM"), version=bytes(8)).encode()
    message = parse_challenge(raw)
    assert (message.shape, message.version, message.oddities) == (HeaderShape.WITH_VERSION, None, ())

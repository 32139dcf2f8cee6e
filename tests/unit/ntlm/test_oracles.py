"""Two independent readers must agree with ours wherever nothing is odd."""

from datetime import UTC, datetime

from hypothesis import given
from impacket import ntlm as impacket_ntlm
from spnego._ntlm_raw.messages import AvId, TargetInfo
from spnego._ntlm_raw.messages import Challenge as SpnegoChallenge

from tests.unit.ntlm import challenges
from tightlip.ntlm import HeaderShape, parse_challenge

ATTRIBUTES = {
    1: "netbios_computer_name",
    2: "netbios_domain_name",
    3: "dns_computer_name",
    4: "dns_domain_name",
    5: "dns_tree_name",
    9: "service_name",
}


@given(challenges.modern())
def test_pyspnego_reads_the_same_fields(raw: bytes) -> None:
    """Flags, challenge, names, clock and version of sound messages."""
    theirs = SpnegoChallenge.unpack(raw)
    ours = parse_challenge(raw)
    assert (ours.flags, ours.server_challenge) == (theirs.flags, theirs.server_challenge)
    assert ours.target_name == theirs.target_name
    info = theirs.target_info or TargetInfo()
    for av_id, attribute in ATTRIBUTES.items():
        assert getattr(ours.disclosure, attribute) == info.get(AvId(av_id))
    clock = info.get(AvId.timestamp)
    # FileTime has no time zone and a tenth of a microsecond that datetime lacks.
    expected = clock and datetime.combine(clock.date(), clock.time(), UTC)
    assert ours.disclosure.system_time == expected
    version = theirs.version
    assert ours.version == (None if version is None else (version.major, version.minor, version.build))


@given(challenges.modern())
def test_impacket_reads_the_same_fields(raw: bytes) -> None:
    """Flags, challenge, raw names and raw AV pairs of sound messages."""
    theirs = impacket_ntlm.NTLMAuthChallenge()
    theirs.fromString(raw)
    ours = parse_challenge(raw)
    assert (ours.flags, ours.server_challenge) == (theirs["flags"], theirs["challenge"])
    assert (ours.target_name or "").encode("utf-16-le") == theirs["domain_name"]
    pairs = impacket_ntlm.AV_PAIRS(theirs["TargetInfoFields"])
    assert dict(ours.av_pairs) == {av_id: pairs[av_id][1] for av_id in pairs if av_id}


@given(challenges.damaged())
def test_impacket_agrees_on_damaged_messages_as_far_as_they_are_sound(raw: bytes) -> None:
    """The header always; the pairs where we saw nothing odd."""
    ours = parse_challenge(raw)
    if ours.shape < HeaderShape.WITH_TARGET_INFO:
        return
    theirs = impacket_ntlm.NTLMAuthChallenge()
    theirs.fromString(raw)
    assert (ours.flags, ours.server_challenge) == (theirs["flags"], theirs["challenge"])
    if ours.av_pairs and not ours.oddities:
        pairs = impacket_ntlm.AV_PAIRS(theirs["TargetInfoFields"])
        assert dict(ours.av_pairs) == {av_id: pairs[av_id][1] for av_id in pairs if av_id}

"""Which server code wrote a challenge, told by the shape it could not help giving it."""

from functools import lru_cache

from tightlip.model.disclosure import Implementation
from tightlip.ntlm.challenge import ChallengeMessage, HeaderShape
from tightlip.ntlm.layout import (
    ALWAYS_SIGN,
    AV_DNS_COMPUTER,
    NTLM,
    REQUEST_TARGET,
    TARGET_TYPE_DOMAIN,
    TARGET_TYPE_SERVER,
    UNICODE,
)

_WINDOWS_ORDER = (2, 1, 4, 3, 5, 7)
_GSS_NTLMSSP_VERSION = (6, 2, 0)
_OLDEST_BUILD = 2195  # Windows 2000, the first whose NTLMSSP could state a version
_EXIM_FLAGS = UNICODE | NTLM | ALWAYS_SIGN
_EXIM_OFFSET = 0x2800
_CUT = HeaderShape.CUT
_TARGET_TYPES = TARGET_TYPE_DOMAIN | TARGET_TYPE_SERVER


def infer(message: ChallengeMessage) -> tuple[Implementation, str]:
    """The implementation and what it was concluded from; ``UNKNOWN``, with the reason, where the shape fits none.

    An inference, not a proof: whoever copies a shape is taken for its author, and ``why`` says so where copies
    are known.
    """
    if message.shape is _CUT:
        return Implementation.UNKNOWN, "no challenge that could be read"
    if message.version is not None:
        return _infer_by_version(message.version, tuple([av_id for av_id, _ in message.av_pairs]))
    if message.shape is not HeaderShape.WITH_TARGET_INFO:
        return Implementation.UNKNOWN, f"no version, and a {message.shape.value}-byte header that many wrote"
    return _infer_without_version(message)


# Ten thousand servers have a handful of versions.
@lru_cache(maxsize=256)
def _infer_by_version(version: tuple[int, int, int], ids: tuple[int, ...]) -> tuple[Implementation, str]:
    text = "{}.{}.{}".format(*version)
    if version == (6, 1, 0):
        why = "version 6.1 build 0 is a constant of Samba's code (ntlm_auth and what was copied from it)"
        return Implementation.SAMBA, why
    if version == _GSS_NTLMSSP_VERSION and ids[:2] == (1, 2) and list(ids) == sorted(ids):
        why = "version 6.2 build 0 is a constant of gss-ntlmssp's code, and the AV pairs ascend as it writes them"
        return Implementation.GSS_NTLMSSP, why
    major, _, build = version
    if major not in (5, 6, 10) or build < _OLDEST_BUILD:
        return Implementation.UNKNOWN, f"{text} is no build of Windows, and no constant we know"
    if not _is_in_windows_order(ids):
        return Implementation.UNKNOWN, f"{text} could be Windows, but the AV pairs are not in its order"
    return Implementation.WINDOWS, f"version {text} could be a real build, and the AV pairs are in Windows' order"


def _is_in_windows_order(ids: tuple[int, ...]) -> bool:
    return ids[:2] == (2, 1) and ids == tuple(av_id for av_id in _WINDOWS_ORDER if av_id in ids)


def _infer_without_version(message: ChallengeMessage) -> tuple[Implementation, str]:
    ids = tuple(av_id for av_id, _ in message.av_pairs)
    if not ids and message.flags == _EXIM_FLAGS and message.target_name_offset == _EXIM_OFFSET:
        return Implementation.EXIM, "flags 0x8201 and an empty target at 0x2800, as Exim's spa driver writes"
    name = message.disclosure.dns_computer_name
    if ids == (AV_DNS_COMPUTER,) and message.target_name in (None, name):
        why = "no version, and the DNS computer name as the only AV pair, as Dovecot before 2.3.13 wrote"
        return Implementation.DOVECOT, why
    if not ids and _is_cyrus(message):
        why = "no version, no AV pairs, and an upper-case server name, as the Cyrus SASL plugin writes"
        return Implementation.CYRUS, why
    return Implementation.UNKNOWN, "no version, and no shape that only one server writes"


def _is_cyrus(message: ChallengeMessage) -> bool:
    # It echoes the client's low 16 flags and adds the target type (ntlm.c, server step 1), so nothing above.
    name = message.target_name
    kept = message.flags & ~0xFFFF
    return (
        name is not None
        and name == name.upper()
        and message.target_name_offset == HeaderShape.WITH_TARGET_INFO
        and message.flags & REQUEST_TARGET != 0
        and kept in (TARGET_TYPE_SERVER, TARGET_TYPE_DOMAIN)
    )

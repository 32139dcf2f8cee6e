"""What makes a server's GSSAPI carry NTLM: Debian's gss-ntlmssp, which Kerberos' library loads; and a keytab."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

# By variant, what stands beside the server's own GSSAPI module. It is found below /usr and /etc, so that a server is
# started anew where it changes.
_PLUGIN = ["gss-ntlmssp"]
PACKAGES: Mapping[str, Sequence[str]] = {
    "gssapi": _PLUGIN,
    "gssapi-hidden": _PLUGIN,
    "gssapi-keytab": _PLUGIN,
    "gss-spnego": _PLUGIN,
    # Kerberos alone, as most hosts have it.
    "kerberos": [],
}
VARIANTS = frozenset(PACKAGES)

_REALM = "LAB.TEST"
_KEYTAB_VERSION = 0x0502
_NT_SRV_HST = 3
_AES256_CTS_HMAC_SHA1_96 = 18
_KEY_BYTES = 32
_KEY_VERSION = 1


def write_keytab(path: Path, host: str, services: Iterable[str]) -> None:
    """Write a keytab (MIT's file format 0x0502) with a random key for each service of the host, for every reader."""
    path.write_bytes(struct.pack(">H", _KEYTAB_VERSION) + b"".join(_entry(service, host) for service in services))
    path.chmod(0o644)


def _entry(service: str, host: str) -> bytes:
    names = [_counted(name.encode()) for name in (_REALM, service, host)]
    stamp = struct.pack(">IIB", _NT_SRV_HST, 0, _KEY_VERSION)
    key = struct.pack(">H", _AES256_CTS_HMAC_SHA1_96) + _counted(os.urandom(_KEY_BYTES))
    entry = struct.pack(">H", 2) + b"".join(names) + stamp + key
    return struct.pack(">i", len(entry)) + entry


def _counted(value: bytes) -> bytes:
    return struct.pack(">H", len(value)) + value

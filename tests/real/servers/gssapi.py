"""What makes a server's GSSAPI carry NTLM: Debian's gss-ntlmssp, which Kerberos' library loads; and a keytab."""

from __future__ import annotations

import os
import shutil
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
    "gssapi-chroot": _PLUGIN,
    "gssapi-chroot-keytab": _PLUGIN,
    "gssapi-empty-chroot": _PLUGIN,
    "gss-spnego": _PLUGIN,
    # Kerberos alone, as most hosts have it.
    "kerberos": [],
}
VARIANTS = frozenset(PACKAGES)
REGISTERED = "/etc/gss/mech.d"

_REALM = "LAB.TEST"
_KEYTAB_VERSION = 0x0502
_NT_SRV_HST = 3
_AES256_CTS_HMAC_SHA1_96 = 18
_KEY_BYTES = 32
_KEY_VERSION = 1


def own_registrations(folder: Path, root: Path) -> list[tuple[str, str]]:
    """The mounts that let this host's administrator change what its GSSAPI library loads, as a prefix does not.

    ``root`` is the prefix, whose files are copied into ``folder``.
    """
    theirs, own = root / REGISTERED[1:], folder / "mech.d"
    if not theirs.is_dir():
        return []
    shutil.rmtree(own, ignore_errors=True)
    shutil.copytree(theirs, own)
    return [(str(own), REGISTERED)]


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

#!/usr/bin/python3 -ISu
"""Stands in for Samba's ntlm_auth in Dovecot's helper seat and discloses what `disclosure.json` beside it says.

It speaks the squid-2.5-ntlmssp helper protocol: `YR <type 1>` is answered `TT <type 2>`, `KK <type 3>` with
`AF <user>` or `NA <reason>`. The file is read anew for each challenge, so a test may change it at any time:

  target_name, pairs [[id, text], ...], version [major, minor, build] or null, flags, clock (bool)
  raw: base64 sent as the challenge, whatever it is       line: sent as the helper's whole answer
"""

import base64
import json
import os
import struct
import sys
import time
from pathlib import Path
from typing import Any

_DISCLOSURE = Path(__file__).with_name("disclosure.json")
_SIGNATURE = b"NTLMSSP\0"
_TIMESTAMP = 7
# Where the user's name is said to be in a type 3 message (MS-NLMP 2.2.1.3)
_USER_FIELDS_END = 44
_FILETIME_OF_1970 = 11644473600
# UNICODE, REQUEST_TARGET, NTLM, ALWAYS_SIGN, TARGET_TYPE_DOMAIN, EXTENDED_SESSIONSECURITY, TARGET_INFO,
# VERSION, 128 and 56 (MS-NLMP 2.2.2.5)
_FLAGS = 0xA2898205


def challenge(told: dict[str, Any]) -> bytes:
    """A CHALLENGE_MESSAGE (MS-NLMP 2.2.1.2) that says what it is told to."""
    name: bytes = told["target_name"].encode("utf-16-le")
    pairs = b"".join(_pair(number, text.encode("utf-16-le")) for number, text in told["pairs"])
    if told.get("clock", True):
        ticks = int((time.time() + _FILETIME_OF_1970) * 10_000_000)
        pairs += _pair(_TIMESTAMP, struct.pack("<Q", ticks))
    pairs += _pair(0, b"")
    version = told.get("version")
    start = 56 if version else 48
    fields = struct.pack("<HHII", len(name), len(name), start, told.get("flags", _FLAGS))
    info = struct.pack("<HHI", len(pairs), len(pairs), start + len(name))
    tail = struct.pack("<BBH3xB", *version, 15) if version else b""
    head = _SIGNATURE + struct.pack("<I", 2) + fields + os.urandom(8) + bytes(8) + info
    return head + tail + name + pairs


def answer(request: str) -> str:
    """One line of the helper protocol for one line of it."""
    verb, _, argument = request.partition(" ")
    if verb == "YR":
        told = json.loads(_DISCLOSURE.read_text(encoding="utf-8"))
        if "line" in told:
            return str(told["line"])
        return "TT " + (told.get("raw") or base64.b64encode(challenge(told)).decode())
    if verb == "KK":
        message = base64.b64decode(argument)
        if len(message) < _USER_FIELDS_END:
            return "NA NT_STATUS_INVALID_PARAMETER"
        length, _, offset = struct.unpack_from("<HHI", message, 36)
        user = message[offset : offset + length].decode("utf-16-le")
        return f"AF {user}" if user == "okuser" else "NA NT_STATUS_LOGON_FAILURE"
    return "BH unknown request"


def _pair(number: int, value: bytes) -> bytes:
    return struct.pack("<HH", number, len(value)) + value


if __name__ == "__main__":
    for line in sys.stdin:
        sys.stdout.write(answer(line.strip()) + "\n")
        sys.stdout.flush()

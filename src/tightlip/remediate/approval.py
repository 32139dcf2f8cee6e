"""Approvals: somebody's signature under exactly this plan, for this host, in this window, until this moment.

What is signed (Ed25519, RFC 8032) is the approval itself with an empty signature, which names the plan by its hash.
"""

from base64 import b64decode, b64encode
from datetime import datetime
from typing import Annotated

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from msgspec import Meta, Struct
from msgspec.structs import replace

from tightlip.model.errors import UsageError

_CONTEXT = b"tightlip approval 1\n"
_MOST = 1_000
# A moment without a zone could be any of two dozen.
_Moment = Annotated[datetime, Meta(tz=True)]
_PREFIX = "ed25519:"


class Approval(Struct, frozen=True, kw_only=True):
    """Who approved which plan for which host, and when it may be applied; ``key`` is the public key's text."""

    plan: str
    host: str
    by: str
    made: _Moment
    expires: _Moment
    window: str | None
    key: str
    signature: str = ""


def sign(approval: Approval, key: Ed25519PrivateKey) -> Approval:
    """The approval with its signature; its ``key`` becomes that of the signer."""
    unsigned = replace(approval, key=key_text(key.public_key()), signature="")
    return replace(unsigned, signature=b64encode(key.sign(_message(unsigned))).decode())


def is_genuine(approval: Approval) -> bool:
    """Whether the signature is that of the approval's own key; whose key it is, is another question."""
    try:
        key, signature = read_key(approval.key), b64decode(approval.signature, validate=True)
        key.verify(signature, _message(replace(approval, signature="")))
    except (UsageError, ValueError, InvalidSignature):
        return False
    return True


def key_text(key: Ed25519PublicKey) -> str:
    """A public key as it stands in a policy: ``ed25519:`` and base64."""
    return _PREFIX + b64encode(key.public_bytes_raw()).decode()


def read_key(text: str) -> Ed25519PublicKey:
    """A public key's text; what follows it after a space is its name. UsageError where it is none."""
    word = text.split(" ", 1)[0]
    try:
        if not word.startswith(_PREFIX):
            raise ValueError
        return Ed25519PublicKey.from_public_bytes(b64decode(word.removeprefix(_PREFIX), validate=True))
    except ValueError:
        raise UsageError(f"{text!a} is no public key", "it reads ed25519:… as 'tightlip key new' prints it") from None


def encode_line(approval: Approval) -> bytes:
    """One line of a file of approvals."""
    return msgspec.json.encode(approval) + b"\n"


def decode_lines(content: bytes) -> tuple[Approval, ...]:
    """The approvals of a file; a line that is none is left out, for it approves nothing."""
    found = []
    for line in content.splitlines()[:_MOST]:
        try:
            found.append(msgspec.json.decode(line, type=Approval))
        except (msgspec.DecodeError, RecursionError):
            continue
    return tuple(found)


def _message(unsigned: Approval) -> bytes:
    return _CONTEXT + msgspec.json.encode(unsigned, order="deterministic")

"""The approver's own keys: Ed25519, PKCS #8 in PEM, one file a name, 0600, with a passphrase if one was given."""

import os
import re
import stat
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from tightlip.config.private import write_private
from tightlip.model.errors import UsageError
from tightlip.remediate.approval import key_text

_PUBLIC = ".pub"
_LARGEST = 4096
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")


class LockedKey(UsageError):
    """The key asks for a passphrase, and none was given."""


def make_key(folder: Path, name: str, passphrase: bytes | None) -> Ed25519PublicKey:
    """Make a key that is not there yet; UsageError where it is, or where the name makes no file name."""
    path = _path(folder, name)
    if path.exists():
        raise UsageError(f"there is a key {name} already: {path}", "name another with --name")
    key = Ed25519PrivateKey.generate()
    locked = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    try:
        content = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked)
    except ValueError as error:  # OpenSSL takes 1023 bytes at most
        raise UsageError(f"this passphrase cannot be used: {error}") from None
    write_private(path, content)
    # Beside it, so that the public half can be shown, and be told from others', without the passphrase.
    write_private(path.with_suffix(_PUBLIC), f"{key_text(key.public_key())} {name}\n".encode())
    return key.public_key()


def load_key(folder: Path, name: str, passphrase: bytes | None) -> Ed25519PrivateKey:
    """The private key; UsageError where it is missing, is no key, or the passphrase is wrong or missing."""
    path = _path(folder, name)
    try:
        key = load_pem_private_key(_secret(path), passphrase)
    except FileNotFoundError:
        raise UsageError(f"there is no key {name}", "make one with: tightlip key new") from None
    except TypeError:
        if passphrase is None:
            hint = "give it with --passphrase-file, or at a terminal"
            raise LockedKey(f"the key {name} has a passphrase", hint) from None
        raise UsageError(f"the key {name} has no passphrase", "leave --passphrase-file away") from None
    except (ValueError, UnsupportedAlgorithm):
        raise UsageError(f"{path} cannot be opened: a wrong passphrase, or no key") from None
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise UsageError(f"{path} is no Ed25519 key", "make one with: tightlip key new")
    return key


def public_keys(folder: Path) -> tuple[str, ...]:
    """The text form of every key in the folder, with its name; UsageError where one cannot be read."""
    try:
        paths = sorted(folder.iterdir())
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise UsageError(f"cannot read the keys in {folder}: {error.strerror}") from None
    return tuple(_public(path) for path in paths if path.suffix == _PUBLIC)


def _public(path: Path) -> str:
    try:
        # Without O_NONBLOCK a FIFO would keep us waiting for a writer.
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise UsageError(f"cannot read the key {path}: it is no regular file")
            return file.read(_LARGEST).decode().strip()
    except OSError as error:
        raise UsageError(f"cannot read the key {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError(f"cannot read the key {path}: it is no text") from None


def _secret(path: Path) -> bytes:
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise UsageError(f"{path} is a private key, and others may read it", f"chmod 600 {path}")
        return file.read()


def _path(folder: Path, name: str) -> Path:
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!a} cannot name a key", "letters, digits, dots and dashes")
    return folder / f"{name}.pem"

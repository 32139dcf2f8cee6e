"""What a change knows of its files: how each was, how it is to become, and which of the two it is now."""

from collections.abc import Mapping
from enum import Enum

import msgspec
from msgspec import Struct

from tightlip.model.errors import Exit, TightlipError


class Metadata(Struct, frozen=True, kw_only=True):
    """What belongs to a file besides its bytes; ``xattrs`` hold its ACL and SELinux label, ``mtime`` is in ns."""

    mode: int
    uid: int
    gid: int
    xattrs: Mapping[str, bytes] = {}
    mtime: int | None = None


class Form(Struct, frozen=True, kw_only=True):
    """One form of a file: the sha256 (hex) of its bytes, and its metadata."""

    sha256: str
    metadata: Metadata


class Entry(Struct, frozen=True, kw_only=True):
    """One file of a change: its path as planned, how it was, and how it is to become."""

    path: str
    was: Form
    becomes: Form


class Manifest(Struct, frozen=True):
    """The files of a change in the order of its plan."""

    entries: tuple[Entry, ...] = ()


class Standing(Enum):
    """Which form a file has now."""

    NEW = "new"
    OLD = "old"
    FOREIGN = "foreign"


def standing(entry: Entry, sha256: str | None) -> Standing:
    """Which form a file of this sha256 has; one that is not there is somebody else's doing."""
    if sha256 == entry.becomes.sha256:
        return Standing.NEW
    return Standing.OLD if sha256 == entry.was.sha256 else Standing.FOREIGN


def with_entry(manifest: Manifest, number: int, entry: Entry) -> Manifest:
    """The manifest with its entry ``number``: replaced, or the next one."""
    return Manifest((*manifest.entries[:number], entry, *manifest.entries[number + 1 :]))


def encode(manifest: Manifest) -> bytes:
    """The file's bytes: JSON."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n"


def decode(content: bytes, name: str) -> Manifest:
    """Read a manifest, called ``name`` in messages; TightlipError where it is damaged."""
    try:
        return msgspec.json.decode(content, type=Manifest)
    except (msgspec.DecodeError, RecursionError) as error:
        raise TightlipError(f"{name} is damaged: {error}", "the backups lie beside it", Exit.REFUSED) from None

"""The check-up: whether this installation can work: Python, libraries, TLS, descriptors, scope, store."""

import os
import platform
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from importlib import metadata
from pathlib import Path
from resource import RLIM_INFINITY, RLIMIT_NOFILE, getrlimit

from msgspec import Struct

from tightlip import __version__
from tightlip.model.errors import TightlipError
from tightlip.model.run import Authority
from tightlip.network.descriptors import raise_limit
from tightlip.network.messages import EngineSettings
from tightlip.network.sources import own_addresses
from tightlip.store.opening import open_store
from tightlip.store.place import Nowhere, Postgres, SqliteFile, place_of
from tightlip.workflows.authorisation import authorised_scope

# What pyproject.toml declares: a checkout that ./tightlip runs is not installed, and cannot be asked.
LIBRARIES = ("alembic", "cryptography", "cyclopts", "jinja2", "msgspec", "psutil", "rich", "sqlalchemy")

_SOON = timedelta(days=30)
# What a scan wants to speak and a current OpenSSL may have been built without.
_OLD_PROTOCOLS = {"SSLv2": ssl.HAS_SSLv2, "SSLv3": ssl.HAS_SSLv3, "TLS 1.0": ssl.HAS_TLSv1, "TLS 1.1": ssl.HAS_TLSv1_1}
_OLD_CIPHERS = {"RC4": "RC4", "3DES": "3DES", "export ciphers": "EXPORT"}


class State(StrEnum):
    """All well; worth knowing; or something that keeps tightlip from working."""

    OK = "ok"
    NOTE = "note"
    BAD = "bad"


class Check(Struct, frozen=True):
    """What one look came to; ``hint`` says what to do about it."""

    topic: str
    state: State
    said: str
    hint: str = ""


def checkup(store: str) -> Iterator[Check]:
    """Look at all that a scan stands on; ``store`` is a store's URL. No mail server is asked, no store is made."""
    yield Check("program", State.OK, f"tightlip {__version__}, Python {platform.python_version()}")
    yield _libraries()
    yield _tls()
    yield _descriptors()
    yield from _scope()
    try:
        yield from _store(store)
    except TightlipError as error:
        yield Check("store", State.BAD, error.message, error.hint)
    except OSError as error:
        yield Check("store", State.BAD, f"{error.filename}: {error.strerror}", "look at the rights of its folders")


def _libraries() -> Check:
    found, missing = [], []
    for name in LIBRARIES:
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            missing.append(name)
    if missing:
        return Check("libraries", State.BAD, f"missing: {', '.join(missing)}", "install tightlip again")
    return Check("libraries", State.OK, ", ".join(found))


def _tls() -> Check:
    """What this OpenSSL has not: a server that speaks nothing newer ends as tls_failed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    lacking = [name for name, has in _OLD_PROTOCOLS.items() if not has]
    for name, words in _OLD_CIPHERS.items():
        try:
            context.set_ciphers(f"{words}:@SECLEVEL=0")
        except ssl.SSLError:
            lacking.append(name)
    if not lacking:
        return Check("TLS", State.OK, ssl.OPENSSL_VERSION)
    said = f"{ssl.OPENSSL_VERSION}; it cannot speak {', '.join(lacking)}"
    hint = "a server that speaks nothing newer is reported as inconclusive, tls_failed"
    lost = {"TLS 1.0", "TLS 1.1"} & set(lacking)
    return Check("TLS", State.NOTE if lost else State.OK, said, hint)


def _descriptors() -> Check:
    soft, hard = getrlimit(RLIMIT_NOFILE)
    try:
        fit = raise_limit(0)
    except TightlipError as error:
        return Check("descriptors", State.BAD, error.message, error.hint)
    wanted = EngineSettings(allowed=()).concurrency
    limits = f"soft limit {_limit(soft)}, hard limit {_limit(hard)}"
    said = f"{limits}: {fit:,} connections at once in each engine process"
    if fit >= wanted:
        return Check("descriptors", State.OK, said)
    return Check("descriptors", State.NOTE, said, f"a scan wants {wanted:,}: raise the hard limit (ulimit -Hn)")


def _limit(value: int) -> str:
    return "none" if value == RLIM_INFINITY else f"{value:,}"


def _scope() -> Iterator[Check]:
    """The entries that somebody made, and one line for each that has ended or soon will."""
    own = own_addresses()
    try:
        scope = authorised_scope(own)
    except TightlipError as error:
        yield Check("scope", State.BAD, error.message, error.hint)
        return
    entries = [authority for _, authority in scope.allowed if authority.until is not None]
    besides = f"loopback and this machine's {len(own)} addresses"
    if not entries:
        hint = "for others: tightlip scope allow 192.0.2.0/24 --by WHO --until DATE"
        yield Check("scope", State.OK, f"no entries: only {besides} may be asked", hint)
        return
    now = datetime.now(UTC)
    standing = sum(entry.until is not None and entry.until > now for entry in entries)
    yield Check("scope", State.OK, f"{standing} of {len(entries)} entries stand, besides {besides}")
    for entry in entries:
        yield from _ending(entry, now)


def _ending(entry: Authority, now: datetime) -> Iterator[Check]:
    if entry.until is None or entry.until > now + _SOON:
        return
    left = (entry.until - now).days
    when = f"ends in {left} days" if left > 0 else "ends within a day" if entry.until > now else "has ended"
    said = f"{entry.network}, by {entry.by}, {when} ({entry.until:%Y-%m-%d})"
    yield Check("scope", State.NOTE, said, "ask who authorised it, then allow it anew")


def _store(url: str) -> Iterator[Check]:
    match place_of(url):
        case Nowhere():
            yield Check("store", State.OK, "none: nothing is kept")
        case SqliteFile(path) if not path.exists():
            yield _store_to_be(path)
        case SqliteFile(path):
            yield _opened(url)
            yield _writable(path)
        case Postgres():
            yield _opened(url)


def _store_to_be(path: Path) -> Check:
    """The first scan makes the file, and folders above it, in the nearest one that exists."""
    folder = next(each for each in path.absolute().parents if each.exists())
    if folder.is_dir() and os.access(folder, os.W_OK | os.X_OK):
        return Check("store", State.OK, f"{path} is made by the first scan")
    return Check("store", State.BAD, f"{path} cannot be made in {folder}", "name another place with --store")


def _opened(url: str) -> Check:
    # SQLAlchemy is imported by now, or not at all.
    from tightlip.store.tables import REVISIONS

    with open_store(url) as store:
        runs = len(store.runs(1000))
        complaints = store.complaints()
        place, reopened = store.place, store.reopened
    if complaints:
        return Check("store", State.BAD, f"{place} is damaged: {complaints[0]}", "restore a copy of it")
    many = "1,000 runs or more" if runs == 1000 else "1 run" if runs == 1 else f"{runs} runs"
    if reopened:
        said = f"{place} is brought to revision {REVISIONS[-1]}, {many}; fixed findings open again: {reopened:,}"
        return Check("store", State.NOTE, said, "their fix was never proven: scan them anew")
    return Check("store", State.OK, f"{place} opens, revision {REVISIONS[-1]}, {many}")


def _writable(path: Path) -> Check:
    """SQLite writes a log beside the file, so that the folder counts too."""
    shut = [str(each) for each in (path, path.parent) if not os.access(each, os.W_OK)]
    if shut:
        return Check("store", State.BAD, f"cannot be written: {', '.join(shut)}", "look at their rights and owner")
    return Check("store", State.OK, "can be written")

"""What of a collection is not there, or cannot be what Exchange gives: noted, and nothing is concluded from it."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from tightlip.products._exchange.bindings import binding
from tightlip.products._exchange.record import (
    CERTIFICATE,
    CONNECTOR,
    IMAP,
    MAILBOXES,
    POP,
    SERVER,
    SERVICE,
    Record,
    is_null,
)
from tightlip.syntax.reading import Entry, Form, Kind, Reading

# The objects that the script asks every server for; it writes each list, be it empty.
PARTS = (SERVER, SERVICE, POP, IMAP, CONNECTOR, CERTIFICATE)

_LOGIN_TYPES = frozenset({"PlainTextLogin", "PlainTextAuthentication", "SecureLogin"})
_MECHANISMS = frozenset(
    "None Tls Integrated BasicAuth BasicAuthRequireTLS ExchangeServer ExternalAuthoritative".split()
)
_SINCE_2013 = re.compile(r"Version 1[5-9]")


class Gap(Struct, frozen=True):
    """What could not be taken over, and at which line."""

    text: str
    line: int | None = None


_Fits: TypeAlias = Callable[[Entry], bool]


def is_list(reading: Reading, entry: Entry) -> bool:
    """Whether it is a list, not an object or a value."""
    return entry.kind is Kind.BLOCK and reading.text[entry.span.start : entry.span.start + 1] == b"["


def of_parts(reading: Reading) -> Iterator[Gap]:
    """Parts that are not there, are given twice, are no list, or hold what is no object."""
    top: dict[str, list[Entry]] = {}
    for entry in reading.entries:
        if not entry.path:
            top.setdefault(entry.name, []).append(entry)
        elif len(entry.path) == 1 and entry.path[0] in PARTS and not _is_object(reading, entry):
            yield Gap(f"{entry.path[0]}: what stands here is no object that it gives", entry.line)
    for part in PARTS:
        found = top.get(part, [])
        if not found:
            yield Gap(f"{part}: was not collected")
        elif len(found) > 1:
            yield Gap(f"{part}: is given {len(found)} times", found[-1].line)
        elif not is_list(reading, found[0]):
            yield Gap(f"{part}: was not collected, for it is no list", found[0].line)
    for entry in top.get(MAILBOXES, []):
        if not _is_object(reading, entry):
            yield Gap(f"{MAILBOXES}: what stands here is not what the script writes", entry.line)


def checked(record: Record) -> tuple[Record, tuple[Gap, ...]]:
    """The record without the values that cannot be Exchange's, and which those are."""
    bad_values, bad_lists = _bad_values(record), _bad_lists(record)
    values = {name: entry for name, entry in record.values.items() if name not in bad_values}
    lists = {name: tuple(item for item in items if _is_text(item)) for name, items in record.lists.items()}
    return replace(record, values=values, lists=lists), (*bad_values.values(), *bad_lists)


def unanswered(servers: tuple[Record, ...], answers: Mapping[str, tuple[Record, ...]]) -> Iterator[Gap]:
    """What a server must have, by its role, and of which nothing was collected."""
    if not servers:
        yield Gap(f"{SERVER}: no server was collected, so that nobody knows which there are")
    told = {(part, each.text("Server").lower()) for part in PARTS for each in answers.get(part, ())}
    for server in servers:
        for part in _expected(server):
            if (part, server.owner.lower()) not in told:
                line = next((entry.line for entry in server.values.values()), None)
                yield Gap(f"{server.owner}: {part} gave nothing, although a server of this role has it", line)


def _bad_values(record: Record) -> dict[str, Gap]:
    found: dict[str, Gap] = {}
    for name, (fits, is_needed) in _VALUES.get(record.cmdlet, {}).items():
        entry = record.values.get(name)
        if entry is None and is_needed:
            found[name] = Gap(f"{_called(record)} {name}: was not collected", _line(record))
        elif entry is not None and not fits(entry) and (is_needed or not is_null(entry)):
            found[name] = Gap(f"{_called(record)} {name}: is nothing that Exchange gives", entry.line)
    return found


def _bad_lists(record: Record) -> Iterator[Gap]:
    for name in _LISTS.get(record.cmdlet, ()):
        if name not in record.lists or (record.cmdlet == CONNECTOR and not record.lists[name]):
            yield Gap(f"{_called(record)} {name}: was not collected as a list", _line(record))
        for item in record.lists.get(name, ()):
            if not _is_text(item) or binding(item.value) is None:
                yield Gap(f"{_called(record)} {name}: is no address with a port", item.line)


def _expected(server: Record) -> tuple[str, ...]:
    """As the script asks: before 2013 by the roles, since then every server has all of it."""
    role, is_whole = server.text("ServerRole"), _SINCE_2013.search(server.text("AdminDisplayVersion")) is not None
    access = (POP, IMAP) if is_whole or "ClientAccess" in role else ()
    return (*access, CONNECTOR) if is_whole or "HubTransport" in role else access


def _is_object(reading: Reading, entry: Entry) -> bool:
    return entry.kind is Kind.BLOCK and not is_list(reading, entry)


def _called(record: Record) -> str:
    if record.cmdlet == MAILBOXES:
        return record.cmdlet
    return f"{record.owner or 'a server without a name'}: {record.cmdlet}"


def _line(record: Record) -> int | None:
    return next((entry.line for entry in record.values.values()), None)


def _is_text(entry: Entry) -> bool:
    return entry.form is Form.QUOTED


def _is_name(entry: Entry) -> bool:
    return _is_text(entry) and bool(entry.value.strip())


def _is_flag(entry: Entry) -> bool:
    return entry.form is Form.PLAIN and entry.value in ("true", "false")


def _is_count(entry: Entry) -> bool:
    return entry.form is Form.PLAIN and entry.value.isdecimal()


def _is_login_type(entry: Entry) -> bool:
    return _is_text(entry) and entry.value in _LOGIN_TYPES


def _is_mechanisms(entry: Entry) -> bool:
    words = {word.strip() for word in entry.value.split(",")}
    return _is_text(entry) and words <= _MECHANISMS


def _is_version(entry: Entry) -> bool:
    return _is_text(entry) and re.search(r"\d+\.\d+", entry.value) is not None


_SETTINGS: Mapping[str, tuple[_Fits, bool]] = {
    "Server": (_is_name, True),
    "EnableGSSAPIAndNTLMAuth": (_is_flag, True),
    "LoginType": (_is_login_type, True),
    "X509CertificateName": (_is_text, False),
}
# By cmdlet and value: what it has to be, and whether it has to be there; what need not may be null, too.
_VALUES: Mapping[str, Mapping[str, tuple[_Fits, bool]]] = {
    POP: _SETTINGS,
    IMAP: _SETTINGS,
    CONNECTOR: {
        "Identity": (_is_name, True),
        "Server": (_is_name, True),
        "Enabled": (_is_flag, True),
        "AuthMechanism": (_is_mechanisms, True),
        "RequireTLS": (_is_flag, True),
        "PermissionGroups": (_is_text, True),
        "EnableAuthGSSAPI": (_is_flag, False),
        "TransportRole": (_is_text, False),
    },
    SERVER: {
        "Name": (_is_name, True),
        "Fqdn": (_is_text, False),
        "ServerRole": (_is_text, True),
        "AdminDisplayVersion": (_is_version, True),
    },
    SERVICE: {
        "Server": (_is_name, True),
        "Name": (_is_name, True),
        "State": (_is_name, True),
        "StartMode": (_is_name, True),
    },
    CERTIFICATE: {"Server": (_is_name, True), "Services": (_is_text, True)},
    MAILBOXES: {
        "Mailboxes": (_is_count, True),
        "PopEnabled": (_is_count, True),
        "ImapEnabled": (_is_count, True),
    },
}
_LISTS: Mapping[str, tuple[str, ...]] = {
    POP: ("UnencryptedOrTLSBindings", "SSLBindings"),
    IMAP: ("UnencryptedOrTLSBindings", "SSLBindings"),
    CONNECTOR: ("Bindings",),
}

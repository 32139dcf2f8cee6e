"""What Exchange's settings would be after some invocations: the collected file with the values they set."""

import json
from collections.abc import Iterator

from msgspec.structs import replace

from tightlip.products._exchange.cmdlets import Cmdlet, Value, parse, words
from tightlip.products._exchange.collected import Collected, collected
from tightlip.products._exchange.record import SERVICE, Record
from tightlip.products._product import Files, Invoke
from tightlip.syntax.reading import Entry
from tightlip.syntax.spans import Splice, apply

# What Windows' services are called by WMI, which was asked, where Set-Service says it in other words.
_ASKED_AS = {"StartupType": "StartMode", "Status": "State"}
_NAMES = {"PopEnabled": "PopNames", "ImapEnabled": "ImapNames"}


def foreseen(files: Files, invocations: tuple[Invoke, ...]) -> Files:
    """The files as they would be collected after the invocations; those that are not ours change nothing."""
    for invocation in invocations:
        cmdlet = parse(invocation.do)
        if cmdlet is not None and files.files:
            files = _after(files, cmdlet)
    return files


def _after(files: Files, cmdlet: Cmdlet) -> Files:
    main = files.files[0]
    splices = sorted(_splices(collected(files), cmdlet), key=lambda each: each.span)
    reading = main.reading.lens.read(apply(main.reading.text, splices))
    return replace(files, files=(replace(main, reading=reading), *files.files[1:]))


def _splices(known: Collected, cmdlet: Cmdlet) -> Iterator[Splice]:
    if cmdlet.name == "Set-CASMailbox":
        yield from _shut_out(known.mailboxes, cmdlet)
        return
    for record in known.all(SERVICE if cmdlet.name == "Set-Service" else cmdlet.name.replace("Set-", "Get-")):
        if _is_meant(record, cmdlet):
            for name, value in cmdlet.settings:
                entry = record.values.get(_ASKED_AS.get(name, name))
                yield from () if entry is None else [Splice(entry.span, _json(value))]


def _is_meant(record: Record, cmdlet: Cmdlet) -> bool:
    asked = {"ComputerName": "Server"}
    return all(record.text(asked.get(name, name)).lower() == value.lower() for name, value in cmdlet.target)


def _shut_out(mailboxes: Record | None, cmdlet: Cmdlet) -> Iterator[Splice]:
    """One mailbox less that may use a protocol: a null in the list of names, and the count."""
    ((name, _),) = cmdlet.settings
    counted = None if mailboxes is None else mailboxes.number(name)
    if mailboxes is None or counted is None:
        return
    gone = _listed(mailboxes, name, dict(cmdlet.target)["Identity"])
    if gone is not None:
        yield Splice(gone.span, b"null")
        yield Splice(mailboxes.values[name].span, str(counted - 1).encode())


def _listed(mailboxes: Record, name: str, address: str) -> Entry | None:
    return next((each for each in mailboxes.lists.get(_NAMES[name], ()) if each.value == address), None)


def _json(value: Value) -> bytes:
    return json.dumps(value if isinstance(value, bool) else ", ".join(words(value))).encode()

"""Debian's generated file, which Exim really reads: held against its sources, which are what is told and changed."""

from collections.abc import Iterator

from msgspec.structs import replace

from tightlip.model.posture import Note, NoteKind, Service
from tightlip.products._exim.collecting import GENERATED, is_fragment
from tightlip.products._product import ConfigFile, Files
from tightlip.syntax.lenses.sections import MAIN, exim
from tightlip.syntax.reading import Entry, Kind

_RUN = "run update-exim4.conf, reload Exim, and audit again"


def as_generated(files: Files) -> Files | None:
    """The instance as the generated file has it; None where that is not there, or not beside sources."""
    text = files.values.get(GENERATED)
    if text is None or not any(map(is_fragment, files.files)):
        return None
    reading = exim(MAIN, frozenset()).read(text.encode("utf-8", "surrogateescape"))
    # What is included is so from either, and macros of update-exim4.conf.conf stand in the generated file itself.
    others = (each for each in files.files if not is_fragment(each) and each.role != "defaults")
    main = ConfigFile(path=GENERATED, role="main", reading=reading)
    return replace(files, instance=replace(files.instance, config=GENERATED), files=(main, *others))


def stale(files: Files, runs: Files, running: tuple[Service, ...], written: tuple[Service, ...]) -> Iterator[Note]:
    """Where what ``runs`` means something else than its sources, or cannot be told."""
    unread = runs.files[0].reading.unread
    named = {entry.value for each in files.files for entry in _includes(each)}
    if dropped := next((entry for entry in _includes(runs.files[0]) if entry.value not in named), None):
        text = f"Exim reads this file, and in it {dropped.value}, which its sources do not include any more: {_RUN}"
        yield Note(kind=NoteKind.UNREAD, text=text, file=GENERATED, line=dropped.line)
    elif unread:
        text = f"Exim reads this file, and whether it says what its sources say could not be told: {unread[0].why}"
        yield Note(kind=NoteKind.UNREAD, text=text, file=GENERATED, line=unread[0].line)
    elif _meant(running) != _meant(written):
        known = {offer.name for service in written for offer in service.offers}
        more = [offer for service in running for offer in service.offers if offer.name not in known]
        what = f", {', '.join(offer.name for offer in more)} too," if more else ""
        text = f"Exim reads this file, and it says{what} what its sources do not say any more: {_RUN}"
        yield Note(kind=NoteKind.DOUBT, text=text, file=GENERATED, line=more[0].place.line if more else None)


def _includes(file: ConfigFile) -> Iterator[Entry]:
    return (entry for entry in file.reading.entries if entry.kind in (Kind.INCLUDE, Kind.INCLUDE_IF_THERE))


def _meant(services: tuple[Service, ...]) -> object:
    """What services come to, wherever it is set."""
    return [
        (
            {(each.name, each.states, each.called, each.unsure, each.hidden_by is None) for each in service.offers},
            {(each.address, each.port, each.states) for each in service.listeners},
            (service.tls.available, service.tls.required, service.tls.certificate),
            service.delegation.socket if service.delegation else None,
        )
        for service in services
    ]

"""Surveying a host: which instances of which products are on it, their files, what these mean, what the host says."""

from collections import deque
from collections.abc import Iterator, Mapping
from traceback import format_exc

from msgspec import Struct
from msgspec.structs import replace

from tightlip import registry
from tightlip.hosts._host import Host, Reach
from tightlip.hosts._mute import MuteHost
from tightlip.hosts._ration import Cut, Ration, RationedHost
from tightlip.model.posture import Note, NoteKind, Posture
from tightlip.products._product import (
    Absent,
    Answer,
    Files,
    Instance,
    ListFiles,
    Missing,
    Need,
    Product,
    Ran,
    ReadFile,
    Request,
    SeeFiles,
)
from tightlip.workflows.certificates import certificates_of, is_told, told_from_keys
from tightlip.workflows.discovery import Discovery, Found, LeftOut, discover, distrusts
from tightlip.workflows.own_folders import of_its_own
from tightlip.workflows.own_view import OwnView, own_view

# Far above what any plug asks for, even of files made to hurt: it only ends a plug that would never end.
_MOST_REQUESTS = 1_000_000
# More than these a person does not read; a name may be as long as a file.
_MOST_NOTES = 1_000
_LONGEST_NOTE = 1_000
_LONGEST_NAME = 200

# The plugs' words for files without which nothing is served.
_MAIN = frozenset({"main", "services"})

# Notes that keep a configuration without findings from being called clean.
_DOUBTS = frozenset({NoteKind.UNREAD, NoteKind.DOUBT, NoteKind.CONTRADICTION})


class Wanted(Struct, frozen=True, kw_only=True):
    """What is looked at: these products (none named: all), and main files that are given instead of found."""

    products: tuple[str, ...] = ()
    configs: Mapping[str, tuple[str, ...]] = {}


class Surveyed(Struct, frozen=True, kw_only=True):
    """One instance: its plug, its files, and what they mean, not yet linked with what other products decide.

    ``refused`` says why the product itself would not start with these files, where it was asked and says so.
    ``claimed``: a process that anybody can start, which it says, is all that names it.
    """

    plug: Product
    files: Files
    posture: Posture
    refused: str = ""
    claimed: str = ""

    @property
    def is_certain(self) -> bool:
        """Whether everything was there, read and understood, and the product's own view says the same."""
        is_whole = all(each.reading.is_whole for each in self.files.files)
        is_there = not any(each.need is Need.REQUIRED for each in self.files.missing)
        kinds = {note.kind for note in self.posture.notes}
        return is_whole and is_there and not kinds & _DOUBTS

    @property
    def doubts(self) -> tuple[str, ...]:
        """What keeps it from being certain, each with its place; empty exactly where it is certain."""
        if self.is_certain:
            return ()
        texts = [note.text for note in self.posture.notes if note.kind is NoteKind.UNREAD]
        missing = (each for each in self.files.missing if each.need is Need.REQUIRED and not _is_in(texts, each.path))
        told = [
            *(f"{_where(note.file, note.line)}: {note.text}" for note in self.posture.notes if note.kind in _DOUBTS),
            *(f"{_named_at(each)}{each.path}: {each.why}" for each in missing),
        ]
        return tuple(dict.fromkeys(told)) or (f"{self.posture.config}: not read whole",)


class Fault(Struct, frozen=True):
    """What failed by our own fault, and the traceback."""

    what: str
    traceback: str


def survey(host: Host, wanted: Wanted) -> Iterator[Surveyed | LeftOut | Fault]:
    """Every instance on the host, read and understood one by one; where a plug fails the others go on."""
    plugs = registry.gather("products", Product)
    ration = Ration()
    for name in wanted.products or tuple(plugs):
        try:
            discovery = discover(host, name, plugs[name], wanted.configs.get(name, ()))
        except Exception:  # a plug's own fault must not cost the other products
            yield Fault(name, format_exc())
            continue
        yield from _of_product(host, ration, plugs[name], discovery)


def found_on(host: Host, product: str) -> tuple[Instance, ...]:
    """The instances of a product that a survey of the host finds by itself, their names as they are told."""
    discovery = discover(host, product, registry.pick("products", product, Product), ())
    return tuple(replace(each.instance, config=tellable(each.instance.config)) for each in discovery.found)


def files_of(host: Host, instance: Instance) -> Files:
    """The files that an instance's configuration consists of."""
    files, _ = _collected(RationedHost(host, Ration()), registry.pick("products", instance.product, Product), instance)
    return files


def _of_product(
    host: Host, ration: Ration, plug: Product, discovery: Discovery
) -> Iterator[Surveyed | LeftOut | Fault]:
    """The instances that were found, those that their files name besides, and what is left out and was not read so."""
    waiting, known = deque(discovery.found), {each.instance.config for each in discovery.found}
    left_out, read = [*discovery.left_out], set[str]()
    while waiting:
        found = waiting.popleft()
        try:
            done = _surveyed(RationedHost(_asked(host, found), ration), plug, found)
            further = [each for each in _further(plug, done.files) if each.config not in known]
        except Exception:  # a plug's own fault must not cost the other instances
            yield Fault(f"{found.instance.product} {found.instance.config}", format_exc())
            continue
        yield done
        read |= {each.path for each in done.files.files}
        for each in further:
            known.add(each.config)
            if why := distrusts(host, each):
                left_out.append(LeftOut(instance=each, why=f"{done.files.instance.config} names it, and {why}"))
            else:
                waiting.append(Found(instance=each))
    yield from (each for each in left_out if not each.files or not read.issuperset(each.files))


def _asked(host: Host, found: Found) -> Host:
    return MuteHost(host, found.distrusted) if found.distrusted else host


def _further(plug: Product, files: Files) -> tuple[Instance, ...]:
    return plug.further(files) if plug.further else ()


def _is_in(texts: list[str], path: str) -> bool:
    """Whether a note begins with the file that was not read."""
    return any(text.startswith((f"{path} ", f"{path}:")) for text in texts)


def _where(file: str, line: int | None) -> str:
    return file if line is None else f"{file}:{line}"


def _named_at(missing: Missing) -> str:
    return "" if missing.file is None else f"{_where(missing.file, missing.line)}: "


def _surveyed(host: RationedHost, plug: Product, found: Found) -> Surveyed:
    instance = found.instance
    files, absent = _collected(host, plug, instance)
    if host.reach is Reach.LIVE:
        files = replace(files, version=_said_version(host, plug, instance) or files.version, live=True)
    posture = told_from_keys(plug.posture(files), host)
    posture = replace(posture, notes=_first(posture.notes, files))
    read = {each.path for each in files.files}
    notes = (*(note for note in found.notes if note.file not in read), *of_its_own(files, found.own))
    certificates, missing = certificates_of(posture, host)
    said = (*_unreadable(files, posture), *_empty(files), *missing)
    notes = (*posture.notes, *notes, *_first(said, files), *_cuts(host, files))
    asked = OwnView()
    if host.reach is Reach.LIVE:
        asked = own_view(host, plug, files)
        notes = (*notes, *asked.notes)
    certificates = (*posture.certificates, *certificates)
    absent = absent if host.reach is Reach.COPIED else ()
    posture = replace(posture, notes=notes, certificates=certificates, absent=absent)
    return Surveyed(plug=plug, files=files, posture=posture, refused=asked.refused, claimed=found.claimed)


def _collected(host: RationedHost, plug: Product, instance: Instance) -> tuple[Files, tuple[str, ...]]:
    """Answer the plug's requests until it has what it wants; beside it what was to be read and was not there."""
    names, absent = _Names(), dict[str, None]()
    asking = plug.collect(replace(instance, config=names.told(instance.config)))
    try:
        request = next(asking)
        for _ in range(_MOST_REQUESTS):
            answer = _answer(host, request, names)
            absent |= dict.fromkeys(_absent(request, answer))
            request = asking.send(answer)
    except StopIteration as ended:
        return _kept(ended.value, host), tuple(absent)
    raise RuntimeError(f"{instance.product} asks for more than {_MOST_REQUESTS:,} files")


def _kept(files: Files, host: RationedHost) -> Files:
    """The files with as many that are missing as anybody reads, and why they are not all."""
    missing = files.missing[:_MOST_NOTES]
    if len(missing) < len(files.missing):
        host.cuts.append(Cut(files.instance.config, f"names more than {_MOST_NOTES:,} files that were not read"))
    if files.cut:
        host.cuts.append(Cut(files.instance.config, f"not followed to its end: {files.cut}"))
    return replace(files, missing=missing, cut=host.cuts[0].why if host.cuts else "")


def _answer(host: RationedHost, request: Request, names: "_Names") -> Answer:
    match request:
        case ReadFile(path=path):
            return host.read(names.meant(path))
        case ListFiles(pattern=pattern):
            listing = host.matching(pattern)
            return tuple(map(names.told, (*listing.files, *listing.closed)))
        case SeeFiles(pattern=pattern):
            return tuple(map(names.told, host.matching(pattern).files))


def _absent(request: Request, answer: Answer) -> Iterator[str]:
    """The file or pattern that was to be read and is not there."""
    match request:
        case ReadFile(path=path) if isinstance(answer, Absent):
            yield path
        case ListFiles(pattern=pattern) if not answer:
            yield pattern
        case _:
            pass


class _Names:
    """Files whose names are no text (bytes that are no UTF-8): told in a form that can be kept and written down."""

    def __init__(self) -> None:
        self._meant: dict[str, str] = {}

    def told(self, path: str) -> str:
        """A path as it is told."""
        text = tellable(path)
        if text != path:
            self._meant[text] = path
        return text

    def meant(self, text: str) -> str:
        """The path that was told so."""
        return self._meant.get(text, text)


def tellable(name: str) -> str:
    """A name of the file system as text: bytes that are no UTF-8 as ``\\udcff``."""
    return name.encode("utf-8", "backslashreplace").decode()


def _said_version(host: Host, plug: Product, instance: Instance) -> str | None:
    command = plug.commands(instance).version
    ran = host.run(command) if command else None
    return plug.read_version(ran.output) if isinstance(ran, Ran) else None


def _first(notes: tuple[Note, ...], files: Files) -> tuple[Note, ...]:
    """As many notes as anybody reads, and that there are more: a doubt, for these may hold any."""
    first = tuple(replace(note, text=note.text[:_LONGEST_NOTE]) for note in notes[:_MOST_NOTES])
    if len(notes) == len(first):
        return first
    text = f"there are {len(notes) - len(first):,} more notes than can be told"
    return (*first, Note(kind=NoteKind.UNREAD, text=text, file=files.instance.config))


def _cuts(host: RationedHost, files: Files) -> Iterator[Note]:
    """What was not read or listed because it is more than a configuration can be."""
    for each in host.cuts:
        text = f"{each.path[:_LONGEST_NAME]}: {each.why}"
        yield Note(kind=NoteKind.UNREAD, text=text, file=files.instance.config)


def _unreadable(files: Files, posture: Posture) -> Iterator[Note]:
    """What a lens could not read, and what is missing, as far as the plug has not said so itself."""
    told = {(note.file, note.line) for note in posture.notes if note.kind is NoteKind.UNREAD}
    for each in files.files:
        for unread in each.reading.unread:
            if (each.path, unread.line) not in told:
                yield Note(kind=NoteKind.UNREAD, text=unread.why, file=each.path, line=unread.line)
    for missing in files.missing:
        if missing.need is Need.REQUIRED and not is_told(posture, missing.path):
            text, where = f"{missing.path}: {missing.why}", missing.file or missing.path
            yield Note(kind=NoteKind.UNREAD, text=text, file=where, line=missing.line)


def _empty(files: Files) -> Iterator[Note]:
    """Main files without a byte: more often of a copy that failed than of a server that runs on defaults alone."""
    for each in files.files:
        is_main = each.path == files.instance.config or each.role in _MAIN
        if is_main and not each.reading.text.strip():
            yield Note(kind=NoteKind.DOUBT, text="it is empty: nothing in it says what is served", file=each.path)

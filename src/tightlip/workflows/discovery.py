"""Which instances of a product are on a host: those that run, those at the usual places, and what is left out."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from tightlip.files.read import NOWHERE
from tightlip.files.trust import distrust
from tightlip.hosts._host import Host, Reach
from tightlip.model.posture import Note, NoteKind
from tightlip.products._product import NO_FILE, Absent, Instance, Process, Product
from tightlip.workflows.starts.lines import starts

# By main file, and what else they name.
_Instances = dict[tuple[str, tuple[str, ...]], "Found"]
# Anybody can start processes by the thousand.
_MOST_LEFT_OUT = 20


class Found(Struct, frozen=True, kw_only=True):
    """An instance to look at; ``distrusted`` says why the product's own commands are not run on it, empty: they are.

    ``own`` are folders that hold other files for its server than for the host. ``claimed`` says which process alone
    names it, of those that anybody can start.
    """

    instance: Instance
    notes: tuple[Note, ...] = ()
    distrusted: str = ""
    own: tuple[str, ...] = ()
    claimed: str = ""


class LeftOut(Struct, frozen=True, kw_only=True):
    """An instance that a process runs, or that files betray, and that is not read; ``files`` are those it names."""

    instance: Instance
    why: str
    files: tuple[str, ...] = ()
    hint: str = ""
    heading: str = "left out: "

    @property
    def note(self) -> Note:
        """What is said of it, which is never that it is clean."""
        named = f"--config {self.instance.product}={self.instance.config} has it read, without its own commands"
        text = f"{self.heading}{self.why}; {self.hint or named}"
        return Note(kind=NoteKind.UNREAD, text=text, file=self.instance.config)


class Discovery(Struct, frozen=True, kw_only=True):
    """What there is of one product."""

    found: tuple[Found, ...]
    left_out: tuple[LeftOut, ...] = ()


def discover(host: Host, name: str, plug: Product, given: tuple[str, ...]) -> Discovery:
    """Those given, else those that run, else the one at the first usual place, as the product itself would look.

    A process takes the place of the usual places where it is root's, ours, or a server under an account that the
    product gives root's rights up for: nobody else can start one. What others run comes on top, and is ``claimed``.
    """
    everywhere = [(process, each) for process in host.processes() if (each := _run_by(process, host, plug)) is not None]
    running = [(process, each) for process, each in everywhere if not process.elsewhere]
    own = [(process, each) for process, each in running if _is_of_the_product(process, plug)]
    if given:
        by_config = {each.config: each for _, each in reversed(own)}
        named = (by_config.get(path, Instance(product=name, config=path)) for path in given)
        # What runs on a path of this name, and sees another file there, is not what was named.
        others = [
            (process, each)
            for process, each in everywhere
            if process.elsewhere and each.config in given and not _sees(process, each.config)
        ]
        told = {each.config: tuple(_unsaid(process, plug, f"/proc/{process.pid}/cmdline")) for process, each in own}
        folders = {each.config: process.own for process, each in reversed(own)}
        found_so = (
            replace(_given(host, each, told.get(each.config, ())), own=folders.get(each.config, ())) for each in named
        )
        return Discovery(found=tuple(found_so), left_out=tuple(_left_out(others)))
    found: _Instances = {}
    obstructed: tuple[LeftOut, ...] = ()
    for process, each in own:
        if not _why_left_out(process, each):
            notes = (*_unread(process, plug), *_other_builds(host, plug, each.config))
            found.setdefault(_key(each), Found(instance=each, notes=notes, own=process.own))
    if not found:
        found |= {_key(each.instance): each for each in _usual(host, name, plug)}
        obstructed = tuple(_obstructed(host, name, plug, next((each.instance.config for each in found.values()), "")))
        if host.reach is Reach.COPIED:
            found, unknown = _as_started(host, name, plug, found)
            obstructed += unknown
    for process, each in running:
        if not _why_left_out(process, each):
            found.setdefault(_key(each), Found(instance=each, own=process.own, claimed=_claimed(process)))
    return Discovery(found=tuple(found.values()), left_out=(*_left_out(everywhere), *obstructed))


def _run_by(process: Process, host: Host, plug: Product) -> Instance | None:
    """The instance that a process runs, by its arguments and by what is there."""
    if (found := plug.recognise(process)) is None or process.elsewhere:
        return found
    return _taken(found, host, plug)


def _taken(instance: Instance, host: Host, plug: Product) -> Instance:
    """The same on the main file that goes before its own, where that is there."""
    return replace(instance, config=next(filter(host.stands, plug.before.get(instance.config, ())), instance.config))


def _sees(process: Process, path: str) -> bool:
    """Whether a process that sees other files than we do has our very file at a path."""
    try:
        return Path("/proc", str(process.pid), "root", path.lstrip("/")).samefile(path)
    except OSError:
        return False


def distrusts(host: Host, instance: Instance) -> str:
    """Why the product's own commands are not run on an instance that nobody but its files vouches for."""
    named = (instance.config, *instance.places.values())
    return next(filter(None, map(distrust, named)), "") if host.reach is Reach.LIVE else ""


def _is_of_the_product(process: Process, plug: Product) -> bool:
    return not process.foreign or (process.serves and process.user in plug.accounts)


def _unread(process: Process, plug: Product) -> Iterator[Note]:
    """That what would name another main file is kept from us: others than root may not read it."""
    if process.environment is None and plug.variables:
        text = f"{' or '.join(plug.variables)} there may name other files, and root alone may read it"
        yield Note(kind=NoteKind.UNREAD, text=text, file=f"/proc/{process.pid}/environ")
    yield from _unsaid(process, plug, f"/proc/{process.pid}/cmdline")


def _other_builds(host: Host, plug: Product, taken: str) -> Iterator[Note]:
    """Main files of another build, where a process does not say which one it goes by: its own may be among them."""
    others = plug.homes if taken in plug.homes else ()
    for path in dict.fromkeys(path for home in others for path in host.matching(home).files):
        if path != taken and (note := _left_aside(path, taken)).kind is NoteKind.UNREAD:
            yield note


def _unsaid(process: Process, plug: Product, file: str) -> Iterator[Note]:
    """What the arguments of a server change in the meaning of its files."""
    if plug.unsaid is not None and (why := plug.unsaid(process)):
        yield Note(kind=NoteKind.UNREAD, text=why, file=file)


def _given(host: Host, instance: Instance, notes: tuple[Note, ...]) -> Found:
    """One that was named: whoever named it answers for reading it, and not for running anything on it."""
    return Found(instance=instance, notes=notes, distrusted=distrusts(host, instance))


def _key(instance: Instance) -> tuple[str, tuple[str, ...]]:
    """Two of one main file may differ in what else they name."""
    said = (*sorted(instance.places.items()), *sorted((instance.arguments or {}).items()))
    return instance.config, tuple(value for _, value in said)


def _usual(host: Host, name: str, plug: Product) -> Iterator[Found]:
    first, *others = [path for home in plug.homes for path in host.matching(home).files] or [""]
    if first:
        notes = tuple(_left_aside(each, first) for each in dict.fromkeys(others))
        yield Found(instance=Instance(product=name, config=first), notes=notes)


def _as_started(host: Host, name: str, plug: Product, usual: _Instances) -> tuple[_Instances, tuple[LeftOut, ...]]:
    """What a copy would run by its start lines, beside the usual places; and lines of which that is not known."""
    found, unknown = dict(usual), list[LeftOut]()
    for line, instance in starts(host, plug):
        if line.unknown and (usual or not line.beside):
            hint = f"--config {name}=FILE names the main file that it means"
            why = f"which main file is run on is not known: {line.where} is to say it, and {line.unknown}"
            unknown.append(LeftOut(instance=Instance(product=name, config=line.file), why=why, hint=hint, heading=""))
        elif instance is not None:
            instance = _taken(instance, host, plug)
            known = [each for each in found.values() if each.instance.config == instance.config]
            # In the place of the usual one, and beside what another line starts otherwise.
            for each in (each for each in known if each in usual.values()):
                found.pop(_key(each.instance))
            told = (note for each in known for note in each.notes)
            notes = tuple(dict.fromkeys((*told, *_unsaid(Process(0, line.argv), plug, line.file))))
            own = tuple(dict.fromkeys((*(path for each in known for path in each.own), *line.own)))
            if known or instance.config not in plug.homes:
                found[_key(instance)] = Found(instance=replace(instance, pid=None), notes=notes, own=own)
    return found, tuple(unknown)


def _obstructed(host: Host, name: str, plug: Product, taken: str) -> Iterator[LeftOut]:
    """Main files that are there in some form and were not read, where the product would look before ``taken``.

    What hides several is told once. Where no main file was found, what belongs beside one betrays it too.
    """
    told: set[str] = set()
    hint = f"--config {name}=FILE names a main file that stands elsewhere"
    for home in plug.homes[: plug.homes.index(taken)] if taken else plug.homes:
        why = _obstacle(host, home) or ("" if taken else _betrayed(host, plug.parts.get(home, ())))
        if why and why not in told:
            # That of a file is about its own home, that of a folder about all in it.
            told |= {why} if why.startswith("/") else set()
            yield LeftOut(instance=Instance(product=name, config=home), why=why, hint=hint, heading="")


def _obstacle(host: Host, path: str) -> str:
    """What keeps a file from being read though it, or its folder, is there in some form; "" where neither is."""
    folder = path.rpartition("/")[0]
    if host.stands(path):
        answer = host.read(path)
        if not isinstance(answer, Absent):
            return ""
        return NOWHERE if answer.why == NOWHERE else f"it cannot be read: {answer.why}"
    answer = host.read(f"{folder}/.") if host.stands(folder) else NO_FILE
    is_closed = isinstance(answer, Absent) and answer != NO_FILE
    return f"{folder} cannot be looked into: {answer.why}" if isinstance(answer, Absent) and is_closed else ""


def _betrayed(host: Host, parts: tuple[str, ...]) -> str:
    """That a main file is wanting, by the first file that only makes sense beside it; "" where there is none."""
    part = next((path for pattern in parts for path in host.matching(pattern).files), "")
    return f"it is not there, and {part}, which belongs to it, is" if part else ""


def _left_aside(path: str, taken: str) -> Note:
    """One program takes the first of its places; a file of another build is another program's, and may leak."""
    kind = NoteKind.UNKNOWN if _is_of_the_system(path) is _is_of_the_system(taken) else NoteKind.UNREAD
    text = "stands at another usual place and was not looked at; --config names it"
    return Note(kind=kind, text=text, file=path)


def _is_of_the_system(path: str) -> bool:
    """Whether it is where a distribution's own packages have it, and not below /usr/local, /opt or the like."""
    return path.startswith(("/etc/", "/var/"))


def _why_left_out(process: Process, instance: Instance) -> str:
    """The product's own commands read what it names, as root perhaps: others must not be able to write any of it."""
    if process.elsewhere:
        return process.elsewhere
    if not instance.config.startswith("/"):
        return "nobody knows what folder that path counts from"
    named = (instance.config, *instance.places.values()) if process.foreign else ()
    return next(filter(None, map(distrust, named)), "")


def _left_out(running: Iterable[tuple[Process, Instance]]) -> Iterator[LeftOut]:
    """Each configuration once, and that there are more of them than anybody reads."""
    told: dict[tuple[bool, tuple[str, tuple[str, ...]]], LeftOut] = {}
    for process, each in running:
        if why := _why_left_out(process, each):
            said = f"{_claimed(process)} runs on it, and {why}"
            files = () if process.elsewhere else tuple(_files(each))
            hint = f"--root {Path('/proc', str(process.pid), 'root')} has it read" if process.elsewhere else ""
            if not each.config.startswith("/"):
                hint = f"--config {each.product}=FILE has it read, without its own commands"
            left_out = LeftOut(instance=each, why=said, files=files, hint=hint)
            told.setdefault((bool(process.elsewhere), _key(each)), left_out)
    yield from list(told.values())[:_MOST_LEFT_OUT]
    for last in list(told.values())[_MOST_LEFT_OUT : _MOST_LEFT_OUT + 1]:
        more = f"{len(told) - _MOST_LEFT_OUT:,} more are run by processes of others"
        yield LeftOut(instance=last.instance, why=more, hint="end those that are none of yours")


def _claimed(process: Process) -> str:
    return f"process {process.pid}{f' of user {process.user}' if process.user else ''}"


def _files(instance: Instance) -> Iterator[str]:
    """Its main file and the places that are no folders."""
    yield instance.config
    yield from (place for place in instance.places.values() if not Path(place).is_dir())

"""Which files a Cyrus instance consists of: cyrus.conf, and every imapd.conf that one of its services reads."""

from collections import deque
from collections.abc import Generator, Iterator
from itertools import islice

from msgspec.structs import replace

from tightlip.products import _gss_lists
from tightlip.products._cyrus.services import CYRUS_CONF, MOST_SERVICES, Server, Started, servers, started
from tightlip.products._cyrus.settings import DEEPEST, view
from tightlip.products._gss_config import inherited
from tightlip.products._product import (
    Absent,
    Answer,
    ConfigFile,
    Files,
    Instance,
    Missing,
    Need,
    ReadFile,
    Request,
)
from tightlip.products._sasl_plugins import plugins, sasl_path_of
from tightlip.syntax.lenses.folded import IMAPD_CONF
from tightlip.syntax.reading import Kind

IMAPD, CYRUS = "/etc/imapd.conf", "/etc/cyrus.conf"
MOST_FILES = 2_000
MOST_CONFIGS = 20


def collect(instance: Instance) -> Generator[Request, Answer, Files]:
    """Ask for imapd.conf with its includes, for cyrus.conf, for what its services name with ``-C``, for plugins."""
    found: dict[str, ConfigFile] = {}
    missing: list[Missing] = []
    yield from _tree(instance.config, "main", found, missing)
    path = cyrus_conf(instance)
    answer = yield ReadFile(path, Need.OPTIONAL)
    if isinstance(answer, bytes):
        found.setdefault(path, ConfigFile(path=path, role="services", reading=CYRUS_CONF.read(answer)))
        for config in islice(_configs(found[path], instance), MOST_CONFIGS):
            yield from _tree(config, "alternative", found, missing)
    elif isinstance(answer, Absent):
        missing.append(Missing(path=path, why=answer.why, need=Need.REQUIRED))
    seen = yield from plugins(sasl_path_of(instance))
    gone = (*missing, *seen.missing)
    files = Files(instance=instance, files=tuple(found.values()), missing=gone, seen=seen.paths)
    return (yield from _gss_lists.joined(replace(files, cut=_cut(files)), inherited(instance)))


def cyrus_conf(instance: Instance) -> str:
    """The path of the instance's cyrus.conf."""
    return instance.places.get("cyrus.conf", CYRUS)


def config_of(server: Server | Started, instance: Instance) -> str:
    """The imapd.conf that a service reads: that of its own ``-C``, for the master does not hand its own on.

    Where nothing runs, the file that was given stands for the usual one.
    """
    return server.config or (instance.config if instance.pid is None else IMAPD)


def services_file(files: Files) -> ConfigFile | None:
    """The cyrus.conf, if it was there."""
    return next((each for each in files.files if each.role == "services"), None)


def listed(files: Files) -> Iterator[Server]:
    """The servers that cyrus.conf starts."""
    file = services_file(files)
    return servers(file.reading) if file else iter(())


def _configs(services: ConfigFile, instance: Instance) -> Iterator[str]:
    """The imapd.conf of each service, each once."""
    return iter(dict.fromkeys(config_of(each, instance) for each in servers(services.reading)))


def _cut(files: Files) -> str:
    """Why not all of it is looked at."""
    services = services_file(files)
    if services and len(tuple(started(services.reading))) == MOST_SERVICES:
        return f"there are {MOST_SERVICES} services or more"
    configs = tuple(_configs(services, files.instance)) if services else ()
    if len(configs) > MOST_CONFIGS:
        return f"its services read more than {MOST_CONFIGS} configurations of their own"
    long = next((each for each in (files.instance.config, *configs) if view(files, each).is_cut), None)
    return f"{long} and what it includes come to too many statements" if long else ""


def _tree(
    path: str, role: str, found: dict[str, ConfigFile], missing: list[Missing]
) -> Generator[Request, Answer, None]:
    """One file and those it includes, each once; nothing deeper than sixteen, and no more than two thousand."""
    waiting = deque([(path, role, 0, Missing(path=path, why="", need=Need.REQUIRED))])
    while waiting:
        path, role, depth, named = waiting.popleft()
        if path in found:
            continue
        if depth > DEEPEST or len(found) >= MOST_FILES:
            missing.append(_because(named, "not looked at: included too deeply, or too many files"))
            continue
        answer = yield ReadFile(path)
        if not isinstance(answer, bytes):
            missing.append(_because(named, answer.why if isinstance(answer, Absent) else "not a file"))
            continue
        file = ConfigFile(path=path, role=role, reading=IMAPD_CONF.read(answer))
        found[path] = file
        waiting += [(each.path, "include", depth + 1, each) for each in _included(file)]


def _included(file: ConfigFile) -> Iterator[Missing]:
    for entry in file.reading.entries:
        if entry.kind is Kind.INCLUDE:
            yield Missing(path=entry.value, why="", need=Need.REQUIRED, file=file.path, line=entry.line)


def _because(named: Missing, why: str) -> Missing:
    return Missing(path=named.path, why=why, need=named.need, file=named.file, line=named.line)

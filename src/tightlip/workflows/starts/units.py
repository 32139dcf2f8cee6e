"""What a copied host's systemd would start: the services' units with what is dropped in, their variables put in."""

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from posixpath import basename

from msgspec import Struct
from msgspec.structs import replace

from tightlip.files.read import NOWHERE
from tightlip.hosts._host import Host
from tightlip.products._product import SPECIAL, Absent
from tightlip.syntax.environment_files import variables
from tightlip.syntax.lines import spoken
from tightlip.syntax.shell import UNKNOWN

# What stands first hides a file of the same name behind it (systemd.unit(5)).
_FOLDERS = (
    *("/etc/systemd/system.control", "/run/systemd/system.control", "/run/systemd/transient"),
    *("/run/systemd/generator.early", "/etc/systemd/system", "/run/systemd/system", "/run/systemd/generator"),
    *("/usr/local/lib/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"),
    "/run/systemd/generator.late",
)
_ANYWHERE = f"/{{{','.join(folder[1:] for folder in _FOLDERS)}}}"
_OF_THE_MANAGER = "/{etc,run,usr/local/lib,usr/lib}/systemd/{system.conf,system.conf.d/*.conf}"
_MOST_FILES = 100
_SETTING = re.compile(
    r"\s*(Exec(?:Start|StartPre|StartPost)|(?:Default|Pass|Unset)?Environment|EnvironmentFile|PrivateTmp|ProtectHome"
    r"|Root\w+|Bind\w*Paths|TemporaryFileSystem|MountImages|Extension\w+)\s*=\s*(.*?)\s*"
)
# A comment within a line that goes on is passed over (systemd.syntax(7)).
_CONTINUED = re.compile(r"\\\n(?:[ \t]*[#;].*\n)*")
# By these a service sees other files than the host does (systemd.exec(5)).
_OTHER_FILES = ("Root", "Bind", "TemporaryFileSystem", "MountImages", "Extension")
# What a unit consists of; a folder above it that is closed says nothing of one product.
_OURS = (".service", ".service.d", ".conf")
# What may stand in front of a program (systemd.service(5)).
_PREFIXES = "@-:+!|"
_VARIABLE = re.compile(r"\$(?:\$|\{(\w+)\}|(\w+))")
_SPECIFIER = re.compile(r"%(.)")
_NO = frozenset(("", "no", "false", "off", "0", "read-only"))
# Folders that are a service's own, by the setting that says so.
_OWN = {
    "PrivateTmp": ("/tmp", "/var/tmp"),
    "ProtectHome": tuple(f"/{folder}" for folder in ("home", "root", "run/user")),
}


class UnitLine(Struct, frozen=True, kw_only=True):
    """A command of a unit with its words and its environment; or why these are not known.

    ``other_files`` says that it sees other files than the host does; ``own`` are folders that it has for itself.
    ``starts``: it is ExecStart itself, and nothing before or behind it.
    """

    unit: str
    file: str
    line: int | None = None
    words: tuple[str, ...] = ()
    environment: Mapping[str, str] = {}
    unknown: str = ""
    other_files: str = ""
    own: tuple[str, ...] = ()
    starts: bool = True


def unit_lines(
    host: Host, ours: tuple[str, ...], worth: re.Pattern[str], counting: tuple[str, ...]
) -> Iterator[UnitLine]:
    """The commands of services: of ``ours`` by their names (patterns), and of those whose text is ``worth`` a look.

    The variables that are ``counting`` count by themselves, and not in a command's words alone.
    """
    given = _given_by_the_manager(host)
    for unit, files in _units(host):
        contents = {path: host.read(path) for path in files}
        is_ours = any(fnmatchcase(unit, pattern) for pattern in ours)
        # A unit that is masked is a link to /dev/null, and starts nothing.
        for path, content in contents.items() if is_ours else ():
            is_masked = (
                path.endswith(".service") and isinstance(content, Absent) and content.why in (NOWHERE, SPECIAL.why)
            )
            if isinstance(content, Absent) and not is_masked:
                yield UnitLine(unit=unit, file=path, unknown=f"it could not be read: {content.why}")
        texts = {path: spoken(content) for path, content in contents.items() if isinstance(content, bytes)}
        if is_ours or any(map(worth.search, texts.values())):
            yield from _of_unit(host, unit, texts, given, counting)


def _given_by_the_manager(host: Host) -> tuple[str, ...]:
    """What DefaultEnvironment gives to all services."""
    said: list[str] = []
    for path in host.matching(_OF_THE_MANAGER).files:
        content = host.read(path)
        for _, name, value in _settings(spoken(content)) if isinstance(content, bytes) else ():
            if name == "DefaultEnvironment":
                said = [*said, value] if value else []
    return tuple(said)


def _units(host: Host) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The name and the files of each unit, in systemd's order: its own first, then what is dropped in."""
    own: dict[str, str] = {}
    dropped: dict[str, dict[str, str]] = {}
    for path in _there(host, f"{_ANYWHERE}/*.service"):
        own.setdefault(basename(path), path)
    for path in _there(host, f"{_ANYWHERE}/*service.d/*.conf"):
        dropped.setdefault(path.split("/")[-2].removesuffix(".d"), {}).setdefault(basename(path), path)
    linked = host.matching(f"{_ANYWHERE}/*.{{wants,requires,upholds}}/*@*.service")
    enabled = {basename(path): None for path in (*linked.files, *linked.closed)}
    names = dict.fromkeys((*own, *(each for each in dropped if each != "service"), *enabled))
    templates = {_template(name) for name in names if _is_instance(name)}
    # Of a socket's template each connection is an instance.
    sockets = {basename(path).replace(".socket", "@.service") for path in host.matching(f"{_ANYWHERE}/*.socket").files}
    for name in names:
        # Another template that is there starts nothing, and none of the names for parts of names is a unit.
        is_template = "@." in name and name not in sockets and (name in templates or name in own)
        if is_template or (name.endswith("-.service") and name not in own):
            continue
        first = own.get(name) or own.get(_template(name), "")
        files = {each: path for key in reversed(_dropped_for(name)) for each, path in dropped.get(key, {}).items()}
        yield name, ((first,) * bool(first) + tuple(path for _, path in sorted(files.items())))[:_MOST_FILES]


def _is_instance(name: str) -> bool:
    return "@" in name and "@." not in name


def _template(name: str) -> str:
    return re.sub("@.*", "@.service", name)


def _dropped_for(name: str) -> tuple[str, ...]:
    """The names under which drop-ins of a unit stand, the nearest first."""
    stem = name.removesuffix(".service")
    parts = [f"{stem[: at.end()]}.service" for at in re.finditer("-", stem) if at.end() < len(stem)]
    return (name, *((_template(name),) if _is_instance(name) else ()), *reversed(parts), "service")


def _there(host: Host, pattern: str) -> Iterator[str]:
    """The files of a pattern, what stands first in the first place, and what may be one and cannot be read."""
    listing = host.matching(pattern)
    closed = (path for path in listing.closed if path.endswith(_OURS) and host.stands(path))
    yield from sorted((*listing.files, *closed), key=_rank)


def _rank(path: str) -> int:
    return next((number for number, folder in enumerate(_FOLDERS) if path.startswith(f"{folder}/")), len(_FOLDERS))


def _of_unit(
    host: Host, unit: str, texts: Mapping[str, str], given: tuple[str, ...], counting: tuple[str, ...]
) -> Iterator[UnitLine]:
    """What a unit starts; an empty assignment takes away what was said before it."""
    commands: dict[str, list[tuple[str, str, int]]] = {}
    lists: dict[str, list[str]] = {}
    own: dict[str, tuple[str, ...]] = {}
    other: tuple[str, int, str] | None = None
    for path, text in texts.items():
        for line, name, value in _settings(text):
            if name.startswith("Exec"):
                commands[name] = [*commands.get(name, ()), (value, path, line)] if value else []
            elif name.startswith(_OTHER_FILES):
                other = other or ((path, line, name) if value else None)
            elif name in _OWN:
                own[name] = () if value.lower() in _NO else _OWN[name]
            else:
                lists[name] = [*lists.get(name, ()), value] if value else []
    folders = tuple(each for folders in own.values() for each in folders)
    if other and not any(commands.values()):
        yield UnitLine(unit=unit, file=other[0], line=other[1], other_files=other[2])
    for kind, each in commands.items():
        for command, path, number in each:
            plain = UnitLine(unit=unit, file=path, line=number, own=folders, starts=kind == "ExecStart")
            plain = replace(plain, other_files=other[2] if other else "")
            yield from _commands(host, command, plain, {**lists, "DefaultEnvironment": [*given]}, counting)


def _settings(text: str) -> Iterator[tuple[int, str, str]]:
    """The settings of a unit's file that count here, with their lines; a backslash at the end goes on."""
    number = 1
    for line in _CONTINUED.sub("\0", text).split("\n"):
        if found := _SETTING.fullmatch(line.replace("\0", " ")):
            yield number, found[1], found[2]
        number += 1 + line.count("\0")


def _commands(
    host: Host, command: str, plain: UnitLine, lists: Mapping[str, list[str]], counting: tuple[str, ...]
) -> Iterator[UnitLine]:
    """The commands of one line, parted by semicolons."""
    try:
        words = [_specified(word, plain.unit) for word in shlex.split(command)]
        said = [*lists["DefaultEnvironment"], *lists.get("Environment", ())]
        environment = dict(_assigned(_specified(word, plain.unit)) for each in said for word in shlex.split(each))
    except ValueError as error:
        yield replace(plain, words=(command,), unknown=f"it cannot be parted into words: {error}")
        return
    unknown = ""
    for named in lists.get("EnvironmentFile", ()):
        path = _specified(named.removeprefix("-"), plain.unit)
        found, why, is_there = _variables(host, path)
        environment |= found
        if why and (is_there or not named.startswith("-")) and ("$" in command or counting):
            unknown = f"its variables stand in {path.replace(UNKNOWN, '%')}, which {why}"
    environment |= dict.fromkeys((name for each in lists.get("PassEnvironment", ()) for name in each.split()), UNKNOWN)
    for name in (name for each in lists.get("UnsetEnvironment", ()) for name in each.split()):
        environment.pop(name.partition("=")[0], None)
    for part in _parted(words):
        argv = tuple(_expanded(part, environment)) or ("",)
        program = argv[0].lstrip(_PREFIXES)
        # With @ the second word is what the program is called.
        rest = argv[2:] if "@" in argv[0].removesuffix(program) else argv[1:]
        yield replace(plain, words=(program, *rest), environment=environment, unknown=unknown)


def _variables(host: Host, path: str) -> tuple[dict[str, str], str, bool]:
    """The variables of a file; why they are not known, and whether it may be there all the same."""
    if set(path) & set(UNKNOWN + "*?["):
        return {}, "is no plain path", True
    content = host.read(path)
    if isinstance(content, Absent):
        return {}, f"could not be read: {content.why}", content.hidden
    found = variables(spoken(content))
    return ({}, "has a quote that is not closed", True) if found is None else (found, "", True)


def _parted(words: Iterable[str]) -> Iterator[list[str]]:
    part: list[str] = []
    for word in words:
        if word == ";":
            yield part
            part = []
        else:
            part.append(word)
    yield part


def _specified(word: str, unit: str) -> str:
    """A word with what systemd puts in for its specifiers; others are not known."""
    name = unit.removesuffix(".service")
    prefix, _, instance = name.partition("@")
    instance = UNKNOWN if name.endswith("@") else instance
    plain = instance.replace("-", "/").replace("\\x2d", "-")
    last = prefix.rpartition("-")[2]
    known = {"%": "%", "n": unit, "N": name, "p": prefix, "P": prefix, "i": instance, "I": plain, "j": last, "J": last}
    known |= {"t": "/run", "E": "/etc", "S": "/var/lib"}
    return _SPECIFIER.sub(lambda found: known.get(found[1], UNKNOWN), word)


def _assigned(word: str) -> tuple[str, str]:
    name, _, value = word.partition("=")
    return name, value


def _expanded(words: Iterable[str], environment: Mapping[str, str]) -> Iterator[str]:
    """The words with variables in place; one that is a variable and nothing else may become several, or none."""
    for word in words:
        alone = _VARIABLE.fullmatch(word)
        if alone and alone[2]:
            yield from _split(environment.get(alone[2], ""))
        else:
            yield _VARIABLE.sub(lambda found: _value(found, environment), word)


def _split(value: str) -> list[str]:
    """A variable's value as words: quotes count in it, too."""
    try:
        return shlex.split(value)
    except ValueError:
        return [UNKNOWN]


def _value(found: re.Match[str], environment: Mapping[str, str]) -> str:
    name = found[1] or found[2]
    return environment.get(name, "") if name else "$"

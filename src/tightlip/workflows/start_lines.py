"""How a copied host starts its servers: the units of systemd and files of variables, for the main files that they name.

Nothing runs in a copy. What would run is made of these as a process, and the product's plug recognises its instance.
"""

import re
import shlex
from collections.abc import Iterator, Mapping
from posixpath import basename

from msgspec import Struct
from msgspec.structs import replace

from tightlip.files.read import NOWHERE
from tightlip.hosts._host import Host
from tightlip.products._product import SPECIAL, Absent, Instance, Process, Product
from tightlip.syntax.lenses.assignments import ASSIGNMENTS
from tightlip.syntax.lines import spoken

# What stands first hides a file of the same name behind it (systemd.unit(5)).
_FOLDERS = ("/etc", "/run", "/usr/local/lib", "/usr/lib", "/lib")
_MOST_FILES = 100
_SETTING = re.compile(
    r"\s*(Type|ExecStart|Environment|EnvironmentFile|Root\w+|Bind\w*Paths"
    r"|TemporaryFileSystem|MountImages|Extension\w+)\s*=\s*(.*?)\s*"
)
# A comment within a line that goes on is passed over (systemd.syntax(7)).
_CONTINUED = re.compile(r"\\\n(?:[ \t]*[#;].*\n)*")
# By these a service sees other files than the host does (systemd.exec(5)).
_OTHER_FILES = ("Root", "Bind", "TemporaryFileSystem", "MountImages", "Extension")
# What a unit consists of; a folder above it that is closed says nothing of one product.
_OURS = (".service", ".service.d", ".conf")
# What may stand in front of a program (systemd.service(5)).
_PREFIXES = "@-:+!|"
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


class Start(Struct, frozen=True, kw_only=True):
    """A start line: where it stands, its words with variables put in, what it is given; or why that is ``unknown``.

    ``lasts``: what it starts goes on running, as far as its unit says.
    """

    file: str
    line: int | None = None
    argv: tuple[str, ...] = ()
    environment: Mapping[str, str] = {}
    unknown: str = ""
    lasts: bool = True

    @property
    def where(self) -> str:
        """``file:line``, or the file alone."""
        return self.file if self.line is None else f"{self.file}:{self.line}"


def starts(host: Host, plug: Product) -> Iterator[tuple[Start, Instance | None]]:
    """The start lines of a product, each with the instance that its plug recognises in it."""
    if plug.starts is None:
        return
    recognise, is_told = plug.starts.recognise or plug.recognise, False
    lines = ((unit, each) for unit, files in _units(host, plug.starts.units) for each in _of_unit(host, files))
    for unit, line in lines:
        instance = recognise(Process(0, line.argv, line.environment))
        if instance is None and line.lasts and unit in plug.starts.main and not line.unknown:
            line = replace(line, unknown="its command is none that is known")
        is_told = is_told or instance is not None or bool(line.unknown)
        yield line, instance
    # Without such a unit a script starts it, which takes its variables from a file.
    for path in plug.starts.variables if not is_told else ():
        for line in _by_script(host, path, plug.starts.command):
            yield line, plug.recognise(Process(0, line.argv, line.environment))


def _units(host: Host, patterns: tuple[str, ...]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The name and the files of each unit, in systemd's order: its own first, then what is dropped in."""
    units: dict[str, dict[str, str]] = {}
    of_all: dict[str, str] = {}
    for folder in (f"{each}/systemd/system" for each in _FOLDERS):
        for pattern in patterns:
            for path in _there(host, f"{folder}/{pattern}"):
                units.setdefault(basename(path), {}).setdefault("", path)
            for path in _there(host, f"{folder}/{pattern}.d/*.conf"):
                unit = path.split("/")[-2].removesuffix(".d")
                units.setdefault(unit, {}).setdefault(basename(path), path)
        for path in _there(host, f"{folder}/service.d/*.conf"):
            of_all.setdefault(basename(path), path)
    for unit, files in units.items():
        yield unit, tuple(path for _, path in sorted((of_all | files).items())[:_MOST_FILES])


def _there(host: Host, pattern: str) -> Iterator[str]:
    """The files of a pattern, and what may be one of them and cannot be read."""
    listing = host.matching(pattern)
    yield from listing.files
    yield from (path for path in listing.closed if path.endswith(_OURS) and host.stands(path))


def _of_unit(host: Host, files: tuple[str, ...]) -> Iterator[Start]:
    """What a unit starts; an empty assignment takes away what was said before it."""
    commands, own, named, kind = list[tuple[str, Start]](), list[str](), list[str](), ""
    for path in files:
        content = host.read(path)
        if isinstance(content, Absent):
            # A unit that is masked is a link to /dev/null, and starts nothing.
            if not path.endswith(".service") or content.why not in (NOWHERE, SPECIAL.why):
                yield Start(file=path, unknown=f"it could not be read: {content.why}")
            continue
        for line, name, value in _settings(content):
            kind = value if name == "Type" else kind
            if name.startswith(_OTHER_FILES) and value:
                yield Start(file=path, line=line, unknown=f"{name} has it see other files than the host does")
            target = {"Environment": own, "EnvironmentFile": named}.get(name)
            if target is None and name == "ExecStart":
                commands = [*commands, (value, Start(file=path, line=line))] if value else []
            elif target is not None:
                target[:] = [*target, value] if value else []
    for command, start in commands:
        yield replace(_start(host, command, start, own, named), lasts=kind != "oneshot")


def _settings(content: bytes) -> Iterator[tuple[int, str, str]]:
    """The settings of a unit's file that count here, with their lines; a backslash at the end goes on."""
    number = 1
    for line in _CONTINUED.sub("\0", spoken(content)).split("\n"):
        if found := _SETTING.fullmatch(line.replace("\0", " ")):
            yield number, found[1], found[2]
        number += 1 + line.count("\0")


def _start(host: Host, command: str, start: Start, own: list[str], named: list[str]) -> Start:
    try:
        words = shlex.split(command)
        environment = dict(_assigned(word) for each in own for word in shlex.split(each))
    except ValueError as error:
        return replace(start, unknown=f"it cannot be parted into words: {error}")
    unknown = ""
    for path in named:
        content = host.read(path.removeprefix("-"))
        if set(path) & set("%*?["):
            unknown = f"its variables stand in {path.removeprefix('-')}, which is no plain path"
        elif isinstance(content, bytes):
            environment |= {each.name: each.value for each in ASSIGNMENTS.read(content).entries}
        elif "$" in command and (content.hidden or not path.startswith("-")):
            unknown = f"its variables stand in {path.removeprefix('-')}, which could not be read: {content.why}"
    argv = tuple(_expanded(words, environment)) or ("",)
    program = argv[0].lstrip(_PREFIXES)
    # With @ the second word is what the program is called.
    rest = argv[2:] if "@" in argv[0].removesuffix(program) else argv[1:]
    return replace(start, argv=(program, *rest), environment=environment, unknown=unknown)


def _by_script(host: Host, path: str, command: tuple[str, ...]) -> Iterator[Start]:
    """What a script starts that reads this file, where the file is there."""
    content = host.read(path)
    if isinstance(content, Absent):
        if content.hidden and host.stands(path):
            yield Start(file=path, unknown=f"it could not be read: {content.why}")
        return
    reading = ASSIGNMENTS.read(content)
    environment = {each.name: each.value for each in reading.entries}
    used = {name for word in command for names in _VARIABLE.findall(word) for name in names if name}
    # A command that has nothing to do with them, such as ulimit, is no doubt.
    texts = spoken(content).split("\n")
    doubts = [(each.line, each.why) for each in reading.unread if any(name in texts[each.line - 1] for name in used)]
    doubts += [
        (each.line, each.doubt or "only a shell can work out this value")
        for each in reading.entries
        if each.name in used and (each.doubt or "$" in each.value)
    ]
    for line, why in doubts[:1]:
        yield Start(file=path, line=line, unknown=why)
    # A flag that is glued to a variable is left out where that is empty.
    command = tuple(
        word for word in command if "$" not in word or any(environment.get(a or b) for a, b in _VARIABLE.findall(word))
    )
    if environment and not doubts:
        yield Start(file=path, argv=tuple(_expanded(command, environment)), environment=environment)


def _assigned(word: str) -> tuple[str, str]:
    name, _, value = word.partition("=")
    return name, value


def _expanded(words: list[str] | tuple[str, ...], environment: Mapping[str, str]) -> Iterator[str]:
    """The words with variables in place; one that is a variable and nothing else may become several, or none."""
    for word in words:
        alone = _VARIABLE.fullmatch(word)
        if alone and alone[2]:
            yield from environment.get(alone[2], "").split()
        else:
            yield _VARIABLE.sub(lambda found: environment.get(found[1] or found[2], ""), word)

"""How a copied host starts its servers, for the main files that they name: by systemd, by scripts, by supervisors.

Nothing runs in a copy. What would run is made of these as a process, and the product's plug recognises its instance.
A start line is understood, or it leaves one doubt with its place: every command counts in which the product's program
stands, whatever stands in front of it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from posixpath import basename

from msgspec import Struct
from msgspec.structs import replace

from tightlip.hosts._host import Host
from tightlip.hosts._ration import Ration, RationedHost
from tightlip.products._product import Absent, Instance, Process, Product, Starts
from tightlip.syntax.lenses.assignments import ASSIGNMENTS
from tightlip.syntax.lines import spoken
from tightlip.syntax.shell import UNKNOWN
from tightlip.workflows.starts.places import Script, script, scripts
from tightlip.workflows.starts.scripts import Call, Shell
from tightlip.workflows.starts.units import UnitLine, unit_lines

_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=(.*)", re.DOTALL | re.ASCII)
# What is not a distribution's own may be a script of the site's; some are looked at wherever they are called.
_MOST_BYTES, _MOST_LINES, _MOST_FOLLOWED = 16 << 20, 200_000, 500
_SITE = r"(?:/(?!(?:usr/)?(?:bin|sbin|lib|lib64|libexec)/|etc/(?:init\.d|rc|cron))[^\s\"';]+)"
# Folders of settings, of mail and of a product's parts have its name, too.
_PROGRAM_S_FOLDER = r"(?!/(?:etc|var|run|proc|sys|dev)/|(?:\S*/)?(?:lib|lib64|libexec|share)/[^/]*\Z)(?:[^/\s]*/)*"
# Accounts as well: these take one first, others behind an option.
_FIRST_AN_ACCOUNT = frozenset(("su", "gosu", "su-exec", "setuidgid", "s6-setuidgid", "setuser"))
_THEN_AN_ACCOUNT = frozenset(("-u", "-U", "-g", "--user", "--group", "--chuid", "--reuid", "--regid", "--owner"))
_RUNNERS = re.compile(
    r"exec|nohup|env|nice|ionice|chrt|taskset|setsid|stdbuf|time|timeout|sudo|doas|runuser|setpriv|chpst|softlimit|eval"
    r"|tini|dumb-init|catatonit|start-stop-daemon|start_daemon|startproc|daemon|-|" + "|".join(_FIRST_AN_ACCOUNT)
)
_SITE_S = re.compile(_SITE)
_OTHER_ROOT = frozenset(("bwrap", "chroot", "fakechroot", "firejail", "nsenter", "proot", "systemd-nspawn", "unshare"))
_NOT_NOW = frozenset(("--stop", "-K", "--status", "-T", "--test", "-t"))
_ASKING = frozenset(("[", "[[", "test", "which", "command", "type", "hash"))
_NOTHING = frozenset(("true", "false", ":", "sleep", ""))
# Where a product is started from as its distribution has it.
_OF_THE_SYSTEM = ("/systemd/", "/init.d/")


class Start(Struct, frozen=True, kw_only=True):
    """A start line: where it stands, its words with variables put in, what it is given; or why that is ``unknown``.

    ``own`` are folders that the service has for itself. ``beside``: it only counts where the product is there.
    """

    file: str
    line: int | None = None
    argv: tuple[str, ...] = ()
    environment: Mapping[str, str] = {}
    unknown: str = ""
    own: tuple[str, ...] = ()
    beside: bool = False

    @property
    def where(self) -> str:
        """``file:line``, or the file alone."""
        return self.file if self.line is None else f"{self.file}:{self.line}"


def starts(host: Host, plug: Product) -> Iterator[tuple[Start, Instance | None]]:
    """The start lines of a product, each with the instance that its plug recognises in it; of a file one doubt."""
    if plug.starts is None:
        return
    lines = _Lines(host, plug, plug.starts)
    doubted, is_told = set[str](), False
    for line, instance in lines.found():
        is_told = is_told or (not line.beside and any(folder in line.file for folder in _OF_THE_SYSTEM))
        if not line.unknown or line.file not in doubted:
            yield line, instance
        doubted |= {line.file} if line.unknown else set()
    # Without such a line a script starts it, which takes its variables from a file.
    for path in plug.starts.variables if not is_told else ():
        for line in _by_script(host, path, plug.starts.command):
            yield line, lines.recognise(Process(0, line.argv, line.environment))


_Found = tuple[Start, Instance | None]


class _Lines:
    """The start lines of one product on a host."""

    def __init__(self, host: Host, plug: Product, starts: Starts) -> None:
        # What a unit starts may be a program of any size: it is none of what is rationed.
        self._all, self._host = host, RationedHost(host, Ration(bytes=_MOST_BYTES, lines=_MOST_LINES))
        self._plug, self._starts = plug, starts
        self.recognise = starts.recognise or plug.recognise
        self._program = re.compile(rf"{_PROGRAM_S_FOLDER}(?:{starts.programs})")
        self._named = re.compile(rf"(?<![\w.-])(?:{starts.programs})(?![\w-])")
        self._followed = set[tuple[str, ...]]()

    def found(self) -> Iterator[_Found]:
        """Those of systemd, then those of all else, and what was too much to read."""
        worth = re.compile(rf"{self._named.pattern}|Exec\w+\s*=\s*[@:+!|-]*{_SITE}")
        for line in unit_lines(self._host, self._starts.units, worth, self._plug.variables):
            yield from self._of_unit(line)
        for each in scripts(self._all, re.compile(self._named.pattern.encode()), self._plug.variables):
            yield from self._of_script(each)
        for cut in self._host.cuts[:1]:
            yield Start(file=cut.path, unknown=cut.why), None

    def _of_unit(self, line: UnitLine) -> Iterator[_Found]:
        """What a unit's command starts, or a script of the site's that it calls."""
        place = Start(file=line.file, line=line.line, own=line.own)
        is_ours = any(fnmatchcase(line.unit, pattern) for pattern in self._starts.units)
        is_main = line.starts and any(fnmatchcase(line.unit, pattern) for pattern in self._starts.main)
        called = Call(line.line or 0, line.words, line.environment) if line.words else None
        found = list(self._called(place, called)) if called else []
        if line.other_files and (is_ours or found):
            yield replace(place, unknown=f"{line.other_files} has it see other files than the host does"), None
        elif line.unknown:
            if is_ours or found or self._named.search(" ".join(line.words)):
                yield replace(place, unknown=line.unknown), None
        elif found or not is_main or basename(line.words[0]) in _NOTHING:
            yield from found
        else:
            yield replace(place, unknown="its command is none that is known"), None

    def _called(self, place: Start, called: Call) -> Iterator[_Found]:
        shell = Shell(self._host, called.environment, unset="", tracked=self._plug.variables)
        for call in shell.call(called):
            if (start := self._start(place, call)) is not None:
                yield start
            else:
                yield from ((replace(line, own=place.own), instance) for line, instance in self._of_other(call))

    def _of_other(self, call: Call) -> Iterator[_Found]:
        """What a script of the site's starts, which is called; with the same words none is read twice."""
        at = next((number for number, word in enumerate(call.words) if _SITE_S.fullmatch(word)), None)
        if at is None or call.only_names or call.words in self._followed:
            return
        self._followed.add(call.words)
        path, content = call.words[at], self._all.read(call.words[at])
        if len(self._followed) > _MOST_FOLLOWED:
            yield Start(file=path, unknown=f"it is one of more than {_MOST_FOLLOWED} files that are called"), None
        elif isinstance(content, bytes) and content.startswith(b"#!"):
            given = {str(number): word for number, word in enumerate(call.words[at:])}
            given |= dict.fromkeys("@*", " ".join(call.words[at + 1 :]))
            shell = Shell(self._host, {**call.environment, **given}, unset="", tracked=self._plug.variables)
            yield from self._of_script(script(path, content, shell), is_called=True)

    def _of_script(self, read: Script, *, is_called: bool = False) -> Iterator[_Found]:
        """What a script's calls start, and one of a program that is not known where it looks for the product's."""
        is_looked_for = False
        for call in read.calls:
            place = Start(file=read.path, line=call.line)
            if basename(call.words[0]) in _ASKING:
                is_looked_for |= any(self._names(call.words, at) for at in range(1, len(call.words)))
            if (found := self._start(place, call)) is not None:
                yield found
            elif is_looked_for and _is_unknown(call):
                yield replace(place, unknown="which program it starts is known only where it runs"), None
            elif not is_called:
                yield from self._of_other(call)
        if read.unknown or (read.shell and read.shell.is_cut):
            yield Start(file=read.path, unknown=read.unknown or "it has more commands than a start script has"), None

    def _start(self, place: Start, call: Call) -> _Found | None:
        """What of the product a command starts; None where it is nothing of the kind."""
        words = tuple(word.partition("=")[2] if word.startswith("--") and "=" in word else word for word in call.words)
        at = next((number for number in range(len(words)) if self._is_called(words, number)), None)
        if at is None or call.only_names:
            return None
        before, rest = words[:at], words[at + 1 :]
        if any(basename(word) == "start-stop-daemon" for word in before):
            if not _NOT_NOW.isdisjoint(words[: words.index("--")] if "--" in words else words):
                return None
            rest = rest[rest.index("--") + 1 :] if "--" in rest else ()
        environment = {**call.environment, **dict(_assigned(before))}
        program = basename(words[at]) if UNKNOWN in words[at] else words[at]
        is_alias = basename(program) in self._starts.aliases
        argv = (self._starts.aliases.get(basename(program), program), *rest)
        meant, doubt = self._meant(argv, environment), self._doubt(argv, environment)
        is_usual = meant == self._meant((argv[0], *self._starts.probes[:1]), environment)
        if (meant is None and not doubt) or (is_alias and is_usual):
            return None
        root = next((word for word in before if basename(word) in _OTHER_ROOT), "")
        if root:
            doubt = f"{root} has it see other files than the host does"
        elif is_alias:
            doubt = f"whether {program} is {self._plug.title} is not known"
        elif meant and not meant[0].config.startswith("/"):
            doubt = doubt or "nobody knows what folder its main file's path counts from"
        place = replace(place, argv=argv, environment=environment, beside=is_alias, unknown=doubt)
        return place, meant[0] if meant and not doubt else None

    def _names(self, words: tuple[str, ...], at: int) -> bool:
        """Whether a word is the product's program by a name that no other has."""
        return bool(self._program.fullmatch(words[at])) and basename(words[at]) not in self._starts.aliases

    def _is_called(self, words: tuple[str, ...], at: int) -> bool:
        """Whether a word is the program of a command, or one that another command is to call."""
        if not self._program.fullmatch(words[at]):
            return False
        if "/" in words[at] or at == 0:
            return True
        # A bare name may be an account's, or be said to what has its own meaning for it.
        account = next((number for number in range(at) if basename(words[number]) in _FIRST_AN_ACCOUNT), at)
        is_first = account < at and all(word[:1] in "-/" for word in words[account + 1 : at])
        is_run = bool(_RUNNERS.fullmatch(basename(words[0]))) or "".join(words[at + 1 : at + 2]).startswith("-")
        return is_run and not is_first and words[at - 1] not in _THEN_AN_ACCOUNT

    def _meant(self, argv: tuple[str, ...], environment: Mapping[str, str]) -> tuple[Instance, str] | None:
        process = Process(0, argv, environment)
        instance = self.recognise(process)
        return (instance, self._plug.unsaid(process) if self._plug.unsaid else "") if instance else None

    def _doubt(self, argv: tuple[str, ...], environment: Mapping[str, str]) -> str:
        """Why it is not known what is meant: what only running it would tell may say something else."""
        plain = self._meant(argv, environment)
        is_open = any(word.startswith(UNKNOWN) for word in argv[1:])
        probed = [
            self._meant(tuple(probe if word.startswith(UNKNOWN) else word for word in argv), environment)
            for probe in self._starts.probes
            if is_open
        ]
        said = (plain[0].config, *plain[0].places.values(), *(plain[0].arguments or {}).values()) if plain else ()
        if any(UNKNOWN in each for each in said) or any(each not in (None, plain) for each in probed):
            return "its arguments are known only where it runs"
        return ""


def _is_unknown(call: Call) -> bool:
    """Whether the program itself is not known, whatever known ones stand in front."""
    first = next(
        (word for word in call.words if word not in ("exec", "nohup", "env", "setsid") and word[:1] != "-"), ""
    )
    return first == UNKNOWN


def _assigned(words: Iterable[str]) -> Iterator[tuple[str, str]]:
    for word in words:
        if found := _ASSIGNMENT.fullmatch(word):
            yield found[1], found[2]


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


def _expanded(words: list[str] | tuple[str, ...], environment: Mapping[str, str]) -> Iterator[str]:
    """The words with variables in place; one that is a variable and nothing else may become several, or none."""
    for word in words:
        alone = _VARIABLE.fullmatch(word)
        if alone and alone[2]:
            yield from environment.get(alone[2], "").split()
        else:
            yield _VARIABLE.sub(lambda found: environment.get(found[1] or found[2], ""), word)

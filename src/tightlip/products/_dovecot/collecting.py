"""Which files a Dovecot configuration consists of: the main file, what it includes, what holds values."""

import re
from collections.abc import Generator, Iterator
from posixpath import dirname, join

from msgspec import Struct
from msgspec.structs import replace

from tightlip.products._dovecot.values import is_followed, path_of, text_of, unfit
from tightlip.products._product import (
    NO_FOLDER,
    Absent,
    Answer,
    ConfigFile,
    Files,
    Instance,
    ListFiles,
    Missing,
    Need,
    ReadFile,
    Request,
    is_no_folder,
)
from tightlip.syntax.lenses.blocks import DOVECOT
from tightlip.syntax.reading import Entry, Kind, effective

DEEPEST = 16
MOST_FILES = 2_000
MOST_REQUESTS = 2 * MOST_FILES
CUT_OFF = f"more than {MOST_FILES} files, or includes of them"
TOO_DEEP = f"included more than {DEEPEST} files deep"
RECURSIVE = "it is included before it was read to its end: Dovecot does not start with that (Recursive include file)"

# What is said of a folder that is there to be listed, or is not there at all.
_LISTED = ("it is no regular file", "no such file", "is a directory")
_MAGIC = re.compile(r"[*?\[{]")


class _Wanted(Struct, frozen=True):
    """A file or pattern to be looked at, and the include that names it.

    ``above`` is what Dovecot has not read to its end when it comes to this: the file of the include, those above it,
    and of a pattern's files all behind this one, for it opens them together.
    """

    path: str
    need: Need
    depth: int
    file: str | None = None
    line: int | None = None
    is_pattern: bool = False
    is_value: bool = False
    above: "_Wanted | None" = None


def collect(instance: Instance) -> Generator[Request, Answer, Files]:
    """Ask for the main file and, in their places, for what it includes; a file met twice is asked for once."""
    waiting = [_Wanted(instance.config, Need.REQUIRED, 0)]
    found: dict[str, ConfigFile] = {}
    listed: dict[str, tuple[str, ...]] = {}
    values: dict[str, str] = {}
    missing: list[Missing] = []
    asked = 0
    while waiting and len(found) + len(missing) < MOST_FILES and asked < MOST_REQUESTS:
        wanted = waiting.pop(0)
        asked += 1
        if wanted.depth > DEEPEST:
            missing.append(_unlooked(wanted, TOO_DEEP))
        elif _is_open(wanted):
            missing.append(_unlooked(wanted, RECURSIVE))
        elif wanted.is_pattern:
            answer = yield ListFiles(wanted.path)
            listed[wanted.path] = matches = answer if isinstance(answer, tuple) else ()
            waiting[:0] = _together(wanted, matches)
            missing += [] if matches else [_missing(wanted, (yield from _why_nothing(wanted.path)))]
        elif wanted.is_value:
            content = yield ReadFile(wanted.path)
            why = _taken(values, wanted.path, content)
            missing += [_missing(wanted, why)] if why else []
        elif wanted.path not in found:
            content = yield ReadFile(wanted.path, wanted.need)
            if isinstance(content, bytes):
                role = "include" if found else "main"
                file = ConfigFile(path=wanted.path, role=role, reading=DOVECOT.read(content))
                found[wanted.path] = file
                waiting[:0] = [*_values(file, wanted.depth), *_included(file, wanted)]
            else:
                missing.append(_missing(wanted, content.why if isinstance(content, Absent) else "no file"))
    missing += [_unlooked(each, CUT_OFF) for each in waiting[:1]]
    return Files(
        instance=instance,
        files=tuple(found.values()),
        missing=tuple(missing),
        version=_version(found, instance),
        listed=listed,
        values=values,
    )


def include_pattern(file: ConfigFile, entry: Entry) -> str:
    """What an include names, as an absolute path or pattern: relative to the file that it stands in.

    Its `..` are left for the host to walk: behind a symbolic link they lead elsewhere than the text of the path says.
    """
    parts = join(dirname(file.path), entry.value).split("/")
    return "/" + "/".join(part for part in parts if part not in ("", "."))


def _included(file: ConfigFile, by: _Wanted) -> Iterator[_Wanted]:
    for entry in file.reading.entries:
        if entry.kind in (Kind.INCLUDE, Kind.INCLUDE_IF_THERE) and entry.value:
            need = Need.REQUIRED if entry.kind is Kind.INCLUDE else Need.OPTIONAL
            path = include_pattern(file, entry)
            is_pattern = bool(_MAGIC.search(path))
            yield _Wanted(path, need, by.depth + 1, file.path, entry.line, is_pattern=is_pattern, above=by)


def _together(pattern: _Wanted, matches: tuple[str, ...]) -> list[_Wanted]:
    """The files of a pattern, as many as may be looked at, each above the one before it."""
    files: list[_Wanted] = []
    for path in reversed(matches[:MOST_REQUESTS]):
        above = files[-1] if files else pattern.above
        files.append(replace(pattern, path=path, is_pattern=False, above=above))
    return files[::-1]


def _is_open(wanted: _Wanted) -> bool:
    """Whether a file is included before it was read to its end."""
    above = wanted.above
    while above is not None and not wanted.is_pattern:
        if above.path == wanted.path:
            return True
        above = above.above
    return False


def _why_nothing(pattern: str) -> Generator[Request, Answer, str]:
    """Why a pattern comes to nothing: its folder may be kept from us, or not be there to be looked into."""
    folder = _MAGIC.split(pattern, maxsplit=1)[0].rpartition("/")[0]
    answer = yield ReadFile(f"{folder}/.", Need.OPTIONAL)
    if not isinstance(answer, Absent) or answer.why.lower().startswith(_LISTED):
        return "nothing is called so"
    return f"of {folder}: {NO_FOLDER}" if is_no_folder(answer) else answer.why


def _values(file: ConfigFile, depth: int) -> Iterator[_Wanted]:
    for entry in file.reading.entries:
        if is_followed(entry, entry.path):
            yield _Wanted(path_of(file, entry), Need.REQUIRED, depth, file.path, entry.line, is_value=True)


def _taken(values: dict[str, str], path: str, content: Answer) -> str:
    """Keep a value; why not, where it is none."""
    if not isinstance(content, bytes):
        return content.why if isinstance(content, Absent) else "no file"
    if not (why := unfit(content)):
        values[path] = text_of(content)
    return why


def _missing(wanted: _Wanted, why: str) -> Missing:
    return Missing(path=wanted.path, why=why, need=wanted.need, file=wanted.file, line=wanted.line)


def _unlooked(wanted: _Wanted, why: str) -> Missing:
    """What was not even looked for counts as needed, however it is included."""
    return _missing(replace(wanted, need=Need.REQUIRED), why)


def _version(found: dict[str, ConfigFile], instance: Instance) -> str | None:
    """The version that a file of 2.4 says it is written for; older ones say none."""
    main = found.get(instance.config)
    entry = effective(main.reading, "dovecot_config_version") if main else None
    return entry.value if entry else None

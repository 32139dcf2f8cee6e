"""The lists of mechanisms that MIT Kerberos' GSSAPI library reads, and what they name, on the host and in a chroot."""

import re
from collections.abc import Generator, Iterable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from tightlip.products._gss_config import Named
from tightlip.products._gss_lines import GSS_MECHS
from tightlip.products._gss_oids import arcs
from tightlip.products._product import (
    NO_FILE,
    NO_FOLDER,
    SPECIAL,
    Absent,
    Answer,
    ConfigFile,
    Files,
    ListFiles,
    Missing,
    Need,
    ReadFile,
    Request,
    SeeFiles,
)
from tightlip.syntax.reading import Entry

FOLDER, FILE = "/etc/gss/mech.d", "/etc/gss/mech"
KEYTAB = "/etc/krb5.keytab"

_ROLE = "gss mechanisms"
_ETC = "/etc"
_NTLMSSP = (1, 3, 6, 1, 4, 1, 311, 2, 2, 10)
_MOST_FILES = 100
# Where the library looks for a plugin whose name has no slash in front.
_HOMES = ("/usr/lib/gss/", "/usr/lib64/gss/", "/usr/lib/*/gss/")
# glibc's UTF-16, in which NTLM has its names; it is opened when a client asks, and other libraries have it built in.
_UTF_16 = "/gconv/UTF-16.so"
_CHARACTERS = f"/usr/{{lib,lib64,lib/*-linux-*}}{_UTF_16}"

_BLANKS = re.compile(r"\s+", re.ASCII)
_PLAIN_PATH = re.compile(r"[\w+./-]+", re.ASCII)


class Root(Struct, frozen=True):
    """What a program takes for `/` while it answers clients: the folder ``jail`` (chroot(2)), "" for the host's own.

    ``doubt`` says why that is not known. Who goes into a jail has loaded the library before: what the host's lists
    register is there, and what those in the jail register comes to it.
    """

    jail: str = ""
    doubt: str = ""


HOST = Root()


def is_plain(path: str) -> bool:
    """Whether a path is absolute, and none of its letters would be a pattern's."""
    return path.startswith("/") and bool(_PLAIN_PATH.fullmatch(path))


def joined(files: Files, named: Named, jails: Iterable[str] = ()) -> Generator[Request, Answer, Files]:
    """An instance's files with the library's lists, the host's and those in jails; whether plugin and keytab are there.

    For jails also whether NTLM has its character sets there.
    """
    found, unseen = list[ConfigFile](), list[Missing]()
    if named.file is not None and not is_plain(named.file):
        named = replace(named, doubt="it names no plain absolute path")
    if named.doubt:
        unseen.append(named.missing)
    places = ("", *dict.fromkeys(jails))
    for jail in () if named.doubt else places:
        if named.file is None:
            yield from _usual(jail, found, unseen)
        else:
            yield from _named(named.file, jail, found, unseen)
    wanted = [each for file in found for entry in _registering(file) for each in _plugin(entry)]
    wanted += [KEYTAB, *([_CHARACTERS] if len(places) > 1 else ())] if wanted else ()
    seen = list[str]()
    for pattern in dict.fromkeys(jail + each for jail in places for each in wanted):
        there = yield SeeFiles(pattern)
        seen += there if isinstance(there, tuple) else ()
    return replace(files, files=(*files.files, *found), seen=(*files.seen, *seen), unseen=(*files.unseen, *unseen))


def lists(files: Files, jail: str) -> Iterator[ConfigFile]:
    """The lists that a program in a jail has read; without one, the host's."""
    return (file for file in files.files if file.role in _roles(jail))


def registrations(files: Files, jail: str) -> Iterator[tuple[ConfigFile, Entry]]:
    """The lines of these that register gss-ntlmssp."""
    return ((file, entry) for file in lists(files, jail) for entry in _registering(file))


def unseen(files: Files, jail: str) -> Missing | None:
    """What could not be looked at of these; on the host itself what is not there is not there."""
    for gone in files.unseen:
        if gone.role in ("", *_roles(jail)) and not (files.live and _is_gone(gone.why)):
            return gone
    return None


def is_loaded(files: Files, jail: str, file: ConfigFile, entry: Entry) -> bool:
    """Whether the plugin of a line is where the library looks for it: in the jail, or outside of it before."""
    named = plugin_of(entry)
    places = {"", jail} if file.role == _ROLE else {jail}
    if named.startswith("/"):
        return any(place + named in files.seen for place in places)
    return bool(named) and any(_is_seen(files, place, f"/gss/{named}") for place in places)


def has_characters(files: Files, jail: str) -> bool | None:
    """Whether NTLM has its character sets in this jail; None where that could not be told, or it needs no files."""
    if _is_seen(files, jail, _UTF_16):
        return True
    return False if files.live and _is_seen(files, "", _UTF_16) else None


def keytabs(files: Files, root: Root) -> Iterator[str]:
    """The usual keytabs that are there for a program with this root: of a jail that within alone."""
    for place in dict.fromkeys(("", root.jail) if root.doubt else (root.jail,)):
        if place + KEYTAB in files.seen:
            yield place + KEYTAB


def is_ntlmssp(entry: Entry) -> bool:
    """Whether a line is gss-ntlmssp's."""
    return arcs(fields(entry)[0]) == _NTLMSSP


def is_unclear(entry: Entry) -> bool:
    """Whether an OID that is none to us stands where it would count; a comment that is indented has none."""
    oid, *plugin = fields(entry)
    return bool(plugin) and not oid.startswith("#") and arcs(oid) is None


def fields(entry: Entry) -> list[str]:
    """A line's OID, its plugin and what else stands there, parted as the library does."""
    return _BLANKS.split(entry.value)


def plugin_of(entry: Entry) -> str:
    """The plugin that a line names."""
    return "".join(fields(entry)[1:2])


def _named(file: str, jail: str, found: list[ConfigFile], unseen: list[Missing]) -> Generator[Request, Answer, None]:
    path = jail + file
    answer = yield ReadFile(path, Need.OPTIONAL)
    if isinstance(answer, bytes):
        found.append(_list(path, jail, answer))
    elif isinstance(answer, Absent):
        unseen.append(_missing(path, jail, answer.why))


def _usual(jail: str, found: list[ConfigFile], unseen: list[Missing]) -> Generator[Request, Answer, None]:
    folder, file = jail + FOLDER, jail + FILE
    listed = yield ListFiles(f"{folder}/*.conf")
    paths = listed if isinstance(listed, tuple) else ()
    for path in (*paths[:_MOST_FILES], file):
        answer = yield ReadFile(path, Need.OPTIONAL)
        if isinstance(answer, bytes):
            found.append(_list(path, jail, answer))
        elif isinstance(answer, Absent) and not (path == file and _is_gone(answer.why)):
            unseen.append(_missing(path, jail, answer.why))
    why = f"more than {_MOST_FILES} files" if len(paths) > _MOST_FILES else ""
    if not paths:
        why = yield from _unlisted(jail)
    if why:
        unseen.append(_missing(folder, jail, why))


def _unlisted(jail: str) -> Generator[Request, Answer, str]:
    """Why a folder may hold lists though none came of it; few jails have it: one whose /etc is there has none."""
    answer = yield ReadFile(jail + FOLDER, Need.OPTIONAL)
    if isinstance(answer, bytes) or answer == SPECIAL:
        return NO_FOLDER
    if jail and isinstance(answer, Absent) and _is_gone(answer.why):
        answer = yield ReadFile(jail + _ETC, Need.OPTIONAL)
    return answer.why if isinstance(answer, Absent) and answer != NO_FILE else ""


def _list(path: str, jail: str, text: bytes) -> ConfigFile:
    return ConfigFile(path=path, role=_role(jail), reading=GSS_MECHS.read(text))


def _missing(path: str, jail: str, why: str) -> Missing:
    return Missing(path=path, why=why, need=Need.OPTIONAL, role=_role(jail))


def _role(jail: str) -> str:
    return f"{_ROLE} {jail}".rstrip()


def _roles(jail: str) -> tuple[str, ...]:
    return (_ROLE, _role(jail))


def _is_gone(why: str) -> bool:
    return why.lower().startswith("no such file")


def _is_seen(files: Files, jail: str, end: str) -> bool:
    """Whether a file of the system's libraries was seen that ends so."""
    return any(path.startswith(f"{jail}/usr/lib") and path.endswith(end) for path in files.seen)


def _registering(file: ConfigFile) -> Iterator[Entry]:
    return filter(is_ntlmssp, file.reading.entries)


def _plugin(entry: Entry) -> tuple[str, ...]:
    """The paths and patterns at which the library looks for a line's plugin; none where that is no plain path."""
    path = plugin_of(entry)
    if not _PLAIN_PATH.fullmatch(path):
        return ()
    return (path,) if path.startswith("/") else tuple(home + path for home in _HOMES)

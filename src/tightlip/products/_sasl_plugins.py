"""Cyrus SASL's plugins: the folders in which its library looks for them, and what those that were seen stand for."""

import re
from collections.abc import Generator, Iterable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from tightlip.model.finding import Place
from tightlip.model.posture import Offer
from tightlip.products._product import (
    NO_FILE,
    Absent,
    Answer,
    Instance,
    Missing,
    Need,
    Process,
    ReadFile,
    Request,
    SeeFiles,
)

# The variable that names other folders than those the library was built with (sasl.h); colons part them.
SASL_PATH = "SASL_PATH"

# Those that libraries are built with: a distribution's, of one's own building, of pkgsrc; Debian's have a triplet.
_BUILT_IN = "/{,usr/,usr/local/,usr/pkg/,opt/*/}{lib,lib64,lib/*-linux-*}/sasl2/*.{so*,la}"
_OF_THE_SYSTEM = ("/usr/lib/", "/usr/lib64/", "/lib/", "/lib64/")
_MOST_FOLDERS = 20

_PLAIN = re.compile(r"/[^*?\[\]{}$]*")
# The library loads whatever ends in .so, and takes the first three letters of it for "lib" (dlopen.c).
_PLUGIN = re.compile(r"/(?:lib)?([^/]+?)(?:v2)?\.(?:so[^/]*|la)\Z")
_DLNAME = re.compile(rb"^dlname='([^\n]+)'", re.MULTILINE)
_NAMES = {
    "plain": ("PLAIN",),
    "login": ("LOGIN",),
    "scram": ("SCRAM-SHA-512", "SCRAM-SHA-256", "SCRAM-SHA-1"),
    "gssapi": ("GSSAPI", "GSS-SPNEGO"),
    "gs2": ("GS2-KRB5",),
    "xoauth2": ("XOAUTH2",),
    "digestmd5": ("DIGEST-MD5",),
    "crammd5": ("CRAM-MD5",),
    "ntlm": ("NTLM",),
    "otp": ("OTP",),
    "srp": ("SRP",),
}
# What else the library comes with: passwords are looked up by some, and NTLM comes in none.
_OTHERS = ("anonymous", "kerberos4", "passdss", "sasldb", "sql", "ldapdb")


class Seen(Struct, frozen=True):
    """The plugins that are there, by their paths; none are told where a folder that may hold more is ``missing``."""

    paths: tuple[str, ...]
    missing: tuple[Missing, ...] = ()


def named_by(process: Process) -> dict[str, str]:
    """The SASL_PATH that a process was started with, as one of its instance's places."""
    told = (process.environment or {}).get(SASL_PATH)
    return {SASL_PATH: told} if told else {}


def sasl_path_of(instance: Instance) -> str:
    """The SASL_PATH that an instance was started with; empty where it has none."""
    return instance.places.get(SASL_PATH, "")


def plugins(sasl_path: str, place: Place | None = None) -> Generator[Request, Answer, Seen]:
    """Ask for the plugins in the folders of a SASL_PATH that is set at a place, or else in those it is built with."""
    folders = [each for each in sasl_path.split(":") if each]
    if not folders:
        found = yield SeeFiles(_BUILT_IN)
        return Seen((yield from _loaded(found)))
    paths, missing = list[str](), list[Missing]()
    for folder in folders[:_MOST_FOLDERS]:
        why = yield from _look_into(folder, paths)
        if why:
            missing.append(_missed(folder, why, place))
    if len(folders) > _MOST_FOLDERS:
        missing.append(_missed(folders[_MOST_FOLDERS], f"{SASL_PATH} names more than {_MOST_FOLDERS} folders", place))
    return Seen(() if missing else tuple(paths), tuple(missing))


def is_answered(name: str, seen: Iterable[str]) -> bool:
    """Whether the plugin of a mechanism may be there: not where plugins were seen and this is none of them.

    What another one has, which is called otherwise, is not known.
    """
    plugins_there = _plugins_of(seen)
    own = any(name in _NAMES.get(each, ()) for each in plugins_there.values())
    return own or not plugins_there or bool(_stranger(plugins_there))


def as_installed(offer: Offer, seen: Iterable[str]) -> Offer:
    """An offer in which NTLM comes as the plugins have it: accepted never, or on a proviso.

    That is made where no plugins were seen, and where its own stands beside those of the system's library only.
    """
    if not offer.carries_ntlm:
        return offer
    paths = _plugins_of(seen)
    if not is_answered(offer.name, paths):
        return replace(offer, states=())
    if not paths:
        return offer.provided("if the plugin is installed")
    own = [path for path, plugin in paths.items() if offer.name in _NAMES.get(plugin, ())]
    if not own:
        return offer.provided(f"if {_stranger(paths)} has it")
    is_sure = any(map(_is_of_the_system, own)) or not any(map(_is_of_the_system, paths))
    return offer if is_sure else offer.provided(f"if the SASL library loads {own[0]}")


def installed(seen: Iterable[str]) -> tuple[str, ...] | None:
    """The mechanisms (upper case) of the plugins among these paths; None where no plugin is among them.

    NTLM is one of them where a plugin is there of which nobody knows what it has.
    """
    paths = _plugins_of(seen)
    found = {*paths.values(), *(("ntlm",) if _stranger(paths) else ())}
    return tuple(name for plugin, names in _NAMES.items() if plugin in found for name in names) or None


def _look_into(folder: str, paths: list[str]) -> Generator[Request, Answer, str]:
    """Add the plugins of one folder; why it could not be looked into."""
    if not _PLAIN.fullmatch(folder):
        return f"{SASL_PATH} names it by no plain absolute path"
    found = yield SeeFiles(f"{folder}/*.{{so*,la}}")
    paths += yield from _loaded(found)
    answer = NO_FILE if found else (yield ReadFile(f"{folder}/.", Need.OPTIONAL))
    return answer.why if isinstance(answer, Absent) and answer != NO_FILE else ""


def _loaded(found: Answer) -> Generator[Request, Answer, tuple[str, ...]]:
    """The libraries themselves: what a libtool archive (.la) names is loaded in its place (dlopen.c, _parse_la).

    One that says nothing stays, with the name that it has; it hides the library beside it, which is told all the same.
    """
    paths = list[str]()
    for path in found if isinstance(found, tuple) else ():
        answer = (yield ReadFile(path, Need.OPTIONAL)) if path.endswith(".la") else b""
        named = _DLNAME.search(answer) if isinstance(answer, bytes) else None
        folder = path.rpartition("/")[0]
        paths.append(f"{folder}/{named[1].decode(errors='replace')}" if named else path)
    return tuple(paths)


def _missed(folder: str, why: str, place: Place | None) -> Missing:
    return Missing(
        path=folder, why=why, need=Need.REQUIRED, file=place.file if place else None, line=place.line if place else None
    )


def _plugins_of(seen: Iterable[str]) -> dict[str, str]:
    """The SASL plugins among these paths, each with its name; a folder of SASL_PATH may have any name."""
    found = {path: match[1] for path in seen if (match := _PLUGIN.search(path))}
    return {path: plugin for path, plugin in found.items() if "/sasl2/" in path or plugin in _NAMES}


def _stranger(plugins_there: Mapping[str, str]) -> str:
    """The first plugin of which nobody knows what it has; empty where all are known."""
    return next((path for path, each in plugins_there.items() if each not in _NAMES and each not in _OTHERS), "")


def _is_of_the_system(path: str) -> bool:
    return path.startswith(_OF_THE_SYSTEM)

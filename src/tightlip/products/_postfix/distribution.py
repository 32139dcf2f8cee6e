"""Whose Postfix it is: Debian's looks for Cyrus SASL's `smtpd.conf` in folders of its own."""

import re
from collections.abc import Generator, Iterator
from enum import Enum

from tightlip.products._postfix.settings import Config, folder
from tightlip.products._product import Answer, Files, Need, ReadFile, Request, SeeFiles

_DEBIAN_VERSION = "/etc/debian_version"
# In the order of os-release(5).
_OS_RELEASE = ("/etc/os-release", "/usr/lib/os-release")
_ID = re.compile(r"^(?:ID|ID_LIKE)=[\"']?([a-z0-9._ -]*)", re.MULTILINE)
_DEBIANS = frozenset({"debian", "ubuntu"})
# What stands for an ID that is not given (os-release(5)).
_NO_ID = "linux"

# Debian's looks in <config_directory>/sasl and here, whatever cyrus_sasl_config_path says.
_DEBIAN_FOLDER = "/usr/lib/sasl"
# The library's own search path elsewhere: the plugins' folder first.
_USUAL_FOLDERS = ("/usr/lib64/sasl2", "/usr/lib/sasl2", "/usr/local/lib/sasl2", "/etc/sasl2")


class Build(Enum):
    """By whose rules Postfix was built."""

    DEBIAN = "debian"
    OTHER = "other"
    UNKNOWN = "unknown"


def asked() -> Generator[Request, Answer, tuple[tuple[str, ...], dict[str, str]]]:
    """Ask for what tells the distribution: what is there, and the text of os-release by its path."""
    found = yield SeeFiles(_DEBIAN_VERSION)
    for path in _OS_RELEASE:
        answer = yield ReadFile(path, Need.OPTIONAL)
        if isinstance(answer, bytes):
            return (found if isinstance(found, tuple) else ()), {path: answer.decode("utf-8", "replace")}
    return (found if isinstance(found, tuple) else ()), {}


def build_of(files: Files) -> Build:
    """What is known of the distribution; derivatives of Debian name it in ID_LIKE."""
    if _DEBIAN_VERSION in files.seen:
        return Build.DEBIAN
    told = (files.values.get(path, "") for path in _OS_RELEASE)
    words = {word for text in told for found in _ID.findall(text) for word in found.split()} - {_NO_ID}
    return Build.DEBIAN if words & _DEBIANS else Build.OTHER if words else Build.UNKNOWN


def candidates(config: Config, application: str, build: Build) -> tuple[str, ...]:
    """Where an application's file may stand, in the order in which it is looked for; all that may be where unknown."""
    own = (beside(config.files, application), f"{_DEBIAN_FOLDER}/{application}.conf")
    others = tuple(_of_library(config, application))
    return tuple(dict.fromkeys({Build.DEBIAN: own, Build.OTHER: others, Build.UNKNOWN: own + others}[build]))


def beside(files: Files, application: str) -> str:
    """Where Debian's Postfix looks first."""
    # The library puts one behind the other, whatever slashes the name has.
    return f"{folder(files.instance)}/sasl/{application}.conf"


def wanted(config: Config, application: str) -> str:
    """Where the file would have to be made."""
    build = build_of(config.files)
    places = candidates(config, application, build)
    # Of the library's own folders the last one is /etc, where a package of plugins overwrites nothing.
    return places[0] if build is not Build.OTHER or _told(config) else places[-1]


def _of_library(config: Config, application: str) -> Iterator[str]:
    for parent in _told(config) or _USUAL_FOLDERS:
        parts = (part for part in parent.split("/") if part not in ("", "."))
        yield f"/{'/'.join(parts)}/{application}.conf"


def _told(config: Config) -> list[str]:
    return [part for part in config.globally("cyrus_sasl_config_path").value.split(":") if part.startswith("/")]

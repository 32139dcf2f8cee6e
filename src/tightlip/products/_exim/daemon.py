"""Exim's daemon by its arguments: the configuration that it was given, and whether it can start itself anew."""

import re
from collections.abc import Generator
from itertools import islice

from msgspec import UNSET, Struct, UnsetType

from tightlip.model.finding import Place
from tightlip.products._exim.conditions import items
from tightlip.products._product import Absent, Instance, Need, Process, ReadFile

# Debian's, and Red Hat's: TRUSTED_CONFIG_LIST is set when Exim is built.
TRUST_LISTS = ("/etc/exim4/trusted_configs", "/etc/exim/trusted-configs")
# Exim's own "make install" names the program for its version.
PROGRAM = re.compile(r"exim4?(?:-\d[\w.+-]*)?")
# Names the ports and interfaces on which it listens.
PORTS = "-oX"
# Has TLS begin with the first byte, whatever the port.
ON_CONNECT = "-tls-on-connect"
_NO_MORE = "--"
_MOST_TRUSTED = 32
_BY_HAND = "make the change by hand and restart Exim"


def named(arguments: tuple[str, ...]) -> str:
    """What stands behind the last ``-C``: one file, or some with colons between."""
    return value_of("-C", arguments)


def value_of(option: str, arguments: tuple[str, ...]) -> str:
    """The value of the last of an option, glued to it or not. Exim knows no switches together."""
    said = ""
    arguments = options_of(arguments)
    for number, each in enumerate(arguments):
        value = "".join(arguments[number + 1 : number + 2]) if each == option else each.removeprefix(option)
        said = value if each.startswith(option) and value else said
    return said


def options_of(arguments: tuple[str, ...]) -> tuple[str, ...]:
    """Without the recipients, which come after ``--`` whatever they begin with."""
    return arguments[: arguments.index(_NO_MORE)] if _NO_MORE in arguments else arguments


class Listening(Struct, frozen=True):
    """The ports and interfaces that ``-oX`` gives in the place of those of the files; empty where it gives none.

    ``on_connect``: TLS begins with the first byte on every port.
    """

    ports: tuple[str, ...]
    interfaces: tuple[str, ...]
    place: Place
    on_connect: bool


def listening(instance: Instance) -> Listening:
    """What an instance was started with: an item with a dot or a colon is an interface, any other one a port."""
    arguments = instance.arguments or {}
    said = arguments.get(PORTS, "")
    given = items(said)
    interfaces = tuple(each for each in given if "." in each or ":" in each)
    ports = tuple(each for each in given if each not in interfaces)
    place = Place(instance.config, None, PORTS, said or None)
    return Listening(ports, interfaces, place, on_connect=ON_CONNECT in arguments)


def counting(arguments: tuple[str, ...]) -> dict[str, str] | UnsetType:
    """Those that take the place of settings, by name."""
    ports = value_of(PORTS, arguments)
    found = {PORTS: ports} if ports else {}
    return found | ({ON_CONNECT: "yes"} if ON_CONNECT in options_of(arguments) else {}) or UNSET


def started_as(instance: Instance) -> tuple[str, ...]:
    """The arguments that have a daemon listen as the instance's does."""
    given = instance.arguments or {}
    on_connect = (ON_CONNECT,) if ON_CONNECT in given else ()
    return (*((PORTS, given[PORTS]) if PORTS in given else ()), *on_connect)


def macro_of(process: Process) -> str:
    """The first macro that the arguments define, without its value, which may be a secret; empty where none is."""
    return next((each.partition("=")[0] for each in options_of(process.argv) if each.startswith("-D")), "")


def unsaid(process: Process) -> str:
    """That macros of the arguments decide what the files mean."""
    macro = macro_of(process)
    return f"Exim is started with {macro}, a macro that its files were not read with" if macro else ""


def ends_of_hup(process: Process) -> Generator[ReadFile, bytes | Absent, str | None]:
    """At a SIGHUP the daemon executes itself anew, by then as Exim's own user.

    Exim takes ``-C`` from that user for trusted files alone, and ``-D`` for macros alone that were named when it was
    built. Otherwise it gives its rights up for good: it cannot listen on port 25 any more.
    """
    if process.foreign and (macro := macro_of(process)):
        return f"it was started with {macro}: of a SIGHUP it would end; {_BY_HAND}"
    files = [each.strip() for each in named(process.argv).split(":") if each.strip()]
    if not files or not process.foreign:
        return None
    trusted: set[str] = set()
    for path in TRUST_LISTS:
        answer = yield ReadFile(path, Need.OPTIONAL)
        trusted |= set() if isinstance(answer, Absent) else _trusted(answer)
    if trusted.issuperset(files):
        return None
    named_by = f"{TRUST_LISTS[0]} does not name (or others than root may write that list)"
    told = f"it was started with -C {':'.join(files)}, which {named_by}: of a SIGHUP it would end"
    return f"{told}; write the file into that list, or {_BY_HAND}"


def _trusted(content: bytes) -> set[str]:
    """The files of a list as Exim reads it: absolute paths, of which the first 32 count."""
    lines = (line.lstrip() for line in content.decode("utf-8", "surrogateescape").splitlines())
    return {*islice((line for line in lines if line.startswith("/")), _MOST_TRUSTED)}

"""Exim's own commands, and what their output says: version, options in effect, complaints."""

import re
from collections.abc import Iterator

from tightlip.products._exim.collecting import is_generated
from tightlip.products._exim.configuration import configuration
from tightlip.products._exim.serving import serving
from tightlip.products._product import Command, Commands, Contradiction, Files, Hup, Instance, Ran

# Options whose value is compared; those that name ports and hosts for AUTH and TLS.
WATCHED = ("auth_advertise_hosts", "tls_advertise_hosts", "tls_on_connect_ports", "daemon_smtp_ports")

_VERSION = re.compile(r"\bExim version (\d+(?:\.\d+)*)")
_OPTION = re.compile(r"([a-z_0-9]+) =(?: (.*))?")
_GOES_ON = re.compile(r":[ \t]*\n[ \t]+(?=\S)")
_BLOCK = re.compile(r"(\w+) authenticator:")


def commands(instance: Instance) -> Commands:
    """What is run on a live host; where update-exim4.conf generates the file, it checks and reloads.

    ``exim -bP authenticators`` shows secrets to root; only names and drivers are read of it.
    """
    if is_generated(instance):
        return Commands(
            version=Command(("exim4", "-bV")),
            effective=(Command(("exim4", "-bP", *WATCHED)), Command(("exim4", "-bP", "authenticators"))),
            check=(Command(("update-exim4.conf", "--check")),),
            reload=Command(("service", "exim4", "reload")),
        )
    program = program_of(instance)
    return Commands(
        version=Command((*program, "-bV")),
        effective=(Command((*program, "-bP", *WATCHED)), Command((*program, "-bP", "authenticators"))),
        check=(Command((*program, "-bV")),),
        reload=Hup(("sbin/exim4", "sbin/exim")),
    )


def program_of(instance: Instance) -> tuple[str, ...]:
    """The program, with the option that names the instance's file; Debian's finds the generated one by itself."""
    if is_generated(instance):
        return ("exim4",)
    return ("exim4" if instance.config.startswith("/etc/exim4/") else "exim", "-C", instance.config)


def read_version(output: str) -> str | None:
    """``4.96`` out of ``Exim version 4.96 #2 built …``."""
    found = _VERSION.search(output)
    return found[1] if found else None


def complaints(ran: Ran) -> tuple[str, ...]:
    """What is wrong: Exim and update-exim4.conf end with something else than 0, and say why."""
    if ran.status == 0:
        return ()
    # What is wrong may stand on a line of its own: "Exim configuration error in line 5 of FILE:", and then what.
    said = [line.strip() for line in _GOES_ON.sub(": ", ran.output).splitlines() if line.strip()]
    errors = [line for line in said if "rror" in line or "nvalid" in line]
    return tuple(errors or said[-3:] or [f"ended with status {ran.status}"])


def compare(files: Files, rans: tuple[Ran, ...]) -> tuple[Contradiction, ...]:
    """Where ``exim -bP`` says otherwise than the files: an option, or which authenticators there are."""
    found: list[Contradiction] = []
    for ran in rans:
        if ran.status == 0 and "-bP" in ran.command.argv:
            is_list = ran.command.argv[-1] == "authenticators"
            found += _other_authenticators(files, ran.output) if is_list else _other_options(files, ran.output)
    return tuple(found)


def _other_options(files: Files, output: str) -> Iterator[Contradiction]:
    """Of the options that are written; what a default comes to is the product's own matter."""
    known = configuration(files)
    said = {each[1]: each[2] or "" for line in output.splitlines() if (each := _OPTION.fullmatch(line.rstrip()))}
    for name in WATCHED:
        found = known.options.get(name)
        if found and name in said and "".join(found.value.split()) != "".join(said[name].split()):
            yield Contradiction(setting=name, written=found.value, effective=said[name], place=found.place())


def _other_authenticators(files: Files, output: str) -> Iterator[Contradiction]:
    """Of those that answer clients: their drivers by name."""
    known = configuration(files)
    written = {each.name: each for each in known.authenticators}
    said = dict(_drivers(output))
    for name in dict.fromkeys([*(each.name for each in serving(known)), *said]):
        block, driver = written.get(name), said.get(name)
        if (block.driver if block else None) != driver:
            place = block.head.place(name) if block else None
            ours = block.driver if block else None
            yield Contradiction(setting=f"{name} driver", written=ours, effective=driver, place=place)


def _drivers(output: str) -> Iterator[tuple[str, str]]:
    block = ""
    for line in output.splitlines():
        if found := _BLOCK.fullmatch(line.rstrip()):
            block = found[1]
        elif block and line.startswith("driver = "):
            yield block, line.removeprefix("driver = ").strip()

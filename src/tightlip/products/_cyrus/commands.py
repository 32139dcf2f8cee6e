"""Cyrus IMAP's own commands, and what their output says: version, settings in effect, complaints."""

import re
from collections.abc import Iterator

from tightlip.products._cyrus.collecting import cyrus_conf
from tightlip.products._cyrus.settings import SWITCHES, switched_on, view
from tightlip.products._product import Command, Commands, Contradiction, Files, Hup, Instance, Ran

_DEBIAN = "/usr/lib/cyrus/bin/cyr_info"
# The folder of the master tells the distribution; a path that a process made up is never run.
_ELSEWHERE = {"/usr/libexec/cyrus-imapd": "/usr/sbin/cyr_info", "/usr/lib/cyrus-imapd": "/usr/sbin/cyr_info"}

_MASTERS = ("cyrus/bin/master", "sbin/cyrmaster", "cyrus-master")

_LIST = "sasl_mech_list"
_VERSION = re.compile(r"\bcyrus-imapd[ -]v?(\d+(?:\.\d+)*)")
_PRINTED = re.compile(r"([a-z0-9_-]+): (.*)")


def commands(instance: Instance) -> Commands:
    """What is run on a live host. cyr_info refuses anybody but the cyrus user, except to tell its version."""
    program = _ELSEWHERE.get(instance.places.get("bin", ""), _DEBIAN)
    asked = ("runuser", "-u", "cyrus", "--", program, "-C", instance.config, "-M", cyrus_conf(instance))
    settings, lint = Command((*asked, "conf")), Command((*asked, "conf-lint"))
    own = f"{instance.places['bin'].strip('/')}/master" if "bin" in instance.places else _MASTERS[0]
    masters = _MASTERS if own.endswith(_MASTERS) else (*_MASTERS, own)
    return Commands(
        version=Command((program, "version")), effective=(settings,), check=(settings, lint), reload=Hup(masters)
    )


def read_version(output: str) -> str | None:
    """``3.6.1`` out of ``cyrus-imapd 3.6.1-Debian-3.6.1-4``."""
    found = _VERSION.search(output)
    return found[1] if found else None


def compare(files: Files, rans: tuple[Ran, ...]) -> tuple[Contradiction, ...]:
    """Where ``cyr_info conf``, which prints what is not the default, says otherwise than the files."""
    for ran in rans:
        if ran.status == 0 and ran.command.argv[-1:] == ("conf",) and "fatal error" not in ran.output:
            return tuple(_differences(files, dict(_printed(ran.output))))
    return ()


def complaints(ran: Ran) -> tuple[str, ...]:
    """What is wrong: a fatal error in either command, or a setting of ours that conf-lint does not know.

    conf-lint ends with 0 whatever it finds, and names options of single services that are in order.
    """
    fatal = [line.strip() for line in ran.output.splitlines() if line.startswith("fatal error")]
    if fatal:
        return tuple(fatal)
    if ran.status != 0:
        return (ran.output.strip()[:500] or f"ended with status {ran.status}",)
    if ran.command.argv[-1:] != ("conf-lint",):
        return ()
    ours = SWITCHES | {_LIST}
    return tuple(f"this Cyrus does not know {name}" for name, _ in _printed(ran.output) if name in ours - {_LIST})


def _printed(output: str) -> Iterator[tuple[str, str]]:
    for line in output.splitlines():
        if found := _PRINTED.fullmatch(line.rstrip()):
            yield found[1], found[2]


def _differences(files: Files, effective: dict[str, str]) -> Iterator[Contradiction]:
    known = view(files, files.instance.config)
    for name in dict.fromkeys([_LIST, *sorted(SWITCHES), *known.all]):
        if name not in SWITCHES and name != _LIST and not name.endswith(f"_{_LIST}"):
            continue
        found = known.get(name)
        written, said = (found.entry.value if found else None), effective.get(name)
        if _meaning(name, written) != _meaning(name, said):
            place = found.place if found else None
            yield Contradiction(setting=name, written=written, effective=said, place=place)


def _meaning(name: str, value: str | None) -> object:
    """A switch that is at its default is not printed; lists are lists of words."""
    if name in SWITCHES:
        return value is not None and switched_on(value)
    return None if value is None else value.split()

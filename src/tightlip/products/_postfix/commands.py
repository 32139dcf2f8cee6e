"""Postfix' own commands, and what their output says: version, effective settings, checks, reload."""

import posixpath
import re
from collections.abc import Iterator

from msgspec.structs import replace

from tightlip.model.finding import Place
from tightlip.products._gss_config import started_with
from tightlip.products._masters import MAIL_CONFIG, MASTER_VALUES, is_of_postfix
from tightlip.products._options import read_arguments
from tightlip.products._postfix.announcing import FILTER
from tightlip.products._postfix.services import DISCARDED, DISCARDED_FOR
from tightlip.products._postfix.settings import ALLOWED, config_of, folder, places, spelled
from tightlip.products._product import Command, Commands, Contradiction, Files, Instance, Process, Ran
from tightlip.products._sasl_plugins import named_by
from tightlip.syntax.reading import Entry, Form

# What `compare` looks at: what decides on mechanisms, and on TLS before them.
SETTINGS = (
    *ALLOWED,
    FILTER,
    "postscreen_upstream_proxy_protocol",
    DISCARDED,
    DISCARDED_FOR,
    "smtpd_sasl_path",
    "smtpd_sasl_security_options",
    "smtpd_sasl_tls_security_options",
    "smtpd_tls_cert_file",
    "smtpd_tls_chain_files",
    "smtpd_upstream_proxy_protocol",
)

_ASSIGNMENT = re.compile(r"(\S+) =(?: (.*))?")
_VERSION = re.compile(r"^\d+\.\d+[\w.-]*$", re.MULTILINE)
_TROUBLE = re.compile(r"(?:^|: )(?:fatal|error|panic): .*", re.MULTILINE)


def recognise(process: Process) -> Instance | None:
    """The instance whose `master` this is, by its -c or by MAIL_CONFIG; several instances have one master each."""
    if not is_of_postfix(process):
        return None
    told = (process.environment or {}).get(MAIL_CONFIG)
    where = read_arguments(process.argv[1:], MASTER_VALUES).options.get("c") or told or "/etc/postfix"
    config = posixpath.join(where, "main.cf")
    named = places(where) | named_by(process) | started_with(process)
    return Instance(product="postfix", config=config, places=named, pid=process.pid)


def started(process: Process) -> Instance | None:
    """The instance that ``postfix start`` starts, by its own -c or by MAIL_CONFIG: the same as its master's.

    postmulti goes by MAIL_CONFIG alone; what it starts besides, the files of that instance name.
    """
    program = posixpath.basename(process.argv[0] if process.argv else "")
    said = read_arguments(process.argv[1:], MASTER_VALUES)
    is_start = program == "postfix" and (not said.operands or "start" in said.operands[0])
    if not is_start and program != "postmulti":
        return None
    arguments = process.argv[1:] if program == "postfix" else ()
    return recognise(replace(process, argv=("postfix/master", *arguments)))


def commands(instance: Instance) -> Commands:
    """The commands, each with -c and the instance's directory.

    ``postfix check`` and ``postconf`` let values pass that smtpd dies of, so the outcome of ``postconf`` is looked
    through too, and smtpd itself is started once on no input (``sendmail -bs``): it ends at the first bad value.
    """
    where = folder(instance)
    main, master = Command(("postconf", "-c", where, "-n")), Command(("postconf", "-c", where, "-P"))
    return Commands(
        version=Command(("postconf", "-c", where, "-h", "mail_version")),
        effective=(main, Command(("postconf", "-c", where, "-M")), master),
        check=(
            Command(("postfix", "-c", where, "check")),
            main,
            master,
            Command(("sendmail", "-C", where, "-bs")),
        ),
        reload=Command(("postfix", "-c", where, "reload")),
    )


def read_version(output: str) -> str | None:
    """The version that ``postconf -h mail_version`` prints."""
    found = _VERSION.search(output)
    return found[0] if found else None


def complaints(ran: Ran) -> tuple[str, ...]:
    """What a check says is wrong: its fatal lines, and values that smtpd would die of; warnings stop nothing."""
    trouble = [found[0].removeprefix(": ") for found in _TROUBLE.finditer(ran.output)]
    if ran.status != 0 and not trouble:
        is_smtpd = ran.command.argv[0] == "sendmail"
        last = ran.output.strip().rpartition("\n")[2]
        trouble = ["smtpd does not start; the mail log says why" if is_smtpd else last or f"status {ran.status}"]
    if ran.command.argv[0] == "postconf":
        trouble += _bad_values(ran.output)
    return tuple(trouble)


def compare(files: Files, rans: tuple[Ran, ...]) -> tuple[Contradiction, ...]:
    """Where ``postconf -n`` and ``-P`` say something else than the files, of the settings that decide."""
    found: list[Contradiction] = []
    for ran in rans:
        flag = ran.command.argv[-1]
        if ran.status == 0 and flag == "-n":
            found += _main_differs(files, dict(_assignments(ran.output)))
        elif ran.status == 0 and flag == "-P":
            found += _master_differs(files, dict(_assignments(ran.output)))
    return tuple(found)


def _assignments(output: str) -> Iterator[tuple[str, str]]:
    for line in output.splitlines():
        if found := _ASSIGNMENT.fullmatch(line):
            yield found[1], " ".join((found[2] or "").split())


def _bad_values(output: str) -> Iterator[str]:
    """Values that are no values of their setting; what holds a variable is left to smtpd."""
    for name, value in _assignments(output):
        allowed = ALLOWED.get(name.rpartition("/")[2])
        if allowed and "$" not in value and value.lower() not in allowed:
            yield f"{name} = {value}: must be {spelled(allowed)}"


def _main_differs(files: Files, effective: dict[str, str]) -> Iterator[Contradiction]:
    config = config_of(files)
    for name in SETTINGS:
        entry = config.written.get(name)
        written = None if entry is None else " ".join(entry.value.split())
        if written != effective.get(name):
            place = Place(files.instance.config, entry.line if entry else None, name, written)
            yield Contradiction(setting=name, written=written, effective=effective.get(name), place=place)


def _master_differs(files: Files, effective: dict[str, str]) -> Iterator[Contradiction]:
    config = config_of(files)
    if config.master is None:
        return
    written = {
        f"{entry.name}/{name}": (own, " ".join(own.value.split()))
        for number, entry in config.services
        for name, own in config.own.get(number, {}).items()
        if name in SETTINGS and _is_shown(config.master.reading.text, own)
    }
    told = {name: value for name, value in effective.items() if name.rpartition("/")[2] in SETTINGS}
    for name in sorted({*written, *told}):
        own, value = written.get(name, (None, None))
        if value != told.get(name):
            place = Place(config.master.path, own.line if own else None, name.rpartition("/")[2], value)
            yield Contradiction(setting=name, written=value, effective=told.get(name), place=place)


def _is_shown(text: bytes, own: Entry) -> bool:
    """Whether ``postconf -P`` knows it: not an option that shares its braces with its value (3.7.11)."""
    before = text[text.rfind(b"{", 0, own.at.start) + 1 : own.at.start]
    return own.form is not Form.QUOTED or not before.lstrip().startswith(b"-")

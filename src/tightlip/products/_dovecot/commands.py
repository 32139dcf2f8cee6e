"""Dovecot's own commands, each for one instance's file, and what their outputs say."""

import re
from collections.abc import Iterator
from posixpath import basename

from tightlip.model.posture import USABLE
from tightlip.products._dovecot.mechanisms import WINBIND_ONLY, has_winbind, mechanisms
from tightlip.products._dovecot.view import MECHANISMS, PROTOCOLS, Dialect, View, view
from tightlip.products._dovecot.words import is_mechanism
from tightlip.products._gss_config import started_with
from tightlip.products._options import read_arguments
from tightlip.products._product import (
    Command,
    Commands,
    ConfigFile,
    Contradiction,
    Files,
    Instance,
    Process,
    Ran,
)
from tightlip.syntax.lenses.blocks import DOVECOT

_FLAGS_WITH_VALUE = "co"
# Show the configuration or the hash of a build, and end.
_NOT_SERVING = frozenset("anh-")
_USUAL = "/etc/dovecot/dovecot.conf"
# Names the main file where no -c does.
_CONFIG_FILE = "CONFIG_FILE"
_HEADER = re.compile(r"^# (\d+\.\d+[\w.-]*)", re.MULTILINE)
_TROUBLE = re.compile(r"^[\w/-]+(?:\([^)]*\))?: (?:Fatal|Error|Panic): .*$", re.MULTILINE)
# Says nothing of the configuration: doveconf looks for mount points, and a container has no mtab.
_BESIDES = re.compile(r"setmntent\(|Failed to lookup")
_MOST_COMPLAINTS = 20


def recognise(process: Process) -> Instance | None:
    """The instance of a master process (`/usr/sbin/dovecot -F -c FILE`); its children call themselves dovecot/auth."""
    if not process.argv or basename(process.argv[0]) != "dovecot":
        return None
    said = read_arguments(process.argv[1:], _FLAGS_WITH_VALUE)
    # Long options, and words such as "reload", are of programs that end.
    if said.operands or not _NOT_SERVING.isdisjoint(said.options):
        return None
    config = said.options.get("c") or (process.environment or {}).get(_CONFIG_FILE) or _USUAL
    return Instance(product="dovecot", config=config, places=started_with(process), pid=process.pid)


def commands(instance: Instance) -> Commands:
    """doveconf reads, and checks what it can; `-x` has it open certificate and key too, of which it shows nothing."""
    of = ("-c", instance.config)
    shown = Command(("doveconf", *of, "-n"))
    opened = Command(("doveconf", *of, "-x", "protocols"))
    return Commands(
        version=Command(("dovecot", "--version")),
        effective=(shown,),
        check=(shown, opened),
        reload=Command(("doveadm", *of, "reload")),
    )


def read_version(output: str) -> str | None:
    """`2.3.19.1 (9b53102964)` is 2.3.19.1."""
    found = re.search(r"^\s*(\d+\.\d+[\w.-]*)", output, re.MULTILINE)
    return found[1] if found else None


def complaints(ran: Ran) -> tuple[str, ...]:
    """What doveconf says is wrong, and what it does not: `-n` is content with mechanisms that end the auth process."""
    said = [found[0] for found in _TROUBLE.finditer(ran.output) if not _BESIDES.search(found[0])]
    if ran.status != 0 and not said:
        said = [f"{' '.join(ran.command.argv)} ended with status {ran.status}"]
    if not said and ran.status == 0 and "-n" in ran.command.argv:
        said = list(_unsaid(_shown(ran, None)))
    return tuple(dict.fromkeys(said))[:_MOST_COMPLAINTS]


def compare(files: Files, rans: tuple[Ran, ...]) -> tuple[Contradiction, ...]:
    """Where doveconf -n says something else of mechanisms, protocols and TLS than the files as we read them."""
    shown = next((ran for ran in rans if ran.status == 0 and "-n" in ran.command.argv), None)
    if shown is None:
        return ()
    written = view(files)
    return tuple(_differences(written, _shown(shown, files)))


def _unsaid(shown: View) -> Iterator[str]:
    if not all(each.is_known for each in shown.lists[MECHANISMS]):
        return  # the list stands in a file, of which this output holds the name
    offered = mechanisms(shown)
    modern = shown.dialect is Dialect.SINCE_24 or (shown.version or WINBIND_ONLY) >= WINBIND_ONLY
    if modern and "NTLM" in offered and not has_winbind(shown):
        yield "auth_mechanisms has ntlm without auth_use_winbind = yes: the auth process would end at its start"
    if not USABLE & set(offered):
        yield "auth_mechanisms has no mechanism left by which a client could log in"


def _shown(ran: Ran, files: Files | None) -> View:
    """doveconf's output, which is a configuration itself, without the messages in it."""
    text = "".join(line for line in ran.output.splitlines(True) if not line.startswith(("doveconf: ", "config: ")))
    header = _HEADER.search(ran.output)
    version = header[1] if header else (files.version if files else None)
    instance = Instance(product="dovecot", config="/doveconf")
    file = ConfigFile(path=instance.config, role="effective", reading=DOVECOT.read(text.encode()))
    return view(Files(instance=instance, files=(file,), version=version))


def _differences(written: View, shown: View) -> Iterator[Contradiction]:
    for name in (MECHANISMS, PROTOCOLS):
        if not all(each.is_known for each in shown.lists[name]):
            continue
        ours, theirs = (" ".join(sorted(filter(is_mechanism, each.words(name)))) for each in (written, shown))
        if ours != theirs and (name == MECHANISMS or (written.is_said(name) and shown.is_said(name))):
            yield Contradiction(setting=name, written=ours, effective=theirs, place=written.place(name))
    modern = shown.dialect is Dialect.SINCE_24
    clear = ("auth_allow_cleartext", "no") if modern else ("disable_plaintext_auth", "yes")
    for name, default in (("ssl", "yes"), clear, ("auth_use_winbind", "no")):
        for protocol in ("", "pop3", "imap", "submission", "sieve"):
            if (said := shown.get(name, protocol)) and not said.is_known:
                continue
            ours, theirs = (each.value(name, default, protocol) for each in (written, shown))
            if ours != theirs:
                setting = f"protocol {protocol} / {name}" if protocol else name
                place = written.place(name, protocol)
                yield Contradiction(setting=setting, written=ours, effective=theirs, place=place)
                break

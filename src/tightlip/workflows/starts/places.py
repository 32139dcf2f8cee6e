"""Where a copied host starts its servers without systemd: init scripts, crontabs, supervisors, entry points."""

import re
import shlex
from collections.abc import Iterable, Iterator
from posixpath import basename

from msgspec import Struct
from msgspec.structs import replace

from tightlip.hosts._host import Host
from tightlip.products._product import SPECIAL, Absent
from tightlip.syntax.lines import spoken
from tightlip.syntax.shell import UNKNOWN
from tightlip.workflows.starts.scripts import Call, Shell

_INIT = ("/etc/{init.d,rc.d/init.d,rc.d}/*", "/usr/local/etc/rc.d/*")
_SCRIPTS = (
    "/etc/{rc.local,rc.d/rc.local,cron.hourly/*,cron.daily/*,cron.weekly/*,cron.monthly/*,init/*.conf}",
    "/{etc/sv,etc/service,etc/runit,etc/runit/runsvdir/default,service,var/service}/*/run",
)
# What a container is begun with: its environment counts too, and is none of its files.
_ENTRIES = (
    "/etc/{s6,services.d,s6-overlay/s6-rc.d}/*/{run,up}",
    "/{etc/cont-init.d,etc/my_init.d,docker-entrypoint.d}/*",
    "/{,app/,docker/,scripts/,srv/,opt/,opt/*/}{*.sh,*entrypoint*,start,run,init,boot}",
    "/usr/{,local/}{bin,sbin}/{*entrypoint*,*entry-point*,start*.sh,run*.sh,init*.sh,boot*.sh,start-*}",
)
_TABLES = ("/etc/{crontab,cron.d/*,inittab,inetd.conf}", "/var/spool/cron/{*,crontabs/*}")
_SUPERVISORS = ("/etc/{supervisord.conf,supervisor/*.conf,supervisor/conf.d/*,supervisor.d/*,supervisord.d/*}",)

# When something is done: by cron, by init.
_WHEN = re.compile(r"\s*(?:@\w+|(?:[\d*,/-][\w*,/-]*\s+){2}(?:[\w*,/-]+\s+){2}[\w*,/-]+)\s+|[\w~]*:[\w]*:\w+:")
_SHELLS = re.compile(rb"#![^\n]*?\b(?:(?:ba|da|k|mk|a|z)?sh|openrc-run|runscript|rc|with-contenv|execlineb|busybox)\b")
_SECTION = re.compile(r"\[([^\]\n]*)\]")
_SETTING = re.compile(r"(command|environment)\s*[=:]\s*(.*)")
_VARIABLE = re.compile(r"([A-Za-z_]\w*)=(\"[^\"]*\"|'[^']*'|[^,]*)")
_GIVEN = re.compile(r"%\([^)]*\)[sd]")
_MOST_BYTES = 1 << 16
# Of all together: files of any kind, and scripts that name the product.
_MOST_LOOKED_AT, _MOST_READ = 256 << 20, 4 << 20


class Script(Struct, frozen=True, kw_only=True):
    """A file that may start something: its calls, with the shell that works them out, or why they are not known."""

    path: str
    calls: Iterable[Call] = ()
    shell: Shell | None = None
    unknown: str = ""


def scripts(host: Host, names: re.Pattern[bytes], tracked: tuple[str, ...]) -> Iterator[Script]:
    """The files that hold one of a product's names, and what they call; among them may be programs of any size."""
    looked_at = read = 0
    for pattern, kind in ((pattern, kind) for patterns, kind in _KINDS for pattern in patterns):
        listing = host.matching(pattern)
        if listing.cut:
            yield Script(path=pattern, unknown=f"not all of its files were listed: {listing.cut}")
        for path in dict.fromkeys((*listing.files, *listing.closed)):
            content = host.read(path)
            is_named = names.search(basename(path).encode("utf-8", "surrogateescape"))
            if isinstance(content, Absent):
                if is_named and content.hidden and content != SPECIAL:
                    yield Script(path=path, unknown=f"it could not be read: {content.why}")
                continue
            looked_at += len(content)
            if names.search(content):
                read += 0 if _is_program(content) else len(content)
                yield kind(host, path, content, tracked)
            if looked_at > _MOST_LOOKED_AT or read > _MOST_READ:
                yield Script(path=path, unknown="there are more start scripts than a host has")
                return


def script(path: str, content: bytes, shell: Shell) -> Script:
    """One script by its text; what is no shell's is a language's, and not read."""
    if _is_program(content):
        return Script(path=path)
    if content.startswith(b"#!") and not _SHELLS.match(content):
        return Script(path=path, calls=_mentions(spoken(content)))
    if len(content) > _MOST_BYTES:
        return Script(path=path, unknown="it is too long for a start script")
    return Script(path=path, calls=shell.calls(spoken(content)), shell=shell)


def _is_program(content: bytes) -> bool:
    return b"\0" in content[:1_000]


def _init(host: Host, path: str, content: bytes, tracked: tuple[str, ...]) -> Script:
    """It is called with ``start``, and with no environment of anybody's."""
    given = {"0": path, "1": "start", "@": "start", "*": "start", "#": "1", "SVCNAME": basename(path)}
    given |= {"RC_SVCNAME": basename(path)}
    shell = Shell(host, given, unset="", tracked=tracked)
    found = script(path, content, shell)
    # OpenRC's scripts only say what is to be called.
    return replace(found, calls=_with_openrc(found, shell))


def _with_openrc(found: Script, shell: Shell) -> Iterator[Call]:
    yield from found.calls
    yield from shell.calls("$command $command_args")


def _script(host: Host, path: str, content: bytes, tracked: tuple[str, ...]) -> Script:
    return script(path, content, Shell(host, {"0": path}, unset="", tracked=tracked))


def _entry(host: Host, path: str, content: bytes, tracked: tuple[str, ...]) -> Script:
    return script(path, content, Shell(host, {"0": path}, unset=UNKNOWN, tracked=tracked))


def _table(host: Host, path: str, content: bytes, tracked: tuple[str, ...]) -> Script:
    """Each line is a script of its own, with the variables of those above it."""

    shell = Shell(host, {}, unset="", tracked=tracked)

    def calls() -> Iterator[Call]:
        for number, line in enumerate(spoken(content).split("\n"), 1):
            if not line.lstrip().startswith("#"):
                for each in shell.calls(_WHEN.sub("", line, count=1)):
                    yield Call(number, each.words, each.environment)

    return Script(path=path, calls=calls(), shell=shell)


def _supervisor(host: Host, path: str, content: bytes, tracked: tuple[str, ...]) -> Script:
    """supervisord parts words as a shell does, and knows no variables but its own."""
    sections: list[tuple[str, dict[str, tuple[int, str]]]] = [("", {})]
    key = ""
    for number, line in enumerate(spoken(content).split("\n"), 1):
        if found := _SECTION.match(line):
            sections.append((found[1], {}))
        elif found := _SETTING.match(line):
            key = found[1]
            sections[-1][1][key] = (number, found[2])
        elif key and line[:1].isspace() and line.strip():
            at, said = sections[-1][1].get(key, (number, ""))
            sections[-1][1][key] = (at, f"{said} {line.strip()}")
        else:
            key = ""

    def calls() -> Iterator[Call]:
        of_all = next((said for name, said in sections if name == "supervisord"), {})
        for _, said in sections:
            number, command = said.get("command", (0, ""))
            environment = {
                name: _GIVEN.sub(UNKNOWN, value.strip().strip("\"'"))
                for each in (of_all, said)
                for name, value in _VARIABLE.findall(each.get("environment", (0, ""))[1])
            }
            try:
                words = tuple(_GIVEN.sub(UNKNOWN, word) for word in shlex.split(re.sub(r"\s;.*", "", command)))
            except ValueError:
                words = (*command.split(), UNKNOWN)
            if words:
                shell = Shell(host, environment, unset=UNKNOWN, tracked=tracked)
                yield from shell.call(Call(number, words, environment))

    return Script(path=path, calls=calls())


def _mentions(text: str) -> Iterator[Call]:
    """The words of a program in another language, each line's as if it were called with what is not known."""
    for number, line in enumerate(text.split("\n"), 1):
        if not line.lstrip().startswith("#"):
            for word in re.findall(r"/[\w./-]+", line):
                yield Call(number, (word, UNKNOWN), {})


_KINDS = ((_INIT, _init), (_SCRIPTS, _script), (_ENTRIES, _entry), (_TABLES, _table), (_SUPERVISORS, _supervisor))

"""A Postfix beside the running one: its master with the SMTP servers alone, and nothing that takes or delivers mail."""

import posixpath
import re
from collections.abc import Generator, Iterator

from tightlip.products._postfix.collecting import DOVECOT, logins
from tightlip.products._postfix.settings import Config, config_of, folder
from tightlip.products._product import Absent, Command, Files, Ran
from tightlip.products._trial import Emptied, Trial
from tightlip.syntax.spans import Span, Splice, apply

# Those that answer clients, and what they ask before the first mail: no cleanup, no queue manager, no delivery agent.
_SERVERS = frozenset({"smtpd", "postscreen"})
_KEPT = _SERVERS | {"anvil", "dnsblog", "postlogd", "proxymap", "tlsmgr", "tlsproxy", "trivial-rewrite"}
# Mail filters are asked for nothing before the first mail, and over TCP they are out of reach.
_NO_FILTERS = b" -o smtpd_milters="
# postfix-files(5): what in the queue directory is Postfix' own. The rest is what a service in a chroot finds there.
_QUEUES = tuple(
    "active bounce corrupt defer deferred flush hold incoming maildrop pid private public saved trace".split()
)
_FOLDERS = ("queue_directory", "data_directory", "daemon_directory")
_LOG = "maillog_file"
_VALUE = re.compile(r"(\w+) = ?(.*)")
_SOCKET = re.compile(r"(?:unix:)?(?!inet:)(.+)")


def trial(files: Files) -> Generator[Command, Ran | Absent, Trial | str]:
    """Ask Postfix where its folders are; why it cannot be tried, where that is so."""
    config, where = config_of(files), folder(files.instance)
    master = config.master
    if master is None or not master.reading.is_whole:
        return "its master.cf was not read whole"
    if path := next(_over_tcp(config), ""):
        return f"its logins ask {path}, which is out of a trial's reach"
    ran = yield Command(("postconf", "-c", where, "-x", *_FOLDERS, _LOG))
    said = dict(_VALUE.findall(ran.output)) if isinstance(ran, Ran) and ran.status == 0 else {}
    if not all(said.get(name, "").startswith("/") for name in _FOLDERS):
        return "postconf does not tell where its folders are"
    queue, data, programs = (said[name] for name in _FOLDERS)
    sockets = tuple(dict.fromkeys(_sockets(config)))
    return Trial(
        start=(posixpath.join(programs, "master"), "-c", where, "-d"),
        files={master.path: apply(master.reading.text, list(_without_mail(config)))},
        emptied=(Emptied(queue, _QUEUES), Emptied(data)),
        pid_file=posixpath.join(queue, "pid/master.pid"),
        shown=tuple(posixpath.join(queue, each) for each in sockets),
        logs=tuple(each for each in (said.get(_LOG, ""),) if each.startswith("/") and not each.startswith("/dev/")),
        asks=(DOVECOT,) if _asks_dovecot(config) else (),
    )


def _without_mail(config: Config) -> Iterator[Splice]:
    """What makes the trial's master.cf: every service that handles mail is taken out."""
    assert config.master is not None
    for _, entry in config.services:
        command = entry.value.split()[-1]
        if command not in _KEPT:
            yield Splice(entry.span, b"")
        elif command in _SERVERS:
            end = entry.span.end
            yield Splice(Span(end, end), _NO_FILTERS)


def _asks_dovecot(config: Config) -> bool:
    return any(each.get("smtpd_sasl_type").value.lower() == DOVECOT for each in logins(config))


def _over_tcp(config: Config) -> Iterator[str]:
    """Where its logins are decided at by a Dovecot that it asks over the network, of which a trial has none."""
    for service in logins(config):
        path = service.get("smtpd_sasl_path").value
        if service.get("smtpd_sasl_type").value.lower() == DOVECOT and path.startswith("inet:"):
            yield path


def _sockets(config: Config) -> Iterator[str]:
    """The sockets of Dovecot's that its logins are decided at; a relative one counts from the queue directory."""
    for service in logins(config):
        found = _SOCKET.fullmatch(service.get("smtpd_sasl_path").value)
        if service.get("smtpd_sasl_type").value.lower() == DOVECOT and found:
            yield found[1]

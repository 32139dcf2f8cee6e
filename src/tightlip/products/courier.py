"""Courier's IMAP, POP3 and SMTP servers: their files are read and judged, and a change is advised, never made."""

from collections.abc import Callable, Generator, Iterator
from typing import assert_never

from tightlip.model.endpoint import Security
from tightlip.model.finding import Place
from tightlip.model.posture import NTLM_CARRIERS, Note, NoteKind, Posture
from tightlip.model.remedy import DisableService, LimitAccounts, Remedy, RequireTls, WithdrawMechanism
from tightlip.products._courier.services import FILES, MOST_WORDS, Started, mechanisms, service, started, states
from tightlip.products._file_notes import notes_of_files
from tightlip.products._product import (
    NO_FILE,
    Absent,
    Advice,
    Answer,
    Commands,
    ConfigFile,
    Contradiction,
    Files,
    Instance,
    ListFiles,
    Mending,
    Missing,
    Need,
    Process,
    Product,
    Ran,
    ReadFile,
    Request,
)
from tightlip.syntax.lenses.assignments import ASSIGNMENTS

_FOLDERS = ("/etc/courier", "/etc/courier-imap", "/usr/lib/courier/etc", "/usr/local/etc/courier-imap")
_MAIN = ("imapd", "pop3d", "esmtpd")


def _collect(instance: Instance) -> Generator[Request, Answer, Files]:
    """The main file, and its neighbours by their fixed names."""
    found: list[ConfigFile] = []
    missing: list[Missing] = []
    folder = instance.config.rpartition("/")[0]
    for path in dict.fromkeys((instance.config, *(f"{folder}/{name}" for name in FILES))):
        is_main = path == instance.config
        need = Need.REQUIRED if is_main else Need.OPTIONAL
        answer = yield ReadFile(path, need)
        if isinstance(answer, bytes):
            role = "main" if is_main else "neighbour"
            found.append(ConfigFile(path=path, role=role, reading=ASSIGNMENTS.read(answer)))
        elif isinstance(answer, Absent) and (is_main or answer == NO_FILE or (yield ListFiles(path))):
            missing.append(Missing(path=path, why=answer.why, need=Need.REQUIRED))
    return Files(instance=instance, files=tuple(found), missing=tuple(missing))


def _posture(files: Files) -> Posture:
    """Offers are as listed; NTLM among them is told as listed alone: it is refused when it is asked for."""
    servers = tuple(started(files))
    return Posture(
        product="courier",
        config=files.instance.config,
        # Which of its files is the first depends on which servers are installed.
        home=files.instance.config.rpartition("/")[0],
        version=files.version,
        services=tuple(service(each) for each in servers),
        notes=tuple(dict.fromkeys((*notes_of_files(files), *_server_notes(servers)))),
    )


def _server_notes(servers: tuple[Started, ...]) -> Iterator[Note]:
    for each in servers:
        looked_at = (each.server.listed, each.server.listed_tls, each.server.demand or each.server.starts)
        for name in (*looked_at, each.server.port):
            variable = each.environment.variables.get(name)
            if variable and len(variable.value.replace(",", " ").split()) > MOST_WORDS:
                text = f"{name} has more words than the {MOST_WORDS} that are looked at"
                yield Note(kind=NoteKind.UNREAD, text=text, file=variable.file, line=variable.line)
            if variable and variable.doubt:
                yield Note(
                    kind=NoteKind.DOUBT, text=f"{name}: {variable.doubt}", file=variable.file, line=variable.line
                )
        if not each.is_started:
            place = each.environment.place(each.server.starts)
            text = f"{place.setting} says no, which start scripts heed and a systemd unit does not"
            yield Note(kind=NoteKind.DOUBT, text=text, file=place.file, line=place.line)


def _edit(files: Files, remedy: Remedy) -> Mending:
    """Advice alone: the files are run by a shell, the change takes a restart, and NTLM is listed, never answered."""
    advise = _advising(remedy)
    advice = dict.fromkeys(Advice(text=text, place=place) for each in started(files) for text, place in advise(each))
    return Mending(advice=tuple(advice))


_Told = Iterator[tuple[str, Place | None]]


def _advising(remedy: Remedy) -> Callable[[Started], _Told]:
    match remedy:
        case WithdrawMechanism():
            return lambda each: _withdraw(each, remedy)
        case RequireTls():
            return _require_tls
        case DisableService():
            return lambda each: _disable(each, remedy)
        case LimitAccounts():
            return lambda each: _limit(each, remedy)
        case _:
            assert_never(remedy)


def _withdraw(each: Started, remedy: WithdrawMechanism) -> _Told:
    for state in states(each):
        for name, place in mechanisms(each, state):
            if name in remedy.mechanisms and name in NTLM_CARRIERS:
                word = f"{each.server.prefix}{name}"
                yield f"take {word} out of {place.setting}; {_restart(each)}", place


def _require_tls(each: Started) -> _Told:
    server, known = each.server, each.environment
    if server.security is Security.IMPLICIT or not each.is_started or server.demand is None:
        return
    if server.name == "esmtpd":
        # Mail of strangers comes here: TLS may be asked of logins alone.
        if known.text(server.listed):
            place = known.place(server.listed)
            text = f'set ESMTPAUTH="" and list the mechanisms in ESMTPAUTH_TLS; {_restart(each)}'
            yield f"{text}. Not ESMTP_TLS_REQUIRED=1: mail from servers without TLS would be refused", place
        return
    if not known.is_on(server.demand):
        place = known.place(server.demand)
        first = "" if each.has_starttls else f"first {server.starttls or 'TLS_CERTFILE'} (there is no TLS yet), then "
        yield f"set {first}{server.demand}=1; {_restart(each)}", place


def _disable(each: Started, remedy: DisableService) -> _Told:
    if each.server.protocol == remedy.protocol and each.is_started:
        place = each.environment.place(each.server.starts)
        text = (
            f"set {each.server.starts}=NO, stop {each.server.name}, and disable its unit ({_UNITS[each.server.name]})"
        )
        yield text, place


def _limit(each: Started, remedy: LimitAccounts) -> _Told:
    if each.server.protocol == remedy.protocol and each.server.security is Security.PLAIN and each.is_started:
        option = f"disable{remedy.protocol}=1"
        yield f"give the accounts that must not use {remedy.protocol.upper()} the option {option} in authlib", None


_UNITS = {
    "imapd": "courier-imap",
    "imapd-ssl": "courier-imap-ssl",
    "pop3d": "courier-pop",
    "pop3d-ssl": "courier-pop-ssl",
    "esmtpd": "courier-mta",
    "esmtpd-msa": "courier-msa",
    "esmtpd-ssl": "courier-mta-ssl",
}


def _restart(each: Started) -> str:
    return f"then restart it: systemctl restart {_UNITS[each.server.name]} (a reload changes nothing)"


def _recognise(_process: Process) -> Instance | None:
    """None: its processes do not say which files started them."""
    return None


def _commands(_instance: Instance) -> Commands:
    """None: Courier has no program that shows or checks its settings."""
    return Commands()


def _read_version(_output: str) -> str | None:
    return None


def _compare(_files: Files, _rans: tuple[Ran, ...]) -> tuple[Contradiction, ...]:
    return ()


def _complaints(_ran: Ran) -> tuple[str, ...]:
    return ()


PRODUCT = Product(
    title="Courier",
    homes=tuple(f"{folder}/{name}" for folder in _FOLDERS for name in _MAIN),
    recognise=_recognise,
    collect=_collect,
    posture=_posture,
    edit=_edit,
    commands=_commands,
    read_version=_read_version,
    compare=_compare,
    complaints=_complaints,
    vendor_page="https://www.courier-mta.org/imap/",
)

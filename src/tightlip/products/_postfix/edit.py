"""The changes to Postfix: NTLM out of its Cyrus SASL's list, TLS before every login; never `encrypt` on a public MX."""

from collections.abc import Collection, Iterator
from functools import partial
from typing import assert_never

from msgspec import Struct

from tightlip.model.endpoint import Security
from tightlip.model.finding import Place
from tightlip.model.posture import USABLE
from tightlip.model.remedy import DisableService, LimitAccounts, Remedy, RequireTls, WithdrawMechanism
from tightlip.products import _sasl_conf
from tightlip.products._postfix.collecting import application_of, logins, sasl_files, sasl_is_unread, sasl_path
from tightlip.products._postfix.posture import FILTER, accepted, announced, filter_doubt, security_options
from tightlip.products._postfix.services import (
    PUBLIC_MX,
    SUBMISSION,
    SmtpService,
    login_states,
    smtp_services,
    switched,
    tls_of,
)
from tightlip.products._postfix.settings import Config, config_of
from tightlip.products._product import Advice, ConfigFile, Declined, FileEdit, Files, Mending
from tightlip.products._splicing import afterwards, planned, spliced
from tightlip.syntax import edits
from tightlip.syntax.edits import Step
from tightlip.syntax.reading import effective

_LEVEL = "smtpd_tls_security_level"
_AUTH_ONLY = "smtpd_tls_auth_only"
_TLS_OPTIONS = "smtpd_sasl_tls_security_options"


def edit(files: Files, remedy: Remedy) -> Mending | Declined:
    """What carries out the remedy, or why it is not."""
    config = config_of(files)
    if config.main is None:
        return _not_ours(f"{files.instance.config} could not be read: nothing is planned for this instance")
    match remedy:
        case WithdrawMechanism(mechanisms=mechanisms):
            return _withdraw(config, mechanisms)
        case RequireTls():
            return _require_tls(config)
        case DisableService(protocol=protocol):
            return _not_ours(f"{protocol.upper()} is not Postfix' matter: the server that serves it switches it off")
        case LimitAccounts(protocol=protocol):
            return _not_ours(f"who may use {protocol.upper()} is not Postfix' matter, but the mail store's")
        case other:
            assert_never(other)


def _not_ours(text: str) -> Mending:
    return Mending(advice=(Advice(text=text),))


def _withdraw(config: Config, mechanisms: Collection[str]) -> Mending | Declined:
    changes: list[FileEdit] = []
    advice: list[Advice] = []
    for application in dict.fromkeys(filter(None, map(application_of, logins(config)))):
        found = sasl_files(config.files, application)
        if sasl_is_unread(config.files, application):
            return _unread(config, application)
        if not found:
            advice.append(_without_file(config, application, mechanisms))
        for file in found:
            outcome = planned(
                file, _sasl_conf.withdraw(file.reading, config.files.seen, mechanisms), _reason(file, config)
            )
            if isinstance(outcome, Declined):
                return outcome
            changes += [outcome] if outcome else []
    if changes:
        if refusal := _unusable(afterwards(config.files, changes)):
            return refusal
        advice += dict.fromkeys(_unknown_filters(config))
    return Mending(edits=tuple(changes), advice=tuple(advice))


def _unread(config: Config, application: str) -> Declined:
    gone = next((each for each in config.files.missing if each.path.endswith(f"/{application}.conf")), None)
    if gone:
        return Declined(why=f"{gone.path} could not be read: {gone.why}", place=Place(gone.path, None, "", None))
    file = sasl_files(config.files, application)[0]
    why = f"the file could not be read whole, so that nothing in it is changed: {file.reading.unread[0].why}"
    return Declined(why=why, place=Place(file.path, file.reading.unread[0].line, "", None))


def _unknown_filters(config: Config) -> Iterator[Advice]:
    """Filters of which nobody knows whether they let anything through that stays."""
    for service in logins(config):
        if why := filter_doubt(service):
            setting = service.get(FILTER)
            text = (
                f"{service.name}: {setting.name} asks {why}, which was not looked into: see that it lets a mechanism "
                "through that stays, for smtpd ends where it has none to announce"
            )
            yield Advice(text=text, place=setting.place)


def _reason(file: ConfigFile, config: Config) -> str:
    """Why a `smtpd.conf` is changed, for the person who reads the diff."""
    if effective(file.reading, _sasl_conf.MECH_LIST) is not None:
        return (
            "NTLM names this host to anybody who asks; Cyrus SASL refuses what its mech_list does not hold, "
            "while smtpd_sasl_mechanism_filter would only hide it"
        )
    known = "installed" if _sasl_conf.installed(config.files.seen) else "usual (the plugins could not be seen)"
    method = effective(file.reading, "pwcheck_method")
    checks = f"pwcheck_method: {method.value} can check" if method else "the default, auxprop, can check"
    return (
        f"without mech_list every installed plugin is offered, NTLM too; the list keeps what is usable, {known}, "
        f"and what {checks}"
    )


def _without_file(config: Config, application: str, mechanisms: Collection[str]) -> Advice:
    kept = " ".join(_sasl_conf.successors(None, config.files.seen, mechanisms)) or "PLAIN LOGIN"
    path = sasl_path(config.files, application)
    text = (
        f"{path} is not there, so that every installed SASL plugin is offered; make it, with the line "
        f"`mech_list: {kept}`, then postfix reload"
    )
    return Advice(text=text, place=Place(path, None, _sasl_conf.MECH_LIST, None))


def _unusable(files: Files) -> Declined | None:
    """Why nobody could log in afterwards, or smtpd would end, which it does where it has no mechanism to announce."""
    for service in logins(config_of(files)):
        application, states = application_of(service), login_states(service, tls_of(service))
        if application is None:
            continue
        found = sasl_files(files, application)
        if gone := _none_left(found, files.seen):
            return gone
        names = _sasl_conf.had(_sasl_conf.offered(found[0].reading if found else None, files.seen), files.seen)
        for state in states:
            if not announced(service, names, state):
                return _silent(service, names, state)
        usable = {name for name in names if name in USABLE for state in states if accepted(service, name, state)}
        if states and not usable:
            place = security_options(service, states[-1]).place
            return Declined(why=f"{service.name}: no usable mechanism would be left{_of(names)}", place=place)
    return None


def _none_left(found: list[ConfigFile], seen: Collection[str]) -> Declined | None:
    """Why a list has nothing that the server has, whatever else is set; smtpd ends with such a one."""
    entry = effective(found[0].reading, _sasl_conf.MECH_LIST) if found else None
    if entry is None or _sasl_conf.had(_sasl_conf.listed(entry.value), seen):
        return None
    because = _sasl_conf.no_names(entry.value)
    why = f"no mechanism would be left in {entry.name} that this server has{'; ' if because else ''}{because}"
    return Declined(why=why, place=Place(found[0].path, entry.line, entry.name, None))


def _of(names: Collection[str]) -> str:
    return f" of {', '.join(names)}" if names else ""


def _silent(service: SmtpService, names: Collection[str], state: Security) -> Declined:
    """What leaves smtpd nothing to announce in this state, and what has to be done about that first."""
    is_refused = not any(accepted(service, name, state) for name in names)
    cause = security_options(service, state) if is_refused else service.get(FILTER)
    cures = []
    if is_refused and state is Security.PLAIN:
        cures.append("demand TLS before logins (smtpd_tls_auth_only = yes: plan --goal require-tls)")
    if is_refused and not any(accepted(service, name, Security.STARTTLS) for name in names):
        cures.append(f"let a usable mechanism through with TLS ({_TLS_OPTIONS} = noanonymous)")
    why = (
        f"{service.name}: {cause.name} = {cause.value} leaves nothing{_of(names)} in the {state} state, and "
        f"smtpd ends where it has no mechanism to announce; first {' and '.join(cures) or 'let it show one of them'}"
    )
    return Declined(why=why, place=cause.place)


class _Step(Struct, frozen=True):
    """One setting to be given a value: in main.cf, or among the -o of an entry of master.cf; and why."""

    service: str | None
    name: str
    value: str
    reason: str


def _require_tls(config: Config) -> Mending | Declined:
    steps: list[_Step] = []
    for service in logins(config):
        if Security.PLAIN not in login_states(service, tls_of(service)) or _is_way_back(service):
            continue
        if refusal := _doubtful(service):
            return refusal
        steps += _steps(service)
    changes: list[FileEdit] = []
    for file, own in (
        (config.main, [step for step in steps if step.service is None]),
        (config.master, [step for step in steps if step.service is not None]),
    ):
        if file is None or not own:
            continue
        reason = "; ".join(dict.fromkeys(step.reason for step in own))
        outcome = spliced(file, map(_set, dict.fromkeys(own)), reason)
        if isinstance(outcome, Declined):
            return outcome
        changes += [outcome] if outcome else []
    ended = _ended(config, afterwards(config.files, changes))
    return Mending(edits=tuple(changes), advice=(*ended, *_demands_of_strangers(config)))


def _is_way_back(service: SmtpService) -> bool:
    """Whether this machine alone reaches it, and its own -o switches TLS off: a filter hands mail back there."""
    switch, is_on, _ = switched(service)
    return service.is_inner and switch.service is not None and not is_on


def _ended(config: Config, then: Files) -> Iterator[Advice]:
    """Ways back that take logins today, and none once main.cf makes them wait for the TLS that is off there."""
    later = {each.name: each for each in smtp_services(config_of(then))}
    for service in logins(config):
        now = later[service.name]
        if _is_way_back(now) and login_states(service, tls_of(service)) and not login_states(now, tls_of(now)):
            demand = now.get(_AUTH_ONLY)
            text = (
                f"{service.name} has TLS switched off and takes logins today, and none with {demand.name} = yes: where "
                f"something logs in there, give it -o {demand.name}=no"
            )
            yield Advice(text=text, place=switched(service)[0].place)


def _doubtful(service: SmtpService) -> Declined | None:
    for name in (_LEVEL, _AUTH_ONLY, "smtpd_tls_wrappermode"):
        setting = service.get(name)
        if setting.doubt:
            why = f"{service.name}: {name} depends on {setting.doubt}, which was not worked out"
            return Declined(why=why, place=setting.place)
    return None


def _steps(service: SmtpService) -> Iterator[_Step]:
    """What has to be set for one service that lets people log in before TLS, each where it takes effect."""
    if service.port == SUBMISSION and service.front is service.entry:
        reason = "nobody but our own users comes to submission: there TLS is demanded of everybody, and of every login"
        yield _Step(service.entry.name, _LEVEL, "encrypt", reason)
        return
    _, is_on, _ = switched(service)
    if not is_on:
        reason = "TLS is offered, and demanded of nobody, so that mail from strangers comes in as before"
        yield _Step(service.get(_LEVEL).service, _LEVEL, "may", reason)
    auth_only = service.get(_AUTH_ONLY)
    if not auth_only.is_yes:
        yield _Step(auth_only.service, _AUTH_ONLY, "yes", "a login has to wait for TLS, mail without a login has not")


def _set(step: _Step) -> Step:
    return partial(
        edits.set_value, name=step.name, value=step.value, path=() if step.service is None else (step.service,)
    )


def _demands_of_strangers(config: Config) -> Iterator[Advice]:
    """Where TLS is demanded of everybody on the port that takes strangers' mail, which must not be (RFC 3207)."""
    for service in smtp_services(config):
        switch, _, is_enforced = switched(service)
        if service.port == PUBLIC_MX and is_enforced and not service.is_wrapped:
            text = (
                f"{service.name}: {switch.name} = {switch.value} turns away mail from servers without TLS; a public "
                "mail exchanger is set to may, and submission alone to encrypt, in master.cf"
            )
            yield Advice(text=text, place=switch.place)

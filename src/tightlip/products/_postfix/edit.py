"""The changes to Postfix: NTLM out of its Cyrus SASL's list, TLS before every login; never `encrypt` on a public MX."""

from collections.abc import Iterator
from functools import partial
from typing import assert_never

from msgspec import Struct

from tightlip.model.endpoint import Security
from tightlip.model.remedy import DisableService, LimitAccounts, Remedy, RequireTls, WithdrawMechanism
from tightlip.products._postfix.collecting import logins
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
from tightlip.products._postfix.withdrawing import withdraw
from tightlip.products._product import Advice, Declined, FileEdit, Files, Mending
from tightlip.products._splicing import afterwards, spliced
from tightlip.syntax import edits
from tightlip.syntax.edits import Step

_LEVEL = "smtpd_tls_security_level"
_AUTH_ONLY = "smtpd_tls_auth_only"


def edit(files: Files, remedy: Remedy) -> Mending | Declined:
    """What carries out the remedy, or why it is not."""
    config = config_of(files)
    if config.main is None:
        return _not_ours(f"{files.instance.config} could not be read: nothing is planned for this instance")
    match remedy:
        case WithdrawMechanism():
            return withdraw(config, remedy)
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

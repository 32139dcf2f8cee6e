"""The end of NTLM in Postfix: out of the list of its Cyrus SASL, and never so that nobody could log in any more."""

from collections.abc import Collection, Iterator

from tightlip.model.endpoint import Security
from tightlip.model.finding import Place
from tightlip.model.posture import USABLE
from tightlip.model.remedy import WithdrawMechanism
from tightlip.products import _gss_mechs, _sasl_conf
from tightlip.products._gss_mechs import Share
from tightlip.products._postfix.announcing import FILTER, accepted, announced, filter_doubt, security_options
from tightlip.products._postfix.chrooting import root_of
from tightlip.products._postfix.collecting import application_of, logins, sasl_files, sasl_is_unread, sasl_path
from tightlip.products._postfix.services import SmtpService, login_states, tls_of
from tightlip.products._postfix.settings import Config, config_of, words_of
from tightlip.products._product import Advice, ConfigFile, Declined, FileEdit, Files, Mending
from tightlip.products._sasl_plugins import installed, is_answered
from tightlip.products._splicing import afterwards, planned
from tightlip.syntax.reading import effective

_TLS_OPTIONS = "smtpd_sasl_tls_security_options"


def withdraw(config: Config, remedy: WithdrawMechanism) -> Mending | Declined:
    """Take them out of what decides for each application; what the GSSAPI library answers by what it carries."""
    changes: dict[FileEdit, None] = {}
    beside: dict[FileEdit, None] = {}
    advice: dict[Advice, None] = {}
    for application in dict.fromkeys(filter(None, map(application_of, logins(config)))):
        found = sasl_files(config.files, application)
        if sasl_is_unread(config.files, application):
            return _unread(config, application)
        share = _of_library(config, application, remedy)
        if isinstance(share, Declined):
            return share
        beside |= dict.fromkeys(share.edits)
        advice |= dict.fromkeys(share.advice)
        unwanted = frozenset(remedy.mechanisms) - _gss_mechs.ANSWERED | share.dropped
        if not found and unwanted & set(_sasl_conf.offered(None, config.files.seen)):
            advice[_without_file(config, application, unwanted)] = None
        for file in found:
            outcome = planned(
                file,
                _sasl_conf.withdraw(file.reading, config.files.seen, unwanted),
                "; ".join(filter(None, (_reason(file, config), share.reason))),
            )
            if isinstance(outcome, Declined):
                return outcome
            changes |= {outcome: None} if outcome else {}
    if changes:
        if refusal := _unusable(afterwards(config.files, changes)):
            return refusal
        advice |= dict.fromkeys(_unknown_filters(config))
    return Mending(edits=(*changes, *beside), advice=tuple(advice))


def _unread(config: Config, application: str) -> Declined:
    gone = next((each for each in config.files.missing if each.path.endswith(f"/{application}.conf")), None)
    if gone:
        return Declined(why=f"{gone.path} could not be read: {gone.why}", place=Place(gone.path, None, "", None))
    file = sasl_files(config.files, application)[0]
    why = f"the file could not be read whole, so that nothing in it is changed: {file.reading.unread[0].why}"
    return Declined(why=why, place=Place(file.path, file.reading.unread[0].line, "", None))


def _of_library(config: Config, application: str, remedy: WithdrawMechanism) -> Share | Declined:
    """What becomes of what the GSSAPI plugin answers for one application, by whether a keytab is there for it.

    Its services share the list, and each has the root of its own entry in master.cf.
    """
    files = config.files
    found = sasl_files(files, application)
    roots = dict.fromkeys(root_of(each) for each in logins(config) if application_of(each) == application)
    names = _sasl_conf.offered(found[0].reading if found else None, files.seen)
    imported = config.globally("import_environment")
    own = effective(found[0].reading, "keytab") if found else None
    keytab = Place(found[0].path, own.line, own.name, own.value) if own else None
    if keytab is None and any(word.startswith("krb5_ktname") for word in words_of(imported)):
        keytab = imported.place
    answered = [name for name in names if is_answered(name, files.seen)]
    return _gss_mechs.withdrawn(files, answered, remedy, _gss_mechs.kerberos(files, keytab, roots), roots)


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
    known = "installed" if installed(config.files.seen) else "usual (the plugins could not be seen)"
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

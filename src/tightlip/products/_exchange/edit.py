"""How Exchange is mended: cmdlets per server, each with the one that sets the value found; files are never edited."""

from collections.abc import Iterator
from typing import assert_never

from tightlip.model.finding import Place
from tightlip.model.remedy import Accounts, DisableService, LimitAccounts, Remedy, RequireTls, WithdrawMechanism
from tightlip.products._exchange.cmdlets import Cmdlet, Value, spell
from tightlip.products._exchange.collected import Collected, collected
from tightlip.products._exchange.posture import (
    SETTINGS_OF,
    WINDOWS_SERVICES,
    is_public_mx,
    served,
    windows_service,
)
from tightlip.products._exchange.record import CONNECTOR, Record
from tightlip.products._product import Advice, Declined, Files, Invoke, Mending

_CARRIERS = frozenset({"NTLM", "GSS-SPNEGO", "GSSAPI"})
_NAME_PARAMETER = {"pop3": "PopEnabled", "imap": "ImapEnabled"}
_NAMES = {"pop3": "PopNames", "imap": "ImapNames"}
_OFF = ("Stopped", "Disabled")
_STARTUP = {"Auto": "Automatic", "Manual": "Manual", "Disabled": "Disabled"}

_PROVE = (
    "EnableGSSAPIAndNTLMAuth is documented for connections without TLS; that it covers TLS too was never proved on a "
    "real Exchange. Ask every port in every TLS state afterwards: tightlip verify, or verify.ps1"
)
_KERBEROS = "EnableGSSAPIAndNTLMAuth takes Kerberos (GSSAPI) away from POP3 and IMAP together with NTLM"
_X_EXPS = "X-EXPS may go on answering NTLM here while ExchangeServer is set; narrow RemoteIPRanges, or accept it"
_HUB = (
    "other Exchange servers (since 2013 the front end too) hand over mail here: send a message that way afterwards, "
    "and roll back if it is not delivered"
)


class _Refused(Exception):
    """The remedy cannot be carried out; caught by edit()."""

    def __init__(self, why: str, place: Place | None) -> None:
        super().__init__(why)
        self.declined = Declined(why=why, place=place)


def edit(files: Files, remedy: Remedy) -> Mending | Declined:
    """The cmdlets that carry out a remedy on every server of the file; none where nothing is to be done."""
    known = collected(files)
    if known.fault:
        why, line = known.fault
        return Declined(why=why, place=Place(known.file, line, "tightlip", None))
    try:
        return _mended(known, remedy)
    except _Refused as refused:
        return refused.declined


def _mended(known: Collected, remedy: Remedy) -> Mending:
    match remedy:
        case WithdrawMechanism():
            return _withdrawn(known, remedy)
        case RequireTls():
            return _tls_required(known)
        case DisableService():
            return _disabled(known, remedy.protocol)
        case LimitAccounts():
            return _limited(known, remedy)
        case _:
            assert_never(remedy)


def _withdrawn(known: Collected, remedy: WithdrawMechanism) -> Mending:
    if others := [name for name in remedy.mechanisms if name not in _CARRIERS]:
        raise _Refused(f"Exchange has no setting that withdraws {others[0]} alone", None)
    if "NTLM" not in remedy.mechanisms:
        return Mending()
    settings = [_ntlm_off(each) for _, each in served(known) if each.flag("EnableGSSAPIAndNTLMAuth") is not False]
    connectors = [each for each in _enabled(known) if "Integrated" in each.words("AuthMechanism")]
    advice = [Advice(text=text) for text in (_PROVE, _KERBEROS) if settings]
    for each in connectors:
        if "ExchangeServer" in each.words("AuthMechanism"):
            advice.append(Advice(text=f"{each.owner}: {_X_EXPS}", place=each.place("AuthMechanism")))
        if _is_hub(each):
            advice.append(Advice(text=f"{each.owner}: {_HUB}", place=each.place("AuthMechanism")))
    return Mending(invocations=(*settings, *map(_not_integrated, connectors)), advice=tuple(advice))


def _ntlm_off(settings: Record) -> Invoke:
    if settings.flag("EnableGSSAPIAndNTLMAuth") is None:
        raise _no_way_back(settings, "EnableGSSAPIAndNTLMAuth")
    if not settings.text("X509CertificateName") and settings.text("LoginType") != "PlainTextLogin":
        why = f"{settings.owner}: PLAIN needs TLS here and there is no certificate: no usable mechanism would be left"
        raise _Refused(why, settings.place("X509CertificateName"))
    what = f"{settings.owner}: NTLM and GSSAPI are no longer accepted by {_called(settings)}"
    return _settings_change(settings, "EnableGSSAPIAndNTLMAuth", False, True, what)


def _not_integrated(connector: Record) -> Invoke:
    found = connector.words("AuthMechanism")
    rest = tuple(each for each in found if each != "Integrated")
    # Without BasicAuth a person's only login is the integrated one; those who may not log in lose nothing.
    if "BasicAuth" not in rest and "ExchangeUsers" in connector.words("PermissionGroups"):
        why = f"{connector.owner}: Integrated is the only login here: add BasicAuth and BasicAuthRequireTLS first"
        raise _Refused(why, connector.place("AuthMechanism"))
    return _connector_change(
        connector, "AuthMechanism", rest or ("None",), found, f"{connector.owner}: NTLM is no longer accepted"
    )


def _tls_required(known: Collected) -> Mending:
    invocations = [_secure_login(each) for _, each in served(known) if each.text("LoginType") != "SecureLogin"]
    advice: list[Advice] = []
    for connector in _enabled(known):
        found = connector.words("AuthMechanism")
        if {"BasicAuth", "Integrated"}.isdisjoint(found) or connector.flag("RequireTLS"):
            continue
        if "Tls" not in found:
            text = f"{connector.owner}: takes logins and has no STARTTLS; give it a certificate and add Tls first"
            advice.append(Advice(text=text, place=connector.place("AuthMechanism")))
            continue
        invocations += _connector_tls(connector, found)
        if "Integrated" in found and not _may_demand_tls(connector):
            text = f"{connector.owner}: TLS is not demanded of mail servers; NTLM stays possible before it: withdraw it"
            advice.append(Advice(text=text, place=connector.place("AuthMechanism")))
    return Mending(invocations=tuple(invocations), advice=tuple(advice))


def _secure_login(settings: Record) -> Invoke:
    if not settings.text("X509CertificateName"):
        why = f"{settings.owner}: {_called(settings)} has no certificate: nobody could log in any more"
        raise _Refused(why, settings.place("X509CertificateName"))
    found = settings.text("LoginType")
    if not found:
        raise _no_way_back(settings, "LoginType")
    what = f"{settings.owner}: {_called(settings)} takes no login before TLS"
    return _settings_change(settings, "LoginType", "SecureLogin", found, what)


def _connector_tls(connector: Record, found: tuple[str, ...]) -> Iterator[Invoke]:
    if "BasicAuth" in found and "BasicAuthRequireTLS" not in found:
        what = f"{connector.owner}: passwords are taken over TLS only; mail without a login is taken as before"
        yield _connector_change(connector, "AuthMechanism", (*found, "BasicAuthRequireTLS"), found, what)
    if "Integrated" in found and _may_demand_tls(connector):
        if connector.flag("RequireTLS") is None:
            raise _no_way_back(connector, "RequireTLS")
        what = f"{connector.owner}: nothing is taken before TLS (users submit mail here, no strangers)"
        yield _connector_change(connector, "RequireTLS", True, False, what)


def _may_demand_tls(connector: Record) -> bool:
    """Only where users submit mail: neither strangers nor other Exchange servers deliver here."""
    strangers = is_public_mx(connector) or "AnonymousUsers" in connector.words("PermissionGroups")
    servers = _is_hub(connector) or "ExchangeServer" in connector.words("AuthMechanism")
    return not strangers and not servers


def _is_hub(connector: Record) -> bool:
    """Whether other Exchange servers hand over mail here; those of 2010 tell no role, but whom they let in."""
    role = connector.text("TransportRole")
    return role == "HubTransport" if role else "ExchangeServers" in connector.words("PermissionGroups")


def _disabled(known: Collected, protocol: str) -> Mending:
    if protocol not in WINDOWS_SERVICES:
        raise _Refused(f"on Exchange only POP3 and IMAP can be switched off by themselves, not {protocol}", None)
    invocations: list[Invoke] = []
    for settings in known.all(SETTINGS_OF[protocol]):
        server = settings.owner
        found = [each for name in WINDOWS_SERVICES[protocol] if (each := windows_service(known, server, name))]
        if server and not found:
            why = f"{server}: {WINDOWS_SERVICES[protocol][0]}'s state was not collected, so that there is no way back"
            raise _Refused(why, settings.place("Server"))
        invocations += [
            _service_off(server, each) for each in found if (each.text("State"), each.text("StartMode")) != _OFF
        ]
    return Mending(invocations=tuple(invocations))


def _service_off(server: str, service: Record) -> Invoke:
    startup, state = _STARTUP.get(service.text("StartMode")), service.text("State")
    if startup is None or state not in ("Running", "Stopped"):
        raise _Refused(f"{server}: {service.text('Name')} is neither running nor stopped", service.place("State"))
    name = service.text("Name")
    target = (("ComputerName", server), ("Name", name))
    return _invoke(
        f"{server}: {name} is stopped and does not start again",
        "Set-Service",
        target,
        ((("StartupType", "Disabled"), ("Status", "Stopped")), (("StartupType", startup), ("Status", state))),
    )


def _limited(known: Collected, remedy: LimitAccounts) -> Mending:
    if remedy.protocol not in _NAMES:
        raise _Refused(f"Exchange lets accounts use or not use POP3 and IMAP, not {remedy.protocol}", None)
    mailboxes, name = known.mailboxes, _NAME_PARAMETER[remedy.protocol]
    if mailboxes is None or mailboxes.number(name) is None:
        raise _Refused("mailboxes were not collected", Place(known.file, None, "Get-CASMailbox", None))
    enabled = mailboxes.words(_NAMES[remedy.protocol])
    if len(enabled) != mailboxes.number(name):
        why = f"only {len(enabled)} of the mailboxes that may use it are listed: collect with a higher -MostNames"
        raise _Refused(why, mailboxes.place(name))
    meant = {account: _meant(account, enabled, mailboxes.place(name)) for account in remedy.accounts}
    unknown = [account for account, addresses in meant.items() if not addresses]
    whom = f"no mailbox that may use {remedy.protocol.upper()} today"
    if unknown and enabled and remedy.meaning is Accounts.ONLY:
        raise _Refused(
            f"{', '.join(unknown)}: {whom} is called so: correct the name, or leave it out", mailboxes.place(name)
        )
    named = {address for addresses in meant.values() for address in addresses}
    shut = [each for each in enabled if (each in named) is (remedy.meaning is Accounts.ALL_BUT)]
    invocations = tuple(_account_off(each, name, remedy.protocol) for each in shut)
    again = f"new mailboxes may use {remedy.protocol.upper()} again: repeat this from time to time"
    told = [again] if invocations else []
    told += [f"{account}: {whom} is called so, nothing is changed for it" for account in unknown]
    return Mending(invocations=invocations, advice=tuple(Advice(text=text) for text in told))


def _meant(account: str, addresses: tuple[str, ...], place: Place) -> list[str]:
    """The mailbox that is meant by its address, or by the part before the @ where that is one mailbox's alone."""
    asked = account.lower()
    both = (each for each in addresses if asked in (each.lower(), each.lower().partition("@")[0]))
    found = list(dict.fromkeys(both))
    if len(found) > 1:
        raise _Refused(f"{account} stands for {', '.join(found)}: name the one that is meant", place)
    return found


def _account_off(address: str, parameter: str, protocol: str) -> Invoke:
    what = f"{address}: may not use {protocol.upper()} any more"
    return _invoke(what, "Set-CASMailbox", (("Identity", address),), (((parameter, False),), ((parameter, True),)))


def _settings_change(settings: Record, name: str, wanted: Value, found: Value, what: str) -> Invoke:
    cmdlet = settings.cmdlet.replace("Get-", "Set-")
    return _invoke(what, cmdlet, (("Server", settings.owner),), (((name, wanted),), ((name, found),)))


def _connector_change(connector: Record, name: str, wanted: Value, found: Value, what: str) -> Invoke:
    target = (("Identity", connector.owner),)
    return _invoke(what, "Set-ReceiveConnector", target, (((name, wanted),), ((name, found),)))


def _no_way_back(record: Record, name: str) -> _Refused:
    return _Refused(f"{record.owner}: {name} was not collected, so that there is no way back", record.place(name))


_Settings = tuple[tuple[str, Value], ...]


def _invoke(
    what: str, cmdlet: str, target: tuple[tuple[str, str], ...], wanted_found: tuple[_Settings, _Settings]
) -> Invoke:
    do, undo = (spell(Cmdlet(cmdlet, target, settings)) for settings in wanted_found)
    return Invoke(what=what, do=do, undo=undo)


def _enabled(known: Collected) -> Iterator[Record]:
    return (each for each in known.all(CONNECTOR) if each.owner and each.flag("Enabled") is not False)


def _called(settings: Record) -> str:
    return next(protocol.upper() for protocol, cmdlet in SETTINGS_OF.items() if cmdlet == settings.cmdlet)

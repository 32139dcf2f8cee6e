"""Who else goes by the settings that demand TLS: services of Cyrus that are not looked at, and mail that comes in."""

from collections.abc import Iterator, Mapping

from tightlip.model.finding import Place
from tightlip.model.posture import Note, NoteKind
from tightlip.products._cyrus.collecting import config_of, cyrus_conf, services_file
from tightlip.products._cyrus.services import Started, started
from tightlip.products._cyrus.settings import SWITCHES, View, switched_on
from tightlip.products._gss_mechs import ANSWERED, Carriage, carriage
from tightlip.products._product import Advice, Files
from tightlip.products._sasl_conf import listed, offered
from tightlip.products._sasl_plugins import is_answered

# Those whose users the demand is for; who else logs in is told, and may have a switch of its own.
_PEOPLES = frozenset({"imapd", "proxyd", "pop3d", "pop3proxyd", "nntpd", "timsieved"})
_DELIVERING = frozenset({"lmtpd", "lmtpproxyd"})
# Nobody logs in to these.
_SILENT = frozenset({"fud", "idled", "notifyd", "ptloader", "smmapd"})
# Seen on 3.6: these go by allowplaintext and take no notice of tls_required.
_PASSWORDS_ALONE = _DELIVERING | {"mupdate", "sync_server"}

# These ask the SASL library by the same list, and are not audited for themselves.
_BY_THE_LIST = frozenset({"httpd", "mupdate", "sync_server"})

_LEFT_AS_IT_IS = {"tls_required": "no", "allowplaintext": "yes"}


def bystanders(files: Files, known: View) -> list[Started]:
    """The lines of SERVICES with the same imapd.conf that let somebody log in besides people, mail first."""
    file = services_file(files)
    found = [
        each
        for each in (started(file.reading) if file else ())
        if config_of(each, files.instance) == known.main and _takes_logins(each)
    ]
    return sorted(found, key=lambda each: each.program not in _DELIVERING)


def affected(files: Files, known: View, changed: frozenset[str]) -> Iterator[Advice]:
    """What becomes of each bystander when these general switches change; one with switches of its own is told too."""
    for each in bystanders(files, known):
        heeded = SWITCHES - {"tls_required"} if each.program in _PASSWORDS_ALONE else SWITCHES
        own = {switch: found for switch in sorted(heeded) if (found := known.all.get(f"{each.name}_{switch}".lower()))}
        if touched := changed & heeded - own.keys():
            place = Place(cyrus_conf(files.instance), each.entry.line, f"SERVICES {each.name}", each.entry.value)
            yield Advice(text=f"{each.name} ({each.program}) {_told(each, known, touched)}", place=place)
        for switch, found in own.items():
            place = found[-1].place
            if switched_on(found[-1].entry.value) is (switch == "allowplaintext"):
                text = f"{each.name} ({each.program}) keeps {place.setting}: {place.value} of its own"
                yield Advice(text=text, place=place)


def enclosed(files: Files, known: View) -> Iterator[Advice]:
    """The lines of people's services with the same imapd.conf that another program, such as stunnel, has TLS around."""
    file = services_file(files)
    for each in started(file.reading) if file else ():
        if each.outer and each.program in _PEOPLES and config_of(each, files.instance) == known.main:
            place = Place(cyrus_conf(files.instance), each.entry.line, f"SERVICES {each.name}", each.entry.value)
            text = (
                f"{each.name} ({each.program}) has the TLS of another program around it (-p), which tls_required does "
                "not count: nobody logs in there any more. Let it have TLS of its own (-s) first"
            )
            yield Advice(text=text, place=place)


def unaudited(files: Files, views: Mapping[str, View]) -> Iterator[Note]:
    """Lines of SERVICES that are not looked at and may accept NTLM: by their list, or because nobody knows them."""
    file = services_file(files)
    for each in started(file.reading) if file else ():
        if not _takes_logins(each) or each.is_local or each.program in _DELIVERING:
            continue
        known = views.get(config_of(each, files.instance))
        if each.program not in _BY_THE_LIST:
            why = "is no program that is known here"
        elif known is None or _may_take_ntlm(files, known, each):
            why = "is not audited, and goes by a list of mechanisms in which NTLM comes, or may come"
        else:
            continue
        text = f"{each.name}: what it starts {why}: ask its port, or see what it accepts"
        yield Note(kind=NoteKind.DOUBT, text=text, file=cyrus_conf(files.instance), line=each.entry.line)


def _may_take_ntlm(files: Files, known: View, each: Started) -> bool:
    found = known.get("sasl_mech_list", each.name)
    names = listed(found.entry.value) if found else offered(None, files.seen)
    carried = {"NTLM"} | (ANSWERED if carriage(files) != Carriage() else set())
    return any(is_answered(name, files.seen) for name in carried & set(names)) or (found is None and not known.is_whole)


def _takes_logins(each: Started) -> bool:
    """Not those of people, whose protocols are looked at, nor lmtpd where it trusts: on a socket, or by ``-a``."""
    trusts = each.program in _DELIVERING and (each.is_local or each.has("a"))
    return bool(each.program and each.listen) and not (each.program in _PEOPLES | _SILENT or each.is_udp or trusts)


def _told(each: Started, known: View, touched: frozenset[str]) -> str:
    own = (f"{each.name}_{switch}: {value}" for switch, value in _LEFT_AS_IT_IS.items() if switch in touched)
    if each.program in _DELIVERING:
        what = (
            "takes no passwords before TLS any more: mail servers that log in to deliver here have to begin TLS first"
        )
    elif each.program == "httpd":
        what = "takes no logins without TLS any more: calendars and contacts behind a proxy that ends TLS fail"
    else:
        what = "goes by the same settings: whoever logs in here with a password has to begin TLS first"
    return f"{what}. To leave it as it is, {known.main} needs {' and '.join(own)}"

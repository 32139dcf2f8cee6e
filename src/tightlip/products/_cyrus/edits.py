"""How Cyrus IMAP's files are mended: the mechanism lists, the demand for TLS, the lines of cyrus.conf."""

from collections.abc import Collection, Iterable, Iterator
from functools import partial

from msgspec.structs import replace

from tightlip.model.finding import Place
from tightlip.model.posture import USABLE, Service
from tightlip.model.remedy import Accounts, DisableService, LimitAccounts, Remedy, RequireTls, WithdrawMechanism
from tightlip.products import _gss_mechs
from tightlip.products._cyrus.bystanders import affected, bystanders, enclosed
from tightlip.products._cyrus.collecting import config_of, cyrus_conf, listed, services_file
from tightlip.products._cyrus.posture import is_old, posture
from tightlip.products._cyrus.services import SERVICES
from tightlip.products._cyrus.settings import Setting, View, switched_on, view
from tightlip.products._gss_mechs import Share
from tightlip.products._product import Advice, ConfigFile, Declined, FileEdit, Files, Mending
from tightlip.products._sasl_conf import had, offered, spelled, successors
from tightlip.products._sasl_conf import listed as named
from tightlip.products._sasl_plugins import is_answered
from tightlip.products._splicing import Reasoned, afterwards, explained
from tightlip.syntax import edits
from tightlip.syntax.edits import Step

LIST = "sasl_mech_list"

# What checks these has to know the password itself; saslauthd and the like are only asked whether one is right.
_SHARED_SECRETS = ("CRAM-", "DIGEST-", "SCRAM-")

_WITHDRAWN = "Cyrus refuses what is not listed, in every TLS state; a HUP to the master makes it so"
_LISTED = (
    "without a list every installed SASL plugin is accepted, NTLM among them; add to it what else your users log in "
    "with (such as GSSAPI)"
)
_DEMANDED = "no login before TLS: tls_required covers every mechanism, allowplaintext passwords alone and not NTLM"
_STOPPED = "nothing listens for this protocol any more once the master has had its HUP"

# What demands TLS before a login; Cyrus has no single switch for it.
_WANTED = {"tls_required": True, "allowplaintext": False}

_Steps = dict[str, list[Reasoned]]


def edit(files: Files, remedy: Remedy) -> Mending | Declined:
    """What carries out a remedy, or why it cannot be."""
    match remedy:
        case WithdrawMechanism():
            return _withdraw(files, remedy)
        case RequireTls():
            return _require_tls(files)
        case DisableService(protocol=protocol):
            return _disable(files, protocol)
        case LimitAccounts():
            return _limit(files, remedy)


def _withdraw(files: Files, remedy: WithdrawMechanism) -> Mending | Declined:
    steps: _Steps = {}
    others = Mending()
    for known in _views(files):
        if refusal := _perhaps_elsewhere(known, LIST):
            return refusal
        is_open = known.get(LIST) is None and _uses_general(files, known)
        share = _of_library(files, known, remedy, offered(None, files.seen) if is_open else ())
        if isinstance(share, Declined):
            return share
        others = Mending(edits=(*others.edits, *share.edits), advice=(*others.advice, *share.advice))
        unwanted = frozenset(each.upper() for each in remedy.mechanisms) - _gss_mechs.ANSWERED | share.dropped
        for setting in _lists(known):
            if unwanted & set(named(setting.entry.value)):
                step = partial(edits.remove_words, name=setting.entry.name, words=spelled(unwanted))
                steps.setdefault(setting.file.path, []).append((step, _because(_WITHDRAWN, share)))
        if is_open and unwanted & set(offered(None, files.seen)):
            step = partial(edits.set_value, name=LIST, value=" ".join(_successors(files, known, unwanted)))
            steps.setdefault(known.main, []).append((step, _because(_LISTED, share)))
    done = _doubled(files, LIST) or _kept_usable(files, _carried_out(files, steps))
    if isinstance(done, Declined):
        return done
    edited = dict.fromkeys((*done.edits, *others.edits))
    return Mending(edits=tuple(edited), advice=tuple(dict.fromkeys((*done.advice, *others.advice))))


def _of_library(files: Files, known: View, remedy: WithdrawMechanism, unlisted: tuple[str, ...]) -> Share | Declined:
    """What becomes of what the GSSAPI plugin answers, by whether this imapd.conf names a keytab."""
    listed_ones = {word for setting in _lists(known) for word in named(setting.entry.value)}
    answered = [name for name in (*sorted(listed_ones), *unlisted) if is_answered(name, files.seen)]
    keytab = known.get("sasl_keytab")
    return _gss_mechs.withdrawn(files, answered, remedy, _gss_mechs.kerberos(files, keytab.place if keytab else None))


def _because(reason: str, share: Share) -> str:
    return f"{reason}; {share.reason}" if share.reason else reason


def _require_tls(files: Files) -> Mending | Declined:
    if is_old(files):
        why = f"Cyrus IMAP {files.version} does not know tls_required, which came with 3.0"
        return Declined(why=why, place=Place(files.instance.config, None, "tls_required", None))
    steps: _Steps = {}
    advice: dict[Advice, None] = {}
    for known in _views(files):
        if refusal := next(filter(None, (_perhaps_elsewhere(known, name) for name in _WANTED)), None):
            return refusal
        spared = frozenset(each.name.lower() for each in bystanders(files, known))
        changed = {name for name, wanted in _WANTED.items() if known.is_on(name) is not wanted}
        advice |= dict.fromkeys((*affected(files, known, frozenset(changed)), *enclosed(files, known)))
        for name, wanted in _WANTED.items():
            for path, step in _switched(known, name, wanted, spared):
                steps.setdefault(path, []).append((step, _DEMANDED))
    doubled = _doubled(files, "tls_required") or _doubled(files, "allowplaintext")
    done = doubled or _carried_out(files, steps)
    return replace(done, advice=tuple(advice)) if isinstance(done, Mending) and done.edits else done


def _disable(files: Files, protocol: str) -> Mending | Declined:
    file = services_file(files)
    if file is None:
        path = cyrus_conf(files.instance)
        return Mending(advice=(Advice(text=f"take the lines of {protocol} out of {path}, which was not found here"),))
    names = dict.fromkeys(each.name for each in listed(files) if each.protocol == protocol)
    steps: list[Reasoned] = [(partial(edits.remove_setting, name=name, path=(SERVICES,)), _STOPPED) for name in names]
    return _carried_out(files, {file.path: steps} if steps else {})


def _limit(files: Files, remedy: LimitAccounts) -> Mending:
    names = [each.name for each in listed(files) if each.protocol == remedy.protocol]
    if services_file(files) is not None and not names:
        return Mending()
    deny = f"cyr_deny -C {files.instance.config} -s {' -s '.join(names or [remedy.protocol])} USER"
    whom = "each of them" if remedy.meaning is Accounts.ALL_BUT else "every account that is not to use it"
    text = (
        f"Cyrus keeps who may use {remedy.protocol} in its database of denials, not in a file: run as the cyrus user "
        f"`{deny}` for {whom} (`cyr_deny -a` allows again), or let PAM's service {remedy.protocol} decide"
    )
    return Mending(advice=(Advice(text=text, place=Place(cyrus_conf(files.instance), None, SERVICES, None)),))


def _views(files: Files) -> Iterator[View]:
    mains = dict.fromkeys([files.instance.config, *(config_of(each, files.instance) for each in listed(files))])
    return (view(files, main) for main in mains)


def _lists(known: View) -> Iterator[Setting]:
    """Every mechanism list that somebody goes by: the general one, and those of single services."""
    return (found[-1] for name, found in known.all.items() if name == LIST or name.endswith(f"_{LIST}"))


def _successors(files: Files, known: View, unwanted: frozenset[str]) -> list[str]:
    """What a list that is written anew holds: what is installed, usable, and can be checked here."""
    method = known.get("sasl_pwcheck_method")
    has_secrets = method is None or "auxprop" in method.entry.value.lower().split()
    names = successors(None, files.seen, unwanted)
    return [name for name in names if has_secrets or not name.startswith(_SHARED_SECRETS)]


def _uses_general(files: Files, known: View) -> bool:
    """Whether any service goes by the general list; where cyrus.conf did not come along, yes."""
    names = [each.name for each in listed(files) if config_of(each, files.instance) == known.main]
    own = [name for name in names if known.get(LIST, name)]
    return (services_file(files) is None and known.main == files.instance.config) or len(own) < len(names)


def _switched(known: View, name: str, wanted: bool, spared: frozenset[str]) -> Iterator[tuple[str, Step]]:
    """Steps that bring a switch, and every service's own but those of the spared, to what is wanted."""
    if known.get(name) is None and wanted:
        yield known.main, partial(edits.set_value, name=name, value="yes")
    for full, found in known.all.items():
        if full != name and (not full.endswith(f"_{name}") or full.removesuffix(f"_{name}") in spared):
            continue
        setting = found[-1]
        if switched_on(setting.entry.value) is not wanted:
            step = partial(edits.set_value, name=full, value="yes" if wanted else "no")
            yield setting.file.path, step


def _carried_out(files: Files, steps: _Steps) -> Mending | Declined:
    by_path: dict[str, ConfigFile] = {each.path: each for each in files.files}
    done: list[FileEdit] = []
    for path, each in steps.items():
        if path not in by_path:
            return Declined(why=f"{path} could not be read, so that nothing in it is changed")
        match explained(by_path[path], each):
            case FileEdit() as change:
                done.append(change)
            case Declined() as refusal:
                return refusal
    return Mending(edits=tuple(done))


def _perhaps_elsewhere(known: View, name: str) -> Declined | None:
    """Why a setting that was not found is not written: where it stands twice Cyrus does not start."""
    if known.get(name) is not None or known.is_whole:
        return None
    why = f"{known.main}: {name} may stand in what could not be read of it, and must not stand twice"
    return Declined(why=why, place=Place(known.main, None, name, None))


def _doubled(files: Files, name: str) -> Declined | None:
    """Cyrus does not start with a setting that stands twice; which one was meant is not for us to say."""
    for known in _views(files):
        found = known.all.get(name, ())
        if len(found) > 1:
            return Declined(why=f"{name} stands twice, which Cyrus refuses", place=found[-1].place)
    return None


def _kept_usable(files: Files, mending: Mending | Declined) -> Mending | Declined:
    """Declined where a service would be left without any mechanism that a client of today can use."""
    if isinstance(mending, Declined) or not mending.edits:
        return mending
    able = _able(posture(afterwards(files, mending.edits)).services, files.seen)
    for service in posture(files).services:
        if any(offer.states for offer in service.offers) and service.name not in able:
            why = f"{service.name} would be left without any usable mechanism in any TLS state"
            return Declined(why=why, place=service.offers[0].place)
    return mending


def _able(services: Iterable[Service], seen: Collection[str]) -> frozenset[str]:
    """Those that have a mechanism which a client can use and the server has, in any TLS state."""
    accepted = {each.name: [offer.name for offer in each.offers if offer.states] for each in services}
    return frozenset(
        name for name, offers in accepted.items() if "EXTERNAL" in offers or USABLE & set(had(offers, seen))
    )

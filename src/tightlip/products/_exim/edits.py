"""How Exim's files are mended: authenticators taken away, AUTH advertised under TLS alone; advice where macros rule."""

from collections.abc import Iterator
from functools import partial

from tightlip.model.finding import Place
from tightlip.model.posture import USABLE
from tightlip.model.remedy import DisableService, LimitAccounts, Remedy, RequireTls, WithdrawMechanism
from tightlip.products import _gss_mechs
from tightlip.products._exim.acls import unadvertised
from tightlip.products._exim.conditions import Gate, narrowed
from tightlip.products._exim.configuration import Authenticator, Configuration, configuration
from tightlip.products._exim.gssapi import answered, is_answered
from tightlip.products._exim.posture import is_of_main, main_file, place_of, posture
from tightlip.products._exim.serving import CLIENT_OPTIONS, condition_of, gate_of, serving
from tightlip.products._exim.statements import Statement
from tightlip.products._product import Advice, ConfigFile, Declined, FileEdit, Files, Mending
from tightlip.products._splicing import Reasoned, explained, planned
from tightlip.syntax import edits
from tightlip.syntax.edits import Outcome, Step
from tightlip.syntax.lenses.sections import DECIDING
from tightlip.syntax.reading import Reading

HOSTS = "auth_advertise_hosts"

_REMOVED = "without this authenticator Exim answers AUTH with 504, in every TLS state"
_CLIENT_STAYS = "the server's side of this authenticator goes; what logs in to other servers stays"
_DEMANDED = "AUTH is advertised under TLS alone, and what is not advertised is refused; mail without login goes on"


def edit(files: Files, remedy: Remedy) -> Mending | Declined:
    """What carries out a remedy, or why it cannot be."""
    known = configuration(files)
    if known.cut:
        return Declined(why=f"{files.instance.config} was not followed to its end: {known.cut}")
    if known.of_the_build:
        return Declined(why="whether a line counts depends on what Exim was built with", place=known.of_the_build)
    match remedy:
        case WithdrawMechanism():
            return _withdraw(files, known, remedy)
        case RequireTls():
            return _require_tls(files, known)
        case DisableService(protocol=protocol) | LimitAccounts(protocol=protocol):
            return Mending() if protocol != "smtp" else _by_hand(files, remedy)


def _withdraw(files: Files, known: Configuration, remedy: WithdrawMechanism) -> Mending | Declined:
    share = _gss_mechs.withdrawn(files, answered(serving(known)), remedy, _kerberos(files, known))
    if isinstance(share, Declined):
        return share
    named = frozenset(each.upper() for each in remedy.mechanisms) - {"GSSAPI"}
    leaking = [
        each
        for each in serving(known)
        if ({each.mechanism} & share.dropped if is_answered(each) else {each.mechanism, each.public_name} & named)
    ]
    kept = [each for each in serving(known) if each not in leaking and condition_of(each) is not Gate.NEVER]
    if leaking and not any(each.mechanism in USABLE for each in kept):
        why = f"no authenticator with a usable mechanism would be left beside {leaking[0].name}"
        return Declined(why=why, place=_at(leaking[0]))
    done: list[FileEdit] = []
    advice: list[Advice] = []
    for path in dict.fromkeys(each.head.file.path for each in leaking):
        blocks = [each for each in leaking if each.head.file.path == path]
        if _is_shared(files, path):
            advice += [_advised(each, f"stands in {path}, which several sections include") for each in blocks]
            continue
        result = _without(blocks[0].head.file, blocks, advice)
        if isinstance(result, Declined):
            return result
        done += [result] if result else []
    return Mending(edits=(*done, *share.edits), advice=(*advice, *share.advice))


def _kerberos(files: Files, known: Configuration) -> str:
    """What says that Kerberos logins are meant to work here."""
    told = (known.options[name] for name in ("add_environment", "keep_environment") if name in known.options)
    keytab = next((each.place() for each in told if "KRB5_KTNAME" in each.value), None)
    return _gss_mechs.kerberos(files, keytab)


def _is_shared(files: Files, path: str) -> bool:
    """Whether a file is read in several sections: a change of it means something else in each."""
    return sum(each.path == path for each in files.files) > 1


def _without(file: ConfigFile, blocks: list[Authenticator], advice: list[Advice]) -> FileEdit | Declined | None:
    """One file without these blocks; those that a macro or a condition rules are advised on instead."""
    steps: list[Reasoned] = []
    for block in blocks:
        is_client = bool(CLIENT_OPTIONS & block.options.keys())
        step = partial(_without_server if is_client else _without_block, name=block.name)
        if why := _doubt(file, block, step):
            advice.append(_advised(block, why))
        else:
            steps.append((step, _CLIENT_STAYS if is_client else _REMOVED))
    return explained(file, steps)


def _doubt(file: ConfigFile, block: Authenticator, step: Step) -> str:
    """Why a block is not edited although its file was read whole."""
    twice = [each for each in file.reading.entries if each.full == ("authenticators", block.name)]
    if len(twice) > 1:
        return f"stands {len(twice)} times in {file.path}"
    match step(file.reading):
        case edits.Declined(why=why):
            return why
        case _:
            # Of the macros of other files, the one file that is edited knows nothing.
            ruling = (block.head, *(block.options[name] for name in DECIDING if name in block.options))
            return next((each.doubt for each in ruling if each.doubt), "")


def _without_block(reading: Reading, name: str) -> Outcome:
    return edits.remove_block(reading, ("authenticators", name))


def _without_server(reading: Reading, name: str) -> Outcome:
    path = ("authenticators", name)
    options = {each.name for each in reading.entries if each.path == path and each.name.startswith("server_")}
    return edits.in_turn(reading, *(partial(edits.remove_setting, name=each, path=path) for each in sorted(options)))


def _advised(block: Authenticator, why: str) -> Advice:
    text = (
        f"authenticator {block.name} (driver {block.driver}) is not edited, for it {why}: take the block away by hand, "
        f"or let server_advertise_condition = false stand in it"
    )
    return Advice(text=text, place=_at(block))


def _at(block: Authenticator) -> Place:
    return block.options["driver"].place(f"{block.name} driver")


def _require_tls(files: Files, known: Configuration) -> Mending | Declined:
    service = next(iter(posture(files).services), None)
    if service is None or not service.offers:
        return Mending()
    advice = tuple(_leaks(known))
    if service.tls.required or gate_of(known) is Gate.UNDER_TLS:
        return Mending(advice=advice)
    result = _narrowed(files, known)
    if isinstance(result, Declined):
        return result
    if isinstance(result, Advice):
        return Mending(advice=(*advice, result))
    return Mending(edits=(result,) if result else (), advice=advice)


def _leaks(known: Configuration) -> Iterator[Advice]:
    if statement := unadvertised(known):
        text = "control = allow_auth_unadvertised takes logins that were never advertised: take it out of the ACL"
        yield Advice(text=text, place=statement.place())


def _narrowed(files: Files, known: Configuration) -> FileEdit | Declined | Advice | None:
    """The host list for AUTH, under TLS alone."""
    if HOSTS not in known.options:
        return _added(files)
    found = known.options[HOSTS]
    value = narrowed(found.value)
    if _is_shared(files, found.file.path):
        return _unsure(found, "stands in a file that several sections include")
    if value is None or found.entry.doubt or found.doubt:
        return _unsure(found, found.entry.doubt or found.doubt or "is an expansion whose outcome only Exim knows")
    return planned(found.file, edits.change(found.file.reading, found.entry, value), _DEMANDED)


def _added(files: Files) -> FileEdit | Declined | Advice | None:
    """The option where there was none: in the last file of main options that takes one."""
    value = narrowed("*") or ""
    mains = [each for each in files.files if each.role == "main" or is_of_main(each)]
    refusal: Declined | None = None
    for file in reversed(mains):
        if any(each.name == HOSTS for each in file.reading.entries):
            continue
        result = planned(file, edits.set_value(file.reading, HOSTS, value), _DEMANDED)
        if isinstance(result, FileEdit):
            return result
        refusal = result
    if refusal is not None and refusal.place is not None and _unread(files, refusal.place.file):
        return refusal
    text = f"add to Exim's main options: {HOSTS} = {value}"
    return Advice(text=text, place=Place(main_file(files), None, HOSTS, None))


def _unread(files: Files, path: str) -> bool:
    return any(each.path == path and not each.reading.is_whole for each in files.files)


def _unsure(found: Statement, why: str) -> Advice:
    text = f"{HOSTS} {why}: let it be empty without TLS, as in {narrowed('*')}"
    return Advice(text=text, place=found.place())


def _by_hand(files: Files, remedy: DisableService | LimitAccounts) -> Mending:
    if isinstance(remedy, DisableService):
        text, option = "to stop taking mail, take Exim's daemon out of service, or its ports away", "daemon_smtp_ports"
    else:
        text, option = "let server_condition of every authenticator ask for the account, too", HOSTS
    return Mending(advice=(Advice(text=text, place=place_of(files, configuration(files), option)),))

"""What mends a Dovecot configuration: the statements that take effect are changed where they stand."""

from collections.abc import Collection
from typing import assert_never

from tightlip.model.finding import Place
from tightlip.model.posture import NTLM_CARRIERS, USABLE
from tightlip.model.remedy import DisableService, LimitAccounts, Remedy, RequireTls, WithdrawMechanism
from tightlip.products import _gss_mechs
from tightlip.products._dovecot import earlier
from tightlip.products._dovecot.accounts import limit
from tightlip.products._dovecot.listening import Login, Socket, certificate, logins, sockets
from tightlip.products._dovecot.mechanisms import allows_cleartext, has_winbind, is_kerberos, mechanisms
from tightlip.products._dovecot.steps import Change, Steps, of_package
from tightlip.products._dovecot.surroundings import OTHER
from tightlip.products._dovecot.unread import unread
from tightlip.products._dovecot.values import is_followed, path_of
from tightlip.products._dovecot.view import MECHANISMS, PROTOCOLS, Dialect, Setting, View, view
from tightlip.products._product import Advice, Declined, Files, Mending
from tightlip.syntax import edits

# Our names of protocols, as a remedy has them, in Dovecot's words.
_SPOKEN = {"smtp": "submission", "managesieve": "sieve"}
_CLEARTEXT = frozenset({"PLAIN", "LOGIN"})


def edit(files: Files, remedy: Remedy) -> Mending | Declined:
    """Carry a remedy out on the files; nothing, where it is carried out already as far as they could be read."""
    now = view(files)
    main = files.instance.config
    if main not in {file.path for file in files.files}:
        why = next((each.why for each in files.missing if each.path == main), "no file")
        return Declined(why=f"{main} could not be read: {why}")
    if other := next((each for each in files.missing if each.why == OTHER), None):
        return Declined(
            why=f"{main} is not what runs: {other.path} leads to what does", place=Place(other.path, None, "", None)
        )
    outcome = _mended(files, now, remedy)
    if isinstance(outcome, Mending) and not outcome.edits:
        return outcome
    return unread(files, now, remedy) or outcome


def _mended(files: Files, now: View, remedy: Remedy) -> Mending | Declined:
    steps = Steps(files)
    match remedy:
        case WithdrawMechanism():
            return _withdraw(files, now, steps, remedy)
        case RequireTls():
            return _require_tls(now, steps)
        case DisableService():
            return _disable(now, steps, _SPOKEN.get(remedy.protocol, remedy.protocol))
        case LimitAccounts():
            protocol = _SPOKEN.get(remedy.protocol, remedy.protocol)
            return limit(now, steps, remedy, protocol)
        case other:
            assert_never(other)


def _withdraw(files: Files, now: View, steps: Steps, remedy: WithdrawMechanism) -> Mending | Declined:
    """What Kerberos' library answers by what it is known to carry, all else by its name."""
    offered = mechanisms(now)
    by_kerberos = {name for name in offered if is_kerberos(now, name)}
    keytab = now.at("auth_krb5_keytab")
    share = _gss_mechs.withdrawn(
        files, by_kerberos, remedy, _gss_mechs.kerberos(files, keytab.place if keytab else None)
    )
    if isinstance(share, Declined):
        return share
    unwanted = (frozenset(remedy.mechanisms) - by_kerberos) | share.dropped
    outcome = _dropped(now, steps, {name: said for name, said in offered.items() if name in unwanted})
    if isinstance(outcome, Declined):
        return outcome
    return Mending(edits=(*outcome.edits, *share.edits), advice=(*outcome.advice, *share.advice))


def _dropped(now: View, steps: Steps, leaving: dict[str, Setting | None]) -> Mending | Declined:
    """Take the words out of every statement that puts one into the list, and winbind with the last that needs it."""
    if not leaving:
        return Mending()
    offered = mechanisms(now)
    kept = [name for name in offered if name not in leaving]
    place = next((said.place for said in leaving.values() if said), now.absent(MECHANISMS))
    if why := _locked_out(now, kept):
        return Declined(why=why, place=place)
    if grouped := next((each for each in now.settings if _in_group(each) and each.name == MECHANISMS), None):
        return Declined(why="a group of settings holds auth_mechanisms too: change it by hand", place=grouped.place)
    stay = "stays" if len(kept) == 1 else "stay"
    reason = f"{' and '.join(leaving)} no longer accepted, in any TLS state; {', '.join(kept)} {stay}"
    for said in leaving.values():
        if said is None:
            return Declined(why="the mechanism is in Dovecot's own default", place=place)
        if is_followed(said.entry, said.path):
            why = f"the list stands in {path_of(said.file, said.entry)}, which is not edited: change it there by hand"
            return Declined(why=why, place=place)
        steps.add(said, _without(said, leaving), reason)
    winbind = now.get("auth_use_winbind")
    if has_winbind(now) and winbind and not NTLM_CARRIERS & set(kept):
        steps.add(winbind, _to("no"), "nothing is left that asks Samba")
    return steps.mending()


def _locked_out(now: View, kept: list[str]) -> str | None:
    """Why nobody could log in with what is kept."""
    usable = [name for name in kept if name in USABLE]
    if not usable:
        return "no usable mechanism would be left in auth_mechanisms: add plain first, and have TLS"
    served = {login.speaks for login in logins(now) if any(sockets(now, login))}
    for protocol in sorted(served):
        has_tls = now.value("ssl", "yes", protocol) != "no" and certificate(now, protocol) is not None
        if not has_tls and not allows_cleartext(now, protocol) and _CLEARTEXT.issuperset(usable):
            return f"{protocol} has no TLS, and without it refuses {' and '.join(usable)}: set up TLS first"
    return None


def _in_group(setting: Setting) -> bool:
    return any(step.startswith("group ") for step in setting.path)


def _without(said: Setting, unwanted: Collection[str]) -> Change:
    """A list loses its words; a switch is turned off, for an emptied set could mean the default."""
    if said.name != MECHANISMS:
        return _to("no")
    return lambda reading, entry: edits.drop_words(reading, entry, unwanted)


def _to(value: str) -> Change:
    return lambda reading, entry: edits.change(reading, entry, value)


def _require_tls(now: View, steps: Steps) -> Mending | Declined:
    """ssl = required wherever it says less, and no password in clear beside it, which 2.4 would not start with."""
    served = [login for login in logins(now) if any(sockets(now, login))]
    if not served:
        return Mending()
    name, clear, safe = ("disable_plaintext_auth", "no", "yes")
    if now.dialect is Dialect.SINCE_24:
        name, clear, safe = ("auth_allow_cleartext", "yes", "no")
    is_new = any(now.value("ssl", "yes", login.speaks) != "required" for login in served)
    spared = _spared(now, name, clear) if is_new else []
    if spared and now.dialect is Dialect.SINCE_24:
        why = (
            f"{_in_clear(spared[0])}, and its login processes do not start with ssl = required beside that; where its "
            "hosts shall go on so, give the block ssl = yes, else take the line out"
        )
        return Declined(why=why, place=spared[0].place)
    _demand(now, steps)
    for setting in _taking_effect(now, name):
        if setting.word == clear:
            steps.add(setting, _to(safe), "no password in clear before TLS is up")
    mending = steps.mending()
    if isinstance(mending, Declined):
        return mending
    ends = "which ends with ssl = required: its hosts need TLS as all others do, unless the block has ssl = yes"
    cut_off = (Advice(text=f"{_in_clear(each)}, {ends}", place=each.place) for each in spared)
    return Mending(edits=mending.edits, advice=(*mending.advice, *cut_off, *_exempt(now)))


def _demand(now: View, steps: Steps) -> None:
    reason = "nobody logs in, by any mechanism, before TLS is up"
    for setting in _taking_effect(now, "ssl"):
        if setting.word != "required":
            steps.add(setting, _to("required"), reason)
    if now.at("ssl") is None:
        known = certificate(now, "")
        file = known.file.path if known and not known.path else now.main
        steps.add_at(file, lambda reading: edits.set_value(reading, "ssl", "required"), reason)


def _taking_effect(now: View, name: str) -> list[Setting]:
    """The one outside of all blocks, and the last of each protocol's block."""
    last = {each.path: each for each in now.settings if each.name == name}
    return [each for path, each in last.items() if path == () or (path[0].startswith("protocol ") and len(path) == 1)]


def _for_addresses(setting: Setting) -> bool:
    return any(step.startswith(("local ", "local_name ", "remote ")) for step in setting.path)


def _in_clear(setting: Setting) -> str:
    return f"{' / '.join(setting.path)} lets passwords go in clear ({setting.place.said})"


def _spared(now: View, name: str, clear: str) -> list[Setting]:
    """Settings that let certain addresses send passwords in clear, and go by the ssl of all others."""
    told = [each for each in now.named.get(name, ()) if _for_addresses(each) and now.at(name, each.path) is each]
    return [each for each in told if each.word == clear and not _has_own_ssl(now, each)]


def _has_own_ssl(now: View, setting: Setting) -> bool:
    return any(now.at("ssl", setting.path[:depth]) for depth in range(1, len(setting.path) + 1))


def _exempt(now: View) -> list[Advice]:
    """What a site has said for certain addresses is not overruled."""
    weaker = [each for each in now.named.get("ssl", ()) if _for_addresses(each) and each.word != "required"]
    return [
        Advice(text=f"{' / '.join(each.path)} has an ssl of its own, which was left: look at it", place=each.place)
        for each in weaker
    ]


def _disable(now: View, steps: Steps, protocol: str) -> Mending | Declined:
    """Take the protocol out of `protocols`; its ports are closed instead where that list is not ours to change.

    `protocols` starts the login process itself. Debian builds the list of files that belong to packages, and one
    that would become empty is refused; `port = 0` in each inet_listener has the same outcome on the network.
    """
    there = [login for login in logins(now) if login.speaks == protocol and any(sockets(now, login))]
    words = now.words(PROTOCOLS)
    for login in there:
        said = words.get(login.word) if login.word else None
        if said is not None and not of_package(said.file.path) and len(words) > 1 and _has_others(said, login.word):
            change = _to("no") if said.name != PROTOCOLS else _dropping(login.word)
            steps.add(said, change, f"{protocol} is not started any more, on any port")
        else:
            for socket in sockets(now, login):
                _close(now, steps, login, socket)
    return steps.mending()


def _has_others(said: Setting, word: str) -> bool:
    if is_followed(said.entry, said.path):
        return False
    return said.name != PROTOCOLS or not set(edits.words_of(said.entry.value.lower())) <= set(earlier.spellings(word))


def _dropping(word: str) -> Change:
    return lambda reading, entry: edits.drop_words(reading, entry, earlier.spellings(word))


def _close(now: View, steps: Steps, login: Login, socket: Socket) -> None:
    reason = f"port {socket.port} is closed: {login.speaks} is not served there any more"
    if socket.port_setting:
        steps.add(socket.port_setting, _to("0"), reason)
        return
    path = (*login.path, f"inet_listener {socket.name}")
    home = socket.block or next((each for each in reversed(now.blocks) if (*each.path, each.name) == login.path), None)
    file = home.file.path if home and not of_package(home.file.path) else now.main
    steps.add_at(file, lambda reading: edits.set_value(reading, "port", "0", path), reason)

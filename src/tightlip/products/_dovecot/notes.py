"""What is worth saying about a Dovecot configuration besides its settings."""

import re
from collections.abc import Iterator

from tightlip.model.posture import Note, NoteKind
from tightlip.products._dovecot import earlier, proxying
from tightlip.products._dovecot.listening import MOST_LISTENERS, MOST_LOGINS, certificate_of_some, listeners, logins
from tightlip.products._dovecot.mechanisms import has_winbind, is_dead, is_kerberos, is_winbind_known
from tightlip.products._dovecot.references import misspelt
from tightlip.products._dovecot.values import is_followed, is_unfollowed, path_of
from tightlip.products._dovecot.view import MECHANISMS, PROTOCOLS, Dialect, Setting, View
from tightlip.products._dovecot.words import is_mechanism
from tightlip.products._file_notes import notes_of_files
from tightlip.products._gss_mechs import Carriage, carriage
from tightlip.products._product import Files

_PARTING = re.compile(r"[,\t\n]")
# Options of Dovecot's programs that take a setting, or the name of a file.
_SETS = ("-o", "-c")
_OVERRIDES = frozenset({"ssl", "disable_plaintext_auth", "auth_allow_cleartext"})


def notes(files: Files, now: View) -> Iterator[Note]:
    """All of them."""
    yield from notes_of_files(files)
    yield from _of_mechanisms(files, now)
    yield from _of_lists(files, now)
    yield from _of_settings(now)
    yield from proxying.notes(now)
    if now.cut:
        text = f"not followed to its end: {now.cut}"
        yield Note(kind=NoteKind.UNREAD, text=text, file=now.main)
    started = tuple(logins(now))
    if len(started) == MOST_LOGINS:
        text = f"there are more login services than the {MOST_LOGINS} that are told"
        yield Note(kind=NoteKind.UNREAD, text=text, file=now.main)
    for login in started:
        if len(tuple(listeners(now, login))) == MOST_LISTENERS:
            text = f"{login.service} has more sockets than the {MOST_LISTENERS} that are told"
            yield Note(kind=NoteKind.UNREAD, text=text, file=now.main)
        if some := certificate_of_some(now, login.speaks):
            text = (
                f"{some.name} is set for {' / '.join(some.path)}, and for nobody else: for whom TLS comes up was not "
                "followed, nor was the certificate looked at"
            )
            yield _note(NoteKind.DOUBT, text, some)
    is_read = any(file.path == now.main for file in files.files)
    if is_read and not now.is_said(PROTOCOLS):
        text = (
            "protocols is not set in these files: Debian's Dovecot then serves what its packages say below "
            "/usr/share/dovecot/protocols.d, others serve imap, pop3 and lmtp; taken for the latter"
        )
        yield Note(kind=NoteKind.UNKNOWN, text=text, file=now.main)
    for setting in now.settings:
        yield from _of_setting(setting)
        yield from _of_values(setting)
    for block in now.blocks:
        if block.name.startswith("group "):
            yield _note(NoteKind.DOUBT, "a group of settings: what it adds where it is used was not followed", block)


def _of_mechanisms(files: Files, now: View) -> Iterator[Note]:
    words = now.words(MECHANISMS)
    odd = [said for word, said in words.items() if said is not None and not is_mechanism(word)]
    for each in dict.fromkeys(odd):
        text = "a word of this list cannot be the name of a mechanism; what it stands for is not known, nor is it shown"
        yield _note(NoteKind.UNREAD, text, each)
    if not is_winbind_known(now):
        return
    spnego = words.get("gss-spnego")
    if spnego and is_kerberos(now, "GSS-SPNEGO") and carriage(files) == Carriage():
        text = (
            "gss-spnego without auth_use_winbind = yes carries Kerberos, and no NTLM while gss-ntlmssp is not "
            "registered on this host: it is left as it is"
        )
        yield _note(NoteKind.HARMLESS, text, spnego)
    if "ntlm" not in words or has_winbind(now):
        return
    said = words["ntlm"]
    file, line = (said.file.path, said.entry.line) if said else (now.main, None)
    if is_dead(now):
        text = (
            "ntlm without auth_use_winbind = yes: since 2.3.13 the auth process does not know the mechanism and ends "
            "when it starts, so that nobody can log in by any mechanism"
        )
        yield Note(kind=NoteKind.DOUBT, text=text, file=file, line=line)
    else:
        text = (
            "ntlm without auth_use_winbind = yes: it is answered before 2.3.13 only; from then on the auth process "
            "ends when it starts, and nobody can log in by any mechanism"
        )
        yield Note(kind=NoteKind.BREAKS_ON_UPGRADE, text=text, file=file, line=line)


def _of_values(setting: Setting) -> Iterator[Note]:
    """Values that stand in files: not followed everywhere, and a line end in one is a part of it."""
    if is_unfollowed(setting.entry, setting.path):
        text = f"the value of {setting.name} stands in a file, which is not followed here"
        yield _note(NoteKind.UNREAD, text, setting)


def _of_settings(now: View) -> Iterator[Note]:
    """Values that could not be told, and what Dovecot itself does not start with."""
    for each in now.settings:
        if each.doubt:
            yield _note(NoteKind.DOUBT if each.is_known else NoteKind.UNREAD, each.doubt, each)
    for each in (*now.settings, *now.blocks):
        if misspelt(each.name, each.path):
            text = f"Dovecot knows no {each.name}: the names of settings are in small letters, and it does not start"
            yield _note(NoteKind.DOUBT, text, each)


def _of_lists(files: Files, now: View) -> Iterator[Note]:
    """Lists that Dovecot 2.3, which parts words by blanks alone, reads otherwise than one would think."""
    for said in now.lists[MECHANISMS] if now.dialect is Dialect.BEFORE_24 else ():
        raw = files.values.get(path_of(said.file, said.entry), "") if is_followed(said.entry, ()) else said.value
        if not said.path and _PARTING.search(raw):
            text = (
                "only blanks part the words here: with a comma, tab or line end in it (that of its file too) a word is "
                "no mechanism, and the auth process of 2.3 ends when it starts, so that nobody can log in"
            )
            yield _note(NoteKind.DOUBT, text, said)


def _of_setting(setting: Setting) -> Iterator[Note]:
    kinds = {step.split(" ")[0] for step in setting.path}
    if earlier.has_port(setting.name, setting.value) and not kinds & {"service", "inet_listener"}:
        text = "a port in the way of Dovecot 1: on which ports its services listen was not followed"
        yield _note(NoteKind.DOUBT, text, setting)
    if setting.name == "executable" and any(word.startswith(_SETS) for word in setting.value.split()[1:]):
        text = "the program is given settings, or another file of them, by its arguments: they were not followed"
        yield _note(NoteKind.DOUBT, text, setting)
    if setting.name in _OVERRIDES and kinds & {"local", "remote"}:
        text = f"{setting.name} is different for {' / '.join(setting.path)}: not counted in what is said of all others"
        yield _note(NoteKind.DOUBT, text, setting)
    elif setting.name == "login_trusted_networks" and setting.value:
        text = (
            "clients of these networks count as secured: they are not asked for TLS, and scans from there do not see it"
        )
        yield _note(NoteKind.DOUBT, text, setting)
    elif setting.name == MECHANISMS and setting.path and "group" not in kinds:
        text = "auth_mechanisms has no effect inside of a block: the auth process reads the one outside of all blocks"
        yield _note(NoteKind.DOUBT, text, setting)


def _note(kind: NoteKind, text: str, at: Setting) -> Note:
    return Note(kind=kind, text=text, file=at.file.path, line=at.entry.line)

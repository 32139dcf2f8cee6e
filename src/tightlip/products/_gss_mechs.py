"""What MIT Kerberos' GSSAPI library has besides Kerberos (`/etc/gss/mech.d`): whether NTLM is in it, how it goes."""

import re
from collections.abc import Collection, Generator, Iterable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from tightlip.model.finding import Place
from tightlip.model.posture import Note, NoteKind, Offer
from tightlip.model.remedy import WithdrawMechanism
from tightlip.products._gss_config import GSS_MECH_CONFIG, Named
from tightlip.products._gss_lines import GSS_MECHS
from tightlip.products._gss_oids import arcs
from tightlip.products._product import (
    NO_FILE,
    NO_FOLDER,
    SPECIAL,
    Absent,
    Advice,
    Answer,
    ConfigFile,
    Declined,
    FileEdit,
    Files,
    ListFiles,
    Missing,
    Need,
    ReadFile,
    Request,
    SeeFiles,
)
from tightlip.products._splicing import planned
from tightlip.syntax import edits
from tightlip.syntax.edits import Edits, Outcome
from tightlip.syntax.reading import Entry, Reading
from tightlip.syntax.spans import Span, Splice, apply, digest

# The mechanisms that a service has this library answer.
ANSWERED = frozenset({"GSSAPI", "GSS-SPNEGO"})
ROLE = "gss mechanisms"
KEYTAB = "/etc/krb5.keytab"

_FOLDER, _FILE = "/etc/gss/mech.d", "/etc/gss/mech"
_NTLMSSP = (1, 3, 6, 1, 4, 1, 311, 2, 2, 10)
_MOST_FILES = 100
# Where the library looks for a plugin whose name has no slash in front.
_HOMES = ("/usr/lib/gss/", "/usr/lib64/gss/", "/usr/lib/*/gss/")

_BLANKS = re.compile(r"\s+", re.ASCII)
_PLAIN_PATH = re.compile(r"[\w+./-]+", re.ASCII)


class Carriage(Struct, frozen=True):
    """Whether NTLM comes in what the library answers: the line that makes it so, or why that cannot be told."""

    entry: Place | None = None
    doubt: str = ""


class Share(Struct, frozen=True, kw_only=True):
    """What of a withdrawal is the library's matter: what the service's list loses, why, and what is done besides."""

    dropped: frozenset[str] = frozenset()
    reason: str = ""
    edits: tuple[FileEdit, ...] = ()
    advice: tuple[Advice, ...] = ()


def joined(files: Files, named: Named) -> Generator[Request, Answer, Files]:
    """An instance's files with those of the library: its lists of mechanisms; whether plugin and keytab are there."""
    found, unseen = list[ConfigFile](), list[Missing]()
    if named.doubt:
        unseen.append(named.missing)
    elif named.file is not None:
        yield from _named(named, found, unseen)
    else:
        yield from _usual(found, unseen)
    seen = list[str]()
    plugins = [each for _, entry in _registered(found) for each in _plugin(entry)]
    for pattern in dict.fromkeys([*plugins, KEYTAB] if plugins else ()):
        there = yield SeeFiles(pattern)
        seen += there if isinstance(there, tuple) else ()
    return replace(files, files=(*files.files, *found), seen=(*files.seen, *seen), unseen=(*files.unseen, *unseen))


def _named(named: Named, found: list[ConfigFile], unseen: list[Missing]) -> Generator[Request, Answer, None]:
    path = named.file or ""
    if not path.startswith("/") or not _PLAIN_PATH.fullmatch(path):
        unseen.append(replace(named, doubt="it names no plain absolute path").missing)
        return
    answer = yield ReadFile(path, Need.OPTIONAL)
    if isinstance(answer, bytes):
        found.append(ConfigFile(path=path, role=ROLE, reading=GSS_MECHS.read(answer)))
    elif isinstance(answer, Absent):
        unseen.append(Missing(path=path, why=answer.why, need=Need.OPTIONAL))


def _usual(found: list[ConfigFile], unseen: list[Missing]) -> Generator[Request, Answer, None]:
    listed = yield ListFiles(f"{_FOLDER}/*.conf")
    paths = listed if isinstance(listed, tuple) else ()
    for path in (*paths[:_MOST_FILES], _FILE, *(() if paths else (_FOLDER,))):
        answer = yield ReadFile(path, Need.OPTIONAL)
        if path == _FOLDER and (isinstance(answer, bytes) or answer == SPECIAL):
            unseen.append(Missing(path=path, why=NO_FOLDER, need=Need.OPTIONAL))
        elif isinstance(answer, bytes):
            found.append(ConfigFile(path=path, role=ROLE, reading=GSS_MECHS.read(answer)))
        elif isinstance(answer, Absent) and _tells(path, answer):
            unseen.append(Missing(path=path, why=answer.why, need=Need.OPTIONAL))
    if len(paths) > _MOST_FILES:
        unseen.append(Missing(path=_FOLDER, why=f"more than {_MOST_FILES} files", need=Need.OPTIONAL))


def carriage(files: Files) -> Carriage:
    """What the library's lists come to; never raises."""
    registered = list(_registered(files.files))
    for file, entry in registered:
        if any(_is_plugin(path, entry) for path in files.seen):
            return Carriage(entry=Place(file.path, entry.line, entry.name, " ".join(_fields(entry))))
    for file, entry in registered:
        why = f"it is registered there ({file.path}:{entry.line}), and its plugin was not found"
        return Carriage(doubt=why)
    for file in _lists(files.files):
        if file.reading.unread:
            first = file.reading.unread[0]
            return Carriage(doubt=f"{file.path}:{first.line} could not be read: {first.why}")
        for entry in filter(_is_unclear, file.reading.entries):
            return Carriage(doubt=f"{file.path}:{entry.line} names a plugin, and by which OID is not understood")
    gone = next((each for each in files.unseen if not (files.live and _is_gone(each.why))), None)
    if gone and gone.path == GSS_MECH_CONFIG:
        where = f" ({gone.file}:{gone.line})" if gone.file and gone.line else ""
        return Carriage(doubt=f"{gone.path}{where} has it read another list than /etc/gss/mech.d: {gone.why}")
    return Carriage(doubt=f"{gone.path} could not be looked at: {gone.why}" if gone else "")


def carrying(offer: Offer, found: Carriage) -> Offer:
    """An offer that the library answers, with the NTLM that comes in it, if any does."""
    if found.entry is None or offer.name not in ANSWERED:
        return offer
    return replace(offer, through=found.entry, names_host=True, kerberos_only=False)


def beside(files: Files) -> tuple[str, ...]:
    """What a posture has looked at whole: nothing, where it cannot be told."""
    return () if carriage(files).doubt else (_FILE, f"{_FOLDER}/")


def notes(files: Files, offers: Iterable[Offer]) -> Iterator[Note]:
    """Where it cannot be told whether NTLM comes in these offers: a doubt at each setting that makes some of them."""
    doubt = carriage(files).doubt
    by_place: dict[tuple[str, int | None], dict[str, None]] = {}
    for offer in offers:
        if doubt and offer.name in ANSWERED and offer.states:
            by_place.setdefault((offer.place.file, offer.place.line), {})[offer.name] = None
    for (file, line), names in by_place.items():
        yield Note(kind=NoteKind.DOUBT, text=_undecided(names, doubt), file=file, line=line)


def kerberos(files: Files, place: Place | None) -> str:
    """What says that Kerberos logins are meant to work: the setting that names a keytab, or the host's own; or ""."""
    if place is not None:
        return f"{place.setting} is set ({place.where})"
    return f"{KEYTAB} is there" if KEYTAB in files.seen else ""


def withdrawn(files: Files, names: Collection[str], remedy: WithdrawMechanism, keytab: str) -> Share | Declined:
    """What is done about the offered ``names`` that the library answers.

    A service's list loses them, unless ``keytab`` says that Kerberos logs in by them: then only the host's own list
    could lose NTLM. Where that was asked for it is planned in either case.
    """
    concerned = ANSWERED & set(names) & set(remedy.mechanisms)
    found = carriage(files)
    if not concerned:
        return Share()
    if found.doubt:
        return Share(advice=(Advice(text=_undecided(sorted(concerned), found.doubt)),))
    if found.entry is None:
        return Share()
    share = _unregistered(files) if remedy.host_wide else Share()
    if not keytab and isinstance(share, Share):
        # Without a keytab Cyrus SASL answers "not now" to Kerberos alone, which would prove nothing.
        what = " and ".join(sorted(concerned))
        why = (
            f"{what} answers NTLM as well, by gss-ntlmssp ({found.entry.where}), and nothing says that Kerberos is used"
        )
        return replace(share, dropped=concerned, reason=why)
    if remedy.host_wide:
        return share
    text = (
        f"{' and '.join(sorted(concerned))} may log in by Kerberos here ({keytab}), so that this plan leaves it. NTLM "
        "comes in it by gss-ntlmssp: make a comment of this line, which concerns every program on this host that reads "
        "it (plan --host-wide plans it and names those seen), or take the mechanism out of the list by hand"
    )
    return Share(advice=(Advice(text=text, place=found.entry),))


def _undecided(names: Iterable[str], doubt: str) -> str:
    return f"whether NTLM comes in {' and '.join(names)}, by gss-ntlmssp, could not be told: {doubt}"


def _unregistered(files: Files) -> Share | Declined:
    """Every line that registers gss-ntlmssp as a comment."""
    reason = (
        "gss-ntlmssp is not registered here any more: NTLM comes in the GSSAPI of no program that reads this list, "
        "Kerberos as before"
    )
    changes: list[FileEdit] = []
    for file in _lists(files.files):
        outcome = planned(file, _commented(file.reading), reason)
        if isinstance(outcome, Declined):
            return outcome
        changes += [outcome] if outcome else []
    return Share(edits=tuple(changes))


def _commented(reading: Reading) -> Outcome:
    if not reading.is_whole:
        return edits.Unreadable(reading.unread)
    lost = [each for each in reading.entries if _is_ntlmssp(each)]
    splices = tuple(Splice(Span(each.span.start, each.span.start), b"#") for each in lost)
    after = apply(reading.text, splices)
    if [each.value for each in GSS_MECHS.read(after).entries] != [
        each.value for each in reading.entries if each not in lost
    ]:
        return edits.Declined("the line cannot be made a comment", lost[0].line if lost else None)
    return Edits(splices, digest(reading.text), digest(after))


def _tells(path: str, answer: Absent) -> bool:
    """Whether it matters that this was not read: the old list is seldom there, and the folder is no file."""
    return not _is_gone(answer.why) if path == _FILE else path != _FOLDER or answer != NO_FILE


def _is_gone(why: str) -> bool:
    return why.lower().startswith("no such file")


def _lists(files: Iterable[ConfigFile]) -> Iterator[ConfigFile]:
    return (file for file in files if file.role == ROLE)


def _registered(files: Iterable[ConfigFile]) -> Iterator[tuple[ConfigFile, Entry]]:
    """The lines that register gss-ntlmssp."""
    return ((file, entry) for file in _lists(files) for entry in file.reading.entries if _is_ntlmssp(entry))


def _fields(entry: Entry) -> list[str]:
    """An entry's OID, its plugin and what else stands there, parted as the library does."""
    return _BLANKS.split(entry.value)


def _is_ntlmssp(entry: Entry) -> bool:
    return arcs(_fields(entry)[0]) == _NTLMSSP


def _is_unclear(entry: Entry) -> bool:
    """Whether an OID that is none to us stands where it would count; a comment that is indented has none."""
    oid, *plugin = _fields(entry)
    return bool(plugin) and not oid.startswith("#") and arcs(oid) is None


def _plugin(entry: Entry) -> tuple[str, ...]:
    """The paths and patterns at which the library looks for a line's plugin; none where that is no plain path."""
    path = "".join(_fields(entry)[1:2])
    if not _PLAIN_PATH.fullmatch(path):
        return ()
    return (path,) if path.startswith("/") else tuple(home + path for home in _HOMES)


def _is_plugin(path: str, entry: Entry) -> bool:
    named = "".join(_fields(entry)[1:2])
    return path == named or (bool(named) and path.endswith(f"/gss/{named}"))

"""What MIT Kerberos' GSSAPI library has besides Kerberos (`/etc/gss/mech.d`): whether NTLM is in it, how it goes."""

from collections.abc import Collection, Iterable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from tightlip.model.finding import Place
from tightlip.model.posture import Note, NoteKind, Offer
from tightlip.model.remedy import WithdrawMechanism
from tightlip.products._gss_config import GSS_MECH_CONFIG
from tightlip.products._gss_lines import GSS_MECHS
from tightlip.products._gss_lists import (
    FILE,
    FOLDER,
    HOST,
    Root,
    fields,
    has_characters,
    is_loaded,
    is_ntlmssp,
    is_unclear,
    keytabs,
    lists,
    plugin_of,
    registrations,
    unseen,
)
from tightlip.products._product import Advice, Declined, FileEdit, Files
from tightlip.products._splicing import planned
from tightlip.syntax import edits
from tightlip.syntax.edits import Edits, Outcome
from tightlip.syntax.reading import Reading
from tightlip.syntax.spans import Span, Splice, apply, digest

# The mechanisms that a service has this library answer.
ANSWERED = frozenset({"GSSAPI", "GSS-SPNEGO"})
_CHARACTER_SETS = "the character sets that NTLM needs (gconv)"


class Carriage(Struct, frozen=True):
    """Whether NTLM comes in what the library answers: the line that makes it so, or why that cannot be told.

    ``proviso`` is what it needs besides and could not be seen. ``idle`` is a line that would make it so, and cannot,
    since the program is in a jail that lacks what NTLM needs.
    """

    entry: Place | None = None
    doubt: str = ""
    proviso: str = ""
    idle: Place | None = None


class Share(Struct, frozen=True, kw_only=True):
    """What of a withdrawal is the library's matter: what the service's list loses, why, and what is done besides."""

    dropped: frozenset[str] = frozenset()
    reason: str = ""
    edits: tuple[FileEdit, ...] = ()
    advice: tuple[Advice, ...] = ()


def carriage(files: Files, root: Root = HOST) -> Carriage:
    """What the library's lists come to for a program with this root; never raises."""
    found = _carried(files, root.jail)
    if root.doubt and not (root.jail and _is_alike(found, _carried(files, ""))):
        return Carriage(doubt=root.doubt)
    return found


def carrying(offer: Offer, found: Carriage) -> Offer:
    """An offer that the library answers, with the NTLM that comes in it, if any does."""
    if found.entry is None or offer.name not in ANSWERED:
        return offer
    carries = replace(offer, through=found.entry, names_host=True, kerberos_only=False)
    return carries.provided(found.proviso) if found.proviso else carries


def beside(files: Files) -> tuple[str, ...]:
    """What a posture has looked at whole: nothing, where it cannot be told."""
    return () if carriage(files).doubt else (FILE, f"{FOLDER}/")


def notes(files: Files, offers: Iterable[Offer], root: Root = HOST) -> Iterator[Note]:
    """Where it cannot be told whether NTLM comes in these offers: a doubt at each setting that makes some of them.

    And the line that is none of a cause, since a jail keeps it from being one.
    """
    found = carriage(files, root)
    by_place: dict[tuple[str, int | None], dict[str, None]] = {}
    for offer in offers:
        if offer.name in ANSWERED and offer.states:
            by_place.setdefault((offer.place.file, offer.place.line), {})[offer.name] = None
    for (file, line), names in by_place.items() if found.doubt else ():
        yield Note(kind=NoteKind.DOUBT, text=_undecided(names, found.doubt), file=file, line=line)
    if found.idle and by_place:
        text = f"what is in the chroot {root.jail} cannot answer NTLM by it: {_CHARACTER_SETS} are not there"
        yield Note(kind=NoteKind.HARMLESS, text=text, file=found.idle.file, line=found.idle.line)


def kerberos(files: Files, place: Place | None, roots: Iterable[Root] = (HOST,)) -> str:
    """What says that Kerberos logins are meant to work: the setting that names a keytab, or the usual one; or ""."""
    if place is not None:
        return f"{place.setting} is set ({place.where})"
    there = next((path for root in roots for path in keytabs(files, root)), None)
    return f"{there} is there" if there else ""


def withdrawn(
    files: Files, names: Collection[str], remedy: WithdrawMechanism, keytab: str, roots: Collection[Root] = (HOST,)
) -> Share | Declined:
    """What is done about the offered ``names`` that the library answers to programs with these roots.

    A service's list loses them, unless ``keytab`` says that Kerberos logs in by them: then only the library's own lists
    could lose NTLM. Where that was asked for it is planned in either case.
    """
    concerned = ANSWERED & set(names) & set(remedy.mechanisms)
    if not concerned:
        return Share()
    found = {root: carriage(files, root) for root in roots}
    what = " and ".join(sorted(concerned))
    unknown = (_undecided(sorted(concerned), each.doubt) for each in found.values() if each.doubt)
    advice = tuple(Advice(text=text) for text in dict.fromkeys(unknown))
    carrying_it = {root: each for root, each in found.items() if each.entry}
    if not carrying_it:
        return Share(advice=advice)
    share = _unregistered(files, carrying_it) if remedy.host_wide else Share()
    if isinstance(share, Declined):
        return share
    if not keytab:
        # Without a keytab Cyrus SASL answers "not now" to Kerberos alone, which would prove nothing.
        first = next(iter(carrying_it.values()))
        by = "; ".join(filter(None, (first.entry.where if first.entry else "", first.proviso)))
        why = f"{what} answers NTLM as well, by gss-ntlmssp ({by}), and nothing says that Kerberos is used"
        return replace(share, dropped=concerned, reason=why)
    if remedy.host_wide:
        return replace(share, advice=advice)
    text = (
        f"{what} may log in by Kerberos here ({keytab}), so that this plan leaves it. NTLM "
        "comes in it by gss-ntlmssp: make a comment of this line, which concerns every program on this host that reads "
        "it (plan --host-wide plans it and names those seen), or take the mechanism out of the list by hand"
    )
    lines = dict.fromkeys(place for root in carrying_it for place in _loaded(files, root.jail))
    return Share(advice=(*(Advice(text=text, place=each) for each in lines), *advice))


def _carried(files: Files, jail: str) -> Carriage:
    """What the lists come to that a program in this jail has read; without one, on the host itself."""
    if line := next(_loaded(files, jail), None):
        return _answering(files, jail, line)
    for file, entry in registrations(files, jail):
        # The host itself has no other place to look for it.
        if not (files.live and plugin_of(entry).startswith("/")):
            return Carriage(doubt=f"it is registered there ({file.path}:{entry.line}), and its plugin was not found")
    for file in lists(files, jail):
        if file.reading.unread:
            first = file.reading.unread[0]
            return Carriage(doubt=f"{file.path}:{first.line} could not be read: {first.why}")
        for entry in filter(is_unclear, file.reading.entries):
            return Carriage(doubt=f"{file.path}:{entry.line} names a plugin, and by which OID is not understood")
    gone = unseen(files, jail)
    if gone and gone.path == GSS_MECH_CONFIG:
        where = f" ({gone.file}:{gone.line})" if gone.file and gone.line else ""
        return Carriage(doubt=f"{gone.path}{where} has it read another list than {FOLDER}: {gone.why}")
    return Carriage(doubt=f"{gone.path} could not be looked at: {gone.why}" if gone else "")


def _answering(files: Files, jail: str, line: Place) -> Carriage:
    """What a line comes to whose plugin is there."""
    has_them = not jail or has_characters(files, jail)
    if has_them is None:
        return Carriage(entry=line, proviso=f"if the chroot {jail} has {_CHARACTER_SETS}")
    return Carriage(entry=line) if has_them else Carriage(idle=line)


def _loaded(files: Files, jail: str) -> Iterator[Place]:
    """The lines that register gss-ntlmssp for a program in this jail, and whose plugin is there."""
    for file, entry in registrations(files, jail):
        if is_loaded(files, jail, file, entry):
            yield Place(file.path, entry.line, entry.name, " ".join(fields(entry)))


def _is_alike(one: Carriage, other: Carriage) -> bool:
    """Whether it makes no difference which of the two holds."""
    return not (one.doubt or other.doubt) and (one.entry is None) is (other.entry is None)


def _undecided(names: Iterable[str], doubt: str) -> str:
    return f"whether NTLM comes in {' and '.join(names)}, by gss-ntlmssp, could not be told: {doubt}"


def _unregistered(files: Files, roots: Iterable[Root]) -> Share | Declined:
    """Every line that registers gss-ntlmssp for programs with these roots as a comment."""
    reason = (
        "gss-ntlmssp is not registered here any more: NTLM comes in the GSSAPI of no program that reads this list, "
        "Kerberos as before"
    )
    changes: dict[FileEdit, None] = {}
    for file in (each for root in roots for each in lists(files, root.jail)):
        outcome = planned(file, _commented(file.reading), reason)
        if isinstance(outcome, Declined):
            return outcome
        changes |= {outcome: None} if outcome else {}
    return Share(edits=tuple(changes))


def _commented(reading: Reading) -> Outcome:
    if not reading.is_whole:
        return edits.Unreadable(reading.unread)
    lost = [each for each in reading.entries if is_ntlmssp(each)]
    splices = tuple(Splice(Span(each.span.start, each.span.start), b"#") for each in lost)
    after = apply(reading.text, splices)
    if [each.value for each in GSS_MECHS.read(after).entries] != [
        each.value for each in reading.entries if each not in lost
    ]:
        return edits.Declined("the line cannot be made a comment", lost[0].line if lost else None)
    return Edits(splices, digest(reading.text), digest(after))

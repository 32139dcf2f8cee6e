"""What could not be read of a Dovecot configuration, where it could overrule what a plan changes."""

from tightlip.model.finding import Place
from tightlip.model.remedy import Remedy, WithdrawMechanism
from tightlip.products._dovecot.collecting import CUT_OFF, RECURSIVE, TOO_DEEP
from tightlip.products._dovecot.view import MECHANISMS, Setting, View, walk
from tightlip.products._file_notes import is_unread
from tightlip.products._product import Declined, Files, Missing, Need
from tightlip.syntax.reading import Entry, Form, Kind

# Of a value's file that Dovecot, which is root, can read; one that is not there is another matter.
_HIDDEN = ("permission denied", "it holds more than")
# An include that need not be there, and was not given, is another matter too.
_NOT_GIVEN = "it is none of the files"
_INCLUDES = (Kind.INCLUDE, Kind.INCLUDE_IF_THERE)


def unread(files: Files, now: View, remedy: Remedy) -> Declined | None:
    """Why the files do not tell what will take effect once they are changed."""
    if now.cut:
        return Declined(why=f"{now.main} was not followed to its end: {now.cut}")
    if cut_off := next((each for each in files.missing if each.why in (CUT_OFF, RECURSIVE, TOO_DEEP)), None):
        return Declined(why=f"{cut_off.path} could not be read: {cut_off.why}")
    if open_ := next((each for each in now.settings if each.doubt and not each.is_known), None):
        return Declined(why=f"{open_.doubt}; it may overrule what would be changed", place=open_.place)
    missing = {(each.file, each.line): each for each in files.missing if is_unread(each)}
    since = _decides(now) if isinstance(remedy, WithdrawMechanism) else None
    matters = since is None
    for file, entry, _ in walk(files):
        matters = matters or (since is not None and entry is since.entry)
        if matters and entry is None and file.reading.unread:
            first = file.reading.unread[0]
            why = f"this could not be read, and may overrule what would be changed: {first.why}"
            return Declined(why=why, place=Place(file.path, first.line, "", None))
        missed = missing.get((file.path, entry.line)) if matters and entry is not None else None
        if missed is not None and entry is not None and _may_overrule(missed, entry):
            return _not_read(missed)
    return None


def _may_overrule(missed: Missing, entry: Entry) -> bool:
    if entry.kind not in _INCLUDES:
        return missed.why.lower().startswith(_HIDDEN)
    return missed.need is Need.REQUIRED or not missed.why.startswith(_NOT_GIVEN)


def _not_read(missed: Missing) -> Declined:
    why = f"{missed.path} could not be read, and may overrule what would be changed: {missed.why}"
    return Declined(why=why, place=Place(missed.file or missed.path, missed.line, "", None))


def _decides(now: View) -> Setting | None:
    """The first setting from which on the mechanisms are decided, whatever stood before; None where all counts.

    A list that starts anew, and who answers NTLM.
    """
    lists = [each for each in now.named.get(MECHANISMS, ()) if not each.path]
    anew = [each for each in lists if "$" not in each.entry.value or each.entry.form is not Form.PLAIN]
    winbind = now.at("auth_use_winbind")
    if not anew or winbind is None:
        return None
    return next(each for each in now.settings if each is anew[-1] or each is winbind)

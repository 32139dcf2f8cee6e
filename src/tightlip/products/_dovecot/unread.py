"""What could not be read of a Dovecot configuration, where it could overrule what a plan changes."""

from tightlip.model.finding import Place
from tightlip.model.remedy import Remedy, WithdrawMechanism
from tightlip.products._dovecot.collecting import CUT_OFF, TOO_DEEP
from tightlip.products._dovecot.view import MECHANISMS, Setting, View, walk
from tightlip.products._product import Declined, Files, Missing
from tightlip.syntax.reading import Form

# Of files that Dovecot, which is root, can read; what is not there, or was not given, is another matter.
_HIDDEN = ("permission denied", "it holds more than")


def unread(files: Files, now: View, remedy: Remedy) -> Declined | None:
    """Why the files do not tell what will take effect once they are changed."""
    if now.cut:
        return Declined(why=f"{now.main} was not followed to its end: {now.cut}")
    if cut_off := next((each for each in files.missing if each.why in (CUT_OFF, TOO_DEEP)), None):
        return Declined(why=f"{cut_off.path} could not be read: {cut_off.why}")
    hidden = {(each.file, each.line): each for each in files.missing if each.why.lower().startswith(_HIDDEN)}
    since = _decides(now) if isinstance(remedy, WithdrawMechanism) else None
    matters = since is None
    for file, entry, _ in walk(files):
        matters = matters or (since is not None and entry is since.entry)
        if matters and entry is None and file.reading.unread:
            first = file.reading.unread[0]
            why = f"this could not be read, and may overrule what would be changed: {first.why}"
            return Declined(why=why, place=Place(file.path, first.line, "", None))
        if matters and entry is not None and (missed := hidden.get((file.path, entry.line))):
            return _not_read(missed)
    return None


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

"""Cyrus SASL's `smtpd.conf`: where it stands, which mechanisms it makes, how one is withdrawn."""

import re
from collections.abc import Collection, Iterable, Iterator

from tightlip.model.finding import Place
from tightlip.model.posture import USABLE, Note, NoteKind
from tightlip.products._gss_lists import HOST, Root
from tightlip.products._gss_mechs import Carriage, carriage
from tightlip.products._product import Files
from tightlip.products._sasl_plugins import installed, is_answered
from tightlip.syntax import edits
from tightlip.syntax.edits import Outcome, words_of
from tightlip.syntax.reading import Parted, Reading, effective

MECH_LIST = "mech_list"

# SPNEGO comes from the GSSAPI plugin, which hands on Kerberos, and NTLM only where the host's library has it.
KERBEROS_ONLY = frozenset({"GSS-SPNEGO"})
KERBEROS_SAID = (
    "GSS-SPNEGO of Cyrus SASL's GSSAPI plugin carries Kerberos, and no NTLM while gss-ntlmssp is not registered on "
    "this host: it is left as it is"
)
NOT_INSTALLED = "NTLM is listed, and its plugin is not installed: it is neither shown nor answered until it is"

# RFC 4422 section 3.1, in any case as the library compares; and the channel binding that it cuts off (2.1.28).
_NAME = re.compile(r"[A-Z0-9_-]{1,20}")
_PLUS = "-PLUS"
# It is there by itself, and only for a client that has shown a certificate.
_EXTERNAL = "EXTERNAL"
# What has to be reckoned with where the plugins cannot be seen.
_LIKELY = ("PLAIN", "LOGIN", "NTLM")

# The security options (noplaintext …) that a mechanism meets, as its plugin declares them; others meet all of them.
_MEETS = {
    "PLAIN": {"noanonymous"},
    "LOGIN": {"noanonymous"},
    "XOAUTH2": {"noanonymous"},
    "OAUTHBEARER": {"noanonymous"},
    "ANONYMOUS": {"noplaintext"},
    "NTLM": {"noplaintext", "noanonymous"},
    "CRAM-MD5": {"noplaintext", "noanonymous"},
    "DIGEST-MD5": {"noplaintext", "noanonymous", "mutual_auth"},
}
# These need the password itself (or what was made of it) from an auxprop plugin: saslauthd cannot check them.
_SHARED_SECRET = frozenset({"CRAM-MD5", "DIGEST-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512"})


def listed(value: str) -> tuple[str, ...]:
    """The mechanisms (upper case) that a list names, each once, as the library reads it.

    Blanks alone part its words, and a word is a mechanism as a whole or not at all: ``PLAIN, NTLM`` lists NTLM alone.
    ``-PLUS`` behind the last word is cut off.
    """
    words = [word.upper() for word in words_of(value, Parted.BLANKS)]
    if words and words[-1] != _PLUS:
        words.append(words.pop().removesuffix(_PLUS))
    return tuple(dict.fromkeys(word for word in words if _NAME.fullmatch(word)))


def no_names(value: str) -> str:
    """What is said of the words of a list that can be no mechanisms, which are never shown; empty where all can be."""
    count = sum(not _NAME.fullmatch(word.upper()) for word in words_of(value, Parted.BLANKS))
    if not count:
        return ""
    told = "a word of the list is" if count == 1 else f"{count} words of the list are"
    return f"{told} no mechanism to Cyrus SASL, which parts them by blanks alone and takes a comma for a part of a name"


def had(names: Iterable[str], seen: Iterable[str]) -> tuple[str, ...]:
    """Those of some mechanisms (upper case) that the server is known to have for whoever comes.

    Where the plugins could not be seen, those that are in use everywhere.
    """
    known = installed(seen) or USABLE
    return tuple(name for name in names if name in known and name != _EXTERNAL)


def offered(reading: Reading | None, seen: Iterable[str]) -> tuple[str, ...]:
    """The mechanisms (upper case) that a caller with this `smtpd.conf` can be asked for.

    Without a list (or without the file, None) that is every plugin that is installed; where no plugin could be seen,
    PLAIN, LOGIN and NTLM are reckoned with.
    """
    entry = effective(reading, MECH_LIST) if reading else None
    if entry is not None:
        return listed(entry.value)
    return installed(seen) or _LIKELY


def harmless(files: Files, words: Collection[str], place: Place, roots: Iterable[Root] = (HOST,)) -> Iterator[Note]:
    """What a list at this place names (upper case) that could be taken for NTLM's, and answers none.

    ``roots`` are those of the services that go by the list.
    """
    if KERBEROS_ONLY & set(words) and all(carriage(files, root) == Carriage() for root in roots):
        yield Note(kind=NoteKind.HARMLESS, text=KERBEROS_SAID, file=place.file, line=place.line)
    if "NTLM" in words and not is_answered("NTLM", files.seen):
        yield Note(kind=NoteKind.HARMLESS, text=NOT_INSTALLED, file=place.file, line=place.line)


def meets(mechanism: str, options: Collection[str]) -> bool:
    """Whether a mechanism is allowed under these security options (lower case)."""
    declared = _MEETS.get(mechanism)
    return declared is None or not (set(options) - declared)


def successors(reading: Reading | None, seen: Iterable[str], withdrawn: Collection[str]) -> tuple[str, ...]:
    """What a list that has to be written anew keeps: the usable mechanisms that are installed and can be checked."""
    entry = effective(reading, "pwcheck_method") if reading else None
    methods = words_of(entry.value.lower()) if entry else ["auxprop"]
    candidates = installed(seen) or _LIKELY
    return tuple(
        name
        for name in candidates
        if name in USABLE and name not in withdrawn and ("auxprop" in methods or name not in _SHARED_SECRET)
    )


def spelled(withdrawn: Collection[str]) -> frozenset[str]:
    """Every word that a list may have for these mechanisms."""
    return frozenset(withdrawn) | {f"{name}{_PLUS}" for name in withdrawn}


def withdraw(reading: Reading, seen: Collection[str], withdrawn: Collection[str]) -> Outcome:
    """Take mechanisms out of the list that takes effect; where there is none, write one that holds what stays."""
    if effective(reading, MECH_LIST) is not None:
        return edits.remove_words(reading, MECH_LIST, spelled(withdrawn))
    if not set(offered(reading, seen)) & set(withdrawn):
        return edits.in_turn(reading)
    kept = successors(reading, seen, withdrawn)
    if not kept:
        return edits.Declined("no usable mechanism is installed beside what is to be withdrawn")
    return edits.set_value(reading, MECH_LIST, " ".join(kept))

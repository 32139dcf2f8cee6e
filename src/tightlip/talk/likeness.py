"""Which refusals are alike, and which say that there is no such command: what a control is measured by."""

import re
from collections.abc import Iterable
from functools import lru_cache

from tightlip.talk.refusal_parts import BY_NUMBER, STATUSES, RefusalParts, parted, words_of
from tightlip.talk.refusal_words import IN_THIS_STATE, NO_COMMAND, NO_COMMAND_PHRASES, NO_SUCH_COMMAND

_BY_SMTP = ("smtp", "lmtp")
# These speak of the command: a control tells what they are worth.
_OF_THE_COMMAND = ("500", "502")
# So NNTP says that it knows the command, and not the word behind it (RFC 3977 section 3.2.1).
_NO_KEYWORD = "501"

# Stands for the names that were asked for.
_NAME = "\0"
_IDS = re.compile(r"<[^<>\s]*>|\d[\w:.+-]*")
_LIKE_WORD = re.compile(rf"{_NAME}|[\w-]+")
_HEX = re.compile(r"[0-9a-f]{8,}")
# The error of a Windows call: no such package (0x80090305) is another thing than no domain controller (0x80090311).
# In decimal they begin with 2147 or 2148, as an unsigned number, or with -2146.
_WINDOWS_ERROR = re.compile(r"\b0x[89c][0-9a-f]{7}\b|\b214[678]\d{6}\b")


@lru_cache(256)
def are_alike(protocol: str, one: tuple[str, str], other: tuple[str, str], *verbs: str) -> bool:
    """Whether two refusals, each with the name that it refuses, differ in those names, in numbers and ids alone.

    Or whether both say that there is no such command: "unrecognized" and "not implemented" are one thing to whoever
    asks (RFC 5321 section 4.2.4, RFC 3977 section 3.2.1). A 500 or 502 that says more may mean anything.
    """
    (text, name), (text_beside, name_beside) = one, other
    ours, theirs = parted(protocol, text.lower()), parted(protocol, text_beside.lower())
    # Both names in both texts: "Login failed", said to LOGIN and to NTLM, is one text.
    names = (name, name_beside, *verbs)
    if _in_common(ours, names) == _in_common(theirs, names):
        return True
    return all(_is_no_command(protocol, each, names) for each in (ours, theirs))


def says_no_command(protocol: str, reply: str, *names: str) -> bool:
    """Whether ``reply`` says that there is no such command, and nothing besides.

    A code of three digits says so without a text; of a status word the text has to.
    """
    parts = parted(protocol, reply.lower())
    if protocol in BY_NUMBER:
        return _is_no_command(protocol, parts, names)
    words = _bare_words(parts)
    if tuple(words) in NO_COMMAND_PHRASES:
        return True
    is_whole = _no_command_words(names).union(IN_THIS_STATE).issuperset(words)
    return parts.code in STATUSES and is_whole and not NO_SUCH_COMMAND.isdisjoint(words)


def _is_no_command(protocol: str, parts: RefusalParts, names: Iterable[str]) -> bool:
    codes = _OF_THE_COMMAND if protocol in _BY_SMTP else (*_OF_THE_COMMAND, _NO_KEYWORD)
    is_coded = protocol in BY_NUMBER and parts.code in codes
    words = _bare_words(parts)
    named = {name.lower() for name in names}
    # The code alone says it, and so it does beside the command's name.
    says_it = NO_COMMAND.isdisjoint(words) or not NO_SUCH_COMMAND.union(named).isdisjoint(words)
    is_whole = says_it and _no_command_words(named).issuperset(words)
    return is_coded and (is_whole or tuple(words) in NO_COMMAND_PHRASES)


def _bare_words(parts: RefusalParts) -> list[str]:
    """Without quotes around them, and without numbers: qmail and Cisco write the enhanced code as ``#5.5.1``."""
    bare = (word.strip("'") for word in words_of(parts.text))
    return [word for word in bare if word and not word.isdigit()]


def _no_command_words(names: Iterable[str]) -> frozenset[str]:
    return NO_COMMAND.union(name.lower() for name in names)


def _in_common(parts: RefusalParts, names: tuple[str, ...]) -> str:
    """What is left of a refusal without ``names``, numbers, times and ids."""
    code, detail, text = parts
    if any(names):
        text = _any_of(tuple(name.lower() for name in names if name)).sub(f" {_NAME} ", text)
    words = [word for word in _LIKE_WORD.findall(_IDS.sub(" ", text)) if not _is_id(word)]
    # Who repeats the whole command has several of the names in a row.
    once = [word for at, word in enumerate(words) if word != _NAME or words[at - 1 : at] != [_NAME]]
    return " ".join((code, detail, *once, *_WINDOWS_ERROR.findall(parts.text)))


@lru_cache(64)
def _any_of(names: tuple[str, ...]) -> re.Pattern[str]:
    longest_first = sorted(names, key=len, reverse=True)
    return re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, longest_first))})(?![\w-])")


def _is_id(word: str) -> bool:
    return any(map(str.isdigit, word)) or not word.strip("-_") or _HEX.fullmatch(word) is not None

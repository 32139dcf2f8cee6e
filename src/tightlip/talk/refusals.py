"""What a server's "no" means: for now, for us, before TLS, or of the mechanism itself; and which are alike.

What says "not you" or "not now" goes before everything. Only a text or a code that can mean nothing else proves
anything. A text does so where every word of it is understood (``gist``) and the table of its protocol has it.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from tightlip.model.facts import Standing
from tightlip.talk.refusal_gist import gist, without_ids
from tightlip.talk.refusal_texts import PROVEN, PROVEN_BESIDE_504
from tightlip.talk.refusal_words import DOUBTS, FORBIDS, MORE_WANTED, NO_COMMAND, NOT_NOW, turns_us_away

_BY_NUMBER = ("smtp", "lmtp", "nntp")
_BY_SMTP = ("smtp", "lmtp")
_REFUSING = ("4", "5")
_STATUSES = ("no", "bad", "bye", "-err")

# Response codes that say "not now": RFC 5530 and providers (IMAP), RFC 2449 and 3206 (POP3), RFC 5804 (ManageSieve).
_FOR_NOW = frozenset(
    "unavailable inuse serverbug limit throttled overquota sys/temp in-use login-delay trylater try-later".split()
)
# RFC 5530 section 3, RFC 5804 section 1.3.
_TLS_FIRST = frozenset(("privacyrequired", "encrypt-needed"))
# A code that says that the server tells nothing (RFC 5530), or that it is about more than TLS (RFC 5804).
_TELLS_NOTHING = frozenset("authenticationfailed authorizationfailed expired noperm clientbug auth-too-weak".split())
# RFC 3977 section 3.2.1; 403 is an internal fault or problem.
_NNTP_FOR_NOW = ("400", "403")
_NOT_IMPLEMENTED = "502"
# These speak of the command: a control tells what they are worth.
_OF_THE_COMMAND = ("500", _NOT_IMPLEMENTED)
# So NNTP says that it knows the command, and not the word behind it (RFC 3977 section 3.2.1).
_NO_KEYWORD = "501"
# RFC 4954 section 6, RFC 5248.
_ENCRYPTION_NEEDED = ("5.7.10", "5.7.11")
# Said of AUTH as a whole: by 503, and by hMailServer's 504.
_OF_AUTH = ("503", "504")

# Ends a text that was too long to be kept whole.
_CUT = "…"

_ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}(?!\S)")
_WORD = re.compile(r"[\w'-]+")

# Stands for the names that were asked for.
_NAME = "\0"
# A version, what Postfix says where its SASL gives no reason, and advice to use something else.
_NO_TIME = re.compile(r" or later|\(reason unavailable\)|try again with (?:a|an|another)\b")
_COMMAND_UNAVAILABLE = re.compile(r"\bcommand (?:is )?(?:unavailable|not available)\b")
_IDS = re.compile(r"<[^<>\s]*>|\d[\w:.+-]*")
_LIKE_WORD = re.compile(rf"{_NAME}|[\w-]+")
_HEX = re.compile(r"[0-9a-f]{8,}")

_HELLO = frozenset(("ehlo", "helo", "lhlo", "hello", "introduce", "introduction", "greeting"))
_WANTED = frozenset(
    "first send say need needs needed before must require required requires expected expecting use specify please "
    "polite without missing no sent zuerst erst d'abord primero prima najpierw introduce".split()
)
# Who has been introduced is not asked for it.
_INTRODUCED = frozenset(("already", "duplicate", "twice", "again", "repeated"))
_ERROR_LIMIT = re.compile(
    r"(?:too (?:many|much)|maximum number of|excessive|limit of) (?:[\w/-]+ ){0,4}"
    r"(?:errors?|mistakes|(?:bad|invalid|unknown|unrecogni[sz]ed|unimplemented|illegal|wrong|junk|erroneous|nonmail|"
    r"unauthenticated) "
    r"(?:bad )?(?:imap |smtp |pop3? )?commands?)\b"
    r"|\berror (?:limit|count) (?:exceeded|reached)"
)


class _Reply(NamedTuple):
    """A refusal in parts, lower case: ``code`` is three digits or a status word, ``detail`` a code beside it."""

    code: str
    detail: str
    text: str


def standing_of(protocol: str, reply: str) -> Standing:
    """What the refusal ``reply`` proves, if anything."""
    parts = _parsed(protocol, reply.lower())
    text = _of_command_alone(parts.code, without_ids(parts.text))
    words = _words(text)
    if turns_us_away(words, text):
        return Standing.BANNED
    if _is_for_now(protocol, parts) or NOT_NOW.are_in(words, text):
        return Standing.TEMPORARY
    if reply.endswith(_CUT):
        return Standing.UNCLEAR  # what was cut off may turn the sense
    proven = _proven(protocol, parts)
    if proven is not None:
        return proven
    if _asks_for_tls(protocol, parts) and not DOUBTS.are_in(words, text):
        return Standing.TLS_REQUIRED
    return Standing.UNCLEAR


def _in_common(parts: _Reply, names: tuple[str, ...]) -> str:
    """What is left of a refusal without ``names``, numbers, times and ids."""
    code, detail, text = parts
    if any(names):
        text = _any_of(tuple(name.lower() for name in names if name)).sub(f" {_NAME} ", text)
    words = [word for word in _LIKE_WORD.findall(_IDS.sub(" ", text)) if not _is_id(word)]
    # Who repeats the whole command has several of the names in a row.
    once = [word for at, word in enumerate(words) if word != _NAME or words[at - 1 : at] != [_NAME]]
    return " ".join((code, detail, *once))


def asks_for_hello(reply: str) -> bool:
    """Whether this 503 of SMTP or LMTP, or 501 as Coremail has it, asks to be introduced to first."""
    words = frozenset(_words(reply.lower()))
    if words.isdisjoint(_HELLO) or not words.isdisjoint(_INTRODUCED):
        return False
    if reply.startswith("501"):
        return "first" in words
    return reply.startswith("503") and (not words.isdisjoint(_WANTED) or not reply.isascii())


@lru_cache(64)
def asks_for_more(reply: str) -> bool:
    """Whether this refusal says that the mechanism's name alone is too little."""
    text = reply.lower()
    return MORE_WANTED.are_in(_words(text), text)


@lru_cache(64)
def gives_a_reason(reply: str) -> bool:
    """Whether this refusal speaks of permission, of us or of a fault, whatever its code says."""
    text = _of_command_alone(reply[:3], reply.lower())
    words = _words(text)
    return FORBIDS.are_in(words, text) or NOT_NOW.are_in(words, text) or turns_us_away(words, text)


@lru_cache(256)
def are_alike(protocol: str, one: tuple[str, str], other: tuple[str, str], *verbs: str) -> bool:
    """Whether two refusals, each with the name that it refuses, differ in those names, in numbers and ids alone.

    Or whether both say that there is no such command: "unrecognized" and "not implemented" are one thing to whoever
    asks (RFC 5321 section 4.2.4, RFC 3977 section 3.2.1). A 500 or 502 that says more may mean anything.
    """
    (text, name), (text_beside, name_beside) = one, other
    ours, theirs = _parsed(protocol, text.lower()), _parsed(protocol, text_beside.lower())
    if _in_common(ours, (name, *verbs)) == _in_common(theirs, (name_beside, *verbs)):
        return True
    return all(_is_no_command(protocol, each, (name, name_beside, *verbs)) for each in (ours, theirs))


def says_no_command(protocol: str, reply: str, *names: str) -> bool:
    """Whether ``reply`` says that there is no such command, and nothing besides."""
    return _is_no_command(protocol, _parsed(protocol, reply.lower()), names)


def _is_no_command(protocol: str, parts: _Reply, names: tuple[str, ...]) -> bool:
    known = NO_COMMAND.union(name.lower() for name in names)
    codes = _OF_THE_COMMAND if protocol in _BY_SMTP else (*_OF_THE_COMMAND, _NO_KEYWORD)
    return protocol in _BY_NUMBER and parts.code in codes and known.issuperset(_words(parts.text))


def is_error_limit(reply: str) -> bool:
    """Whether ``reply`` says that *we* made too many errors on this connection; it says nothing of our address."""
    text = reply.lower()
    words = _words(text)
    return _ERROR_LIMIT.search(text) is not None and not turns_us_away(words, text) and "from" not in words


def _of_command_alone(code: str, text: str) -> str:
    """A 502 without "command unavailable", which is what that code means for good (RFC 3977 section 3.2.1)."""
    return _COMMAND_UNAVAILABLE.sub(" ", text) if code == _NOT_IMPLEMENTED else text


def _parsed(protocol: str, reply: str) -> _Reply:
    """``reply``, lower case, in its parts by the grammar of the protocol."""
    if protocol in _BY_NUMBER:
        return _numbered(reply)
    first, _, rest = reply.partition(" ")
    if first not in _STATUSES:  # a tag, or the star of an untagged answer
        second, _, further = rest.partition(" ")
        if second in _STATUSES:
            first, rest = second, further
    rest = rest.lstrip()
    detail = ""
    opened, closed = "()" if protocol == "managesieve" else "[]"
    if rest.startswith(opened) and closed in rest:
        detail, _, rest = rest[1:].partition(closed)
    return _Reply(first, detail.partition(" ")[0], _unquoted(rest.strip()))


def _numbered(reply: str) -> _Reply:
    """The code, the enhanced code (RFC 2034), and the texts of all lines as one.

    All lines of a reply have one code (RFC 5321 section 4.2.1): where they differ, it is one for now, or none.
    """
    codes, details, texts = {reply[:3]}, [""], []
    for line in reply.split("\n"):
        text = line
        if line[:3].isdigit():
            codes.add(line[:3])
            text = line[3:].lstrip(" -")
        enhanced = _ENHANCED.match(text)
        if enhanced is not None:
            details.append(enhanced[0])
            text = text[enhanced.end() :]
        texts.append(text.strip())
    return _Reply(_one_of(codes, reply[:3]), _one_of(set(details[1:]), details[-1]), " ".join(texts))


def _one_of(codes: set[str], usual: str) -> str:
    """The one code of all lines; of several the one that says "not now", if any does."""
    if len(codes) < 2:
        return usual
    return min((code for code in codes if code.startswith("4")), default="")


def _unquoted(text: str) -> str:
    """A ManageSieve string without its quotes, a literal without its count."""
    if text.startswith("{"):
        text = text.partition("}")[2].strip()
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text


def _words(text: str) -> list[str]:
    """The words, but for those that look like a time and are none."""
    return _WORD.findall(_NO_TIME.sub(" ", text))


def _is_for_now(protocol: str, reply: _Reply) -> bool:
    if protocol in _BY_SMTP:
        return reply.code.startswith("4") or reply.detail.startswith("4")
    if protocol == "nntp":
        return reply.code in _NNTP_FOR_NOW
    # A BYE closes the connection, whatever it was asked: by itself it refuses nothing for good.
    return reply.code == "bye" or reply.detail in _FOR_NOW


def _proven(protocol: str, reply: _Reply) -> Standing | None:
    """What the text as a whole proves, together with the code."""
    meaning = gist(reply.text)
    if reply.text and not meaning:
        return None  # a number or an id is something else than no text
    proven = PROVEN[protocol].get(meaning)
    if proven is not None and _may_prove(protocol, reply, proven):
        return proven
    # RFC 4954 section 4 refuses a mechanism by this code, and RFC 5321 any parameter: with a text it says no more.
    return PROVEN_BESIDE_504.get(meaning) if protocol in _BY_SMTP and reply.code == "504" else None


def _may_prove(protocol: str, reply: _Reply, proven: Standing) -> bool:
    """Whether this is a refusal, and its code leaves to the text what the text says as a whole."""
    if protocol not in _BY_NUMBER:
        return reply.code in _STATUSES and reply.detail not in _TELLS_NOTHING
    if proven is Standing.TLS_REQUIRED:
        return reply.code[:1] in _REFUSING
    if proven is Standing.NO_AUTHENTICATION:
        return reply.code in _OF_AUTH
    return reply.code[:1] in _REFUSING and reply.code not in _OF_THE_COMMAND


def _asks_for_tls(protocol: str, reply: _Reply) -> bool:
    """Whether the code by itself says "TLS first"."""
    if protocol in _BY_SMTP:
        return reply.code in ("523", "538") and reply.detail in _ENCRYPTION_NEEDED
    return reply.code == "483" if protocol == "nntp" else reply.detail in _TLS_FIRST


@lru_cache(64)
def _any_of(names: tuple[str, ...]) -> re.Pattern[str]:
    longest_first = sorted(names, key=len, reverse=True)
    return re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, longest_first))})(?![\w-])")


def _is_id(word: str) -> bool:
    return any(map(str.isdigit, word)) or not word.strip("-_") or _HEX.fullmatch(word) is not None

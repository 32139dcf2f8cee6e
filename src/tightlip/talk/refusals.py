"""What a server's "no" means: for now, for us, before TLS, or of the mechanism itself; and which are alike.

Only a text or a code that can mean nothing else proves anything. A text does so where every word of it is understood
(``gist``) and the table of its protocol has it; whatever says "not now" or "not you" goes before a reply code.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from tightlip.model.facts import Standing
from tightlip.talk.refusal_texts import PROVEN
from tightlip.talk.refusal_words import DOUBTS, NOT_NOW, gist, turns_us_away

_BY_NUMBER = ("smtp", "lmtp", "nntp")
_BY_SMTP = ("smtp", "lmtp")
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
# These speak of the command: a control tells what they are worth.
_OF_THE_COMMAND = ("500", "502")
# RFC 4954 section 6, RFC 5248.
_ENCRYPTION_NEEDED = ("5.7.10", "5.7.11")
# Said of AUTH as a whole: by 503, and by hMailServer's 504.
_OF_AUTH = ("503", "504")

_ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}(?!\S)")
_WORD = re.compile(r"[\w'-]+")
_TLS_WORDS = frozenset("tls ssl starttls stls encryption encrypted encrypt layer secure".split())


class _Reply(NamedTuple):
    """A refusal in parts, lower case: ``code`` is three digits or a status word, ``detail`` a code beside it."""

    code: str
    detail: str
    text: str


def standing_of(protocol: str, reply: str) -> Standing:
    """What the refusal ``reply`` proves, if anything."""
    parts = _parsed(protocol, reply.lower())
    if _is_for_now(protocol, parts):
        return Standing.BANNED if turns_us_away(_words(parts.text), parts.text) else Standing.TEMPORARY
    proven = PROVEN[protocol].get(gist(parts.text))
    if proven is not None and _may_prove(protocol, parts, proven):
        return proven
    words = _words(parts.text)
    if turns_us_away(words, parts.text):
        return Standing.BANNED
    if NOT_NOW.are_in(words, parts.text):
        return Standing.TEMPORARY
    standing = _of_the_code(protocol, parts)
    if standing is not Standing.UNCLEAR and not DOUBTS.are_in(words, parts.text):
        return standing
    # It closes the connection, whatever it was asked: by itself it refuses nothing for good.
    return Standing.TEMPORARY if parts.code == "bye" else Standing.UNCLEAR


def likeness(protocol: str, reply: str, *names: str) -> str:
    """What ``reply`` has in common with the answer to the same question about another name.

    Two refusals that differ only in ``names``, in numbers, times and ids are equal. 500 and 502 of a protocol with
    reply codes say all there is in the code.
    """
    code, detail, text = _parsed(protocol, reply.lower())
    if protocol in _BY_NUMBER and code in _OF_THE_COMMAND:
        return code
    if names:
        text = _any_of(tuple(name.lower() for name in names)).sub(" \0 ", text)
    text = _IDS.sub(" ", text)
    words = [word for word in _LIKE_WORD.findall(text) if not _is_id(word)]
    return " ".join(
        [code, detail, *(word for at, word in enumerate(words) if word != "\0" or words[at - 1 : at] != ["\0"])]
    )


def asks_for_hello(reply: str) -> bool:
    """Whether this 503 of SMTP or LMTP asks to be introduced to first."""
    if not reply.startswith("503"):
        return False
    words = frozenset(_words(reply.lower()))
    if not words.isdisjoint(_INTRODUCED):
        return False
    return not words.isdisjoint(_HELLO) and (not words.isdisjoint(_WANTED) or not reply.isascii())


def is_error_limit(reply: str) -> bool:
    """Whether ``reply`` says that *we* made too many errors on this connection; it says nothing of our address."""
    text = reply.lower()
    return (
        _ERROR_LIMIT.search(text) is not None and not turns_us_away(_words(text), text) and "from" not in _words(text)
    )


def _parsed(protocol: str, reply: str) -> _Reply:
    if protocol in _BY_NUMBER:
        return _numbered(reply)
    first, _, rest = reply.partition(" ")
    if first not in _STATUSES:  # a tag, or the star of an untagged answer
        second, _, further = rest.partition(" ")
        if second in _STATUSES:
            first, rest = second, further
    rest = rest.lstrip()
    for opened, closed in ("[]", "()"):
        if rest.startswith(opened) and closed in rest:
            detail, _, rest = rest[1:].partition(closed)
            return _Reply(first, detail.partition(" ")[0], _unquoted(rest.strip()))
    return _Reply(first, "", _unquoted(rest.strip()))


def _numbered(reply: str) -> _Reply:
    """The code, the enhanced code (RFC 2034), and the texts of all lines as one."""
    detail, texts = "", []
    for line in reply.split("\n"):
        text = line[3:].lstrip(" -") if line[:3].isdigit() else line
        enhanced = _ENHANCED.match(text)
        if enhanced is not None:
            detail = enhanced[0]
            text = text[enhanced.end() :]
        texts.append(text.strip())
    return _Reply(reply[:3], detail, " ".join(texts))


def _unquoted(text: str) -> str:
    """A ManageSieve string without its quotes, a literal without its count."""
    if text.startswith("{"):
        text = text.partition("}")[2].strip()
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text


def _words(text: str) -> list[str]:
    return _WORD.findall(text)


def _is_for_now(protocol: str, reply: _Reply) -> bool:
    if protocol in _BY_SMTP:
        return reply.code[:1] == "4"
    if protocol == "nntp":
        return reply.code in _NNTP_FOR_NOW
    return reply.detail in _FOR_NOW


def _may_prove(protocol: str, reply: _Reply, proven: Standing) -> bool:
    """Whether the code leaves to the text what the text says as a whole."""
    if protocol in _BY_NUMBER:
        if proven is Standing.TLS_REQUIRED:
            return True
        if reply.code in _OF_THE_COMMAND:
            return False
        return proven is not Standing.NO_AUTHENTICATION or reply.code in _OF_AUTH
    return reply.detail not in _TELLS_NOTHING


def _of_the_code(protocol: str, reply: _Reply) -> Standing:
    if protocol in _BY_SMTP:
        if reply.code in ("523", "538") and reply.detail in _ENCRYPTION_NEEDED:
            return Standing.TLS_REQUIRED
        # RFC 4954 section 4; with a word of TLS it may be of TLS, for which this code is as well.
        if reply.code == "504" and _TLS_WORDS.isdisjoint(_words(reply.text)):
            return Standing.NO_SUCH_MECHANISM
    elif protocol == "nntp":
        return Standing.TLS_REQUIRED if reply.code == "483" else Standing.UNCLEAR
    elif reply.detail in _TLS_FIRST:
        return Standing.TLS_REQUIRED
    return Standing.UNCLEAR


@lru_cache(64)
def _any_of(names: tuple[str, ...]) -> re.Pattern[str]:
    longest_first = sorted(names, key=len, reverse=True)
    return re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, longest_first))})(?![\w-])")


_IDS = re.compile(r"<[^<>\s]*>|\d[\w:.+-]*")
_LIKE_WORD = re.compile(r"\0|[\w-]+")
_HEX = re.compile(r"[0-9a-f]{8,}")


def _is_id(word: str) -> bool:
    return any(map(str.isdigit, word)) or not word.strip("-_") or _HEX.fullmatch(word) is not None


_HELLO = frozenset(("ehlo", "helo", "lhlo", "hello", "introduce", "introduction", "greeting"))
_WANTED = frozenset(
    "first send say need needs needed before must require required requires expected expecting use specify please "
    "polite without missing no sent zuerst erst d'abord primero prima najpierw introduce".split()
)
# Who has been introduced is not asked for it.
_INTRODUCED = frozenset(("already", "duplicate", "twice", "again", "repeated"))
_ERROR_LIMIT = re.compile(
    r"(?:too (?:many|much)|maximum number of|excessive|limit of) (?:[\w/-]+ ){0,4}"
    r"(?:errors?|mistakes|(?:bad|invalid|unknown|unrecogni[sz]ed|unimplemented|illegal|wrong|junk|failed|nonmail) "
    r"(?:bad )?(?:imap |smtp |pop3? )?commands?)\b"
    r"|\berror (?:limit|count) (?:exceeded|reached)"
)

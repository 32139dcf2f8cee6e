"""What a server's "no" means: for now, for us, before TLS, of the mechanism itself, or that it has no TLS.

What says "not you" or "not now" goes before everything. Only a text or a code that can mean nothing else proves
anything. A text does so where every word of it is understood (``gist``) and the table of its protocol has it.
"""

import re
from functools import lru_cache

from tightlip.model.facts import Standing
from tightlip.talk.refusal_gist import gist, without_ids
from tightlip.talk.refusal_parts import BY_NUMBER, STATUSES, RefusalParts, parted, words_of
from tightlip.talk.refusal_texts import PROVEN, PROVEN_BESIDE_504
from tightlip.talk.refusal_words import AWAY, DOUBTS, FORBIDS, MORE_WANTED, NOT_NOW, turns_us_away

_BY_SMTP = ("smtp", "lmtp")
_REFUSING = ("4", "5")

# Response codes that say "not now": RFC 5530 and providers (IMAP), RFC 2449 and 3206 (POP3), RFC 5804 (ManageSieve).
_FOR_NOW = frozenset(
    "unavailable inuse serverbug limit throttled overquota sys/temp in-use login-delay trylater try-later".split()
)
# RFC 5530 section 3, RFC 5804 section 1.3.
_TLS_FIRST = frozenset(("privacyrequired", "encrypt-needed"))
# Codes that leave to the text what it says (RFC 3501, RFC 5530, RFC 2449, RFC 3206); of any other it is not known.
_ADDS_NOTHING = frozenset(("", "alert", "cannot", "auth", "sys/perm", *_TLS_FIRST))
# RFC 3977 section 3.2.1; 403 is an internal fault or problem.
_NNTP_FOR_NOW = ("400", "403")
_NOT_IMPLEMENTED = "502"
# These speak of the command: a control tells what they are worth.
_OF_THE_COMMAND = ("500", _NOT_IMPLEMENTED)
# RFC 4954 section 6, RFC 5248.
_ENCRYPTION_NEEDED = ("5.7.10", "5.7.11")
# Said of AUTH as a whole: by 503, and by hMailServer's 504.
_OF_AUTH = ("503", "504")

# Ends a text that was too long to be kept whole.
_CUT = "…"

# What may stand beside a 504 that is about the mechanism (RFC 3463, RFC 4954); Sendmail has 5.3.3.
_OF_MECHANISMS = re.compile(r"(?:5\.5\.\d+|5\.3\.3|5\.7\.4)?")
_COMMAND_UNAVAILABLE = re.compile(r"\bcommand (?:is )?(?:unavailable|not available)\b")

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

# What greets behind its own name, and words for us: "spammers will be blocked" is a policy.
_PRODUCTS = ("esmtp", "smtp", "lmtp", "pop3", "imap4rev1", "nntp")
_US = frozenset("you your client client's ip".split())
_SLASHED = re.compile(r"\w+/\w+")
_OF_ONE_LOGIN = frozenset("mechanism mechanisms method methods type types scheme ntlm requested selected".split())
_OF_AUTH_ALONE = frozenset("auth authinfo sasl command commands".split())
_HAVE_USER = ("pop3", "nntp")

# What an answer of these means is the service, whatever its text (RFC 3977 section 3.2.1, RFC 5321 section 3.8).
_OF_THE_SERVICE = ("400", "403", "421")
_TLS = r"(?:tls|starttls|stls|ssl)(?:/ssl|/tls)?(?: (?:support|command|extension|encryption|service))?"
_NOT_THERE = "(?:supported|available|enabled|configured|implemented|advertised|offered)"
# That there is no TLS, as all that is said: Dovecot, Exim, Exchange, and others in their words.
_NO_TLS = re.compile(
    rf"(?:\d{{3}} (?:\d\.\d{{1,3}}\.\d{{1,3}} )?|-err |no |bad )?(?:error:? |sorry,? )?(?:the )?"
    rf"(?:{_TLS} (?:(?:is |are |was |used when )?not |isn't |un){_NOT_THERE}|{_TLS} (?:is )?disabled"
    rf"|no {_TLS}(?: available)?|unable to initialize security subsystem)"
    r"(?: (?:on|by|in|for) this (?:server|host|port|service|listener|system))?[.!]*"
)
# As 502 of NNTP has it, and 454 of SMTP (RFC 3207 section 4) where no more is said.
_UNAVAILABLE = re.compile(rf"\b(?:command|{_TLS}) (?:is )?(?:unavailable|not available)\b")
# That TLS could not be begun: there is one (RFC 4642 section 2.2.2).
_TLS_FAILED = "580"


def standing_of(protocol: str, reply: str) -> Standing:
    """What the refusal ``reply`` proves, if anything."""
    parts = parted(protocol, reply.lower())
    text = _of_command_alone(parts.code, without_ids(parts.text))
    words = words_of(text)
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


def asks_for_hello(reply: str) -> bool:
    """Whether this 503 of SMTP or LMTP, or 501 as Coremail has it, asks to be introduced to first."""
    words = frozenset(words_of(reply.lower()))
    if words.isdisjoint(_HELLO) or not words.isdisjoint(_INTRODUCED):
        return False
    if reply.startswith("501"):
        return "first" in words
    return reply.startswith("503") and (not words.isdisjoint(_WANTED) or not reply.isascii())


@lru_cache(64)
def asks_for_more(reply: str) -> bool:
    """Whether this refusal says that the mechanism's name alone is too little."""
    text = reply.lower()
    return MORE_WANTED.are_in(words_of(text), text)


@lru_cache(64)
def gives_a_reason(reply: str) -> bool:
    """Whether this refusal speaks of permission, of us or of a fault, whatever its code says."""
    text = _of_command_alone(reply[:3], reply.lower())
    words = words_of(text)
    return FORBIDS.are_in(words, text) or NOT_NOW.are_in(words, text) or turns_us_away(words, text)


def is_away(text: str) -> bool:
    """Whether a greeting, or a word beside an answer, says that the service is away, or that we are not wanted."""
    plain = [word for word in text.lower().split() if "." not in word.strip(".,;:!?")]
    if plain[1:2] and plain[1] in _PRODUCTS:
        plain = plain[1:]  # the name of a host, without its domain
    said = " ".join(plain)
    words = [*words_of(said), *_SLASHED.findall(said)]
    return AWAY.are_in(words, said) or (not _US.isdisjoint(words) and turns_us_away(words, said))


def is_of_every_login(protocol: str, reply: str) -> bool:
    """Whether this "TLS first" may be said of any login, and not of one mechanism, or of AUTH where USER is another.

    RFC 4954 section 6 has a 538 for mechanisms that want encryption, and Cyrus SASL a text of its own.
    """
    words = words_of(parted(protocol, reply.lower()).text)
    is_of_auth = protocol in _HAVE_USER and not _OF_AUTH_ALONE.isdisjoint(words)
    return not is_of_auth and not is_of_one_login(protocol, reply)


def is_of_one_login(protocol: str, reply: str) -> bool:
    """Whether this "TLS first" is said of the mechanism that was asked for: another may be taken."""
    return not _OF_ONE_LOGIN.isdisjoint(words_of(parted(protocol, reply.lower()).text))


def is_error_limit(reply: str) -> bool:
    """Whether ``reply`` says that *we* made too many errors on this connection; it says nothing of our address."""
    text = reply.lower()
    words = words_of(text)
    return _ERROR_LIMIT.search(text) is not None and not turns_us_away(words, text) and "from" not in words


def says_no_tls(reply: str) -> bool:
    """Whether this refusal of STARTTLS says that the server has none, for anybody, and not only for now."""
    return not reply.startswith(("4", _TLS_FAILED)) and _NO_TLS.fullmatch(reply.lower().strip()) is not None


def is_of_the_command(reply: str) -> bool:
    """Whether a refusal of an unlisted STARTTLS speaks of that command alone, though it says "unavailable".

    Of a command that is not offered this means that there is none (RFC 3977 section 3.2.1), not that it is busy.
    """
    return not reply.startswith(_OF_THE_SERVICE) and not gives_a_reason(_UNAVAILABLE.sub(" ", reply.lower()))


def _of_command_alone(code: str, text: str) -> str:
    """A 502 without "command unavailable", which is what that code means for good (RFC 3977 section 3.2.1)."""
    return _COMMAND_UNAVAILABLE.sub(" ", text) if code == _NOT_IMPLEMENTED else text


def _is_for_now(protocol: str, reply: RefusalParts) -> bool:
    if protocol in _BY_SMTP:
        return reply.code.startswith("4") or reply.detail.startswith("4")
    if protocol == "nntp":
        return reply.code in _NNTP_FOR_NOW
    # A BYE closes the connection, whatever it was asked: by itself it refuses nothing for good.
    return reply.code == "bye" or reply.detail in _FOR_NOW


def _proven(protocol: str, reply: RefusalParts) -> Standing | None:
    """What the text as a whole proves, together with the code."""
    meaning = gist(reply.text)
    if reply.text and not meaning:
        return None  # a number or an id is something else than no text
    proven = PROVEN[protocol].get(meaning)
    if proven is not None and _may_prove(protocol, reply, proven):
        return proven
    # RFC 4954 section 4 refuses a mechanism by this code, and RFC 5321 any parameter: with a text it says no more.
    is_of_mechanisms = protocol in _BY_SMTP and reply.code == "504" and _OF_MECHANISMS.fullmatch(reply.detail)
    return PROVEN_BESIDE_504.get(meaning) if is_of_mechanisms else None


def _may_prove(protocol: str, reply: RefusalParts, proven: Standing) -> bool:
    """Whether this is a refusal, and its code leaves to the text what the text says as a whole."""
    if protocol not in BY_NUMBER:
        return reply.code in STATUSES and reply.detail in _ADDS_NOTHING
    if proven is Standing.TLS_REQUIRED:
        return reply.code[:1] in _REFUSING
    if proven is Standing.NO_AUTHENTICATION:
        return reply.code in _OF_AUTH
    return reply.code[:1] in _REFUSING and reply.code not in _OF_THE_COMMAND


def _asks_for_tls(protocol: str, reply: RefusalParts) -> bool:
    """Whether the code by itself says "TLS first"."""
    if protocol in _BY_SMTP:
        return reply.code in ("523", "538") and reply.detail in _ENCRYPTION_NEEDED
    return reply.code == "483" if protocol == "nntp" else reply.detail in _TLS_FIRST

"""The part of every SASL exchange of ours that is the same whatever protocol carries it."""

import re
from base64 import b64encode
from collections.abc import Generator, Iterable

from tightlip.model.endpoint import Security
from tightlip.model.facts import (
    Acceptance,
    Asked,
    Door,
    Mechanisms,
    PasswordRefused,
    PasswordWanted,
    Refusal,
    Standing,
    Upgrade,
)
from tightlip.model.oddity import Oddity, OddityName
from tightlip.ntlm.armour import decode_base64
from tightlip.ntlm.negotiate import Wish, negotiate_message
from tightlip.ntlm.reading import read_challenge
from tightlip.ntlm.spnego import wrap_negotiate
from tightlip.talk.question import Question, Subject
from tightlip.talk.steps import START_TLS, Dialogue, Note, Step
from tightlip.talk.text import words

# A name for logins that begin with one: it is nobody's, and says in the server's log who asked.
NOBODY = b"tightlip"

_MECHANISMS = {Door.AUTH: b"NTLM", Door.SPNEGO: b"GSS-SPNEGO", Door.X_EXPS: b"NTLM", Door.GENERIC: b"NTLM"}
_PLAIN = "PLAIN"
_PASSWORDS = Subject.PASSWORDS
_CANCEL = b"*"

_OPENINGS = {
    (spnego, wish): b64encode(wrap_negotiate(negotiate_message(wish)) if spnego else negotiate_message(wish))
    for spnego in (False, True)
    for wish in Wish
}
# What is asked in the starttls state only after the upgrade.
_UNDER_TLS = (Asked.MECHANISM, Asked.MESSAGE)

# A list without an end: no server has this many mechanisms.
_MECHANISMS_LIMIT = 100
# RFC 4422 section 3.1 gives a mechanism 20 characters.
_MECHANISM_LENGTH = 64

_LATER = re.compile(
    r"\b(?:try (?:again|(?:\w+ )?later)|(?:again|come back|retry) later|too many|temporar(?:y|ily)|busy|overload(?:ed)?"
    r"|service (?:is )?(?:currently )?unavailable)\b"
)

# What TLS is called, as a word of its own: not a part of an address such as docs.example.org/first-steps-ssl.
_LAYER = (
    r"(?<![\w./-])(?:(?:ssl|tls(?:v?[\d.]+)?|starttls|stls)(?:/(?:ssl|tls))?|encrypt(?:ion|ed)|under a (?:\w+ )?layer"
    r"|secured? (?:connection|channel|layer|link|transport))(?![\w/]|\.\w)"
)
# Without one of these no text speaks of it: most do not, and are spared the search for the whole phrase.
_TLS = re.compile(r"ssl|tls|encrypt|layer|secure")
# At most so many words may stand between TLS and the condition, none of which turns its sense.
_BETWEEN = r"[\s()\"]+(?:(?!not\b|no\b|without\b|cert)[\w'-]+[\s()\"]+){0,3}"
_TLS_FIRST = re.compile(
    r"(?<!not )(?<!n't )\b(?:until|unless|must|only|requir(?:es?|ing)|needs?|first (?:use|issue|start|negotiate))"
    rf"{_BETWEEN}{_LAYER}"
    rf"|{_LAYER}(?:-\w+)?{_BETWEEN}(?:first|required|needed|mandatory|only)\b"
    r"|\bon (?:an? )?(?:non-?secured?|insecure|unsecured?|unencrypted) (?:\(ssl/tls\) )?(?:connection|channel)"
)


def mechanism(question: Question) -> bytes:
    """The name of the SASL mechanism to ask for."""
    return _PLAIN.encode() if _is_on_passwords(question) else _MECHANISMS[question.door]


def opening(question: Question) -> bytes:
    """What follows the go-ahead: the type 1 message, as base64; where a password is waited for, the cancel."""
    if _is_on_passwords(question):
        return _CANCEL
    return _OPENINGS[question.door is Door.SPNEGO, question.wish]


def accepted(question: Question) -> Dialogue:
    """Note that the server waits for our type 1 message, or for a password."""
    yield Note(PasswordWanted(_PLAIN) if _is_on_passwords(question) else Acceptance(question.door))


def challenged(question: Question, encoded: bytes) -> Dialogue:
    """Note the challenge in ``encoded`` (base64, without the protocol's prefix; else the bytes as they came)."""
    if _is_on_passwords(question):  # who goes on after a cancel
        yield Note(Oddity(OddityName.CANCEL_NOT_REFUSED))
        return
    raw, loose = decode_base64(encoded)
    yield Note(read_challenge(question.door, raw or (encoded if loose else b"")))
    for oddity in loose:
        yield Note(oddity)


def listed(names: Iterable[bytes], via: Door = Door.AUTH) -> Dialogue:
    """Note the mechanisms a server lists for one door, each once, upper case, in its order."""
    each = tuple(dict.fromkeys(words(name[:_MECHANISM_LENGTH].upper()) for name in names))
    yield Note(Mechanisms(each[:_MECHANISMS_LIMIT], via))
    if len(each) > _MECHANISMS_LIMIT:
        yield Note(Oddity(OddityName.LIST_TOO_LONG, "mechanisms"))


def upgrade_answered(question: Question, upgrade: Upgrade, standing: Standing) -> Generator[Step, bytes, bool]:
    """Note what became of STARTTLS and bring TLS up where it was agreed on; whether it is up.

    ``standing`` is what the answer would hold for as a refusal. Only a "not now" is noted as one: any other "no" means
    that the state cannot be asked, which the upgrade says.
    """
    yield Note(upgrade)
    if upgrade.accepted:
        yield START_TLS
    elif standing is Standing.TEMPORARY:
        yield from refused(question, Asked.STARTTLS, standing, upgrade.text)
    return upgrade.accepted


def refused(question: Question, asked: Asked, standing: Standing, text: str) -> Dialogue:
    """Note a "no" by this question's door; "TLS first" said under TLS is a plain no.

    A password that was waited for is cancelled: the "no" to that is as it should be, and no fact.
    """
    if _is_on_passwords(question) and asked in _UNDER_TLS:
        if asked is Asked.MECHANISM:
            yield Note(PasswordRefused(_PLAIN, standing, text))
        return
    if standing is Standing.TLS_REQUIRED and question.security is not Security.PLAIN and asked in _UNDER_TLS:
        standing = Standing.PERMANENT
    yield Note(Refusal(asked, standing, text, question.door))


def standing_of(text: str) -> Standing:
    """What a refusal's free text holds for, where no reply code told."""
    lowered = text.lower()
    if _TLS.search(lowered) and _TLS_FIRST.search(lowered):
        return Standing.TLS_REQUIRED
    if _LATER.search(lowered):
        return Standing.TEMPORARY
    return Standing.PERMANENT


def _is_on_passwords(question: Question) -> bool:
    return question.subject is _PASSWORDS

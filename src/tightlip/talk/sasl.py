"""The part of every NTLM exchange that is the same whatever protocol carries it."""

import re
from base64 import b64encode
from collections.abc import Iterable

from tightlip.model.endpoint import Security
from tightlip.model.facts import Acceptance, Asked, Door, Mechanisms, Refusal, Standing
from tightlip.model.oddity import Oddity, OddityName
from tightlip.ntlm.armour import decode_base64
from tightlip.ntlm.negotiate import Wish, negotiate_message
from tightlip.ntlm.reading import read_challenge
from tightlip.ntlm.spnego import wrap_negotiate
from tightlip.talk.question import Question
from tightlip.talk.steps import Dialogue, Note

MECHANISM = {Door.AUTH: "NTLM", Door.SPNEGO: "GSS-SPNEGO", Door.X_EXPS: "NTLM", Door.GENERIC: "NTLM"}

_OPENINGS = {
    (spnego, wish): b64encode(wrap_negotiate(negotiate_message(wish)) if spnego else negotiate_message(wish))
    for spnego in (False, True)
    for wish in Wish
}
# What is asked in the starttls state only after the upgrade.
_UNDER_TLS = (Asked.MECHANISM, Asked.MESSAGE)

# A list without an end: no server has this many mechanisms.
_MECHANISMS_LIMIT = 100

_LATER = ("try again", "too many", "temporar", "later", "busy", "overload", "service unavailable")
_TLS = re.compile(r"tls|ssl|encrypt|under a layer")
_FIRST = re.compile(r"\b(?:must|requir|need|first|until|only|non-secure)")


def opening(question: Question) -> bytes:
    """The type 1 message for this question, as base64."""
    return _OPENINGS[question.door is Door.SPNEGO, question.wish]


def accepted(question: Question) -> Dialogue:
    """Note that the server waits for our type 1 message."""
    yield Note(Acceptance(question.door))


def challenged(question: Question, encoded: bytes) -> Dialogue:
    """Note the challenge in ``encoded`` (base64, without the protocol's prefix; else the bytes as they came)."""
    raw, loose = decode_base64(encoded)
    yield Note(read_challenge(question.door, raw or (encoded if loose else b"")))
    for oddity in loose:
        yield Note(oddity)


def listed(names: Iterable[bytes], via: Door = Door.AUTH) -> Dialogue:
    """Note the mechanisms a server lists for one door, each once, upper case, in its order."""
    each = tuple(dict.fromkeys(words(name.upper()) for name in names))
    yield Note(Mechanisms(each[:_MECHANISMS_LIMIT], via))
    if len(each) > _MECHANISMS_LIMIT:
        yield Note(Oddity(OddityName.LIST_TOO_LONG, "mechanisms"))


def refused(question: Question, asked: Asked, standing: Standing, text: str) -> Dialogue:
    """Note a "no" by this question's door; "TLS first" said under TLS is a plain no."""
    if standing is Standing.TLS_REQUIRED and question.security is not Security.PLAIN and asked in _UNDER_TLS:
        standing = Standing.PERMANENT
    yield Note(Refusal(asked, standing, text, question.door))


def standing_of(text: str) -> Standing:
    """What a refusal's free text holds for, where no reply code told."""
    lowered = text.lower()
    if _TLS.search(lowered) and _FIRST.search(lowered):
        return Standing.TLS_REQUIRED
    if any(words in lowered for words in _LATER):
        return Standing.TEMPORARY
    return Standing.PERMANENT


def words(line: bytes) -> str:
    """Peer bytes as text that keeps every byte: UTF-8, else Latin-1."""
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode("latin-1")

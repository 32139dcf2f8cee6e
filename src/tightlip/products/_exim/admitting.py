"""What may turn a client away before an authenticator answers it: an ACL for AUTH, a demand for certificates."""

from collections.abc import Iterator

from msgspec.structs import replace

from tightlip.model.endpoint import Security
from tightlip.model.posture import AND_IF, Note, NoteKind, Offer
from tightlip.products._exim.conditions import is_nearly_everybody
from tightlip.products._exim.configuration import Configuration
from tightlip.products._exim.statements import Statement

_VERBS = frozenset({"accept", "defer", "deny", "discard", "drop", "require", "warn"})
_BY_ACL = "if acl_smtp_auth lets it"
_BY_CERTIFICATE = "if the client has a certificate"


def admitted(known: Configuration, offer: Offer) -> Offer:
    """An authenticator's offer, with what decides besides on who gets an answer."""
    said = [offer.proviso] if offer.proviso else []
    if _refusing(known) and offer.states:
        said.append(_BY_ACL)
        offer = replace(offer, unsure=tuple(dict.fromkeys((*offer.unsure, *_clear(offer)))))
    if _demanding(known) and offer.states and not _clear(offer):
        said.append(_BY_CERTIFICATE)
    return replace(offer, proviso=AND_IF.join(said))


def uncertain(known: Configuration) -> Iterator[Note]:
    """The doubts that come of it."""
    if option := _refusing(known):
        text = "this ACL decides on each AUTH: it may refuse a mechanism, or all of them before TLS"
        yield _doubt(option, text)
    if option := _demanding(known):
        text = "who has no certificate does not get as far as a login under TLS"
        yield _doubt(option, text)


def _refusing(known: Configuration) -> Statement | None:
    """The option that names an ACL for AUTH; None where there is none, or it lets everybody through."""
    option = known.options.get("acl_smtp_auth")
    if option is None or option.value.strip() == "accept":
        return None
    own = [each for each in known.acls if each.entry.path[1:2] == (option.value.strip(),)]
    return None if _lets_everybody(own) else option


def _lets_everybody(acl: list[Statement]) -> bool:
    """Whether it begins with an accept that has no conditions, which would stand behind it or in the lines below."""
    words = [each.text.split() for each in acl[:2]]
    is_sure = bool(words) and not acl[0].doubt and words[0] == ["accept"]
    return is_sure and (len(words) == 1 or words[1][:1] == [] or words[1][0] in _VERBS)


def _demanding(known: Configuration) -> Statement | None:
    """The option by which TLS does not come up without a client's certificate, for nearly everybody."""
    option = known.options.get("tls_verify_hosts")
    return option if option and is_nearly_everybody(option.value, known.lists) else None


def _clear(offer: Offer) -> tuple[Security, ...]:
    return tuple(each for each in offer.states if each is Security.PLAIN)


def _doubt(option: Statement, text: str) -> Note:
    return Note(kind=NoteKind.DOUBT, text=text, file=option.file.path, line=option.entry.line)

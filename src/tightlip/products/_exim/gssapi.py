"""What of Exim's offers MIT Kerberos' GSSAPI library answers, and whether NTLM comes in it."""

from collections.abc import Iterable

from msgspec.structs import replace

from tightlip.model.posture import Offer
from tightlip.products._exim.configuration import Authenticator
from tightlip.products._gss_mechs import ANSWERED, Carriage, carrying

# Of Dovecot's SPNEGO Samba may be the one that answers; what heimdal_gssapi asks reads none of the library's lists.
_DRIVERS = {"cyrus_sasl": ANSWERED, "gsasl": ANSWERED, "dovecot": frozenset({"GSSAPI"})}
_GNU = "if its GNU SASL asks MIT Kerberos itself"


def is_answered(block: Authenticator) -> bool:
    """Whether the library answers an authenticator's clients."""
    return block.mechanism in _DRIVERS.get(block.driver, ())


def answered(blocks: Iterable[Authenticator]) -> frozenset[str]:
    """The mechanisms that it answers of these."""
    return frozenset(block.mechanism for block in blocks if is_answered(block))


def as_answered(offer: Offer, block: Authenticator, found: Carriage) -> Offer:
    """An authenticator's offer: what the library answers carries Kerberos, and NTLM where that is in it."""
    if not is_answered(block):
        return offer
    offer = carrying(replace(offer, names_host=False, kerberos_only=True), found)
    return replace(offer, proviso=_GNU) if block.driver == "gsasl" and offer.carries_ntlm else offer

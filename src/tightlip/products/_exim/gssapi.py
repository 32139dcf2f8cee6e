"""What of Exim's offers MIT Kerberos' GSSAPI library answers, and whether NTLM comes in it."""

from collections.abc import Iterable

from msgspec.structs import replace

from tightlip.model.posture import Offer
from tightlip.products._exim.configuration import Authenticator, Configuration
from tightlip.products._gss_config import Named, imported, parted
from tightlip.products._gss_mechs import ANSWERED, Carriage, carrying
from tightlip.products._product import Instance

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


def gss_config(known: Configuration, instance: Instance) -> Named:
    """Which list of mechanisms the library reads: Exim keeps what keep_environment names, and sets add_environment."""
    for option in ("add_environment", "keep_environment"):
        if (said := known.options.get(option)) and (values := parted(_words(said.value))):
            return imported(values, instance, said.place())
    return Named()


def _words(value: str) -> list[str]:
    """The items of a list, with colons between them or what stands behind a `<`."""
    value = value.strip()
    sign, rest = (value[1], value[2:]) if value.startswith("<") and len(value) > 1 else (":", value)
    return [each.strip() for each in rest.split(sign)]

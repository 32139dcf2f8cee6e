"""From the bytes a server sent to the fact they teach: envelope off, fields read, author inferred."""

from tightlip.model.facts import Challenge, Door
from tightlip.model.oddity import Oddity, OddityName
from tightlip.ntlm.challenge import parse_challenge
from tightlip.ntlm.implementation import infer
from tightlip.ntlm.layout import SIGNATURE
from tightlip.ntlm.spnego import unwrap

_SPNEGO, _GSSAPI = Door.SPNEGO, Door.GSSAPI


def read_challenge(via: Door, raw: bytes) -> Challenge:
    """The challenge that came through a door, whatever the bytes; never raises.

    ``Challenge.raw`` is the NTLMSSP message without its envelope, so that offsets of oddities fit it; where no
    message was found, all that came.
    """
    message_bytes, envelope = _unwrap_for(via, raw)
    message = parse_challenge(message_bytes)
    implementation, why = infer(message)
    return Challenge(
        via=via,
        raw=message_bytes,
        disclosure=message.disclosure,
        implementation=implementation,
        why=why,
        oddities=envelope + message.oddities,
    )


def _unwrap_for(via: Door, raw: bytes) -> tuple[bytes, tuple[Oddity, ...]]:
    if via is _SPNEGO:
        message, odd = unwrap(raw)
        return message or raw, odd
    if raw.startswith(SIGNATURE):
        return raw, ()
    if via is _GSSAPI:  # asked bare or enveloped, as the server takes it
        return unwrap(raw)[0] or raw, ()
    message, odd = unwrap(raw)
    if not message:
        return raw, ()
    # Some servers answer NTLM with an enveloped challenge; what it tells is told all the same.
    return message, (Oddity(name=OddityName.SPNEGO_UNASKED, offset=0), *odd)

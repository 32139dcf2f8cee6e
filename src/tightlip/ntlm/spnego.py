"""The SPNEGO envelope (RFC 4178) around NTLMSSP: ours around a type 1, the server's around its challenge."""

from tightlip.model.oddity import Oddity, OddityName
from tightlip.ntlm import der
from tightlip.ntlm.layout import SIGNATURE

_SPNEGO_OID = bytes.fromhex("2b0601050502")
_NTLMSSP_OID = bytes.fromhex("2b06010401823702020a")
_MECHANISMS = {
    _NTLMSSP_OID: "NTLMSSP",
    bytes.fromhex("2a864886f712010202"): "Kerberos",
    bytes.fromhex("2a864882f712010202"): "Kerberos (Microsoft)",
    bytes.fromhex("2b06010401823702021e"): "NEGOEX",
}
_OCTETS = bytes((der.OCTET_STRING,))
_STATES = {0: "accept-completed", 1: "accept-incomplete", 2: "reject", 3: "request-mic"}


def wrap_negotiate(type1: bytes) -> bytes:
    """A NegTokenInit that offers NTLMSSP alone and carries its first token (RFC 4178 4.2.1)."""
    mechanisms = der.encode(der.SEQUENCE, der.encode(der.OID, _NTLMSSP_OID))
    token = der.encode(der.OCTET_STRING, type1)
    fields = der.encode(der.context(0), mechanisms) + der.encode(der.context(2), token)
    init = der.encode(der.context(0), der.encode(der.SEQUENCE, fields))
    return der.encode(der.APPLICATION, der.encode(der.OID, _SPNEGO_OID) + init)


def names_ntlm(raw: bytes) -> bool:
    """Whether a token selects or offers NTLMSSP by its OID (RFC 4178 4.2.2)."""
    return _NTLMSSP_OID in raw


def unwrap(raw: bytes) -> tuple[bytes, tuple[Oddity, ...]]:
    """The NTLMSSP message inside a NegTokenResp or NegTokenInit, ``b""`` where there is none.

    A message without an envelope, or inside a broken one, is found too, and the oddity says so.
    """
    if raw.startswith(SIGNATURE):
        return raw, (Oddity(name=OddityName.NTLMSSP_OUTSIDE_SPNEGO, offset=0),)
    outer = _token_fields(raw)
    if outer is None:
        return _dig(raw, OddityName.SPNEGO_MALFORMED, "no negotiation token")
    fields, end = outer
    token = _octets(raw, fields.get(der.context(2)))
    if token is None or not token.startswith(SIGNATURE):
        return _dig(raw, OddityName.SPNEGO_WITHOUT_NTLM, _describe(raw, fields))
    if end < len(raw):
        detail = f"{len(raw) - end} bytes after the token"
        return token, (Oddity(name=OddityName.SPNEGO_MALFORMED, detail=detail, offset=end),)
    return token, ()


def token_size(before: bytes) -> int | None:
    """The length stated by the header of an octet string that ends ``before``; None where no such header stands there.

    For a message whose envelope is not there whole, or was not found from its beginning.
    """
    if before[-2:-1] == _OCTETS and before[-1] < 0x80:
        return before[-1]
    if before[-3:-1] == _OCTETS + b"\x81":
        return before[-1]
    return int.from_bytes(before[-2:], "big") if before[-4:-2] == _OCTETS + b"\x82" else None


def _token_fields(raw: bytes) -> tuple[dict[int, der.Element], int] | None:
    # The fields of the negotiation token by tag, and where the outermost element ends.
    outer = token = der.read_element(raw, 0, len(raw))
    if outer is None:
        return None
    if outer.tag == der.APPLICATION:
        inside = der.read_elements(raw, outer.start, outer.end)
        token = inside[1] if len(inside) > 1 and inside[0].tag == der.OID else None
    if token is None or token.tag not in (der.context(0), der.context(1)):
        return None
    sequence = der.read_element(raw, token.start, token.end)
    if sequence is None or sequence.tag != der.SEQUENCE:
        return None
    return {field.tag: field for field in der.read_elements(raw, sequence.start, sequence.end)}, outer.end


def _octets(raw: bytes, field: der.Element | None) -> bytes | None:
    inside = der.read_element(raw, field.start, field.end) if field else None
    return raw[inside.start : inside.end] if inside and inside.tag == der.OCTET_STRING else None


def _dig(raw: bytes, name: OddityName, detail: str) -> tuple[bytes, tuple[Oddity, ...]]:
    # A broken envelope must not hide what every tolerant client would find in it.
    start = raw.find(SIGNATURE)
    if start < 0:
        return b"", (Oddity(name=name, detail=detail, offset=0),)
    return raw[start:], (Oddity(name=OddityName.SPNEGO_MALFORMED, detail=detail, offset=start),)


def _describe(raw: bytes, fields: dict[int, der.Element]) -> str:
    said = []
    for field in (fields.get(der.context(0)), fields.get(der.context(1))):
        inside = der.read_element(raw, field.start, field.end) if field else None
        if inside and inside.tag == der.ENUMERATED:
            state = int.from_bytes(raw[inside.start : inside.end][:4], "big")
            said.append(_STATES.get(state, f"state {state}"))
        elif inside and inside.tag == der.OID:
            oid = raw[inside.start : inside.end][:32]
            said.append(_MECHANISMS.get(oid, f"mechanism {oid.hex()}"))
    return ", ".join(said) or "no token"

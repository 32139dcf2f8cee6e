"""What free text makes of a refusal: words count where they are meant, not wherever their letters stand."""

import time

import pytest

from tightlip.model.facts import Standing
from tightlip.talk.sasl import standing_of

GOOD, NOW, TLS = Standing.PERMANENT, Standing.TEMPORARY, Standing.TLS_REQUIRED

TABLE = [
    # Dovecot 2.3 and 2.4, Cyrus, Courier, Exim, Postfix; then the RFCs' own examples
    ("[AUTH] Authentication not allowed until SSL/TLS is enabled.", TLS),
    ("[AUTH] Authentication disallowed on non-secure (SSL/TLS) connections.", TLS),
    ("[AUTH] AUTH command only available under a layer", TLS),
    ("a NO Authenticate only available under a layer", TLS),
    ("483 AUTHINFO SASL command only available under a layer", TLS),
    ('NO "AUTHENTICATE only available under a layer"', TLS),
    ("530 5.7.0 Must issue a STARTTLS command first", TLS),
    ("538 5.7.11 Encryption required for requested authentication mechanism", TLS),
    ("530 5.7.0 TLS required.", TLS),
    ("STARTTLS required first", TLS),
    ("A SSL/TLS-connection is required for authentication.", TLS),
    ("only valid after entering TLS mode", TLS),
    ("Please use STLS first", TLS),
    ("this mechanism requires a secure connection", TLS),
    ("You must negotiate TLSv1.2 (or newer)", TLS),
    ("[AUTH] Unsupported authentication mechanism.", GOOD),
    ("[AUTH] authenticating: no mechanism available", GOOD),
    ("503 AUTH command used when not advertised", GOOD),
    ("503 5.5.1 Error: authentication not enabled", GOOD),
    ("504 NTLM authentication mechanism not supported", GOOD),
    ("Authentication failed.", GOOD),
    ("Too many connections from your address, try again later.", NOW),
    ("[AUTH] Temporary authentication failure.", NOW),
    ("Please try later", NOW),
    ("Server is busy", NOW),
    ("Service unavailable, closing", NOW),
    ("temporarily locked", NOW),
    # a word in another sense
    ("NTLM needs protocol version 2.0 or later", GOOD),
    ("use Windows 2000 or later", GOOD),
    ("no such mechanism, see https://docs.example.org/first-steps-ssl", GOOD),
    ("no such mechanism, see docs.example.org/first-steps-ssl", GOOD),
    ("only known here: https://docs.example.org/ssl", GOOD),
    ("the only mechanism is PLAIN; OpenSSL 3.0", GOOD),
    ("TLS is not required for PLAIN", GOOD),
    ("PLAIN does not require TLS, NTLM is gone", GOOD),
    ("NTLM is only supported without TLS", GOOD),
    ("a TLS client certificate is required", GOOD),
    ("TLS engine not available", GOOD),
    ("580 can not initiate TLS negotiation", GOOD),
    ("user busybody is unknown", GOOD),
    ("first of all, no. Also: SSL", GOOD),
]


@pytest.mark.parametrize(("text", "standing"), TABLE, ids=[text for text, _ in TABLE])
def test_what_the_words_hold_for(text: str, standing: Standing) -> None:
    """TLS first, or later, is what the text must say; the letters alone make no refusal pass."""
    assert standing_of(text) is standing
    assert standing_of(text.upper()) is standing


@pytest.mark.parametrize("piece", ["only ", "tls ", "tls-", "must x x x ", "until (", "tls1.", "only \n\n\n\n\n\n\n\n"])
def test_a_conversation_full_of_conditions_is_read_at_once(piece: str) -> None:
    """Text as long as a conversation may be takes time in proportion to its length, whatever it repeats."""
    began = time.process_time()
    standing_of(piece * (262_144 // len(piece)))
    assert time.process_time() - began < 2

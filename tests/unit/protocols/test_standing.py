"""What a refusal of the mechanism says, as each protocol words it: the whole answer is read, code and text."""

import pytest

from tests.unit.protocols.holding import asking, hold
from tightlip.model.endpoint import Security
from tightlip.model.facts import Asked, Refusal, Standing

NONE, NOW, TLS = Standing.NO_SUCH_MECHANISM, Standing.TEMPORARY, Standing.TLS_REQUIRED
NO_AUTH, UNCLEAR = Standing.NO_AUTHENTICATION, Standing.UNCLEAR
PRELUDE = {
    "pop3": [b"+OK hi\r\n", b"+OK\r\nSASL NTLM\r\n.\r\n"],
    "imap": [b"* OK hi\r\n", b"a1 OK\r\n"],
    "smtp": [b"220 hi\r\n", b"250 mx\r\n"],
    "lmtp": [b"220 hi\r\n", b"250 mx\r\n"],
    "nntp": [b"200 hi\r\n", b"500 what?\r\n", b"500 what?\r\n", b"500 what?\r\n"],
    "managesieve": [b"OK\r\n"],
}
ANSWERS = [
    ("pop3", b"-ERR [AUTH] Unsupported authentication mechanism.", NONE),
    ("pop3", b"-ERR [SYS/TEMP] no", NOW),
    ("pop3", b"-ERR [AUTH] Authentication not allowed until SSL/TLS is enabled.", TLS),
    ("pop3", b"-ERR Authentication failed.", UNCLEAR),
    ("imap", b"a2 NO [ALERT] Unsupported authentication mechanism.", NONE),
    ("imap", b"a2 NO [UNAVAILABLE] no", NOW),
    ("imap", b"* BYE", NOW),
    ("imap", b"a2 NO [PRIVACYREQUIRED] no", TLS),
    ("imap", b"a2 BAD unknown command", UNCLEAR),
    ("smtp", b"504 5.5.4 Unsupported authentication mechanism.", NONE),
    ("smtp", b"535 5.7.8 Error: authentication failed: no mechanism available", NONE),
    ("smtp", b"503 5.5.1 Error: authentication not enabled", NO_AUTH),
    ("smtp", b"454 4.7.0 no", NOW),
    ("smtp", b"538 5.7.11 Encryption required for requested authentication mechanism", TLS),
    ("smtp", b"501 no", UNCLEAR),
    ("lmtp", b"530-5.7.0 Must issue a STARTTLS\r\n530 5.7.0 command first", TLS),
    ("nntp", b"503 no mechanism available", NONE),
    ("nntp", b"400 going down", NOW),
    ("nntp", b"483 encryption needed to use mechanism", TLS),
    ("nntp", b"481 no", UNCLEAR),
    ("managesieve", b'NO "Unsupported authentication mechanism."', NONE),
    ("managesieve", b'NO (TRYLATER) "no"', NOW),
    ("managesieve", b'NO (ENCRYPT-NEEDED) "no"', TLS),
    ("managesieve", b'NO "Authentication Error"', UNCLEAR),
]


@pytest.mark.parametrize(("name", "answer", "standing"), ANSWERS, ids=[f"{row[0]} {row[1]!r}" for row in ANSWERS])
def test_what_a_refusal_of_the_mechanism_holds_for(name: str, answer: bytes, standing: Standing) -> None:
    """One refusal, of the mechanism, with what its code and words say."""
    held = hold(name, asking(), [*PRELUDE[name], answer + b"\r\n"])
    refusals = [fact for fact in held.facts if isinstance(fact, Refusal)]
    assert [(each.asked, each.standing) for each in refusals] == [(Asked.MECHANISM, standing)]


@pytest.mark.parametrize("name", sorted(PRELUDE))
def test_tls_first_over_tls_is_unclear(name: str) -> None:
    """Over TLS nobody can be asked to bring TLS first: whatever is meant, it says nothing of NTLM."""
    answer = next(answer for protocol, answer, standing in ANSWERS if protocol == name and standing is TLS)
    held = hold(name, asking(Security.IMPLICIT), [*PRELUDE[name], answer + b"\r\n"])
    assert [fact.standing for fact in held.facts if isinstance(fact, Refusal)] == [UNCLEAR]

"""What a refusal holds for: for good, for now, or only until TLS is up."""

import pytest

from tests.unit.protocols.holding import hold
from tightlip.model.endpoint import Security
from tightlip.model.facts import Asked, Refusal, Standing
from tightlip.talk.question import Question

GOOD, NOW, TLS = Standing.PERMANENT, Standing.TEMPORARY, Standing.TLS_REQUIRED
PRELUDE = {
    "pop3": [b"+OK hi\r\n", b"+OK\r\nSASL NTLM\r\n.\r\n"],
    "imap": [b"* OK hi\r\n", b"a1 OK\r\n"],
    "smtp": [b"220 hi\r\n", b"250 mx\r\n"],
    "lmtp": [b"220 hi\r\n", b"250 mx\r\n"],
    "nntp": [b"200 hi\r\n", b"500 what?\r\n"],
    "managesieve": [b"OK\r\n"],
}
ANSWERS = [
    ("pop3", b"-ERR [AUTH] Unsupported authentication mechanism.", GOOD),
    ("pop3", b"-ERR [SYS/PERM] try again later", GOOD),
    ("pop3", b"-ERR [SYS/TEMP] no", NOW),
    ("pop3", b"-ERR [IN-USE] no", NOW),
    ("pop3", b"-ERR [LOGIN-DELAY] no", NOW),
    ("pop3", b"-ERR Too many failures", NOW),
    ("pop3", b"-ERR Please try again later.", NOW),
    ("pop3", b"-ERR [AUTH] Authentication not allowed until SSL/TLS is enabled.", TLS),
    ("pop3", b"-ERR [AUTH] AUTH command only available under a layer", TLS),
    ("pop3", b"-ERR only valid after entering TLS mode", TLS),
    ("pop3", b"-ERR A SSL/TLS-connection is required for authentication.", TLS),
    ("pop3", b"-ERR Must issue a STLS command first", TLS),
    ("pop3", b"-ERR mechanism not available", GOOD),
    ("imap", b"a4 NO [ALERT] Unsupported authentication mechanism.", GOOD),
    ("imap", b"a4 BAD unknown command", GOOD),
    ("imap", b"a4 NO [CANNOT] later perhaps", GOOD),
    ("imap", b"a4 NO [UNAVAILABLE] no", NOW),
    ("imap", b"a4 NO [INUSE] no", NOW),
    ("imap", b"a4 NO [SERVERBUG] no", NOW),
    ("imap", b"a4 NO [LIMIT] no", NOW),
    ("imap", b"* BYE", NOW),
    ("imap", b"* BYE [PRIVACYREQUIRED] no", TLS),
    ("imap", b"a4 NO [PRIVACYREQUIRED] no", TLS),
    ("smtp", b"504 5.5.4 Unsupported authentication mechanism.", GOOD),
    ("smtp", b"535 5.7.8 Error: authentication failed: no mechanism available", GOOD),
    ("smtp", b"534 5.7.9 mechanism is too weak", GOOD),
    ("smtp", b"503 5.5.1 Error: authentication not enabled", GOOD),
    ("smtp", b"501 no", GOOD),
    ("smtp", b"502 AUTH not implemented", GOOD),
    ("smtp", b"421 4.3.2 going down", NOW),
    ("smtp", b"454 4.7.0 no", NOW),
    ("smtp", b"450 no", NOW),
    ("smtp", b"550 5.7.1 too many connections", NOW),
    ("smtp", b"530 5.7.0 no", TLS),
    ("smtp", b"538 5.7.11 no", TLS),
    ("smtp", b"523 5.7.10 no", TLS),
    ("lmtp", b"530-5.7.0 no\r\n530 5.7.0 really", TLS),
    ("nntp", b"481 no", GOOD),
    ("nntp", b"482 no", GOOD),
    ("nntp", b"500 what?", GOOD),
    ("nntp", b"502 no", GOOD),
    ("nntp", b"503 no mechanism available", GOOD),
    ("nntp", b"400 going down", NOW),
    ("nntp", b"403 fault", NOW),
    ("nntp", b"502 too many connections", NOW),
    ("nntp", b"483 no", TLS),
    ("managesieve", b'NO "Authentication Error"', GOOD),
    ("managesieve", b"NO (AUTH-TOO-WEAK)", GOOD),
    ("managesieve", b'NO (TRYLATER) "no"', NOW),
    ("managesieve", b'NO (trylater) "no"', NOW),
    ("managesieve", b'BYE "no"', NOW),
    ("managesieve", b'NO (ENCRYPT-NEEDED) "no"', TLS),
    ("managesieve", b'NO "AUTHENTICATE only available under a layer"', TLS),
]


@pytest.mark.parametrize(("name", "answer", "standing"), ANSWERS, ids=[f"{row[0]} {row[1]!r}" for row in ANSWERS])
def test_what_a_refusal_of_the_mechanism_holds_for(name: str, answer: bytes, standing: Standing) -> None:
    """The reply code decides, and where there is none the words."""
    held = hold(name, Question(Security.PLAIN), [*PRELUDE[name], answer + b"\r\n"])
    refusals = [fact for fact in held.facts if isinstance(fact, Refusal)]
    assert [(each.asked, each.standing) for each in refusals] == [(Asked.MECHANISM, standing)]


@pytest.mark.parametrize("name", sorted(PRELUDE))
def test_tls_first_below_tls_is_a_plain_no(name: str) -> None:
    """Under TLS nobody can be asked to bring TLS first: the mechanism is refused."""
    answer = next(answer for protocol, answer, standing in ANSWERS if protocol == name and standing is TLS)
    held = hold(name, Question(Security.IMPLICIT), [*PRELUDE[name], answer + b"\r\n"])
    assert [fact.standing for fact in held.facts if isinstance(fact, Refusal)] == [GOOD]

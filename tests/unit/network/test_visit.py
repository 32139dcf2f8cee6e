"""A visit to a server that says anything at all: it ends, in bounds, with a verdict, and nothing is raised."""

from base64 import b64encode

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.network.scripts import NAMED, UNNAMED
from tightlip.model.endpoint import Security
from tightlip.model.facts import TlsState
from tightlip.model.observation import Depth, Ending, Intent
from tightlip.model.verdict import Reason, Verdict
from tightlip.network.messages import WorkItem
from tightlip.network.visit import Visit
from tightlip.registry import gather
from tightlip.talk.framing import TooLongError
from tightlip.talk.probes import Subject
from tightlip.talk.protocol import Protocol
from tightlip.talk.session import OverlongError, Session

PROTOCOLS = gather("protocols", Protocol)
# Of one round, two more where an error limit cuts one short, and one after "not now"; thoroughly asked: two rounds.
MOST_CONNECTIONS = {Depth.POLITE: 2 + 2 + 1, Depth.THOROUGH: 2 * (6 + 2) + 1}

# What servers say, a line each, "%s" where base64 stands; every protocol is also told what belongs to another.
GREETINGS = {
    "pop3": b"+OK ready",
    "imap": b"* OK ready",
    "smtp": b"220 mail ESMTP",
    "lmtp": b"220 mail LMTP",
    "nntp": b"200 news",
    "managesieve": b'"SASL" "NTLM GSS-SPNEGO"\r\n"STARTTLS"\r\nOK',
}
LINES = rb"""
+OK|+|-ERR no|-ERR [SYS/TEMP] later|.|SASL NTLM GSS-SPNEGO|USER|STLS|+ %s|+%s
* CAPABILITY IMAP4 AUTH=NTLM AUTH=GSS-SPNEGO STARTTLS|* BYE|a1 OK|a2 OK|a3 OK|a4 NO|a4 OK|a5 OK|* X {3}|* Y {70000}
250-mail|250-AUTH NTLM GSS-SPNEGO|250-X-EXPS NTLM|250 STARTTLS|334|334 %s|220 go|421 busy|535 no|504 no|221 bye
101 list|382 go|381|381 %s|383 =|383 %s|481 no|205 bye
OK|NO "no"|BYE|{3}|""|"%s"|"SASL" "NTLM"
\xff\xfe|
"""
BASE64 = [b64encode(raw) for raw in (NAMED, UNNAMED, b"NTLMSSP\0", b"")]
SPOKEN = [line.replace(b"%s", text) for each in LINES.split(b"\n") for line in each.split(b"|") for text in BASE64]
REPLIES = st.lists(st.sampled_from(SPOKEN).map(lambda line: line + b"\r\n"), min_size=1, max_size=5).map(b"".join)


@given(
    name=st.sampled_from(sorted(PROTOCOLS)),
    security=st.sampled_from(Security),
    depth=st.sampled_from(Depth),
    data=st.data(),
)
def test_any_server_gets_a_verdict(name: str, security: Security, depth: Depth, data: st.DataObject) -> None:
    """Replies drawn from what servers of all protocols say: a few connections, then one assessed observation."""
    item = WorkItem(1, "127.0.0.1", "127.0.0.1", 110, name, security, Intent.NAMED, depth)
    visit = Visit(item, PROTOCOLS[name], "127.0.0.2", subjects=tuple(Subject))
    again = True
    while visit.goes_on or again:
        visit.connections += 1
        assert visit.connections <= MOST_CONNECTIONS[depth]
        session = visit.open_session(lambda: "127.0.0.2")
        ending = converse(session, GREETINGS[name], security, data)
        session.close()
        again = visit.absorb(session, ending, None)
    assessed = visit.observation()
    assert assessed.assessment.verdict in Verdict
    assert assessed.observation.connections == visit.connections


def converse(session: Session, greeting: bytes, security: Security, data: st.DataObject) -> Ending:
    """One connection to a server that says what is drawn, and closes when it has said enough."""
    if security is Security.IMPLICIT:
        session.note_tls(TlsState("TLSv1.3", "none"))
    session.begin()
    replies = [greeting + b"\r\n", *data.draw(st.lists(REPLIES, max_size=10))]
    for reply in replies:
        try:
            session.receive(reply)
        except (TooLongError, OverlongError):
            return Ending.TOO_LONG
        if session.wants_tls:
            session.tls_is_up(TlsState("TLSv1.3", "none"))
        if session.is_over:
            return Ending.COMPLETED
    return data.draw(st.sampled_from([Ending.CLOSED_EARLY, Ending.TIMED_OUT]))


def test_what_had_tls_a_moment_ago_is_not_absent() -> None:
    """A server said "not now" over TLS; the node that answers the retry has none, and does not speak for the first."""
    item = WorkItem(1, "127.0.0.1", "127.0.0.1", 110, "pop3", Security.STARTTLS, Intent.NAMED)
    visit = Visit(item, PROTOCOLS["pop3"], "127.0.0.2")
    busy = [
        b"+OK hi\r\n",
        b"+OK\r\nSTLS\r\n.\r\n",
        b"+OK go\r\n",
        b"+OK\r\nSASL NTLM\r\n.\r\n",
        b"-ERR [SYS/TEMP] no\r\n",
    ]
    without = [b"+OK hi\r\n", b"+OK\r\n.\r\n", b"-ERR unknown\r\n", b"-ERR unknown\r\n"]
    outcomes = []
    for answers in (busy, without):
        visit.connections += 1
        session = visit.open_session(lambda: "127.0.0.2")
        session.begin()
        for answer in answers:
            session.receive(answer)
            if session.wants_tls:
                session.tls_is_up(TlsState("TLSv1.3", "held without a socket"))
        session.close()
        outcomes.append(visit.absorb(session, Ending.COMPLETED, None))
    assert outcomes == [True, False]
    assert visit.observation().assessment.reason is Reason.STARTTLS_REFUSED

"""The proof of a change at a server behind a proxy: the states, and the test login, after a PROXY header."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.crash.recorded import order_for, raise_host, site_of
from tests.unit.network.mailboxes import mailbox
from tests.unit.network.servers import Act, Client, serving
from tests.unit.network.shown import certificate, context_of
from tightlip.model.endpoint import Endpoint, Security
from tightlip.network.credentials import Credentials
from tightlip.remediate._earlier import earlier
from tightlip.remediate.journal import Story
from tightlip.remediate.lifecycle import State
from tightlip.remediate.plan import Expectation
from tightlip.workflows.changing import apply
from tightlip.workflows.logins import Attempts
from tightlip.workflows.proving import AT_ONCE, prove, smoke_login

BOB = Credentials("bob", "sesame")
SECURED = [Security.STARTTLS, Security.IMPLICIT]


def behind_proxy(protocol: str, security: Security) -> Act:
    """A mailbox that is there after a header alone."""
    act = mailbox(protocol, security, context_of(certificate()))

    def begin(client: Client) -> None:
        line = b""
        while not line.endswith(b"\n"):
            line += client.socket.recv(1)  # what follows may be TLS already
        if line.startswith(b"PROXY TCP4 127.0.0.2 127.0.0.1 "):
            act(client)

    return begin


@pytest.mark.parametrize("security", SECURED)
@pytest.mark.parametrize("protocol", ["pop3", "imap", "smtp"])
def test_the_login_goes_through_the_same_door(protocol: str, security: Security) -> None:
    """Before TLS, whichever way it comes."""
    with serving(behind_proxy(protocol, security)) as server:
        endpoint = str(Endpoint(server.address, server.port, protocol, security))
        tried = smoke_login([Expectation(endpoint=endpoint, kept=("PLAIN",), proxied=True)], BOB, Attempts())
    assert (tried.worked, tried.failed) == ((endpoint,), ())


def test_what_is_heard_after_a_header_is_proved_and_remembered() -> None:
    """Of that port alone; without the header nobody is greeted there."""
    with (
        serving(behind_proxy("pop3", Security.PLAIN)) as behind,
        serving(mailbox("pop3", Security.PLAIN, context_of(certificate()))) as beside,
    ):
        expected = [
            Expectation(endpoint=f"pop3://127.0.0.1:{behind.port}", proxied=True),
            Expectation(endpoint=f"pop3://127.0.0.1:{beside.port}"),
        ]
        proof = prove(expected, None, patience=AT_ONCE)
        assert proof.holds
        again = earlier(proof.witnesses)
        assert {each.endpoint: bool(each.proxied) for each in again} == {
            each.endpoint: bool(each.proxied) for each in expected
        }
        assert prove(again, None, patience=AT_ONCE).holds


def test_what_the_plan_leaves_out_is_told(tmp_path: Path) -> None:
    """When it is applied, and with what came of it."""
    host = raise_host(tmp_path)
    told: list[str] = []
    order = order_for(host)
    left_out = replace(order.plan, left_out=("dovecot imap, port 143: why",))
    story = apply(replace(order, plan=left_out), site_of(host, told))
    assert "left out of the proof: dovecot imap, port 143: why" in told
    assert isinstance(story, Story)
    assert (story.state, story.unproved) == (State.KEPT, "dovecot imap, port 143: why")

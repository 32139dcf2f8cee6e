"""Whether an endpoint greets and lists its capabilities: nothing less counts as an answer."""

import time
from collections.abc import Mapping

import pytest

from tests.unit.network.mailboxes import ANSWERS, mailbox
from tests.unit.network.servers import Client, closed_port, serving
from tests.unit.network.shown import certificate, context_of
from tightlip.model.endpoint import Endpoint, Security
from tightlip.network.greeting import silence_at

CONTEXT = context_of(certificate(names=("localhost",), addresses=("127.0.0.1",), common_name="localhost"))


def silence(protocol: str, security: Security, changed: Mapping[bytes, bytes] = {}) -> str | None:
    """Why a server with these answers is silent."""
    with serving(mailbox(protocol, security, CONTEXT, changed)) as server:
        return silence_at(Endpoint(server.address, server.port, protocol, security), 5.0)


@pytest.mark.parametrize("security", Security)
@pytest.mark.parametrize("protocol", ANSWERS)
def test_a_server_that_is_well_answers(protocol: str, security: Security) -> None:
    """In each TLS state, and whatever its certificate is."""
    assert silence(protocol, security) is None


def test_who_turns_us_away_has_not_answered() -> None:
    """At the capabilities, or where TLS is asked for."""
    assert silence("smtp", Security.PLAIN, {b"EHLO": b"421 try later\r\n"}) == "421 try later"
    assert silence("smtp", Security.STARTTLS, {b"STARTTLS": b"454 no key\r\n"}) == "454 no key"
    assert silence("smtp", Security.STARTTLS, {b"STARTTLS": b"250 what\r\n"}) == "TLS did not come up"


def test_who_dies_after_the_greeting_has_not_answered() -> None:
    """As a smtpd that finds no mechanism to announce."""

    def act(client: Client) -> None:
        client.say(b"220 mx ESMTP\r\n")
        client.hear()

    with serving(act) as server:
        assert (
            silence_at(Endpoint(server.address, server.port, "smtp", Security.PLAIN), 5.0)
            == "the connection was closed"
        )


def test_who_says_nothing_is_waited_for_just_so_long() -> None:
    """A port whose process is held back takes connections all the same."""
    began = time.monotonic()
    with serving(lambda client: client.linger()) as server:
        assert silence_at(Endpoint(server.address, server.port, "smtp", Security.PLAIN), 0.2) is not None
    assert time.monotonic() - began < 5


def test_a_closed_port_is_silent() -> None:
    """In the machine's words."""
    with closed_port() as port:
        assert "refused" in (silence_at(Endpoint("127.0.0.1", port, "smtp", Security.PLAIN), 1.0) or "")

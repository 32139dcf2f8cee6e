"""Servers that give a challenge by one way only, and say of every other that NTLM is unknown: none of them is clean."""

from base64 import b64decode, b64encode

import pytest

from tests.unit.network.asking import PLAIN, QUICK, STARTTLS, ask_one, said
from tests.unit.network.scripts import NAMED, ntlm, pop3
from tests.unit.network.servers import Act, Client, serving
from tests.unit.network.shown import certificate, context_of, upgrade
from tightlip.model.endpoint import Security
from tightlip.model.observation import Depth
from tightlip.model.verdict import Reason, Verdict

CHALLENGE = b"+ " + b64encode(NAMED) + b"\r\n"
UNKNOWN = b"-ERR [AUTH] Unsupported authentication mechanism.\r\n"
# NegTokenResp (RFC 4178 section 4.2.2): accept-incomplete, NTLMSSP selected, no token yet.
SELECTS_NTLM = b"oRUwE6ADCgEBoQwGCisGAQQBgjcCAgo="
NAMES_FIRST = (Verdict.DISCLOSES, Reason.NAMES)


def mailbox(listed: bytes, taken: bytes, *, only_first: bool = False, with_message: bool = False) -> Act:
    """A mailbox that lists these mechanisms and gives a challenge by one, under a condition."""

    def act(client: Client) -> None:
        client.say(b"+OK ready\r\n")
        asked = 0
        while line := client.hear():
            word, _, rest = line.partition(b" ")
            name, _, message = rest.partition(b" ")
            if word == b"CAPA":
                client.say(b"+OK\r\nSASL " + listed + b"\r\n.\r\n")
            elif word == b"AUTH":
                asked += 1
                is_taken = name == taken and not (only_first and asked > 1) and bool(message) >= with_message
                if is_taken:
                    _give(client, message)
                elif name == b"PLAIN":
                    client.say(b"+ \r\n")
                    client.hear()
                    client.say(b"-ERR cancelled\r\n")
                else:
                    client.say(UNKNOWN)
            else:
                client.say(b"+OK bye\r\n" if word == b"QUIT" else b"-ERR unknown command\r\n")
                if word == b"QUIT":
                    return

    return act


def _give(client: Client, message: bytes) -> None:
    if not message:
        client.say(b"+ \r\n")
        client.hear()
    client.say(CHALLENGE)
    client.hear()
    client.say(b"-ERR cancelled\r\n")


def thorough(act: Act, security: Security = PLAIN) -> tuple[Verdict, Reason]:
    """What one thorough asking says."""
    with serving(act) as server:
        return said(ask_one(server, security, QUICK, depth=Depth.THOROUGH))


@pytest.mark.parametrize("name", [b"GSSAPI", b"GSS-SPNEGO", b"MSN"])
def test_what_is_listed_is_asked_for_first_on_a_connection(name: bytes) -> None:
    """Who takes the first AUTH of a connection alone is asked for each listed way as the first."""
    assert thorough(mailbox(b"PLAIN " + name, name, only_first=True)) == NAMES_FIRST


@pytest.mark.parametrize("name", [b"GSSAPI", b"GSS-SPNEGO"])
@pytest.mark.parametrize("depth", list(Depth))
def test_what_is_listed_and_refused_by_its_name_is_given_the_message(name: bytes, depth: Depth) -> None:
    """The list says that it is there; without its first message it is called unknown."""
    with serving(mailbox(b"PLAIN " + name, name, with_message=True)) as server:
        assert said(ask_one(server, PLAIN, QUICK, depth=depth)) == NAMES_FIRST


@pytest.mark.parametrize("name", [b"SPA", b"NEGOTIATE", b"X-NTLM", b"NTLMSSP"])
def test_ntlm_by_another_name_is_asked_for(name: bytes) -> None:
    """Exim's public names are free, and Windows has some of its own."""
    with serving(mailbox(b"PLAIN " + name, name)) as server:
        assert said(ask_one(server, PLAIN, QUICK)) == NAMES_FIRST


def test_spnego_that_selects_ntlm_offers_it() -> None:
    """An acceptor may pass our first token over and name the mechanism: the challenge would be its next answer."""

    def act(client: Client) -> None:
        client.say(b"+OK ready\r\n")
        while line := client.hear():
            if line == b"CAPA":
                client.say(b"+OK\r\nSASL PLAIN GSS-SPNEGO\r\n.\r\n")
            elif line == b"AUTH GSS-SPNEGO":
                client.say(b"+ \r\n")
                assert b"NTLMSSP" in b64decode(client.hear())
                client.say(b"+ " + SELECTS_NTLM + b"\r\n")
                client.hear()
                client.say(b"-ERR cancelled\r\n")
            else:
                client.say(b"+OK bye\r\n" if line == b"QUIT" else UNKNOWN)
                if line == b"QUIT":
                    return

    with serving(act) as server:
        assert said(ask_one(server, PLAIN, QUICK)) == (Verdict.OFFERS, Reason.EMPTY_CHALLENGE)


def test_who_looks_into_the_message_knows_the_mechanism() -> None:
    """NTLM is refused like what does not exist; given its message it is refused for that message."""

    def act(client: Client) -> None:
        client.say(b"+OK ready\r\n")
        while line := client.hear():
            if line == b"CAPA":
                client.say(b"+OK\r\nSASL PLAIN NTLM\r\n.\r\n")
            elif line == b"AUTH PLAIN":
                client.say(b"+ \r\n")
            elif line.startswith(b"AUTH NTLM "):
                client.say(b"-ERR NTLM: negotiate message lacks a domain\r\n")
            else:
                client.say(b"+OK bye\r\n" if line == b"QUIT" else b"-ERR invalid command\r\n")
                if line == b"QUIT":
                    return

    assert thorough(act) == (Verdict.INCONCLUSIVE, Reason.REFUSAL_UNCLEAR)


def test_a_pool_in_which_one_machine_lacks_tls_is_not_absent() -> None:
    """A state that was entered once is there, whatever the next machine says to STLS."""
    context = context_of(certificate(names=("mail.example.org",)))

    def act(client: Client) -> None:
        client.say(b"+OK ready\r\n")
        while line := client.hear():
            if line == b"STLS" and client.number == 0:
                client.say(b"+OK begin\r\n")
                upgrade(client, context)
            elif line == b"CAPA":
                client.say(b"+OK\r\nSASL PLAIN NTLM\r\n.\r\n")
            elif line == b"AUTH PLAIN":
                client.say(b"+ \r\n")
            else:
                client.say(b"+OK bye\r\n" if line == b"QUIT" else b"-ERR go figure\r\n")
                if line == b"QUIT":
                    return

    verdict, _ = thorough(act, STARTTLS)
    assert verdict is Verdict.INCONCLUSIVE


def test_the_challenge_counts_that_stands_beside_not_now() -> None:
    """A connection that is asked once more later is read to its end first."""
    hidden = b"+OK\r\nSASL PLAIN\r\nX-HINT " + b64encode(NAMED) + b"\r\n.\r\n"
    busy = pop3({b"CAPA": hidden, b"AUTH": b"-ERR [SYS/TEMP] try again later\r\n", b"QUIT": b"+OK bye\r\n"})
    turns = [busy, ntlm()]
    with serving(lambda client: turns[min(client.number, 1)](client)) as server:
        assert said(ask_one(server, PLAIN, QUICK)) == NAMES_FIRST
        assert len(server.clients) == 1

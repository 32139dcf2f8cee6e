"""What POP3 servers of the tests say: a greeting, then an answer to each command by its first word."""

from base64 import b64decode, b64encode
from collections.abc import Mapping

from tests.unit.network.servers import Act, Client
from tightlip.talk.recipe import type2

NAMED = type2("target=CORP nb_computer=MX1 dns_computer=mx1.corp.example version=10.0.17763")
UNNAMED = type2("")

REFUSES: Mapping[bytes, bytes] = {
    b"CAPA": b"+OK\r\nUSER\r\nSASL PLAIN\r\n.\r\n",
    b"AUTH": b"-ERR [AUTH] Unsupported authentication mechanism.\r\n",
    b"STLS": b"-ERR unknown\r\n",
    b"QUIT": b"+OK bye\r\n",
}


def pop3(answers: Mapping[bytes, bytes] = REFUSES, greeting: bytes = b"+OK ready\r\n") -> Act:
    """A server that greets and answers each command; unknown ones get -ERR."""

    def act(client: Client) -> None:
        client.say(greeting)
        converse(client, answers)

    return act


def converse(client: Client, answers: Mapping[bytes, bytes]) -> None:
    """Answer commands until QUIT or until the client has gone."""
    while line := client.hear():
        word = line.split(b" ")[0].upper()
        client.say(answers.get(word, b"-ERR unknown\r\n"))
        if word == b"QUIT":
            return


def ntlm(challenge: bytes = NAMED, older: bytes = b"", spnego: bytes = b"", sasl: bytes = b"NTLM") -> Act:
    """A server that answers NTLM's type 1 with ``challenge`` and GSS-SPNEGO's with ``spnego``; without, it refuses.

    With ``older`` it refuses the type 1 of a current client, and answers the older one with that.
    """

    def act(client: Client) -> None:
        client.say(b"+OK ready\r\n")
        speak_ntlm(client, challenge, older, spnego, sasl)

    return act


def speak_ntlm(
    client: Client, challenge: bytes = NAMED, older: bytes = b"", spnego: bytes = b"", sasl: bytes = b"NTLM"
) -> None:
    """The conversation of ``ntlm`` after its greeting."""
    given = {b"NTLM": challenge, b"GSS-SPNEGO": spnego}
    while line := client.hear():
        word, _, rest = line.upper().partition(b" ")
        mechanism, _, initial = rest.partition(b" ")
        if word == b"CAPA":
            client.say(b"+OK\r\nSASL " + sasl + b"\r\n.\r\n")
        elif word == b"AUTH" and (answer := given.get(mechanism)):
            if not initial:
                client.say(b"+ \r\n")
            is_current = _asks_for_version(b64decode(line.split(b" ")[2] if initial else client.hear()))
            if is_current and older and answer is challenge:
                client.say(b"-ERR Failed to decode data\r\n")
                continue
            client.say(b"+ " + b64encode(older or answer) + b"\r\n")
            client.hear()
            client.say(b"-ERR cancelled\r\n")
        elif word == b"QUIT":
            client.say(b"+OK bye\r\n")
            return
        else:
            client.say(REFUSES.get(word, b"-ERR unknown\r\n"))


def _asks_for_version(message: bytes) -> bool:
    """Whether this type 1 has the flag VERSION, as a current client sets it (MS-NLMP 2.2.2.5)."""
    return bool(message[15] & 2)


def mute(client: Client) -> None:
    """Take the connection and say nothing."""
    client.linger()


def hang_up(client: Client) -> None:
    """Close at once, before any greeting."""
    client.socket.close()

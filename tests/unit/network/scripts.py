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
    b"STLS": b"-ERR what\r\n",
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


def ntlm(challenge: bytes = NAMED, versioned: bytes = NAMED, spnego: bytes = b"", sasl: bytes = b"NTLM") -> Act:
    """A server that accepts NTLM and gives ``challenge``, or ``versioned`` to a type 1 that asks for a version."""

    def act(client: Client) -> None:
        client.say(b"+OK ready\r\n")
        speak_ntlm(client, challenge, versioned, spnego, sasl)

    return act


def speak_ntlm(
    client: Client, challenge: bytes = NAMED, versioned: bytes = NAMED, spnego: bytes = b"", sasl: bytes = b"NTLM"
) -> None:
    """The conversation of ``ntlm`` after its greeting."""
    while line := client.hear():
        words = line.upper().split(b" ")
        if words[0] == b"CAPA":
            client.say(b"+OK\r\nSASL " + sasl + b"\r\n.\r\n")
        elif words == [b"AUTH", b"NTLM"] or (words == [b"AUTH", b"GSS-SPNEGO"] and spnego):
            client.say(b"+ \r\n")
            asks_version = bool(b64decode(client.hear())[15] & 2)
            given = spnego if words[1] != b"NTLM" else versioned if asks_version else challenge
            client.say(b"+ " + b64encode(given) + b"\r\n")
            client.hear()
            client.say(b"-ERR cancelled\r\n")
        elif words[0] == b"QUIT":
            client.say(b"+OK bye\r\n")
            return
        else:
            client.say(b"-ERR unknown\r\n")


def mute(client: Client) -> None:
    """Take the connection and say nothing."""
    client.linger()


def hang_up(client: Client) -> None:
    """Close at once, before any greeting."""
    client.socket.close()

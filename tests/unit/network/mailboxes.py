"""Servers with one account, in three protocols: they take STARTTLS or TLS at once, and answer a login as told."""

import ssl
from collections.abc import Mapping

from tests.unit.network.servers import Act, Client
from tests.unit.network.shown import upgrade
from tightlip.model.endpoint import Security

MESSAGE = b"(a message)"
"""Stands for what comes after a 334."""

# What is answered to each command; "%s" is IMAP's tag. The last word of each is the one that carries the password.
ANSWERS: Mapping[str, Mapping[bytes, bytes]] = {
    "pop3": {
        b"CAPA": b"+OK\r\nSTLS\r\nUSER\r\n.\r\n",
        b"STLS": b"+OK\r\n",
        b"USER": b"+OK\r\n",
        b"QUIT": b"+OK\r\n",
        b"PASS": b"+OK\r\n",
    },
    "imap": {
        b"CAPABILITY": b"* CAPABILITY IMAP4rev1 STARTTLS\r\n%s OK done\r\n",
        b"STARTTLS": b"%s OK done\r\n",
        b"LOGOUT": b"* BYE\r\n%s OK done\r\n",
        b"LOGIN": b"%s OK done\r\n",
    },
    "smtp": {
        b"EHLO": b"250-mx\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n",
        b"STARTTLS": b"220 go\r\n",
        b"QUIT": b"221 bye\r\n",
        b"AUTH": b"334 \r\n",
        MESSAGE: b"235 welcome\r\n",
    },
}
GREETINGS = {"pop3": b"+OK hi\r\n", "imap": b"* OK hi\r\n", "smtp": b"220 mx ESMTP\r\n"}
UNKNOWN = {"pop3": b"-ERR what\r\n", "imap": b"%s BAD what\r\n", "smtp": b"502 what\r\n"}
LOGINS = {"pop3": b"PASS", "imap": b"LOGIN", "smtp": MESSAGE}


def mailbox(protocol: str, security: Security, context: ssl.SSLContext, changed: Mapping[bytes, bytes] = {}) -> Act:
    """A server whose answers may be ``changed``; in them ``%s`` is the tag, and ``%line`` all that was said."""
    answers = {**ANSWERS[protocol], **changed}
    if security is Security.IMPLICIT:
        answers = {word: _without_offer(answer) for word, answer in answers.items()}

    def act(client: Client) -> None:
        if security is Security.IMPLICIT:
            upgrade(client, context)
        client.say(GREETINGS[protocol])
        is_in_exchange = False
        while line := client.hear():
            tag, _, rest = line.partition(b" ") if protocol == "imap" else (b"", b"", line)
            word = MESSAGE if is_in_exchange else rest.split(b" ")[0].upper()
            is_in_exchange = answers.get(word, b"").startswith(b"334")
            client.say(answers.get(word, UNKNOWN[protocol]).replace(b"%line", line).replace(b"%s", tag))
            if word in (b"QUIT", b"LOGOUT"):
                return
            if word in (b"STLS", b"STARTTLS") and word not in changed:
                upgrade(client, context)

    return act


def _without_offer(answer: bytes) -> bytes:
    """A list as it is within TLS."""
    for offer in (b"250-STARTTLS\r\n", b"STLS\r\n", b" STARTTLS"):
        answer = answer.replace(offer, b"")
    return answer

"""LMTP (RFC 2033): SMTP's replies, STARTTLS and AUTH, introduced by LHLO."""

from tightlip.protocols._smtp_family import LHLO, converse, is_reply, plain_words
from tightlip.talk.probes import Question
from tightlip.talk.protocol import (
    ASKS_LOGIN,
    ASKS_NOTHING,
    ASKS_TLS,
    CLEAR_PORT,
    GREETS,
    INVENTED,
    LEAVES,
    TAKES_BACK,
    TLS_PORT,
    Protocol,
    Scheme,
)
from tightlip.talk.steps import Dialogue


def lmtp(question: Question) -> Dialogue:
    """The family's conversation, introduced by LHLO."""
    return converse("lmtp", question, LHLO, is_lmtp)


def greets(line: bytes) -> bool:
    """Whether ``line`` is a greeting that says LMTP; many servers (Dovecot's) do not, and look like SMTP."""
    opens = is_reply(line) and line.startswith((b"220", b"421", b"554"))
    return opens and _names(line, b"LMTP") and b"SMTP" not in line[4:].upper()


def is_lmtp(line: bytes) -> bool:
    """Whether a reply line can open LMTP on a port where LMTP is expected."""
    opens = is_reply(line) and line.startswith((b"220", b"4", b"5"))
    return opens and (b"MTP" in line.upper() or not _names(line, b"FTP"))


def _names(line: bytes, name: bytes) -> bool:
    return any(name in word for word in plain_words(line))


PROTOCOL = Protocol(
    name="lmtp",
    schemes=(Scheme("lmtps", 24, TLS_PORT), Scheme("lmtp", 24, CLEAR_PORT)),
    dialogue=lmtp,
    greets=greets,
    known_command="NOOP",
    commands={
        "LHLO": GREETS,
        "STARTTLS": ASKS_TLS,
        "AUTH": ASKS_LOGIN,
        "*": TAKES_BACK,
        "NOOP": ASKS_NOTHING,
        "STIGHTLIP": INVENTED,
        "QUIT": LEAVES,
    },
    lists_are_filtered=True,
)

"""SMTP (RFC 5321, RFC 3207, RFC 4954) and its NTLM exchange (MS-SMTPNTLM); submission is the same on another port."""

from tightlip.model.facts import Door
from tightlip.protocols._smtp_family import EHLO, converse, is_reply, plain_words
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

# Codes that open a conversation (RFC 5321 section 4.3.2, RFC 7504); 400 and 502 are how NNTP turns one away.
_OPENINGS = (b"220", b"421", b"450", b"451", b"521", b"550", b"553", b"554")


def smtp(question: Question) -> Dialogue:
    """The family's conversation, introduced by EHLO."""
    return converse("smtp", question, EHLO, is_smtp)


def greets(line: bytes) -> bool:
    """Whether ``line`` is an SMTP greeting, and not that of FTP or LMTP, which use the same codes."""
    return line[:3] in _OPENINGS and is_smtp(line)


def is_smtp(line: bytes) -> bool:
    """Whether a reply line can open SMTP on a port where SMTP is expected."""
    if not is_reply(line) or not line.startswith((b"220", b"4", b"5")):
        return False
    named = any(name in word for word in plain_words(line) for name in (b"FTP", b"LMTP"))
    return b"SMTP" in line[4:].upper() or not named


PROTOCOL = Protocol(
    name="smtp",
    schemes=(
        Scheme("smtp", 25, CLEAR_PORT),
        Scheme("submission", 587, CLEAR_PORT),
        Scheme("submissions", 465, TLS_PORT),
        Scheme("smtps", 465, TLS_PORT),
    ),
    dialogue=smtp,
    greets=greets,
    known_command="NOOP",
    further_doors=(Door.X_EXPS,),
    commands={
        "EHLO": GREETS,
        "STARTTLS": ASKS_TLS,
        "AUTH": ASKS_LOGIN,
        "X-EXPS": "asks for a login mechanism between Exchange servers",
        "*": TAKES_BACK,
        "NOOP": ASKS_NOTHING,
        "STIGHTLIP": INVENTED,
        "QUIT": LEAVES,
    },
    lists_are_filtered=True,
)

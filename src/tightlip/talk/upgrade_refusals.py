"""What a refusal of STARTTLS means: that the server has none, that it has, or that it is busy."""

import re

from tightlip.talk.refusals import gives_a_reason

# What an answer of these means is the service, whatever its text (RFC 3977 section 3.2.1, RFC 5321 section 3.8).
_OF_THE_SERVICE = ("400", "403", "421")
_TLS = r"(?:tls|starttls|stls|ssl)(?:/ssl|/tls)?(?: (?:support|command|extension|encryption|service))?"
_NOT_THERE = "(?:supported|available|enabled|configured|implemented|advertised|offered)"
# That there is no TLS, as all that is said: Dovecot, Exim, Exchange, and others in their words.
_NO_TLS = re.compile(
    rf"(?:\d{{3}} (?:\d\.\d{{1,3}}\.\d{{1,3}} )?|-err |no |bad )?(?:error:? |sorry,? )?(?:the )?"
    rf"(?:{_TLS} (?:(?:is |are |was |used when )?not |isn't |un){_NOT_THERE}|{_TLS} (?:is )?disabled"
    rf"|no {_TLS}(?: available)?|unable to initialize security subsystem)"
    r"(?: (?:on|by|in|for) this (?:server|host|port|service|listener|system))?[.!]*"
)
# As 502 of NNTP has it, and 454 of SMTP (RFC 3207 section 4) where no more is said.
_UNAVAILABLE = re.compile(rf"\b(?:command|{_TLS}) (?:is )?(?:unavailable|not available)\b")
# That TLS could not be begun: there is one (RFC 4642 section 2.2.2).
_TLS_FAILED = "580"


def says_no_tls(reply: str) -> bool:
    """Whether this refusal of STARTTLS says that the server has none, for anybody, and not only for now."""
    return not reply.startswith(("4", _TLS_FAILED)) and _NO_TLS.fullmatch(reply.lower().strip()) is not None


def is_of_the_command(reply: str) -> bool:
    """Whether a refusal of an unlisted STARTTLS speaks of that command alone, though it says "unavailable".

    Of a command that is not offered this means that there is none (RFC 3977 section 3.2.1), not that it is busy.
    """
    return not reply.startswith(_OF_THE_SERVICE) and not gives_a_reason(_UNAVAILABLE.sub(" ", reply.lower()))

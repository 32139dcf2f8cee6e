"""POP3 is enabled beside IMAP, and may be of no use to anybody.

Flags:
    An instance that serves POP3 to every account and IMAP as well. A configuration cannot say whether anybody uses
    POP3: the logs do. What is flagged is the question, not the answer.

Why it matters:
    Every service is one more door with its own login, its own TLS states and its own mistakes, and who has IMAP
    seldom needs POP3. A service that nobody uses is also one that nobody watches.

Mends it:
    Look for POP3 logins in the logs of some weeks. Where there are none, disable the service; where there are few,
    limit it to the accounts that use it, which ends this finding too.

References:
    RFC 1939; RFC 9051.
"""

from collections.abc import Iterator

from tightlip.model.finding import Reference, Remediation, RemediationKind, Severity
from tightlip.model.posture import Posture
from tightlip.rules._rule import LIMIT_ACCOUNTS, Rule, Written

_RFC_1939 = Reference("RFC 1939: Post Office Protocol, version 3", "https://www.rfc-editor.org/rfc/rfc1939")
_RFC_9051 = Reference("RFC 9051: Internet Message Access Protocol", "https://www.rfc-editor.org/rfc/rfc9051")
_DISABLE_UNUSED = Remediation(
    RemediationKind.DISABLE_SERVICE, "Disable POP3 where the logs of some weeks show nobody using it."
)


def written(posture: Posture) -> Iterator[Written]:
    """POP3 services with sockets, for everybody, of an instance that has IMAP sockets too."""
    serves = {service.protocol for service in posture.services if service.listeners}
    for service in posture.services:
        is_for_some = service.accounts is not None and service.accounts.limited
        if service.protocol == "pop3" and service.listeners and "imap" in serves and not is_for_some:
            yield Written(
                setting=service.listeners[0].place.setting,
                summary="POP3 is enabled beside IMAP; whether anybody uses it the logs must say",
                places=tuple(dict.fromkeys(listener.place for listener in service.listeners)),
                remediations=(_DISABLE_UNUSED, LIMIT_ACCOUNTS),
                service=service,
            )


RULE = Rule(written=written, severity=Severity.INFO, references=(_RFC_1939, _RFC_9051))

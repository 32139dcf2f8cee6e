"""Every account may use POP3.

Flags:
    A POP3 service whose configuration could limit it to a list of accounts and does not. A product that knows
    no such limit is not flagged, and neither is IMAP, which is there for everybody.

Why it matters:
    Least privilege: a stolen password opens every service that its account may use, and POP3 takes a whole
    mailbox away in one go.

Mends it:
    Let only the accounts that need POP3 use it, or disable the service where none does.

References:
    NIST SP 800-53 AC-6.
"""

from collections.abc import Iterator

from tightlip.model.finding import Reference, Severity
from tightlip.model.posture import Posture
from tightlip.rules._rule import DISABLE_SERVICE, LIMIT_ACCOUNTS, Rule, Written

_AC_6 = Reference("NIST SP 800-53 Rev. 5, AC-6: Least Privilege", "https://csrc.nist.gov/pubs/sp/800/53/r5/upd1/final")


def written(posture: Posture) -> Iterator[Written]:
    """POP3 services that have no list of accounts, with the setting that would hold one."""
    for service in posture.services:
        if service.protocol == "pop3" and service.accounts is not None and not service.accounts.limited:
            yield Written(
                setting=service.accounts.place.setting,
                summary="no list of accounts: everybody may use POP3",
                places=(service.accounts.place,),
                remediations=(LIMIT_ACCOUNTS, DISABLE_SERVICE),
                service=service,
            )


RULE = Rule(written=written, severity=Severity.INFO, references=(_AC_6,))

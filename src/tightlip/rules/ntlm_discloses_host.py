"""The server names itself to anybody who sends a first NTLM message.

Flags:
    An endpoint whose NTLM challenge carries a name of the machine, its domain or forest, a Windows version,
    or its clock. No login takes place: the challenge answers the very first message.

Why it matters:
    Names and builds feed target selection and password guessing, and tell an outsider the internal naming
    scheme. Where NTLM is offered it can also be relayed or cracked. The severity is tightlip's own: scanners
    report this as information, without a score.

Mends it:
    Withdraw NTLM from the mechanisms of the service (and GSS-SPNEGO where it carries NTLM), or disable a service
    that nobody uses. Requiring TLS does not mend it: a scanner upgrades first and reads the same challenge.

References:
    MS-NLMP 2.2.1.2; RFC 4422.
"""

from collections.abc import Iterator

from tightlip.model.disclosure import Disclosure
from tightlip.model.finding import Severity
from tightlip.model.host_view import HostView
from tightlip.model.verdict import Verdict
from tightlip.rules._facts import most_telling
from tightlip.rules._rule import (
    DISABLE_SERVICE,
    MS_NLMP,
    RFC_4422,
    WITHDRAW_NTLM,
    Judgement,
    Rule,
    cleared,
    heard,
)

_LABELS = (
    ("netbios_computer_name", "NetBIOS name"),
    ("netbios_domain_name", "NetBIOS domain"),
    ("dns_computer_name", "DNS name"),
    ("dns_domain_name", "DNS domain"),
    ("dns_tree_name", "forest"),
    ("target_name", "target"),
    ("product_version", "version"),
)


def ntlm_discloses_host(view: HostView) -> Iterator[Judgement]:
    """Judge every observation of the view by the condition on the page above."""
    for assessed in view.assessed:
        verdict = assessed.assessment.verdict
        if verdict is Verdict.DISCLOSES:
            best = most_telling(assessed.observation)
            yield heard(
                "ntlm-discloses-host",
                assessed,
                Severity.MEDIUM,
                _summary(best.disclosure),
                f"NTLM challenge by {best.via} ({len(best.raw)} bytes)",
                (WITHDRAW_NTLM, DISABLE_SERVICE),
                (MS_NLMP, RFC_4422),
            )
        elif verdict is Verdict.CLEAN:
            yield cleared("ntlm-discloses-host", assessed)


def _summary(disclosure: Disclosure) -> str:
    told = [(label, getattr(disclosure, field)) for field, label in _LABELS]
    listed = ", ".join(f"{label} {value}" for label, value in told if value)
    return f"NTLM challenge gives away {listed or 'the clock'}"


RULE = Rule(ntlm_discloses_host, Severity.MEDIUM)

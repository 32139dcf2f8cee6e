"""What a rule is, and the words rules have in common."""

from collections.abc import Callable, Iterator
from inspect import getdoc, getmodule

from msgspec import Struct

from tightlip.model.finding import Certainty, Cleared, Evidence, Finding, Reference, Remediation, Severity
from tightlip.model.host_view import Assessed, HostView

Judgement = Finding | Cleared


class Rule(Struct, frozen=True):
    """One rule. The docstring of ``judge``'s module is its manual page, in the parts that a house test asks for."""

    judge: Callable[[HostView], Iterator[Judgement]]
    severity: Severity

    @property
    def name(self) -> str:
        """What it flags, in kebab-case."""
        return name_of(self.judge)

    @property
    def page(self) -> str:
        """The manual page that ``tightlip explain`` prints."""
        return getdoc(getmodule(self.judge)) or ""

    @property
    def title(self) -> str:
        """The page's first sentence."""
        return self.page.partition("\n")[0]


WITHDRAW_NTLM = Remediation(
    "withdraw_mechanism",
    "Withdraw NTLM (and GSS-SPNEGO where it carries NTLM) from the service's SASL mechanisms; TLS alone mends nothing.",
)
REQUIRE_TLS = Remediation("require_tls", "Require TLS before any login, or offer the service on its TLS port only.")
DISABLE_SERVICE = Remediation("disable_service", "Disable the service where nobody uses it.")

MS_NLMP = Reference(
    "MS-NLMP 2.2.1.2: CHALLENGE_MESSAGE",
    "https://learn.microsoft.com/en-us/openspecs/windows_protocols/ms-nlmp/801a4681-8809-4be9-ab0d-61dcfe762786",
)
RFC_8314 = Reference("RFC 8314: Cleartext Considered Obsolete", "https://www.rfc-editor.org/rfc/rfc8314")
RFC_8996 = Reference("RFC 8996: Deprecating TLS 1.0 and TLS 1.1", "https://www.rfc-editor.org/rfc/rfc8996")
RFC_8997 = Reference("RFC 8997: TLS 1.2 for Email", "https://www.rfc-editor.org/rfc/rfc8997")
RFC_5280 = Reference("RFC 5280 section 4.1.2.5: Validity", "https://www.rfc-editor.org/rfc/rfc5280#section-4.1.2.5")
RFC_4422 = Reference("RFC 4422: SASL", "https://www.rfc-editor.org/rfc/rfc4422")


def name_of(judge: Callable[[HostView], Iterator[Judgement]]) -> str:
    """A rule's name from its function's."""
    return str(getattr(judge, "__name__", "")).replace("_", "-")


def heard(
    rule: str,
    assessed: Assessed,
    severity: Severity,
    summary: str,
    proof: str,
    remediations: tuple[Remediation, ...],
    references: tuple[Reference, ...],
) -> Finding:
    """A finding of one endpoint that was heard on the wire, with the observation as its evidence."""
    return Finding(
        rule,
        str(assessed.observation.endpoint),
        severity,
        Certainty.HEARD,
        summary,
        (Evidence(assessed.id, proof),),
        (),
        remediations,
        references,
    )


def cleared(rule: str, assessed: Assessed) -> Cleared:
    """The rule was proven not to hold of this endpoint."""
    return Cleared(rule, str(assessed.observation.endpoint))

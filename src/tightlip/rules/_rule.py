"""What a rule is: a condition on one observation, asked of a whole host view; and the words rules have in common."""

from collections.abc import Callable, Iterator
from enum import Enum
from functools import cache
from inspect import getdoc, getmodule

from msgspec import Struct

from tightlip.model.finding import (
    Certainty,
    Cleared,
    Evidence,
    Finding,
    Reference,
    Remediation,
    RemediationKind,
    Severity,
)
from tightlip.model.host_view import Assessed, HostView

Judgement = Finding | Cleared


class Holds(Struct, frozen=True, kw_only=True):
    """The condition holds: what is found, in which words of the evidence, and what mends it."""

    summary: str
    proof: str
    remediations: tuple[Remediation, ...]


class Proven(Enum):
    """What can be proven of a condition besides that it holds."""

    NOT = "not"


# What a condition says of one observation; None where neither is known.
Answer = Holds | Proven | None


class Rule(Struct, frozen=True, kw_only=True):
    """One rule. The docstring of ``condition``'s file is its manual page, in the parts that a house test asks for."""

    condition: Callable[[Assessed], Answer]
    severity: Severity
    references: tuple[Reference, ...]

    @property
    def name(self) -> str:
        """What it flags, in kebab-case."""
        return _name_of(self.condition)

    @property
    def page(self) -> str:
        """The manual page that ``tightlip explain`` prints."""
        return getdoc(getmodule(self.condition)) or ""

    @property
    def title(self) -> str:
        """The page's first sentence."""
        return self.page.partition("\n")[0]

    def judge(self, view: HostView) -> Iterator[Judgement]:
        """A finding for each endpoint that the condition holds of, a clearance for each that it is proven not to."""
        for assessed in view.assessed:
            answer = self.condition(assessed)
            if answer is Proven.NOT:
                yield Cleared(self.name, str(assessed.observation.endpoint))
            elif answer is not None:
                yield self._finding(assessed, answer)

    def _finding(self, assessed: Assessed, held: Holds) -> Finding:
        return Finding(
            rule=self.name,
            subject=str(assessed.observation.endpoint),
            severity=self.severity,
            certainty=Certainty.HEARD,
            summary=held.summary,
            evidence=(Evidence(observation=assessed.id, text=held.proof),),
            remediations=held.remediations,
            references=self.references,
        )


WITHDRAW_NTLM = Remediation(
    RemediationKind.WITHDRAW_MECHANISM,
    "Withdraw NTLM (and GSS-SPNEGO where it carries NTLM) from the service's SASL mechanisms; TLS alone mends nothing.",
)
REQUIRE_TLS = Remediation(
    RemediationKind.REQUIRE_TLS, "Require TLS before any login, or offer the service on its TLS port only."
)
DISABLE_SERVICE = Remediation(RemediationKind.DISABLE_SERVICE, "Disable the service where nobody uses it.")

MS_NLMP = Reference(
    "MS-NLMP 2.2.1.2: CHALLENGE_MESSAGE",
    "https://learn.microsoft.com/en-us/openspecs/windows_protocols/ms-nlmp/801a4681-8809-4be9-ab0d-61dcfe762786",
)
RFC_8314 = Reference("RFC 8314: Cleartext Considered Obsolete", "https://www.rfc-editor.org/rfc/rfc8314")
RFC_8996 = Reference("RFC 8996: Deprecating TLS 1.0 and TLS 1.1", "https://www.rfc-editor.org/rfc/rfc8996")
RFC_8997 = Reference("RFC 8997: TLS 1.2 for Email", "https://www.rfc-editor.org/rfc/rfc8997")
RFC_5280 = Reference("RFC 5280 section 4.1.2.5: Validity", "https://www.rfc-editor.org/rfc/rfc5280#section-4.1.2.5")
RFC_4422 = Reference("RFC 4422: SASL", "https://www.rfc-editor.org/rfc/rfc4422")


@cache
def _name_of(condition: Callable[[Assessed], Answer]) -> str:
    """A rule is called like the file that its condition stands in."""
    return condition.__module__.rpartition(".")[2].replace("_", "-")

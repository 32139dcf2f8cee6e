"""What a rule is: what it asks of observations and of postures, and the words rules have in common."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from enum import Enum
from functools import cache
from inspect import getdoc, getmodule

from msgspec import Struct

from tightlip.model.endpoint import Security
from tightlip.model.finding import (
    Certainty,
    Cleared,
    Evidence,
    Finding,
    Place,
    Reference,
    Remediation,
    RemediationKind,
    Severity,
)
from tightlip.model.host_view import Assessed, HostView
from tightlip.model.posture import Posture, Service

Judgement = Finding | Cleared


class Holds(Struct, frozen=True, gc=False, kw_only=True):
    """The condition holds: what is found, in which words of the evidence, and what mends it."""

    summary: str
    proof: str
    remediations: tuple[Remediation, ...]


class Proven(Enum):
    """What can be proven of a condition besides that it holds."""

    NOT = "not"


# What a condition says of one observation; None where neither is known.
Answer = Holds | Proven | None


class Written(Struct, frozen=True, gc=False, kw_only=True):
    """The condition holds as a configuration is written: of one service, or of the instance where there is none.

    ``setting`` is what the finding is about: what one rule says of one setting of one instance is one finding, with
    the places and services of all. ``states`` are the TLS states it concerns. ``proof`` is what stands there; empty:
    the places' settings and values. ``since``: it holds from this moment on (UTC), None: always.
    """

    setting: str
    summary: str
    places: tuple[Place, ...]
    remediations: tuple[Remediation, ...]
    service: Service | None = None
    states: tuple[Security, ...] = tuple(Security)
    proof: tuple[Evidence, ...] = ()
    since: datetime | None = None


class Compared(Struct, frozen=True, gc=False, kw_only=True):
    """What the wire and the configuration say together of one endpoint; ``places`` are what the latter says."""

    assessed: Assessed
    answer: Holds | Proven
    places: tuple[Place, ...] = ()


class Rule(Struct, frozen=True, gc=False, kw_only=True):
    """One rule. The docstring of its functions' file is its manual page, in the parts that a house test asks for.

    ``condition`` is asked of each observation, ``pooled`` of all addresses of one endpoint together, ``written`` of
    each linked posture, ``compared`` of a view that has both; a rule has at least one of them. ``leaves_open`` is asked
    of a posture that was read without doubt and is not flagged: whether a finding may stand all the same, for want of
    something that only this rule looks at.
    """

    condition: Callable[[Assessed], Answer] | None = None
    pooled: Callable[[Sequence[Assessed]], Answer] | None = None
    written: Callable[[Posture], Iterator[Written]] | None = None
    compared: Callable[[HostView], Iterator[Compared]] | None = None
    leaves_open: Callable[[Finding, Posture], bool] | None = None
    severity: Severity
    references: tuple[Reference, ...]

    @property
    def name(self) -> str:
        """What it flags, in kebab-case."""
        return _name_of(self.condition or self.written or self.compared)

    @property
    def page(self) -> str:
        """The manual page that ``tightlip explain`` prints."""
        return getdoc(getmodule(self.condition or self.written or self.compared)) or ""

    @property
    def title(self) -> str:
        """The page's first sentence."""
        return self.page.partition("\n")[0]

    def judge(self, assessed: Assessed, subject: str) -> Judgement | None:
        """A finding where the condition holds of an endpoint, a clearance where it is proven not to.

        ``subject`` is the endpoint's text: every rule speaks of the same.
        """
        answer = self.condition(assessed) if self.condition else None
        # A sweep asks every rule of every host, and most have nothing to say.
        return None if answer is None else self._said(assessed, subject, answer)

    def judge_pool(self, addresses: Sequence[Assessed], subject: str) -> Judgement | None:
        """The same for all addresses of an endpoint, of which there are several."""
        return self._said(addresses[0], subject, self.pooled(addresses) if self.pooled else None)

    def _said(self, assessed: Assessed, subject: str, answer: Answer) -> Judgement | None:
        if type(answer) is Holds:
            return self._finding(assessed, subject, answer)
        return Cleared(self.name, subject) if answer else None

    def _finding(self, assessed: Assessed, subject: str, held: Holds) -> Finding:
        return Finding(
            rule=self.name,
            subject=subject,
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
UNREGISTER_NTLM = Remediation(
    RemediationKind.ADVISE,
    "Where Kerberos logs in by GSSAPI, make a comment of each line that registers gss-ntlmssp instead: that concerns "
    "every program that reads it.",
)
REQUIRE_TLS = Remediation(
    RemediationKind.REQUIRE_TLS, "Require TLS before any login, or offer the service on its TLS port only."
)
DISABLE_SERVICE = Remediation(RemediationKind.DISABLE_SERVICE, "Disable the service where nobody uses it.")
LIMIT_ACCOUNTS = Remediation(
    RemediationKind.LIMIT_ACCOUNTS, "Let only the accounts that need the service use it, and no others."
)

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
def _name_of(function: Callable[..., object] | None) -> str:
    """A rule is called like the file that its functions stand in."""
    return function.__module__.rpartition(".")[2].replace("_", "-") if function else ""

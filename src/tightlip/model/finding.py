"""A finding: what a rule says of one subject, with its evidence and what would mend it."""

from enum import StrEnum
from functools import lru_cache
from hashlib import sha256
from typing import final

from msgspec import Struct


class Severity(StrEnum):
    """tightlip's own grading; no published score exists for these findings."""

    INFO = "info"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Certainty(StrEnum):
    """Heard on the wire, written in a configuration, or both."""

    HEARD = "heard"
    WRITTEN = "written"
    BOTH = "both"


class FindingState(StrEnum):
    """The life of a finding in the store."""

    OPEN = "open"
    FIXED = "fixed"
    REGRESSED = "regressed"
    ACCEPTED = "accepted"


class Evidence(Struct, frozen=True, gc=False, omit_defaults=True):
    """Where a finding was heard (an observation) or is written (a file and line)."""

    observation: str | None = None
    text: str | None = None
    file: str | None = None
    line: int | None = None
    sha256: str | None = None


# The value of a place that is a block: what is there is its opening.
OPENING = "{"


class Place(Struct, frozen=True, gc=False):
    """The setting that causes a finding, as the host knows its file; ``line`` is None for an absent setting."""

    file: str
    line: int | None
    setting: str
    value: str | None

    @property
    def where(self) -> str:
        """``file:line``, or the file alone."""
        return self.file if self.line is None else f"{self.file}:{self.line}"

    @property
    def said(self) -> str:
        """What stands there: ``auth_mechanisms = plain ntlm``, ``inet_listener pop3 {``."""
        if self.value == OPENING:
            return f"{self.setting} {OPENING}"
        return f"{self.setting} is not set" if self.value is None else f"{self.setting} = {self.value}"


class RemediationKind(StrEnum):
    """What is to be done, product-free: a product's own plug knows how."""

    WITHDRAW_MECHANISM = "withdraw_mechanism"
    REQUIRE_TLS = "require_tls"
    DISABLE_SERVICE = "disable_service"
    LIMIT_ACCOUNTS = "limit_accounts"
    ADVISE = "advise"


class Remediation(Struct, frozen=True, gc=False):
    """What would mend it: what kind of change, and in words."""

    kind: RemediationKind
    text: str


class Reference(Struct, frozen=True, gc=False):
    """A page worth reading."""

    title: str
    url: str


class InstanceOf(Struct, frozen=True, gc=False):
    """One configured instance of a product, by its main file, or by what stands for it from one audit to the next.

    ``machine`` tells hosts of one name apart, and a host from a copy of its files.
    """

    product: str
    home: str
    machine: str = ""


@final
class Finding(Struct, frozen=True, gc=False):
    """One rule's judgement of one subject.

    ``subject`` is product-free: the endpoint as targeted, or host and setting. ``id`` depends on rule and
    subject alone, so that the same finding has the same id in every run. ``instances`` are those that a written finding
    is about, first the one whose setting it is; none of what was heard, and of what a store of 0.1.0 holds.
    """

    rule: str
    subject: str
    severity: Severity
    certainty: Certainty
    summary: str
    evidence: tuple[Evidence, ...] = ()
    places: tuple[Place, ...] = ()
    remediations: tuple[Remediation, ...] = ()
    references: tuple[Reference, ...] = ()
    instances: tuple[InstanceOf, ...] = ()

    @property
    def id(self) -> str:
        """The first 16 hex digits of sha256 over rule and subject."""
        return finding_id(self.rule, self.subject)


class Cleared(Struct, frozen=True, gc=False):
    """A rule that was proven not to hold for a subject any more; a rule's silence clears nothing."""

    rule: str
    subject: str


@lru_cache(maxsize=4_096)
def finding_id(rule: str, subject: str) -> str:
    """The stable id of what ``rule`` says of ``subject`` (16 hex digits)."""
    return sha256(f"{rule}\n{subject}".encode()).hexdigest()[:16]

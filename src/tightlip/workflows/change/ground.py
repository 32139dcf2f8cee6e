"""The ground that a change stands on: all that its driver asks of a host, and so what tests replace."""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from tightlip.files.replace import Snapshot
from tightlip.network.login import LoggedIn, NotLoggedIn
from tightlip.products._product import Absent, Command, Instance, Product, Ran
from tightlip.remediate._manifest import Form, Metadata
from tightlip.remediate.journal import Author, Uptime
from tightlip.remediate.plan import Expectation, Plan, ProductPlan, Unmet
from tightlip.remediate.proof import Failure


class Proof(Struct, frozen=True, kw_only=True):
    """What a proof came to: what is not as expected, none where all is; and the evidence, as JSON."""

    failures: tuple[Failure, ...]
    evidence: bytes

    @property
    def ok(self) -> bool:
        """Whether everything was as expected."""
        return not self.failures


class Tried(Struct, frozen=True, kw_only=True):
    """Where a test login worked, in text form, and of the others why it did not."""

    worked: tuple[str, ...]
    failed: tuple[str, ...] = ()


class DeniedLogin(Struct, frozen=True, kw_only=True):
    """What came of a login by an account that is to be kept out, and where it was tried."""

    endpoint: str
    outcome: LoggedIn | NotLoggedIn


class Witnessed(Struct, frozen=True, kw_only=True):
    """What the endpoints said before a change: the evidence, and what must be so again after an undo."""

    evidence: bytes
    earlier: tuple[Expectation, ...]


class TrialOrder(Struct, frozen=True, kw_only=True):
    """What is tried of an instance: its files, by path, as they are and as they are planned; none where they stay.

    ``endpoints`` are what is expected to answer, in text form. ``beside`` are the other products that the plan changes.
    """

    instance: Instance
    endpoints: tuple[str, ...]
    now: Mapping[str, bytes] = {}
    planned: Mapping[str, bytes] = {}
    beside: tuple[str, ...] = ()


class Lives(Struct, frozen=True):
    """With the planned files everything answered that answers with those of now."""


class Dies(Struct, frozen=True, kw_only=True):
    """Endpoints that answer with the files of now and not with the planned ones, each with the reason.

    ``said`` are the last lines of what the product said then.
    """

    at: Mapping[str, str]
    said: tuple[str, ...]


class Differs(Struct, frozen=True, kw_only=True):
    """Endpoints that answer now, and not where the product is started with the files of now, each with the reason.

    Its files were edited since it read them, or what they need is out of a trial's reach.
    """

    at: Mapping[str, str]
    said: tuple[str, ...]


class OutOfReach(Struct, frozen=True, kw_only=True):
    """By the files of now a reload would look for the running server where it is not; why."""

    why: str
    said: tuple[str, ...] = ()


class Untried(Struct, frozen=True):
    """A trial could not be made, or shows nothing here; why."""

    why: str


TrialOutcome = Lives | Dies | Differs | OutOfReach | Untried


class Trials(Enum):
    """Whether a product is tried beside the running service before it is reloaded."""

    MADE = "made"
    LEFT_OUT = "left out"


class Ground(Protocol):
    """A host that can be changed. What cannot be done is a TightlipError that says why."""

    @property
    def host(self) -> str:
        """The identity that plans carry."""

    def now(self) -> datetime:
        """The time, UTC."""

    def uptime(self) -> Uptime:
        """The same by the machine's own clock, which goes on while it sleeps and is not set."""

    def author(self) -> Author:
        """Who is doing this."""

    def take(self, path: str) -> Snapshot | Absent:
        """A file's bytes and metadata."""

    def hindrance(self, path: str) -> str | None:
        """Why a file could not be replaced, as far as can be seen beforehand."""

    def exposed(self, path: str) -> str | None:
        """Why a file should not be replaced: it is in the hands of others."""

    def replace(self, path: str, was: Form, new: bytes, like: Metadata, mark: str) -> None:
        """Replace a file whole if it is as it ``was``, or leave it as it is; Changed where not."""

    def try_out(self, order: TrialOrder) -> TrialOutcome:
        """Start a product beside the running service with the planned files; none of it stays."""

    def lay_ready(self, path: str, was: Form, new: bytes, like: Metadata, mark: str) -> None:
        """Write what replace() with the same mark will put into place."""

    def clear(self, path: str, mark: str) -> None:
        """Remove what was laid ready beside a file, or left by a crash."""

    def lacks(self, product: ProductPlan) -> str | None:
        """What a product's check and reload need and is not there, as far as can be seen beforehand.

        That its server does not run is runs()' matter.
        """

    def runs(self, instance: Instance) -> bool:
        """Whether any process is seen that runs this instance."""

    def run(self, command: Command) -> Ran | Absent:
        """Run a product's own command."""

    def hup(self, instance: Instance) -> None:
        """Send SIGHUP to an instance's master process."""

    def witness(self, expectations: tuple[Expectation, ...]) -> Witnessed:
        """Ask the endpoints once, as they are, and log in where that can be tried."""

    def prove(self, expectations: tuple[Expectation, ...], logins: tuple[str, ...]) -> Proof:
        """Ask the endpoints until all is as expected, or patience ends; then log in at those of ``logins``."""

    def prove_back(self, expectations: tuple[Expectation, ...], logins: tuple[str, ...]) -> Proof:
        """The same on a way back, with the patience that a server needs which the change has killed."""

    def holds(self, expectations: tuple[Expectation, ...]) -> bool:
        """Whether all is as expected at this moment."""

    def try_login(self, expectations: tuple[Expectation, ...]) -> Tried | None:
        """Log in where that can be tried; None where no login is wanted."""

    def try_denied(self, expectations: tuple[Expectation, ...]) -> DeniedLogin | None:
        """Log in, once, as the account that is to be kept out; None where none was given, or it cannot be tried."""

    def silent(self, endpoints: tuple[str, ...]) -> frozenset[str]:
        """Those of the endpoints that do not greet and list what they can; a PROXY header is sent to none."""

    def arm(self, change: str, due: datetime) -> None:
        """Set the timer that undoes the change, which outlives us and a reboot; armed already, it stays."""

    def disarm(self, change: str) -> None:
        """Take the timer away, if there is one."""


class Gate(Struct, frozen=True, kw_only=True):
    """What decides besides the host: the policy (who approved a plan, lying in a file), what is unmet, the products.

    ``permit`` raises TightlipError where the plan may not be applied at this time, ``vouch`` where its servers and
    files are none of this host's, ``recheck`` where it would not even be made any more. ``unreloaded`` says what of its
    files a running server has not been told of, where that can be seen.
    """

    permit: Callable[[Plan, Path, datetime], tuple[str, ...]]
    vouch: Callable[[Plan], None]
    recheck: Callable[[Plan], tuple[Unmet, ...]]
    unreloaded: Callable[[Plan], tuple[Unmet, ...]]
    product: Callable[[str], Product]

"""The live ground: this machine, its processes and products, the scan as the prover, and the timer."""

import os
import signal
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from msgspec.structs import replace

from tightlip import registry
from tightlip.config.changes import Shelf
from tightlip.config.folders import folders
from tightlip.config.policy import read_policy
from tightlip.files import replace as files
from tightlip.files.replace import Snapshot
from tightlip.files.trust import exposed, owners_too
from tightlip.hosts import _timer
from tightlip.hosts.local import LocalHost, local_host
from tightlip.model.errors import Exit, TightlipError
from tightlip.network.credentials import Credentials
from tightlip.products._product import Absent, Command, Instance, Product, Ran
from tightlip.remediate._earlier import earlier
from tightlip.remediate._manifest import Form, Metadata
from tightlip.remediate.journal import Author, Uptime
from tightlip.remediate.plan import Expectation, ProductPlan, ReloadCommand, ReloadHup
from tightlip.workflows.approval_gate import permit
from tightlip.workflows.change.author import login_name
from tightlip.workflows.change.driving import Site
from tightlip.workflows.change.ground import (
    DeniedLogin,
    Gate,
    Proof,
    TrialOrder,
    TrialOutcome,
    Trials,
    Tried,
    Untried,
    Witnessed,
)
from tightlip.workflows.change.master import is_run, master_of
from tightlip.workflows.change.origin import vouch
from tightlip.workflows.change.recheck import still_unmet, unreloaded_of
from tightlip.workflows.identity import identity_of
from tightlip.workflows.logins import Attempts
from tightlip.workflows.proving import (
    AT_ONCE,
    NO_LOGIN,
    PATIENCE,
    PATIENCE_BACK,
    Account,
    Patience,
    log_in_at,
    login_endpoints,
    opening_at,
    prove,
    silent,
    smoke_login,
)
from tightlip.workflows.trial import trying

_BOOT = Path("/proc/sys/kernel/random/boot_id")
# What an undo that nobody started by hand needs to find the same folders and programs.
_KEPT_VARIABLES = ("HOME", "PATH", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "TIGHTLIP_CONFIG")


class LiveGround:
    """This machine; ``credentials`` are for the test login that ends a proof, ``denied`` for one that must fail."""

    def __init__(
        self,
        host: LocalHost,
        shelf: Shelf,
        credentials: Credentials | None = None,
        denied: Credentials | None = None,
        trials: Trials = Trials.MADE,
    ) -> None:
        """``host`` is this machine; ``shelf`` is where the changes lie that timers are set for."""
        self._denied = denied
        self._trials = trials
        self._host = host
        self._shelf = shelf
        self._credentials = credentials
        self._attempts = Attempts()
        self.host = identity_of(self._host)

    def now(self) -> datetime:
        """The time, UTC."""
        return datetime.now(UTC)

    def uptime(self) -> Uptime:
        """Since the last boot, by which id the kernel knows it."""
        return Uptime(boot=_BOOT.read_text().strip(), seconds=time.clock_gettime(time.CLOCK_BOOTTIME))

    def author(self) -> Author:
        """The real user id, and the name under which that person came in, which sudo does not change."""
        return Author(uid=os.getuid(), login=login_name())

    def take(self, path: str) -> Snapshot | Absent:
        """A file's bytes and metadata."""
        return files.take(path)

    def hindrance(self, path: str) -> str | None:
        """Why a file could not be replaced."""
        return files.hindrance(path)

    def exposed(self, path: str) -> str | None:
        """Why a file should not be replaced: it is in the hands of others."""
        return exposed(path, owners_too(read_policy().trusted_owners))

    def replace(self, path: str, was: Form, new: bytes, like: Metadata, mark: str) -> None:
        """Replace a file whole if it is as it ``was``, or leave it as it is; Changed where not."""
        files.replace(path, was, new, like, mark)

    def try_out(self, order: TrialOrder) -> TrialOutcome:
        """Start a product beside the running service with the planned files."""
        if self._trials is Trials.LEFT_OUT:
            return Untried("--untried was given")
        return trying.try_out(order, self._host, product_named(order.instance.product))

    def lay_ready(self, path: str, was: Form, new: bytes, like: Metadata, mark: str) -> None:
        """Write what replace() with the same mark will put into place."""
        files.lay_ready(path, was, new, like, mark)

    def clear(self, path: str, mark: str) -> None:
        """Remove what was laid ready beside a file, or left by a crash."""
        files.clear(path, mark)

    def lacks(self, product: ProductPlan) -> str | None:
        """The first program that is not installed, or a master process that cannot be told from others."""
        reload = product.reload
        commands = [*product.check, *([reload.command] if isinstance(reload, ReloadCommand) else [])]
        if why := next(filter(None, map(self._host.lacks, commands)), None):
            return why
        if not isinstance(reload, ReloadHup) or not self.runs(product.instance):
            return None
        master = self._master(product.instance)
        return master if isinstance(master, str) else None

    def runs(self, instance: Instance) -> bool:
        """Whether any process is seen that runs this instance."""
        return is_run(instance, self._host.processes(), product_named(instance.product))

    def run(self, command: Command) -> Ran | Absent:
        """Run a product's own command, at most 60 s."""
        return self._host.run(command)

    def hup(self, instance: Instance) -> None:
        """Send SIGHUP to the one process that runs this instance and is no child of another that does."""
        master = self._master(instance)
        if isinstance(master, str):
            raise TightlipError(master, "" if self.runs(instance) else "is it started?", Exit.REFUSED)
        try:
            os.kill(master, signal.SIGHUP)
        except OSError as error:
            raise TightlipError(f"process {master} took no SIGHUP: {error.strerror}", "", Exit.REFUSED) from None

    def witness(self, expectations: tuple[Expectation, ...]) -> Witnessed:
        """Ask the endpoints once, as they are."""
        heard = prove(expectations, None, patience=AT_ONCE)
        return Witnessed(evidence=replace(heard, failures=()).evidence(), earlier=earlier(heard.witnesses))

    def holds(self, expectations: tuple[Expectation, ...]) -> bool:
        """Whether all is as expected at this moment."""
        return prove(expectations, None, patience=AT_ONCE).holds

    def try_login(self, expectations: tuple[Expectation, ...]) -> Tried | None:
        """Log in where that can be tried."""
        if self._credentials is None:
            return None
        tried = smoke_login(expectations, self._credentials, self._attempts)
        failed = tuple(f"{each.endpoint}: {each.why}" for each in tried.failed) or (NO_LOGIN,) * (not tried.worked)
        return Tried(worked=tried.worked, failed=failed)

    def try_denied(self, expectations: tuple[Expectation, ...]) -> DeniedLogin | None:
        """Log in, once, as the account that is to be kept out; None where none was given, or it cannot be tried."""
        at = next(iter(login_endpoints(expectations)), None)
        if self._denied is None or at is None:
            return None
        return DeniedLogin(endpoint=str(at), outcome=log_in_at(at, self._denied, opening_at(at, expectations)))

    def prove(self, expectations: tuple[Expectation, ...], logins: tuple[str, ...]) -> Proof:
        """Ask the endpoints until all is as expected, or patience ends; then log in at those of ``logins``."""
        return self._prove(expectations, logins, PATIENCE)

    def prove_back(self, expectations: tuple[Expectation, ...], logins: tuple[str, ...]) -> Proof:
        """The same on a way back."""
        return self._prove(expectations, logins, PATIENCE_BACK)

    def silent(self, endpoints: tuple[str, ...]) -> frozenset[str]:
        """Those of the endpoints that do not greet and list what they can."""
        return silent(endpoints)

    def arm(self, change: str, due: datetime) -> None:
        """Set the timer; it runs ``tightlip recover --overdue CHANGE``."""
        _timer.arm(
            _timer.Alarm(
                change=change,
                due=due,
                argv=(sys.executable, "-I", "-m", "tightlip", "recover", "--overdue", change),
                environment={name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ},
                mark=self._shelf.path / change / "waiting",
                within=(due - self.now()).total_seconds(),
            )
        )

    def disarm(self, change: str) -> None:
        """Take the timer away."""
        _timer.disarm(change)

    def _prove(self, expectations: tuple[Expectation, ...], logins: tuple[str, ...], patience: Patience) -> Proof:
        own = self._credentials
        account = Account(credentials=own, worked=logins, attempts=self._attempts) if own else None
        proof = prove(expectations, account, patience)
        return Proof(failures=proof.failures, evidence=proof.evidence())

    def _master(self, instance: Instance) -> int | str:
        return master_of(instance, self._host.processes(), product_named(instance.product))


def changes_shelf() -> Shelf:
    """Where this user's changes lie."""
    return Shelf(folders().state / "changes")


def live_site(
    tell: Callable[[str], object],
    credentials: Credentials | None = None,
    denied: Credentials | None = None,
    trials: Trials = Trials.MADE,
) -> Site:
    """This machine with this user's changes and policy; ``denied`` is an account that a change is to keep out."""
    host, shelf = local_host(), changes_shelf()
    gate = Gate(
        permit=permit,
        vouch=partial(vouch, host=host),
        recheck=partial(still_unmet, host=host),
        unreloaded=partial(unreloaded_of, host=host),
        product=product_named,
    )
    return Site(ground=LiveGround(host, shelf, credentials, denied, trials), gate=gate, shelf=shelf, tell=tell)


def product_named(name: str) -> Product:
    """A product's plug; TightlipError where there is none of this name."""
    if name not in registry.names("products"):
        raise TightlipError(f"this tightlip knows no product {name!r}", "make the plan again", Exit.REFUSED)
    return registry.pick("products", name, Product)

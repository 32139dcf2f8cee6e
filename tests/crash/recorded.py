"""A recorded host: a temporary tree, a server that reads it when it is told to, scripted commands, and a prover."""

import json
import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from tests.crash.practice_product import CHECK, RELOAD, product_named
from tightlip.config.changes import ChangeFolder, Shelf
from tightlip.files import replace as files
from tightlip.files.replace import Snapshot
from tightlip.files.trust import exposed, root_and_we
from tightlip.model.errors import Exit, TightlipError
from tightlip.network.login import LoggedIn, NotLoggedIn
from tightlip.products._product import Absent, Command, Instance, Ran
from tightlip.remediate._manifest import Form, Metadata
from tightlip.remediate.journal import Author, Uptime
from tightlip.remediate.plan import Expectation, Patch, Plan, PlannedFile, ProductPlan, ReloadCommand
from tightlip.remediate.proof import Failure
from tightlip.syntax.spans import digest
from tightlip.workflows.change.driving import Site
from tightlip.workflows.change.ground import DeniedLogin, Gate, Lives, Proof, TrialOrder, TrialOutcome, Tried, Witnessed
from tightlip.workflows.change.history import stories
from tightlip.workflows.changing import Order

HOST = "practice (0123456789abcdef)"
ENDPOINT = "pop3://127.0.0.1:110"
OLD = {"a.conf": b"# first\nmechanisms = PLAIN NTLM\n", "conf.d/b.conf": b"mechanisms = PLAIN NTLM # why\n"}
NEW = {name: text.replace(b" NTLM", b"") for name, text in OLD.items()}


class Faults(Struct, frozen=True, kw_only=True):
    """What goes wrong: commands that fail, a server that does not come back, one whose list does not change.

    ``missing``: the commands are not installed; ``gone``: they no longer are when they are needed. ``strict``: the
    reload is one of a server that runs; ``hangs``: its process is there, whether it answers or not.
    """

    check: bool = False
    reload: bool = False
    dies: bool = False
    deaf: bool = False
    missing: bool = False
    gone: bool = False
    strict: bool = False
    hangs: bool = False


NO_FAULTS = Faults()


class Recorded:
    """A host below a folder; what its server has in memory lies in a file, so that it outlives every process."""

    host = HOST

    def __init__(self, folder: Path, faults: Faults = NO_FAULTS, later: timedelta = timedelta()) -> None:
        """``later``: how far its clock is ahead; ``logins``: where a test login works, None where none is wanted."""
        self.folder = folder
        self.logins: tuple[str, ...] | None = None
        self.tried = 0
        self.denials: list[LoggedIn | NotLoggedIn] = []
        self.demanded: list[tuple[str, ...]] = []
        self.proofs_back = 0
        self.faults = faults
        self.later = later
        self.longer = 0.0
        self.boot = "boot"
        self.calls: list[str] = []
        self.trial: TrialOutcome = Lives()
        self.trials: list[TrialOrder] = []

    def now(self) -> datetime:
        """The time of this machine, and ``later``."""
        return datetime.now(UTC) + self.later

    def uptime(self) -> Uptime:
        """The machine's own, and ``longer``."""
        return Uptime(boot=self.boot, seconds=time.clock_gettime(time.CLOCK_BOOTTIME) + self.longer)

    def author(self) -> Author:
        """Always the same."""
        return Author(uid=1000, login="anna")

    def take(self, path: str) -> Snapshot | Absent:
        """The real thing."""
        return files.take(path)

    def hindrance(self, path: str) -> str | None:
        """The real thing."""
        return files.hindrance(path)

    def exposed(self, path: str) -> str | None:
        """The real thing."""
        return exposed(path, root_and_we())

    def replace(self, path: str, was: Form, new: bytes, like: Metadata, mark: str) -> None:
        """The real thing."""
        self.calls.append(f"replace {Path(path).name}")
        files.replace(path, was, new, like, mark)

    def try_out(self, order: TrialOrder) -> TrialOutcome:
        """What ``trial`` says."""
        self.trials.append(order)
        return self.trial

    def lay_ready(self, path: str, was: Form, new: bytes, like: Metadata, mark: str) -> None:
        """The real thing."""
        files.lay_ready(path, was, new, like, mark)

    def clear(self, path: str, mark: str) -> None:
        """The real thing."""
        files.clear(path, mark)

    def lacks(self, product: ProductPlan) -> str | None:
        """Its commands, where the fault says so."""
        return f"{product.check[0].argv[0]} is not installed" if self.faults.missing else None

    def runs(self, instance: Instance) -> bool:
        """Whether its server is alive."""
        return instance.product == "practice" and (self.faults.hangs or bool(self.memory()))

    def run(self, command: Command) -> Ran | Absent:
        """The check fails on a mixture of old and new; the reload has the server read its files."""
        self.calls.append(command.argv[0])
        if self.faults.missing or self.faults.gone:
            return Absent(f"{command.argv[0]} is not installed")
        read = {each: self.file(each).read_bytes() for each in OLD}
        if command == CHECK:
            is_bad = self.faults.check or read not in (OLD, NEW)
            return Ran(command, int(is_bad), "line 3: password=hunter2 is no setting" if is_bad else "")
        if (self.faults.reload and read == NEW) or (self.faults.strict and not self.memory()):
            return Ran(command, 75, "not running")
        self.remember({} if self.faults.dies and read == NEW else {name: text.decode() for name, text in read.items()})
        return Ran(command, 0, "")

    def hup(self, instance: Instance) -> None:
        """This product has a command."""
        raise TightlipError(f"no process runs {instance.product}", "", Exit.REFUSED)

    def witness(self, expectations: tuple[Expectation, ...]) -> Witnessed:
        """What the server lists now."""
        listed = self.listed()
        found = tuple(replace(each, withdrawn=(), kept=listed, closed=not listed) for each in expectations)
        return Witnessed(evidence=self._evidence(), earlier=found)

    def holds(self, expectations: tuple[Expectation, ...]) -> bool:
        """Whether the server lists what it should, which is not counted as a proof."""
        return (self.prove(expectations, ()).ok, self.demanded.pop())[0]

    def try_login(self, expectations: tuple[Expectation, ...]) -> Tried | None:
        """Where it works, as ``logins`` says."""
        if self.logins is None:
            return None
        self.tried += 1
        at = tuple(each.endpoint for each in expectations)
        failed = tuple(f"{each}: the test login failed" for each in at if each not in self.logins)
        return Tried(worked=tuple(each for each in at if each in self.logins), failed=failed)

    def try_denied(self, expectations: tuple[Expectation, ...]) -> DeniedLogin | None:
        """What ``denials`` gives, one after the other; None where no account was given."""
        return DeniedLogin(endpoint=expectations[0].endpoint, outcome=self.denials.pop(0)) if self.denials else None

    def prove(self, expectations: tuple[Expectation, ...], logins: tuple[str, ...]) -> Proof:
        """Whether the server lists what it should."""
        self.demanded.append(logins)
        listed = self.listed()
        failures: list[Failure] = []
        for each in expectations:
            whys = [f"{name} is still taken" for name in each.withdrawn if name in listed]
            whys += [f"{name} is lost" for name in each.kept if name not in listed]
            whys += ["the service does not greet"] * (not listed and not each.closed)
            whys += ["the port should be closed"] * (bool(listed) and each.closed)
            failures += [Failure(endpoint=each.endpoint, why=why) for why in whys]
        return Proof(failures=tuple(failures), evidence=self._evidence())

    def prove_back(self, expectations: tuple[Expectation, ...], logins: tuple[str, ...]) -> Proof:
        """This server is never waited for."""
        self.proofs_back += 1
        return self.prove(expectations, logins)

    def silent(self, endpoints: tuple[str, ...]) -> frozenset[str]:
        """All of them, where its server is dead."""
        return frozenset() if self.memory() else frozenset(endpoints)

    def arm(self, change: str, due: datetime) -> None:
        """Write down that it was set."""
        (self.folder / f"armed-{change}").write_text(due.isoformat())

    def disarm(self, change: str) -> None:
        """Take it away."""
        (self.folder / f"armed-{change}").unlink(missing_ok=True)

    def file(self, name: str) -> Path:
        """One of the server's files."""
        return self.folder / "etc" / name

    def remember(self, texts: Mapping[str, str]) -> None:
        """Put texts into the server's memory, all at once; none: it is dead."""
        beside = self.folder / "memory.new"
        beside.write_text(json.dumps(dict(texts)))
        beside.rename(self.folder / "memory")

    def memory(self) -> dict[str, bytes]:
        """What the server has read."""
        return {name: text.encode() for name, text in json.loads((self.folder / "memory").read_text()).items()}

    def listed(self) -> tuple[str, ...]:
        """The mechanisms that all its files allow."""
        texts = OLD if self.faults.deaf and self.memory() else self.memory()
        lists = [text.split(b"=")[1].split(b"#")[0].decode().split() for text in texts.values()]
        return tuple(name for name in (lists or [[]])[0] if all(name in each for each in lists))

    def _evidence(self) -> bytes:
        return json.dumps({"witnesses": [], "listed": self.listed()}).encode()


def raise_host(folder: Path) -> Recorded:
    """A host whose server runs with its old files."""
    host = Recorded(folder)
    (folder / "etc/conf.d").mkdir(parents=True)
    for name, text in OLD.items():
        host.file(name).write_bytes(text)
    host.file("a.conf").chmod(0o640)
    host.remember({name: text.decode() for name, text in OLD.items()})
    return host


def plan_for(host: Recorded) -> Plan:
    """The plan that takes NTLM out of both files."""
    files = tuple(_planned(str(host.file(name)), OLD[name]) for name in OLD)
    product = ProductPlan(
        product="practice",
        instance=instance(host),
        version=None,
        files=files,
        invocations=(),
        check=(CHECK,),
        reload=ReloadCommand(RELOAD),
    )
    expected = Expectation(endpoint=ENDPOINT, withdrawn=("NTLM",), kept=("PLAIN",))
    return Plan(
        schema=1, tool="0", host=HOST, goal="withdraw-ntlm", remedies=(), findings=(), products=(product,),
        expectations=(expected,),
    )  # fmt: skip  # a column of dull lines otherwise


def order_for(host: Recorded, confirm: timedelta | None = None) -> Order:
    """The order to apply it."""
    return Order(plan=plan_for(host), file=host.folder / "plan.json", confirm=confirm)


def instance(host: Recorded) -> Instance:
    """The server."""
    return Instance(product="practice", config=str(host.file("a.conf")))


def site_of(host: Recorded, told: list[str] | None = None) -> Site:
    """The host with a policy that lets everything pass."""
    gate = Gate(
        permit=lambda *_: (),
        vouch=lambda _: None,
        recheck=lambda plan: plan.unmet,
        unreloaded=lambda _: (),
        product=product_named,
    )
    tell = (told if told is not None else []).append
    return Site(ground=host, gate=gate, shelf=Shelf(host.folder / "changes"), tell=tell)


def texts(host: Recorded) -> dict[str, bytes]:
    """What the server's files hold now."""
    return {name: host.file(name).read_bytes() for name in OLD}


def leftovers(host: Recorded) -> list[str]:
    """Files that no ended change should leave: copies beside configurations, halves in the folders of changes."""
    files = [path for path in (host.folder / "etc").rglob("*") if path.is_file()]
    found = [path for path in files if path.name not in ("a.conf", "b.conf")]
    found += [path for path in (host.folder / "changes").rglob(".*") if path.name != ".lock"]
    found += list(host.folder.glob("armed-*"))
    return [os.fspath(path) for path in found]


def changes_of(host: Recorded) -> tuple[ChangeFolder, ...]:
    """The changes so far, the oldest first."""
    return tuple(folder for folder, _ in stories(Shelf(host.folder / "changes")))


def _planned(path: str, text: bytes) -> PlannedFile:
    at = text.index(b" NTLM")
    patch = Patch(at, at + len(b" NTLM"), b"", "NTLM names the host")
    after = text[:at] + text[at + len(b" NTLM") :]
    return PlannedFile(path=path, before=digest(text), after=digest(after), patches=(patch,))

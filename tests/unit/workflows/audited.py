"""A made-up product with one setting a line, and a host that is a dictionary: what audits are tested on."""

from collections.abc import Generator, Iterable, Mapping
from typing import Any

import pytest
from msgspec import Struct

from tightlip import registry
from tightlip.hosts._host import Reach
from tightlip.hosts._patterns import Listing, fits
from tightlip.model.endpoint import Security
from tightlip.model.finding import Place
from tightlip.model.posture import AuthSocket, Delegation, Listener, Offer, Posture, Service, Tls
from tightlip.products._product import (
    Absent,
    Answer,
    Command,
    Commands,
    ConfigFile,
    Contradiction,
    Files,
    Instance,
    ListFiles,
    Mending,
    Missing,
    Need,
    Process,
    Product,
    Ran,
    ReadFile,
    Request,
)
from tightlip.syntax.lenses.folded import MAIN_CF
from tightlip.syntax.reading import Entry

MAIN = "/etc/toy/toy.conf"
BOTH = (Security.PLAIN, Security.STARTTLS)


class DictHost(Struct, frozen=True, kw_only=True):
    """A host of files by path, processes, and outputs by command line."""

    files: Mapping[str, bytes]
    name: str = "mail1"
    reach: Reach = Reach.COPIED
    place: str = ""
    running: tuple[Process, ...] = ()
    outputs: dict[tuple[str, ...], str] = {}

    def read(self, path: str) -> bytes | Absent:
        """The bytes."""
        return self.files.get(path, Absent("No such file or directory"))

    def stands(self, path: str) -> bool:
        """Whether it is one of the files."""
        return path in self.files

    def matching(self, pattern: str) -> Listing:
        """The paths."""
        return Listing(tuple(sorted(path for path in self.files if fits(path, pattern))))

    def processes(self) -> Iterable[Process]:
        """What runs."""
        return self.running

    def run(self, command: Command) -> Ran | Absent:
        """The output; a command on a copy is a mistake of whoever runs it."""
        assert self.reach is Reach.LIVE
        output = self.outputs.get(command.argv)
        return Absent("not installed") if output is None else Ran(command, 0, output)


def collect(instance: Instance) -> Generator[Request, Answer, Files]:
    """The main file, and what its ``include`` settings match."""
    files: list[ConfigFile] = []
    missing: list[Missing] = []
    waiting = [instance.config]
    while waiting:
        path = waiting.pop(0)
        answer = yield ReadFile(path)
        if not isinstance(answer, bytes):
            assert isinstance(answer, Absent)
            missing.append(Missing(path=path, why=answer.why, need=Need.REQUIRED))
            continue
        reading = MAIN_CF.read(answer)
        files.append(ConfigFile(path=path, role="main", reading=reading))
        for entry in reading.entries:
            if entry.name == "include":
                found = yield ListFiles(entry.value)
                assert isinstance(found, tuple)
                waiting += found
    return Files(instance=instance, files=tuple(files), missing=tuple(missing), version="files say 1")


def posture(files: Files) -> Posture:
    """A POP3 service with the mechanisms that the last ``mechanisms`` names; ``asks`` another product instead."""
    named = {entry.name: (file.path, entry) for file in files.files for entry in file.reading.entries}
    config = files.instance.config

    def place(name: str) -> Place:
        if name not in named:
            return Place(config, None, name, None)
        path, entry = named[name]
        return Place(path, entry.line, name, entry.value)

    def value(name: str) -> str:
        return named[name][1].value if name in named else ""

    offers = tuple(
        Offer(name=name, states=BOTH, place=place("mechanisms"), names_host=name == "NTLM")
        for name in value("mechanisms").split()
    )
    tls = Tls(
        available=True,
        place=place("tls"),
        required=False,
        demand=place("tls"),
        certificate=value("certificate") or None,
        certificate_place=place("certificate"),
    )
    socket = (AuthSocket(path="/run/auth"),)
    asked = Delegation(product=value("asks"), socket="/run/auth", at=socket, place=place("asks"))
    port = int(value("port") or 110)
    service = Service(
        name="pop3",
        protocol="pop3",
        listeners=(Listener(address=value("address") or "127.0.0.1", port=port, states=BOTH, place=place("port")),),
        offers=() if asked.product else offers,
        tls=tls,
        delegation=asked if asked.product else None,
    )
    product = files.instance.product
    return Posture(
        product=product,
        config=config,
        version=files.version,
        services=(service,),
        backend=offers,
        backend_at=() if asked.product else socket,
    )


def compare(files: Files, rans: tuple[Ran, ...]) -> tuple[Contradiction, ...]:
    """The effective view is a file of the same grammar."""
    said = {entry.name: entry.value for ran in rans for entry in MAIN_CF.read(ran.output.encode()).entries}
    written: dict[str, tuple[str, Entry]] = {
        entry.name: (file.path, entry) for file in files.files for entry in file.reading.entries
    }
    return tuple(
        Contradiction(
            setting=name,
            written=entry.value,
            effective=said.get(name),
            place=Place(path, entry.line, name, entry.value),
        )
        for name, (path, entry) in written.items()
        if name == "mechanisms" and said.get(name) != entry.value
    )


def recognise(process: Process) -> Instance | None:
    """``toyd``, with its configuration as the argument behind ``-c``."""
    if not process.argv or process.argv[0] != "toyd":
        return None
    config = process.argv[process.argv.index("-c") + 1] if "-c" in process.argv else MAIN
    return Instance(product="toy", config=config, pid=process.pid)


def commands(instance: Instance) -> Commands:
    """Each names the instance's file."""
    flags = ("-c", instance.config)
    return Commands(version=Command(("toyd", "-v", *flags)), effective=(Command(("toyd", "-n", *flags)),))


TOY = Product(
    title="Toy",
    homes=(MAIN, "/usr/local/etc/toy/toy.conf"),
    recognise=recognise,
    collect=collect,
    posture=posture,
    edit=lambda _files, _remedy: Mending(),
    commands=commands,
    read_version=lambda output: output.strip() or None,
    compare=compare,
    complaints=lambda _ran: (),
)


def install(monkeypatch: pytest.MonkeyPatch, plugs: Mapping[str, Product]) -> None:
    """Let these be the products that there are."""
    gather, names = registry.gather, registry.names

    def gathered(folder: str, kind: type[Any]) -> Any:
        return dict(plugs) if folder == "products" else gather(folder, kind)

    monkeypatch.setattr(registry, "gather", gathered)
    monkeypatch.setattr(registry, "names", lambda folder: tuple(plugs) if folder == "products" else names(folder))

"""The real servers, started when a test first asks for one and ended with the run."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import NoReturn

import pytest

from tests.house.told import Tell
from tests.real.administration import Administrator
from tests.real.circles import Circle, wrong
from tests.real.servers.catalogue import Rack
from tests.real.servers.chroot import chroot
from tests.real.servers.contract import LEAKY, Server, Unavailable
from tests.real.servers.dovecot24 import PACKAGES, RELEASE
from tests.real.truth import CARRIERS
from tests.real.visits import Visit, visit

# The first run fetches packages, and a whole Debian for one of the servers.
_FIRST_RUN_SECONDS = 1200

Serve = Callable[..., Server]
Visited = Callable[[str, str], Visit]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what lies in this folder, so that `-m "not real"` leaves it out."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.real)
            item.add_marker(pytest.mark.timeout(_FIRST_RUN_SECONDS))


@pytest.fixture(scope="session")
def work_folder() -> Iterator[Path]:
    """A folder every daemon's user may enter, which pytest's own is not."""
    folder = Path(tempfile.mkdtemp(prefix="tightlip-real-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def serve(work_folder: Path) -> Iterator[Serve]:
    """A function `serve(name, variant="leaky")` that hands back the running server."""
    rack = Rack(work_folder)

    def serve_or_say(name: str, variant: str = LEAKY) -> Server:
        try:
            return rack.serve(name, variant)
        except Unavailable as missing:
            not_run(f"the real {name}", missing)

    yield serve_or_say
    rack.stop()


@pytest.fixture(scope="session")
def visited(serve: Serve, tmp_path_factory: pytest.TempPathFactory) -> Visited:
    """A function `visited(name, variant)` that asks and scans that configuration once, and remembers."""

    @cache
    def visit_once(name: str, variant: str) -> Visit:
        return visit(serve(name, variant), tmp_path_factory.mktemp("home"), CARRIERS[name, variant])

    return visit_once


@pytest.fixture
def administrator(work_folder: Path, tmp_path: Path) -> Iterator[Callable[..., Administrator]]:
    """A function that starts a server of its own, which nobody else's test may have, and gives its administrator."""
    # A short name: what is below it has to fit into the path of a socket (108 bytes, unix(7)).
    folder = Path(tempfile.mkdtemp(prefix="own-", dir=work_folder))
    rack = Rack(folder)

    def come(name: str, variant: str = LEAKY) -> Administrator:
        try:
            server = rack.serve(name, variant)
        except Unavailable as missing:
            not_run(f"the circle on the real {name}", missing)
        if name != "dovecot-2.4":
            return Administrator(server=server, home=tmp_path)
        told = ("--config", f"dovecot={server.folder / 'dovecot.conf'}")
        return Administrator(server=server, home=tmp_path, tools=_tools(tmp_path), told=told)

    yield come
    rack.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def circle(
    administrator: Callable[..., Administrator], record_property: Tell
) -> Iterator[Callable[..., Administrator]]:
    """The same; when the test is over every change has ended well, which is counted, and every listener answers."""
    begun: list[Circle] = []

    def begin(name: str, variant: str = LEAKY) -> Administrator:
        begun.append(Circle(administrator(name, variant), variant.startswith("proxied")))
        # Where the proxy is elsewhere some ports greet nobody from here.
        assert variant == "proxied-elsewhere" or begun[-1].silent == []
        return begun[-1].admin

    yield begin
    ends = [end for each in begun for end in each.ends()]
    for end in ends:
        record_property("ended", end)
    assert wrong(ends) == []


def _tools(folder: Path) -> Path:
    """Dovecot 2.4 lives in a chroot: its commands are called through it, as an administrator of a container does."""
    root = chroot(RELEASE, PACKAGES)
    tools = folder / "tools"
    tools.mkdir()
    for name, place in (("doveconf", "/usr/bin"), ("doveadm", "/usr/bin"), ("dovecot", "/usr/sbin")):
        (tools / name).write_text(f'#!/bin/sh\nexec chroot {root} {place}/{name} "$@"\n', encoding="utf-8")
        (tools / name).chmod(0o755)
    # What a trial lays over /tmp, in a namespace of its own, is to be seen in the chroot too.
    shared = f"/bin/mount --make-rshared /tmp && /bin/mount --rbind /tmp {root}/tmp"
    (tools / "mount").write_text(f'#!/bin/sh\n/bin/mount "$@" && [ "$2" != overlay ] || {shared}\n', encoding="utf-8")
    (tools / "mount").chmod(0o755)
    return tools


def not_run(what: str, missing: Unavailable) -> NoReturn:
    """Skip loudly; where everything must run (CI=true), fail."""
    message = f"NOT RUN: {what}: {missing}"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)

"""What a running server was not told of: the ports that it holds beside those of its files, where they can be seen."""

import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.crash.recorded import plan_for, raise_host
from tests.unit.rules.postures import listeners, posture, service
from tests.unit.workflows.audited import DictHost
from tightlip.hosts._host import Reach
from tightlip.hosts.local import LocalHost
from tightlip.remediate.plan import Unmet
from tightlip.workflows import unreloaded as room
from tightlip.workflows.change.recheck import unreloaded_of
from tightlip.workflows.unreloaded import unreloaded

Seen = Callable[..., list[Unmet]]


@pytest.fixture
def held() -> Iterator[int]:
    """A port on which this process listens."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Seen:
    """What is seen of a server, which this process plays, whose files name some ports, and whose plan others."""
    bare = plan_for(raise_host(tmp_path))
    (product,) = bare.products

    def of(
        named: tuple[int, ...],
        planned: tuple[int, ...] = (),
        master: int | str = os.getpid(),
        addresses: tuple[str, ...] = ("127.0.0.1",),
    ) -> list[Unmet]:
        monkeypatch.setattr(room, "master_of", lambda *_: master)
        expected = tuple(replace(bare.expectations[0], endpoint=_at(each)) for each in planned)
        plan = replace(bare, products=(replace(product, product="dovecot"),), expectations=expected)
        sockets = tuple(each for address in addresses for each in listeners(*named, address=address))
        said = posture(service(sockets=sockets), config=product.instance.config)
        return list(unreloaded(plan, [said], LocalHost("mx", "")))

    return of


def _at(port: int) -> str:
    return f"pop3://127.0.0.1:{port}"


def test_a_server_that_runs_as_its_files_say_lacks_nothing(seen: Seen, held: int) -> None:
    """Nor one of which nothing can be seen: that does not run, or whose sockets are another user's."""
    assert seen((held,)) == []
    assert seen((held, _free()), master="no process runs it") == []
    assert seen((_free(),)) == []


def test_a_port_that_the_files_name_no_more_is_told(seen: Seen, held: int) -> None:
    """Where the plan names it."""
    (unmet,) = seen((), planned=(held,))
    assert unmet.what == "dovecot runs as its files say"
    assert unmet.why.startswith(f"it listens on port {held}, which they do not name: they were edited")


def test_a_port_that_the_files_name_and_nobody_has_opened_is_told(seen: Seen, held: int) -> None:
    """A reload would open it."""
    free = _free()
    (unmet,) = seen((held, free))
    assert unmet.why.startswith(f"it does not listen on port {free}, which they name: they were edited")


@pytest.mark.parametrize(
    ("addresses", "told"),
    [
        (("127.0.0.1", "::1"), ""),  # a host without IPv6
        (("[127.0.0.1]",), ""),
        (("mail.example.org",), ""),
        (("",), "127.0.0.1, where they name every address"),
        (("*",), "127.0.0.1, where they name every address"),
        (("::",), "127.0.0.1, where they name every address"),
        (("127.0.0.2",), "127.0.0.1, where they name 127.0.0.2"),
        (("127.0.0.1", "127.0.0.2"), "127.0.0.1, where they name 127.0.0.1, 127.0.0.2"),
    ],
)
def test_an_address_that_only_the_server_or_only_its_files_have_is_told(
    seen: Seen, held: int, addresses: tuple[str, ...], told: str
) -> None:
    """A reload would leave clients outside without the service, or open it to them. A name may stand for anything."""
    unmet = seen((held,), addresses=addresses)
    assert [each.why.partition(":")[0] for each in unmet] == [f"it listens on port {held} at {told}"] * bool(told)


def test_a_server_at_every_address_is_not_one_at_some(seen: Seen) -> None:
    """Narrowed to loopback by somebody's edit it would be gone for everybody else."""
    with socket.create_server(("", 0)) as listening:
        port = listening.getsockname()[1]
        (unmet,) = seen((port,))
        assert unmet.why.startswith(f"it listens on port {port} at every address, where they name 127.0.0.1: they were")
        assert seen((port,), addresses=("",)) == []


def test_nothing_is_seen_of_copied_files(tmp_path: Path) -> None:
    """No server runs there."""
    assert unreloaded_of(plan_for(raise_host(tmp_path)), DictHost(files={}, reach=Reach.LIVE)) == ()


def _free() -> int:
    """A port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
    return port

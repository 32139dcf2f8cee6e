"""Which address we dial from: never the server's own where another can be had, and told of where it cannot."""

import pytest
from msgspec.structs import replace

from tests.unit.network.asking import PLAIN, QUICK, ask, item_for, said
from tests.unit.network.scripts import ntlm
from tests.unit.network.servers import serving
from tightlip.model.observation import Intent
from tightlip.model.oddity import Oddity, OddityName
from tightlip.model.verdict import Reason, Verdict
from tightlip.network.messages import WorkItem
from tightlip.network.sources import is_same_address, own_addresses, source_for


@pytest.mark.parametrize(
    ("address", "source", "peer"),
    [
        ("127.0.0.1", None, "127.0.0.2"),
        ("127.0.0.2", None, "127.0.0.1"),
        ("127.9.9.9", None, "127.0.0.2"),
        ("127.0.0.1", "127.0.0.7", "127.0.0.7"),
    ],
)
def test_the_source_is_another_own_address(address: str, source: str | None, peer: str) -> None:
    """A server that trusts its own address is dialled from another one; the user's choice comes first."""
    with serving(ntlm(), "0.0.0.0") as server:
        item = WorkItem(0, address, address, server.port, "pop3", PLAIN, Intent.NAMED)
        (assessed,) = ask([item], replace(QUICK, source=source))
    assert server.peers == [peer] == [assessed.observation.source_address]
    assert Oddity(OddityName.SAME_ADDRESS) not in assessed.observation.facts


def test_a_dial_from_the_servers_own_address_is_told_of() -> None:
    """Where the user's source is the target itself, what is answered there may not hold for others."""
    with serving(ntlm()) as server:
        (assessed,) = ask([item_for(server)], replace(QUICK, source="127.0.0.1"))
    assert server.peers == ["127.0.0.1"]
    assert Oddity(OddityName.SAME_ADDRESS) in assessed.observation.facts


def test_a_source_that_is_not_ours_reaches_nobody() -> None:
    """Binding fails: no connection, and the cause is named."""
    with serving(ntlm()) as server:
        (assessed,) = ask([item_for(server)], replace(QUICK, source="192.0.2.77"))
    assert said(assessed) == (Verdict.UNREACHABLE, Reason.NO_ROUTE)
    assert assessed.observation.error == "EADDRNOTAVAIL"


@pytest.mark.parametrize(
    ("destination", "own", "source"),
    [
        ("198.51.100.1", {"198.51.100.2"}, None),
        ("198.51.100.1", {"198.51.100.1", "198.51.100.2", "127.0.0.1"}, "198.51.100.2"),
        ("198.51.100.1", {"198.51.100.1", "127.0.0.1", "2001:db8::1"}, "127.0.0.1"),
        ("198.51.100.1", {"198.51.100.1"}, None),
        ("2001:db8::1", {"2001:db8::1", "2001:db8::2", "fe80::1", "::1"}, "2001:db8::2"),
        ("2001:db8::1", {"2001:db8::1", "fe80::1", "::1"}, "::1"),
        ("2001:db8::1", {"2001:db8::1", "fe80::1"}, None),
        ("::1", {"::1"}, None),
        ("2001:db8::9", {"2001:db8::1"}, None),
    ],
)
def test_another_own_address_of_the_family_is_chosen(destination: str, own: set[str], source: str | None) -> None:
    """Only for a destination that is ours; routed addresses come first, link-local ones never."""
    assert source_for(destination, own) == source
    assert is_same_address(destination, source, own) is (source is None and destination in own)


def test_a_zone_does_not_hide_our_own_address() -> None:
    """A link-local address of ours, written with its zone, is the same address."""
    assert is_same_address("fe80::1%eth0", None, {"fe80::1"})
    assert not is_same_address("fe80::2%eth0", None, {"fe80::1"})


def test_own_addresses_hold_loopback() -> None:
    """This machine's addresses are listed without zones, each once."""
    own = own_addresses()
    assert "127.0.0.1" in own
    assert len(own) == len(set(own))
    assert not any("%" in address for address in own)

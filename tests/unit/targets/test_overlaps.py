"""Overlapping targets: whatever was written, no address is asked the same thing twice, and nothing is left out."""

from collections import Counter
from ipaddress import ip_address

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.targets.spoken import GRAMMAR
from tightlip.model.endpoint import Security
from tightlip.model.networks import normalised
from tightlip.model.observation import Intent
from tightlip.targets.grammar import Ask, Target
from tightlip.targets.order import walk
from tightlip.targets.overlaps import once, sweeps_of

HOSTS = ["10.0.0.0/30", "10.0.0.0/29", "10.0.0.1", "10.0.0.2-5", "10.0.0.9", "2001:db8::/126", "2001:db8::1", "h", "H."]
HOSTS += ["[::ffff:10.0.0.1]", "::ffff:10.0.0.0/126", "64:ff9b::a00:1-64:ff9b::a00:9", "[64:ff9b::a00:9]"]
SCHEMES = ["", "pop3://", "pop3+plain://", "pop3+starttls://", "imap://", "pop3s://"]
WRITTEN = st.builds(lambda scheme, host: scheme + host, st.sampled_from(SCHEMES), st.sampled_from(HOSTS))


def asked(targets: list[Target]) -> Counter[tuple[str, Ask]]:
    """How often each host is asked each thing by a walk over these targets."""
    sweeps = sweeps_of(target for target in targets if not target.is_single)
    singles = once((target for target in targets if target.is_single), sweeps)
    return Counter((reached(stop.host), ask) for stop in walk(singles, sweeps, "seed") for ask in stop.asks)


def wanted(targets: list[Target]) -> set[tuple[str, Ask]]:
    """What they name, one address at a time."""
    hosts = [(target, [target.name] if target.name else addresses(target)) for target in targets]
    return {(reached(host), ask) for target, named in hosts for host in named for ask in target.asks}


def reached(host: str) -> str:
    """What embeds IPv4 as the IPv4 address behind it."""
    return str(normalised(ip_address(host))) if ":" in host else host


def addresses(target: Target) -> list[str]:
    """Every address, the first and the last of a network too."""
    return [str(address) for network in target.networks for address in network]


@given(st.lists(WRITTEN, max_size=6))
def test_everything_is_asked_once(texts: list[str]) -> None:
    """The walk asks exactly what the targets name, each thing once."""
    targets = [GRAMMAR.read(text) for text in texts]
    counted = asked(targets)
    assert set(counted) == wanted(targets)
    assert set(counted.values()) <= {1}


def test_a_repeated_name_is_asked_for_what_is_new() -> None:
    """The second mention of a host keeps only what the first did not ask, of ports that are its own."""
    targets = [GRAMMAR.read(text) for text in ("pop3s://h", "h:995", "pop3+plain://h", "imaps://h", "pop3s://h")]
    told = [[(ask.port, str(ask.security)) for ask in target.asks] for target in once(targets, ())]
    assert told == [[(995, "implicit")], [(110, "plain")], [(993, "implicit")]]


def test_the_states_of_a_port_are_one_targets_however_they_were_named() -> None:
    """What the plain state lists bears on the other: judged apart, a node without STARTTLS makes that one absent."""
    texts = [
        "pop3+starttls://h:110",
        "pop3s://h",
        "pop3+plain://h:110",
        "pop3+plain://g:110",
        "h:110",
        "pop3+plain://h",
    ]
    targets = list(once(map(GRAMMAR.read, texts), []))
    assert [(target.text, [(ask.port, ask.security) for ask in target.asks]) for target in targets] == [
        ("pop3+starttls://h:110", [(110, Security.STARTTLS), (110, Security.PLAIN)]),
        ("pop3s://h", [(995, Security.IMPLICIT)]),
        ("pop3+plain://g:110", [(110, Security.PLAIN)]),
    ]


def test_a_bare_host_leaves_a_named_port_to_whom_names_it() -> None:
    """Both states of it; that it was named makes a refused connection a doubt."""
    named, bare = once(map(GRAMMAR.read, ["pop3+starttls://h:110", "h"]), [])
    assert {ask.port for ask in named.asks} == {110}
    assert len(named.asks) == 2
    assert named.intent is Intent.NAMED
    assert 110 not in {ask.port for ask in bare.asks}
    assert not bare.must_answer


def test_an_address_is_asked_in_the_form_that_reaches_it_plainly() -> None:
    """Of networks that reach the same addresses the one written as IPv4 stays whole."""
    targets = [GRAMMAR.read(text) for text in ("pop3://[::ffff:10.0.0.0/126]", "pop3://10.0.0.0/31")]
    assert [str(sweep.network) for sweep in sweeps_of(targets)] == ["10.0.0.0/31", "::ffff:a00:2/127"]


def test_adjacent_networks_are_one_sweep() -> None:
    """Halves that are asked the same are joined: fewer parts, the same addresses."""
    targets = [GRAMMAR.read(text) for text in ("pop3://10.0.0.0/25", "pop3://10.0.0.128/25")]
    assert [str(sweep.network) for sweep in sweeps_of(targets)] == ["10.0.0.0/24"]

"""Exim by the arguments of its daemon: ports of TLS that the files alone do not open, as Exim 4.96 opened them."""

from collections.abc import Mapping

import pytest
from msgspec import UNSET, UnsetType

from tests.unit.products.cases import read
from tightlip.assess.judge import judge
from tightlip.model.endpoint import Security
from tightlip.model.finding import Finding
from tightlip.model.host_view import HostView
from tightlip.model.posture import NoteKind, Posture
from tightlip.products._product import Instance, Process
from tightlip.products.exim import PRODUCT

CONF = "/etc/exim4/exim4.conf"
# No STARTTLS, and no login before TLS.
HELD = "tls_advertise_hosts =\nauth_advertise_hosts = ${if eq{$tls_in_cipher}{}{}{*}}\n"
BLOCKS = (
    "begin authenticators\nntlm:\n  driver = cyrus_sasl\n  public_name = NTLM\n"
    "plain:\n  driver = plaintext\n  public_name = PLAIN\n  server_condition = no\n"
)
ON_465 = "tls_on_connect_ports = 465\n"


def _posture(text: str, arguments: Mapping[str, str] | UnsetType = UNSET, pid: int | None = None) -> Posture:
    instance = Instance(product="exim", config=CONF, arguments=arguments, pid=pid)
    return PRODUCT.posture(read(PRODUCT, instance, {CONF: f"{HELD}{text}{BLOCKS}".encode()}))


def _rules(posture: Posture) -> set[str]:
    return {each.rule for each in judge(HostView((), (posture,), "mail1", None)) if isinstance(each, Finding)}


def _doubted(posture: Posture) -> list[int | None]:
    return [note.line for note in posture.notes if note.kind is NoteKind.DOUBT]


@pytest.mark.parametrize(
    ("words", "arguments"),
    [
        ("-tls-on-connect -oX 465", {"-oX": "465", "-tls-on-connect": "yes"}),
        ("-oX465:25", {"-oX": "465:25"}),
        ("-q30m", UNSET),
    ],
)
def test_what_takes_the_place_of_settings_is_kept(words: str, arguments: object) -> None:
    """Of a daemon's arguments these alone."""
    found = PRODUCT.recognise(Process(7, ("/usr/sbin/exim4", "-bd", *words.split())))
    assert found is not None
    assert found.arguments == arguments


@pytest.mark.parametrize(
    ("text", "arguments"), [(ON_465, {"-oX": "465:25"}), ("", {"-oX": "465", "-tls-on-connect": "yes"})]
)
def test_a_tls_port_of_the_command_line_is_a_tls_path(text: str, arguments: Mapping[str, str]) -> None:
    """NTLM is answered on it though STARTTLS is advertised to nobody."""
    posture = _posture(text, arguments, pid=7)
    assert {each.name: each.states for each in posture.services[0].offers}["NTLM"] == (Security.IMPLICIT,)
    rules = _rules(posture)
    assert ("ntlm-discloses-host" in rules, "last-tls-path-missing" in rules) == (True, False)
    assert _doubted(posture) == []


def test_with_tls_on_connect_every_port_is_one() -> None:
    """Those of the files as well."""
    (service,) = _posture("daemon_smtp_ports = 25 : 587\n", {"-tls-on-connect": "yes"}, pid=7).services
    assert [(each.port, each.states) for each in service.listeners] == [
        (25, (Security.IMPLICIT,)),
        (587, (Security.IMPLICIT,)),
    ]


def test_a_tls_port_that_nobody_is_seen_to_open_is_a_doubt() -> None:
    """In a copy, say: a daemon of its own may be started on it."""
    posture = _posture(ON_465)
    assert _doubted(posture) == [3]
    assert "last-tls-path-missing" not in _rules(posture)
    assert {each.name: each.states for each in posture.services[0].offers}["NTLM"] == (Security.IMPLICIT,)


@pytest.mark.parametrize(
    ("text", "pid"),
    [(f"{ON_465}daemon_smtp_ports = 25 : 465\n", None), (ON_465, 7), ("tls_on_connect_ports =\n", None)],
)
def test_where_the_ports_are_known_there_is_none(text: str, pid: int | None) -> None:
    """The files open it, or what runs does not."""
    assert _doubted(_posture(text, pid=pid)) == []

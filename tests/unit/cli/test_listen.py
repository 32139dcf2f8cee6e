"""``tightlip listen``: which mail ports of this machine are open, whose they are, and what they say."""

import os
import socket
from collections.abc import Iterator
from types import SimpleNamespace

import psutil
import pytest

from tests.unit.cli.calling import call
from tightlip.lab.servers import Served, open_lab
from tightlip.lab.shelf import chosen_talks
from tightlip.model.endpoint import Security
from tightlip.model.errors import Exit

# The ports of DESIGN.md's contract and the protocol that each usually speaks.
USUAL = {
    24: "lmtp",
    25: "smtp",
    110: "pop3",
    119: "nntp",
    143: "imap",
    465: "smtp",
    563: "nntp",
    587: "smtp",
    993: "imap",
    995: "pop3",
    4190: "managesieve",
}


@pytest.fixture
def port() -> Iterator[int]:
    """A port of loopback that this process listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def sockets(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What the system tells of its sockets: at first nothing."""
    told: list[object] = []
    monkeypatch.setattr(psutil, "net_connections", lambda kind: told if kind == "tcp" else [])
    return told


def listening(address: str, port: int, pid: int | None, status: str = psutil.CONN_LISTEN) -> object:
    """One socket as psutil tells it."""
    return SimpleNamespace(laddr=SimpleNamespace(ip=address, port=port), status=status, pid=pid)


def test_a_listening_port_and_its_process_are_found(port: int) -> None:
    """A port that was asked for by number: this very process listens there."""
    document = call("listen", "--port", str(port), "--format", "json").document
    mine = next(each for each in document["listeners"] if each["port"] == port)
    assert (mine["address"], mine["protocol"], mine["target"]) == ("127.0.0.1", None, f"127.0.0.1:{port}")
    assert [owner["pid"] for owner in mine["owners"]] == [os.getpid()]
    assert mine["owners"][0]["name"] == psutil.Process().name()


def test_a_person_reads_address_and_process(port: int) -> None:
    """One row a listener."""
    rows = call("listen", "--port", str(port)).out.splitlines()
    row = next(row for row in rows if row.startswith(f"127.0.0.1:{port} "))
    assert row.endswith(f"(pid {os.getpid()})")


def test_every_usual_port_is_looked_at_and_no_other(sockets: list[object]) -> None:
    """The usual ports of all protocols, listening sockets only."""
    sockets += [listening("127.0.0.1", number, None) for number in [*USUAL, 80, 3389]]
    sockets.append(listening("127.0.0.2", 110, None, psutil.CONN_ESTABLISHED))
    records = call("listen", "--format", "jsonl").records
    assert {each["port"]: each["protocol"] for each in records} == USUAL
    assert {each["address"] for each in records} == {"127.0.0.1"}


@pytest.mark.parametrize(
    ("address", "target"),
    [
        ("0.0.0.0", "127.0.0.1:110"),
        ("::", "[::1]:110"),
        ("::ffff:0.0.0.0", "127.0.0.1:110"),
        ("::ffff:192.0.2.7", "192.0.2.7:110"),
        ("192.0.2.7", "192.0.2.7:110"),
        ("2001:db8::7", "[2001:db8::7]:110"),
        ("fe80::7%eth0", "[fe80::7]:110"),
    ],
)
def test_a_socket_is_asked_where_it_answers(sockets: list[object], address: str, target: str) -> None:
    """Loopback stands for all addresses; any other is asked as it is, an IPv4 address in disguise as IPv4."""
    sockets.append(listening(address, 110, None))
    assert [each["target"] for each in call("listen", "--format", "jsonl").records] == [target]


def test_an_invisible_owner_is_said_in_one_line(sockets: list[object]) -> None:
    """Where the process takes more rights to see, the row says so and a line below says what would help."""
    sockets += [listening("127.0.0.1", 110, None), listening("127.0.0.1", 143, os.getpid())]
    out = call("listen").out
    assert "127.0.0.1:110  pop3     not visible" in out
    assert out.splitlines()[-1] == "1 listener belongs to a process that takes more rights to see: run it as root."
    assert call("listen", "--format", "json").document["owners_hidden"] == 1


def test_a_process_that_has_ended_is_left_out(sockets: list[object]) -> None:
    """Between the list and the look a process may end: the socket is listed, without an owner."""
    sockets.append(listening("127.0.0.1", 110, 2**22 + 1))
    assert [each["owners"] for each in call("listen", "--format", "jsonl").records] == [[]]


def test_nothing_listening_is_a_result(sockets: list[object]) -> None:
    """It is said, with exit code 0, with and without a probe."""
    assert sockets == []
    for words in (["listen"], ["listen", "--probe"]):
        heard = call(*words)
        assert (heard.code, heard.out) == (Exit.OK, "Nothing listens on a mail port of this machine.\n")


def test_a_system_that_does_not_tell_is_no_result(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the list of sockets is root's alone, that is the message, and the exit code of doubt."""

    def refuse(kind: str) -> list[object]:
        raise psutil.AccessDenied(msg=kind)

    monkeypatch.setattr(psutil, "net_connections", refuse)
    heard = call("listen")
    assert (heard.code, heard.out, heard.err.count("\n")) == (Exit.DOUBT, "", 2)


@pytest.mark.parametrize("number", ["0", "65536", "-1"])
def test_a_number_that_is_no_port_is_wrong_usage(number: str) -> None:
    """One line and a hint."""
    heard = call("listen", "--port", number)
    assert (heard.code, heard.out, heard.err.count("\n")) == (Exit.USAGE, "", 2)


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Served, ...]]:
    """Two practice servers, one names itself, one refuses NTLM; without their TLS ports, which wait for our word."""
    talks = chosen_talks(["pop3/dovecot22-names-itself-only", "imap/dovecot-refuses-ntlm-after-the-fix"])
    with open_lab(talks) as lab:
        yield tuple(each for each in lab.served if each.endpoint.security is not Security.IMPLICIT)


def probe(served: tuple[Served, ...], form: str) -> list[str]:
    """The arguments that probe the practice servers."""
    ports = {str(each.endpoint.port) for each in served}
    return ["listen", "--probe", "--store", "none", "--format", form, *(w for port in ports for w in ("--port", port))]


def test_a_probe_gives_the_verdict_of_every_state(served: tuple[Served, ...]) -> None:
    """What the practice servers' scripts expect is what the probe says; the exit code is a scan's."""
    heard = call(*probe(served, "jsonl"))
    verdicts = {each["endpoint"]: each["verdict"] for each in heard.records if each["record"] == "observation"}
    expected = {str(each.endpoint): each.expectation.verdict for each in served}
    assert {endpoint: verdicts.get(endpoint) for endpoint in expected} == expected
    assert heard.code == Exit.FINDINGS
    assert [each["record"] for each in heard.records][:1] == ["listener"]
    assert heard.records[-1]["record"] == "summary"


def test_a_probe_is_one_document_too(served: tuple[Served, ...]) -> None:
    """The listeners with their processes, and the scan's report beside them."""
    document = call(*probe(served, "json")).document
    ports = {each.endpoint.port for each in served}
    assert ports <= {each["port"] for each in document["listeners"]}
    asked = {each["observation"]["port"] for each in document["report"]["endpoints"]}
    assert ports <= asked
    assert document["report"]["summary"]["exit"] == Exit.FINDINGS


def test_a_person_reads_listeners_and_then_the_report(served: tuple[Served, ...]) -> None:
    """First whose the ports are, then what they say."""
    out = call(*probe(served, "text")).out
    assert out.index(f"(pid {os.getpid()})") < out.index("DISCLOSES") < out.index("Summary")

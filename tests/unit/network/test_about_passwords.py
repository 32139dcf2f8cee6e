"""A visit that asks about passwords too: where it does, by how many connections, and that NTLM's verdict stays."""

import pytest
from msgspec.structs import replace

from tests.unit.network.asking import PLAIN, QUICK, STARTTLS, ask, ask_one, item_for, said
from tests.unit.network.scripts import REFUSES, hang_up, mute, pop3
from tests.unit.network.servers import Act, Client, serving
from tightlip.model.facts import PasswordRefused, PasswordWanted, Standing, Unanswered
from tightlip.model.host_view import Assessed
from tightlip.model.observation import Speaker
from tightlip.model.verdict import Reason, Verdict
from tightlip.talk.probes import Subject

pytestmark = pytest.mark.usefixtures("poller")

THOROUGH = replace(QUICK, subjects=tuple(Subject), connect_timeout=0.3, read_timeout=0.3, retry_delay=0.01)
CLEAN = (Verdict.CLEAN, Reason.REFUSED)
TLS_LISTED = b"+OK\r\nSTLS\r\n.\r\n"
TLS_FIRST = b"-ERR Authentication not allowed until SSL/TLS is enabled.\r\n"
NO = "-ERR [AUTH] Unsupported authentication mechanism."


def told_of(assessed: Assessed) -> list[object]:
    """What is known of logins."""
    return [fact for fact in assessed.observation.facts if isinstance(fact, PasswordWanted | PasswordRefused)]


def turning(act: Act) -> Act:
    """A server that refuses NTLM to the first client and does ``act`` to all later ones."""

    def turned(client: Client) -> None:
        (act if client.number else pop3())(client)

    return turned


def test_a_scan_says_nothing_of_passwords() -> None:
    """One connection, NTLM, and that is all."""
    with serving(pop3()) as server:
        assessed = ask_one(server)
    assert (said(assessed), told_of(assessed), len(server.clients)) == (CLEAN, [], 1)
    assert b"PLAIN" not in server.clients[0].heard
    assert b"USER" not in server.clients[0].heard


def test_who_asks_about_passwords_uses_a_connection_of_its_own() -> None:
    """After NTLM's; the answers are told, the verdict is NTLM's, and the transcript tells them apart."""
    with serving(pop3({**REFUSES, b"USER": b"+OK go on\r\n"})) as server:
        assessed = ask_one(server, settings=THOROUGH)
    assert said(assessed) == CLEAN
    unknown = [PasswordRefused(name, Standing.NO_SUCH_MECHANISM, NO) for name in ("PLAIN", "LOGIN")]
    assert told_of(assessed) == [*unknown, PasswordWanted("USER")]
    assert assessed.observation.connections == len(server.clients) == 2
    assert b"PASS" not in b"".join(client.heard for client in server.clients)
    notes = [line.data for line in assessed.observation.transcript if line.speaker is Speaker.NOTE]
    assert notes[0] == b"connection 2"
    assert b"no such mechanism" in notes[1]


def test_below_tls_nothing_is_asked_about_them() -> None:
    """Nor of a state that does not exist."""
    with serving(pop3()) as server:
        assessed = ask_one(server, STARTTLS, THOROUGH)
    assert (told_of(assessed), len(server.clients)) == ([], 1)


def test_who_asks_for_tls_is_not_asked_again() -> None:
    """That answers it."""
    with serving(pop3({**REFUSES, b"CAPA": TLS_LISTED, b"AUTH": TLS_FIRST})) as server:
        assert said(ask_one(server, PLAIN, THOROUGH)) == (Verdict.CLEAN, Reason.TLS_REQUIRED)
    assert len(server.clients) == 1


def test_who_asks_for_tls_of_one_command_alone_is_asked_about_the_others() -> None:
    """Words about AUTH say nothing of USER."""
    layered = b"-ERR AUTH command only available under a layer\r\n"
    with serving(pop3({**REFUSES, b"CAPA": TLS_LISTED, b"AUTH": layered, b"USER": b"+OK go on\r\n"})) as server:
        assessed = ask_one(server, PLAIN, THOROUGH)
    assert told_of(assessed)[-1] == PasswordWanted("USER")


@pytest.mark.parametrize("act", [mute, hang_up, pop3(greeting=b"-ERR [SYS/TEMP] try later\r\n")])
def test_no_answer_about_passwords_is_no_doubt_about_ntlm(act: Act) -> None:
    """Silence, a closed door, a "not now": the refusal of NTLM stands, and of passwords nothing is known."""
    with serving(turning(act)) as server:
        assessed = ask_one(server, settings=THOROUGH)
    assert said(assessed) == CLEAN
    assert told_of(assessed) == []
    assert not [fact for fact in assessed.observation.facts if isinstance(fact, Unanswered)]


def test_a_port_without_a_name_is_recognised_first() -> None:
    """The question about passwords is one to a protocol, not to a stranger."""
    with serving(pop3()) as server:
        assessed = ask([item_for(server, protocol="unknown")], THOROUGH)
    assert {each.observation.endpoint.protocol for each in assessed} == {"pop3"}
    asked = [client.heard for client in server.clients]
    assert sum(b"AUTH PLAIN" in heard for heard in asked) == 1
    assert len(asked) == 4  # recognised, plain, passwords, STARTTLS

"""What a server says beside the answer that is waited for must not be lost: a challenge, a "not now", a limit."""

from base64 import b64encode

import pytest
from msgspec.structs import replace

from tests.unit.network.asking import PLAIN, QUICK, ask_one, said
from tests.unit.network.scripts import NAMED, REFUSES, UNNAMED, pop3
from tests.unit.network.servers import Client, serving
from tightlip.model.observation import Depth
from tightlip.model.verdict import Reason, Verdict

pytestmark = pytest.mark.usefixtures("poller")


def test_a_challenge_without_names_is_noticed_wherever_it_stands() -> None:
    """On a line of its own before the refusal: NTLM is accepted, though nothing is given away."""
    stray = b64encode(UNNAMED) + b"\r\n-ERR [AUTH] Unsupported authentication mechanism.\r\n"
    with serving(pop3({**REFUSES, b"AUTH": stray})) as server:
        assert said(ask_one(server)) == (Verdict.OFFERS, Reason.EMPTY_CHALLENGE)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"-ERR [SYS/TEMP] Temporary failure, try again later\r\n", Reason.REFUSED_FOR_NOW),
        (b"-ERR Your IP address has been blocked\r\n", Reason.BANNED),
    ],
)
def test_not_now_and_not_you_to_the_capabilities_are_heard(text: bytes, reason: Reason) -> None:
    """AUTH may be refused for the same cause, in words that look like an answer."""
    with serving(pop3({**REFUSES, b"CAPA": text})) as server:
        assert said(ask_one(server)) == (Verdict.INCONCLUSIVE, reason)


def test_an_unknown_capability_command_is_no_not_now() -> None:
    """Old servers have none."""
    with serving(pop3({**REFUSES, b"CAPA": b"-ERR command unavailable\r\n"})) as server:
        assert said(ask_one(server)) == (Verdict.CLEAN, Reason.REFUSED)


def test_what_a_limit_of_errors_kept_from_being_answered_is_asked_again() -> None:
    """Here whatever follows the invented mechanism meets the limit, and NTLM is known with its message alone."""

    def act(client: Client) -> None:
        client.say(b"+OK ready\r\n")
        was_invented = False
        while line := client.hear():
            word = line.split(b" ")[0].upper()
            if was_invented and word != b"QUIT":
                client.say(b"-ERR too many errors\r\n")
                return
            was_invented = b"X-TIGHTLIP" in line
            is_known = line.startswith(b"AUTH NTLM ")
            client.say(b"+ " + b64encode(NAMED) + b"\r\n" if is_known else REFUSES.get(word, b"-ERR unknown\r\n"))

    with serving(act) as server:
        assessed = ask_one(server, PLAIN, replace(QUICK, repeats=1), depth=Depth.THOROUGH)
    assert assessed.assessment.verdict is Verdict.DISCLOSES


def test_a_control_that_only_ever_meets_a_limit_leaves_a_doubt() -> None:
    """What was not measured was not asked."""

    def act(client: Client) -> None:
        client.say(b"+OK ready\r\n")
        while line := client.hear():
            word = line.split(b" ")[0].upper()
            if b"X-TIGHTLIP" in line:
                client.say(b"-ERR too many errors\r\n")
                return
            client.say(REFUSES.get(word, b"-ERR unknown\r\n"))

    with serving(act) as server:
        assessed = ask_one(server, PLAIN, replace(QUICK, repeats=1), depth=Depth.THOROUGH)
    assert assessed.assessment.verdict is Verdict.INCONCLUSIVE

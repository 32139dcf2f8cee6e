"""Servers that answer beside the question: a challenge counts wherever it stands, a stray line never as a refusal."""

import time
from base64 import b64encode
from collections.abc import Callable

import pytest

from tests.unit.network.asking import PLAIN, STARTTLS, ask_one, said
from tests.unit.network.scripts import NAMED, REFUSES, pop3
from tests.unit.network.servers import Act, Client, serving
from tightlip.model.endpoint import Security
from tightlip.model.facts import Mechanisms, Upgrade
from tightlip.model.host_view import Assessed
from tightlip.model.observation import Depth
from tightlip.model.oddity import Oddity, OddityName
from tightlip.model.verdict import Reason, Verdict

pytestmark = pytest.mark.usefixtures("poller")

DISCLOSES, CLEAN = (Verdict.DISCLOSES, Reason.NAMES), (Verdict.CLEAN, Reason.REFUSED)
OUT_OF_STEP = (Verdict.INCONCLUSIVE, Reason.OUT_OF_STEP)
CHALLENGE = b64encode(NAMED)
LATE = 0.05

EHLO = b"250-mx.example.org\r\n250 AUTH PLAIN\r\n"
NO_MECHANISM = b"504 5.5.4 Unrecognized authentication type\r\n"
GOODBYE = b"221 2.0.0 Bye\r\n"

Answer = bytes | Callable[[Client], None]


def spoken(greeting: bytes, answers: dict[bytes, Answer], unknown: bytes) -> Act:
    """A server that answers each line as a whole or by its first word, in bytes or by what it does."""

    def act(client: Client) -> None:
        client.say(greeting)
        while line := client.hear():
            word = line.split(b" ")[0]
            answer = answers.get(line, answers.get(word, unknown))
            if isinstance(answer, bytes):
                client.say(answer)
            else:
                answer(client)
            if word == b"QUIT":
                return

    return act


def smtp(answers: dict[bytes, Answer], greeting: bytes = b"220 mx.example.org ESMTP\r\n") -> Act:
    """One that speaks SMTP and refuses NTLM as a server does that does not know it."""
    usual: dict[bytes, Answer] = {b"EHLO": EHLO, b"AUTH": NO_MECHANISM, b"QUIT": GOODBYE}
    return spoken(greeting, {**usual, **answers}, b"502 5.5.2 Error: command not recognized\r\n")


def asked(act: Act, protocol: str = "pop3", security: Security = PLAIN) -> Assessed:
    """What is found at a server that does ``act``."""
    with serving(act) as server:
        return ask_one(server, security, protocol=protocol)


def in_two(first: bytes, second: bytes) -> Callable[[Client], None]:
    """Say the second part so late that it comes in a segment of its own."""

    def say(client: Client) -> None:
        client.say(first)
        time.sleep(LATE)
        client.say(second)

    return say


@pytest.mark.parametrize(
    ("protocol", "act"),
    [
        ("pop3", pop3({**REFUSES, b"AUTH": b"+ " + CHALLENGE + b"\r\n", b"*": b"-ERR cancelled\r\n"})),
        ("pop3", pop3({**REFUSES, b"AUTH": b"+OK " + CHALLENGE + b"\r\n"})),
        ("pop3", pop3({**REFUSES, b"AUTH": b"-ERR " + CHALLENGE + b"\r\n"})),
        ("smtp", smtp({b"AUTH NTLM": b"334-" + CHALLENGE + b"\r\n334 go on\r\n", b"*": b"501 no\r\n"})),
        ("smtp", smtp({b"AUTH NTLM": b"334 " + CHALLENGE + b"\r\n"})),
        ("smtp", smtp({b"AUTH NTLM": b"535-no\r\n535 " + CHALLENGE + b"\r\n"})),
    ],
    ids=["in the prompt", "after +OK", "in a refusal", "in a 334- line", "in the first 334", "in a 535"],
)
def test_a_challenge_counts_wherever_it_stands(protocol: str, act: Act) -> None:
    """Whoever listens reads it there as well."""
    assert said(asked(act, protocol)) == DISCLOSES


@pytest.mark.parametrize("surplus", [b"-ERR what\r\n", b"-ERR [AUTH] Unsupported authentication mechanism.\r\n"])
@pytest.mark.parametrize("late", [False, True], ids=["at once", "late"])
def test_a_surplus_line_after_capa_answers_no_question(surplus: bytes, late: bool) -> None:
    """Two lines to one CAPA: the second is not what AUTH NTLM is answered, though it says so."""
    first, answers = b"-ERR unknown\r\n", dict(REFUSES)
    act = spoken(
        b"+OK ready\r\n",
        {**answers, b"CAPA": in_two(first, surplus) if late else first + surplus},
        b"-ERR unknown\r\n",
    )
    assert said(asked(act)) == OUT_OF_STEP


@pytest.mark.parametrize("late", [False, True], ids=["at once", "late"])
def test_a_surplus_line_after_ehlo_answers_no_question(late: bool) -> None:
    """The refusal came before AUTH was asked for."""
    act = smtp({b"EHLO": in_two(EHLO, NO_MECHANISM) if late else EHLO + NO_MECHANISM})
    assert said(asked(act, "smtp")) == OUT_OF_STEP


def test_what_is_out_of_step_is_kept_for_the_reader() -> None:
    """The line that was set aside stands among the facts, and in the transcript."""
    assessed = asked(smtp({b"EHLO": EHLO + NO_MECHANISM}), "smtp")
    set_aside = [fact for fact in assessed.observation.facts if isinstance(fact, Oddity)]
    assert [oddity.name for oddity in set_aside] == [OddityName.OUT_OF_STEP]
    assert "Unrecognized authentication type" in set_aside[0].detail
    assert any(NO_MECHANISM.strip() in line.data for line in assessed.observation.transcript)


@pytest.mark.parametrize("security", [PLAIN, STARTTLS])
def test_two_greetings_are_out_of_step(security: Security) -> None:
    """The second 220 is not the answer to EHLO, nor is EHLO's 250 that to STARTTLS: nothing is clean or absent."""
    greeting = b"220 mx.example.org ESMTP\r\n220 at your service\r\n"
    assert said(asked(smtp({}, greeting), "smtp", security)) == OUT_OF_STEP


def test_250_is_no_answer_to_starttls() -> None:
    """It belongs to another question: the state is in doubt, not absent."""
    assessed = asked(smtp({b"EHLO": b"250-mx\r\n250 STARTTLS\r\n", b"STARTTLS": b"250 ok\r\n"}), "smtp", STARTTLS)
    assert said(assessed) == OUT_OF_STEP
    assert not [fact for fact in assessed.observation.facts if isinstance(fact, Upgrade)]


def test_who_asks_to_be_introduced_to_is_introduced_to() -> None:
    """503 to AUTH until a second EHLO: after that the question is answered."""
    greeted: list[Client] = []

    def introduced(client: Client) -> None:
        greeted.append(client)
        client.say(EHLO)

    def auth(client: Client) -> None:
        if greeted.count(client) < 2:
            client.say(b"503 5.5.1 Error: send HELO/EHLO first\r\n")
            return
        client.say(b"334 \r\n")
        client.hear()
        client.say(b"334 " + CHALLENGE + b"\r\n")
        client.hear()
        client.say(b"501 cancelled\r\n")

    assert said(asked(smtp({b"EHLO": introduced, b"AUTH NTLM": auth}), "smtp")) == DISCLOSES


def test_a_bare_auth_that_opens_an_exchange_is_cancelled() -> None:
    """ "+ " to a bare AUTH would take AUTH NTLM for its first message: it gets "*" first, and NTLM its own answer."""
    answers: dict[bytes, Answer] = {
        b"CAPA": b"-ERR unknown\r\n",
        b"AUTH": b"+ \r\n",
        b"*": b"-ERR cancelled\r\n",
        b"AUTH NTLM": REFUSES[b"AUTH"],
        b"AUTH GSS-SPNEGO": REFUSES[b"AUTH"],
        b"AUTH GSSAPI": REFUSES[b"AUTH"],
        b"AUTH MSN": REFUSES[b"AUTH"],
        b"QUIT": b"+OK bye\r\n",
    }
    with serving(spoken(b"+OK ready\r\n", answers, b"-ERR unknown\r\n")) as server:
        assessed = ask_one(server)
    assert said(assessed) == CLEAN
    assert server.clients[0].heard.startswith(b"CAPA\r\nAUTH\r\n*\r\nAUTH NTLM\r\n")


@pytest.mark.parametrize("depth", list(Depth))
def test_done_is_no_answer_to_a_mechanism(depth: Depth) -> None:
    """OK to AUTHENTICATE NTLM belongs to something else, however plainly the other paths are refused."""

    def act(client: Client) -> None:
        client.say(b"* OK ready\r\n")
        while line := client.hear():
            tag, _, command = line.partition(b" ")
            if command == b"CAPABILITY":
                client.say(b"* CAPABILITY IMAP4rev1 AUTH=PLAIN AUTH=GSS-SPNEGO\r\n")
            is_other = command.startswith(b"AUTHENTICATE ") and command != b"AUTHENTICATE NTLM"
            client.say(tag + (b" NO Unsupported authentication mechanism.\r\n" if is_other else b" OK done\r\n"))
            if command == b"LOGOUT":
                return

    with serving(act) as server:
        assert said(ask_one(server, protocol="imap", depth=depth)) == OUT_OF_STEP


def imap(client: Client) -> None:
    """A server that answers every tag it could guess before it was asked, and then as one that leaks."""
    client.say(b"* OK ready\r\n")
    client.say(b"".join(b"a%d NO Unsupported authentication mechanism.\r\n" % number for number in range(1, 6)))
    while line := client.hear():
        tag, _, command = line.partition(b" ")
        if command == b"AUTHENTICATE NTLM":
            client.say(b"+ \r\n")
            client.hear()
            client.say(b"+ " + CHALLENGE + b"\r\n")
            client.hear()
        elif command == b"CAPABILITY":
            client.say(b"* CAPABILITY IMAP4rev1 AUTH=NTLM\r\n")
        client.say(tag + (b" OK done\r\n" if command != b"AUTHENTICATE NTLM" else b" NO cancelled\r\n"))
        if command == b"LOGOUT":
            return


def test_imap_tags_cannot_be_guessed() -> None:
    """What bears another tag answers nothing; and no two conversations use the same ones."""
    with serving(imap) as server:
        assessed = [ask_one(server, protocol="imap") for _ in range(3)]
    assert [said(each) for each in assessed] == [DISCLOSES] * 3
    assert {fact for each in assessed for fact in each.observation.facts if isinstance(fact, Mechanisms)} == {
        Mechanisms(("NTLM",))
    }
    tags = {client.heard.split(b" ")[0] for client in server.clients}
    assert len(tags) == 3

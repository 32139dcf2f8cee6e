"""What counts as an answer, and what the shared part of every exchange notes."""

import pytest

from tightlip.model.facts import (
    Asked,
    Banner,
    Challenge,
    Door,
    Fact,
    LeftUnasked,
    Mechanisms,
    Refusal,
    Standing,
    TlsState,
    Upgrade,
)
from tightlip.model.oddity import Oddity, OddityName
from tightlip.talk.answers import hear_answer, hear_list, listed, upgrade_answered
from tightlip.talk.exchange import Reply, Says
from tightlip.talk.sasl import challenged
from tightlip.talk.session import Session
from tightlip.talk.steps import Dialogue, Note
from tightlip.talk.text import words


def facts_of(dialogue: Dialogue, heard: bytes = b"") -> list[Fact]:
    """All that a dialogue notes when it hears this."""
    session = Session(dialogue)
    session.begin()
    session.receive(heard)
    session.close()
    return session.facts


def answered() -> Dialogue:
    """Notes the first line that begins with a plus."""
    yield Note(Banner(words((yield from hear_answer(lambda line: line.startswith(b"+"))))))


def test_strays_are_passed_over_and_noted_once() -> None:
    """However many lines come before the answer, the first is noted, shortened, and the answer heard."""
    long = b"x" * 200
    heard = facts_of(answered(), long + b"\r\nmore\r\n\r\n+OK\r\n")
    assert heard == [Oddity(OddityName.UNEXPECTED_REPLY, "x" * 80), Banner("+OK")]


def test_the_answer_to_another_question_is_out_of_step() -> None:
    """What grants something else shows that answers and questions have parted, though the right one follows."""

    def asked() -> Dialogue:
        line = yield from hear_answer(lambda line: line.startswith(b"5"), lambda line: line.startswith(b"2"))
        yield Note(Banner(words(line)))

    heard = facts_of(asked(), b"250 hello\r\n250 hello\r\n504 no\r\n")
    unexpected = Oddity(OddityName.UNEXPECTED_REPLY, "250 hello")
    assert heard == [unexpected, Oddity(OddityName.OUT_OF_STEP, "250 hello"), Banner("504 no")]
    assert facts_of(asked(), b"250 yes to all\r\n")[1:] == [Oddity(OddityName.OUT_OF_STEP, "250 yes to all")]
    assert facts_of(asked(), b"welcome\r\n504 no\r\n")[1:] == [Banner("504 no")]


def test_an_answer_at_once_is_not_odd() -> None:
    """Nothing is noted beside the answer."""
    assert facts_of(answered(), b"+\r\n") == [Banner("+")]


def test_listed_names_are_each_there_once() -> None:
    """Upper case, in the server's order, doubles left out; and as the server spells them, where that differs."""
    mechanisms = Mechanisms(("NTLM", "PLAIN"), Door.X_EXPS, ("ntlm", "PLAIN", "NTLM"))
    assert facts_of(listed([b"ntlm", b"PLAIN", b"NTLM"], Door.X_EXPS)) == [mechanisms]
    assert facts_of(listed([b"PLAIN"])) == [Mechanisms(("PLAIN",))]


def test_endless_lists_are_cut() -> None:
    """A hundred names are kept; that there were more is said, and leaves the state in doubt."""
    mechanisms, oddity, unasked = facts_of(listed(b"M%d" % number for number in range(101)))
    assert isinstance(mechanisms, Mechanisms)
    assert mechanisms.names == tuple(f"M{number}" for number in range(100))
    assert oddity == Oddity(OddityName.LIST_TOO_LONG, "mechanisms")
    assert unasked == LeftUnasked(Door.AUTH, "further mechanisms")


def test_a_list_of_lines_is_cut_too() -> None:
    """Two hundred lines are kept, as they came, and it is said that there were more; an empty list has none."""
    heard = facts_of(lines_listed(), b"".join(b"m%d\r\n" % number for number in range(201)) + b".\r\n")
    assert heard == [Oddity(OddityName.LIST_TOO_LONG, "reply"), *(Banner(f"m{number}") for number in range(200))]
    assert facts_of(lines_listed(), b".\r\n") == []
    assert facts_of(lines_listed(), b"\r\n.\r\n") == [Banner("")]


def lines_listed() -> Dialogue:
    """Notes every line of a list."""
    for line in (yield from hear_list("reply")):
        yield Note(Banner(words(line)))


@pytest.mark.parametrize(("encoded", "raw"), [(b"", b""), (b"=", b""), (b"aGVsbG8=", b"hello"), (b"go on!", b"go on!")])
def test_a_challenge_keeps_what_came(encoded: bytes, raw: bytes) -> None:
    """An empty challenge stays empty; words where base64 belongs are kept as they came."""
    challenge = facts_of(challenged(Door.AUTH, Reply(Says.GO_AHEAD, encoded, b"+ " + encoded)))[0]
    assert isinstance(challenge, Challenge)
    assert challenge.raw == raw


@pytest.mark.parametrize(
    ("said", "standing"),
    [
        ("-ERR no", None),
        ("-ERR [SYS/TEMP] no", Standing.TEMPORARY),
        ("-ERR Your IP address has been blocked", Standing.BANNED),
        ("-ERR unsupported mechanism", None),
    ],
)
def test_of_an_upgrade_refused_only_not_now_and_not_you_are_refusals(said: str, standing: Standing | None) -> None:
    """The upgrade is noted whatever was said; beside it what keeps the state from being called absent."""
    upgrade = Upgrade(offered=True, accepted=False, text=said)
    refusals = [Refusal(Asked.STARTTLS, standing, said)] if standing else []
    assert facts_of(upgraded(upgrade)) == [upgrade, *refusals, Banner("TLS is not up")]


def upgraded(upgrade: Upgrade) -> Dialogue:
    """Notes whether TLS is up after this answer."""
    is_up = yield from upgrade_answered("pop3", upgrade)
    yield Note(Banner("TLS is up" if is_up else "TLS is not up"))


def test_an_upgrade_agreed_on_is_a_handshake() -> None:
    """Whatever the words of a go-ahead, TLS comes next, and no refusal is noted."""
    upgrade = Upgrade(offered=True, accepted=True, text="+OK too many of them try this later")
    session = Session(upgraded(upgrade))
    session.begin()
    assert session.wants_tls
    session.tls_is_up(TlsState("TLSv1.3", "none"))
    assert [fact for fact in session.facts if not isinstance(fact, TlsState)] == [upgrade, Banner("TLS is up")]

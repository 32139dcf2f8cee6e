"""A session holds a dialogue: the same facts however the bytes were cut, within limits, and a tidy end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.talk.cutting import CUTS, pieces
from tightlip.model.facts import Banner, Fact, TlsState
from tightlip.model.observation import Line, Speaker
from tightlip.model.oddity import Oddity, OddityName
from tightlip.talk.framing import LIMIT, TooLongError
from tightlip.talk.session import (
    CONVERSATION_LIMIT,
    TRANSCRIPT_LIMIT,
    AnswerOrder,
    OverlongError,
    Session,
    Transcripts,
)
from tightlip.talk.steps import HEAR_CLOSE, HEAR_LINE, HEAR_LIST, START_TLS, Dialogue, HearBytes, Leave, Note, Say

TLS = TlsState("TLSv1.3", "none")


def small_talk() -> Dialogue:
    """Greeting, a question whose answer announces a counted piece, one more line, a goodbye."""
    yield Note(Banner((yield HEAR_LINE).decode("latin-1")))
    yield Say(b"GIVE\r\n")
    line = yield HEAR_LINE
    yield Note(Banner((yield HearBytes(len(line))).decode("latin-1")))
    yield Note(Banner((yield HEAR_LINE).decode("latin-1")))
    yield Leave(b"QUIT\r\n")
    yield HEAR_LINE


def upgraded_talk() -> Dialogue:
    """The go-ahead, TLS, one line below TLS."""
    yield HEAR_LINE
    yield START_TLS
    yield Note(Banner((yield HEAR_LINE).decode()))


def listening() -> Dialogue:
    """Every line is a fact, without end."""
    while True:
        yield Note(Banner((yield HEAR_LINE).decode("latin-1")))


def held(dialogue: Dialogue, stream: bytes, cuts: list[int]) -> Session:
    """A session that heard ``stream`` in pieces until it wanted no more, then was closed; answers need no order."""
    session = Session(dialogue, order=AnswerOrder.TAGGED)
    session.begin()
    for piece in pieces(stream, cuts):
        if not (session.is_over or session.wants_tls):
            session.receive(piece)
    session.close()
    return session


def told(session: Session) -> tuple[list[Fact], list[Line], bytes, bool]:
    """All that a session brings home."""
    return session.facts, session.transcript, session.take_outgoing(), session.leaving


@given(stream=st.lists(st.sampled_from([b"hi", b"\r", b"\n", b"\r\n", b"\xff"]), max_size=14).map(b"".join), cuts=CUTS)
def test_facts_are_the_same_at_any_chopping(stream: bytes, cuts: list[int]) -> None:
    """Facts, transcript, what was said and whether we were leaving do not depend on the segmentation."""
    assert told(held(small_talk(), stream, cuts)) == told(held(small_talk(), stream, []))


@pytest.mark.parametrize("cuts", [[], [1]])
def test_a_whole_conversation(cuts: list[int]) -> None:
    """The transcript holds every line and counted piece in order, without line ends."""
    session = held(small_talk(), b"+OK\r\nabc\r\n1\r\nrest\r\nbye\r\n", cuts)
    assert [fact.text for fact in session.facts if isinstance(fact, Banner)] == ["+OK", "1\r\n", "rest"]
    assert [(line.speaker.value, line.data) for line in session.transcript] == [
        ("S", b"+OK"),
        ("C", b"GIVE"),
        ("S", b"abc"),
        ("S", b"1\r\n"),
        ("S", b"rest"),
        ("C", b"QUIT"),
        ("S", b"bye"),
    ]
    assert session.take_outgoing() == b"GIVE\r\nQUIT\r\n"
    assert session.is_over


def listed_talk() -> Dialogue:
    """Asks for a list."""
    yield Say(b"CAPA\r\n")
    yield HEAR_LIST


@pytest.mark.parametrize("cuts", [[], [1]])
@pytest.mark.parametrize(
    ("stream", "heard"), [(b"NTLM\r\n\r\n.\r\n", "NTLM||."), (b"NTLM\r\nUSER\r\nhal", "NTLM|USER|hal")]
)
def test_the_transcript_of_a_list_has_its_lines(stream: bytes, heard: str, cuts: list[int]) -> None:
    """Each line alone, the dot among them; of a list that was cut off what came of it."""
    session = held(listed_talk(), stream, cuts)
    said = [line.data.decode() for line in session.transcript if line.speaker is Speaker.SERVER]
    assert said == heard.split("|")


def test_of_a_list_that_is_too_long_the_first_lines_are_kept() -> None:
    """As of any conversation: what a transcript holds, and that it was cut."""
    session = Session(listed_talk())
    session.begin()
    with pytest.raises(TooLongError):
        session.receive(b"USER\r\n" * 1_000 + b"x" * (LIMIT + 1))
    session.close()
    assert [line.data for line in session.transcript[:3]] == [b"CAPA", b"USER", b"USER"]
    assert session.facts == [Oddity(OddityName.TRANSCRIPT_CUT)]


def test_a_transcript_that_nobody_wants_is_not_written() -> None:
    """The facts are the same, also where the conversation is longer than a transcript may be."""
    stream = b"x" * 60 + b"\r\n"
    kept, dropped = (Session(listening(), transcripts) for transcripts in Transcripts)
    for session in (kept, dropped):
        session.begin()
        session.receive(stream * 1_000)
    assert dropped.transcript == []
    assert [fact for fact in kept.facts if fact != Oddity(OddityName.TRANSCRIPT_CUT)] == dropped.facts


def test_a_session_is_leaving_from_its_last_words_on() -> None:
    """Whatever ends the conversation after QUIT ends it well; before it does not."""
    session = Session(small_talk(), order=AnswerOrder.TAGGED)
    session.begin()
    session.receive(b"+OK\r\nabc\r\n1\r\n")
    was_leaving = session.leaving
    session.receive(b"rest\r\n")
    assert (was_leaving, session.leaving) == (False, True)
    assert not session.is_over


def test_what_came_before_tls_is_a_fact_and_does_not_count() -> None:
    """Lines that travelled with the go-ahead could be injected: they are told of and thrown away."""
    session = Session(upgraded_talk())
    session.begin()
    session.receive(b"+OK begin\r\n+OK injected\r\nmore")
    assert session.wants_tls
    session.tls_is_up(TLS)
    session.receive(b"+OK below TLS\r\n")
    assert session.facts == [
        Oddity(OddityName.BYTES_BEFORE_TLS, repr(b"+OK injected\r\nmore")),
        TLS,
        Banner("+OK below TLS"),
    ]
    assert Line(Speaker.SERVER, b"+OK injected\r\nmore") in session.transcript


def test_bytes_before_tls_are_told_of_where_tls_never_came_up() -> None:
    """The handshake failed: the injected bytes are a fact all the same, and told once."""
    session = Session(upgraded_talk())
    session.begin()
    session.receive(b"+OK begin\r\n+OK injected\r\n")
    session.close()
    assert session.facts == [Oddity(OddityName.BYTES_BEFORE_TLS, repr(b"+OK injected\r\n"))]
    assert [line.data for line in session.transcript] == [b"+OK begin", b"+OK injected\r\n"]


def test_nothing_before_tls_is_no_fact() -> None:
    """A clean upgrade leaves the TLS state alone."""
    session = Session(upgraded_talk())
    session.begin()
    session.receive(b"+OK begin\r\n")
    session.tls_is_up(TLS)
    session.close()
    assert session.facts == [TLS]


def test_an_unfinished_line_is_kept_in_the_transcript() -> None:
    """What was cut off is evidence, and no fact."""
    session = held(small_talk(), b"+OK half a gree", [])
    assert session.facts == []
    assert session.transcript == [Line(Speaker.SERVER, b"+OK half a gree")]


def test_facts_noted_before_the_end_stay() -> None:
    """A conversation that is closed from outside keeps what it had learned."""
    session = held(small_talk(), b"+OK\r\nabc\r\n", [])
    assert session.facts == [Banner("+OK")]
    assert session.spoken_to


def test_a_bare_line_feed_is_told_once() -> None:
    """Lines that end without CR are read, and noted as one oddity."""
    session = held(small_talk(), b"+OK\nabc\n1\r\nrest\nbye\n", [])
    assert session.facts.count(Oddity(OddityName.BARE_LF)) == 1
    assert session.is_over


@pytest.mark.parametrize("size", [1, 7, 16_384, 10 * CONVERSATION_LIMIT])
def test_a_conversation_without_end_is_bounded_at_any_chopping(size: int) -> None:
    """Up to its limit every line is heard; beyond it the conversation is over, with the same facts."""
    line = b"x" * 1_022 + b"\r\n"
    session = Session(listening())
    session.begin()

    def hear_all() -> None:
        for piece in pieces(line * 1_000, [size]):
            session.receive(piece)

    with pytest.raises(OverlongError):
        hear_all()
    session.close()
    heard = [fact for fact in session.facts if isinstance(fact, Banner)]
    assert len(heard) == CONVERSATION_LIMIT // len(line)


def test_a_line_without_end_is_bounded() -> None:
    """More than the limit without a line end is too long."""
    session = Session(listening())
    session.begin()
    with pytest.raises(TooLongError):
        session.receive(b"x" * (LIMIT + 1))


@pytest.mark.parametrize("line", [b"\r\n", b"x" * 500 + b"\r\n"])
def test_the_transcript_is_bounded_and_says_so(line: bytes) -> None:
    """Facts go on after the transcript is full; the cut is told of once."""
    session = held(listening(), line * 9_000 if len(line) < 9 else line * 500, [])
    assert session.facts.count(Oddity(OddityName.TRANSCRIPT_CUT)) == 1
    assert sum(len(each.data) for each in session.transcript) <= TRANSCRIPT_LIMIT
    assert len(session.transcript) <= TRANSCRIPT_LIMIT // 32
    assert sum(isinstance(fact, Banner) for fact in session.facts) > len(session.transcript)


def test_a_fault_in_a_dialogue_leaves_the_session_closable() -> None:
    """What a dialogue raises comes out of receive(); what it had noted is still there after close()."""

    def faulty() -> Dialogue:
        yield Note(Banner((yield HEAR_LINE).decode()))
        raise ZeroDivisionError

    session = Session(faulty())
    session.begin()
    with pytest.raises(ZeroDivisionError):
        session.receive(b"+OK\r\n")
    session.close()
    assert session.facts == [Banner("+OK")]


def asked_twice() -> Dialogue:
    """Two questions, the answer to each noted, and a goodbye after which nothing may come."""
    for question in (b"ONE\r\n", b"TWO\r\n"):
        yield Say(question)
        yield Note(Banner((yield HEAR_LINE).decode()))
    yield Leave(b"QUIT\r\n")
    yield Note(Banner((yield HEAR_LINE).decode()))
    yield Note(Banner("then " + (yield HEAR_CLOSE).decode()))


def test_what_came_before_the_question_does_not_answer_it() -> None:
    """A surplus line in the same breath is set aside and noted, and the second question gets its own answer."""
    session = Session(asked_twice())
    session.begin()
    session.receive(b"first\r\nsurplus\r\n")
    session.receive(b"second\r\n")
    session.receive(b"bye\r\n")
    out_of_step = Oddity(OddityName.OUT_OF_STEP, repr(b"surplus\r\n"))
    assert session.facts == [Banner("first"), out_of_step, Banner("second"), Banner("bye")]
    assert session.awaits_close
    assert Line(Speaker.SERVER, b"surplus\r\n") in session.transcript


def test_what_came_late_shows_after_the_goodbye() -> None:
    """In a segment of its own a surplus line is taken for the next answer: then one line more follows the goodbye."""
    session = Session(asked_twice())
    session.begin()
    for piece in (b"first\r\n", b"surplus\r\n", b"second\r\n", b"bye\r\n"):
        session.receive(piece)
    assert session.facts[-1] == Banner("then bye")
    assert session.is_over


def test_tagged_answers_may_come_in_any_order() -> None:
    """Where a tag tells what is answered, nothing is set aside."""
    session = Session(asked_twice(), order=AnswerOrder.TAGGED)
    session.begin()
    session.receive(b"first\r\nsecond\r\n")
    assert session.facts == [Banner("first"), Banner("second")]

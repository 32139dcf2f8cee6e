"""The player: how it finds its answers, and what it does with clients out of bounds."""

from base64 import b64encode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.lab.talk_texts import HEADER, talk_of
from tightlip.model.endpoint import Security
from tightlip.ntlm.negotiate import Wish, negotiate_message
from tightlip.ntlm.spnego import wrap_negotiate
from tightlip.talk.player import LINE_LIMIT, LINES_LIMIT, Act, Player, Send
from tightlip.talk.script import Close, Pause, Talk, Upgrade


def played(talk: Talk, *said: bytes, security: Security = Security.PLAIN) -> list[Act]:
    """All that the player does when greeted and told these lines."""
    player = Player(talk, security)
    acts = player.begin()
    for line in said:
        acts += player.receive(line + b"\r\n")
    return acts


def answers(script: str, *said: bytes) -> list[bytes]:
    """What is sent, piece by piece."""
    return [act.data for act in played(talk_of(script), *said) if isinstance(act, Send)]


def test_lines_of_one_answer_travel_together() -> None:
    """The lines under one client line make one piece with their line ends."""
    assert answers("C: CAPA\nS: +OK\nS: .\n", b"CAPA") == [b"+OK\r\n.\r\n"]


def test_letters_match_in_either_case() -> None:
    """A command is a command in any case, but only as a whole."""
    assert answers("C: AUTH ntlm\nS: +\n", b"auth NTLM", b"AUTH NTLM x") == [b"+\r\n", b"-ERR what?\r\n"]


def test_the_next_match_wins() -> None:
    """Two exchanges with the same cue are used one after the other, then the first again."""
    script = "C: NOOP\nS: one\nC: NOOP\nS: two\n"
    assert answers(script, b"NOOP", b"NOOP", b"NOOP") == [b"one\r\n", b"two\r\n", b"one\r\n"]


def test_a_client_may_ask_in_another_order() -> None:
    """What stands above the place reached is found as well."""
    script = "C: A\nS: a\nC: B\nS: b\n"
    assert answers(script, b"B", b"A") == [b"b\r\n", b"a\r\n"]


def test_the_answer_after_a_message_depends_on_the_place() -> None:
    """The same message is answered by the exchange below the command that was given."""
    script = "C: AUTH X\nS: +\nC: <base64>\nS: x\nC: AUTH Y\nS: +\nC: <base64>\nS: y\n"
    assert answers(script, b"AUTH Y", b"aaaa", b"AUTH X", b"aaaa")[1::2] == [b"y\r\n", b"x\r\n"]


@pytest.mark.parametrize(
    ("cue", "matching"),
    [("<type1>", {"bare", "version"}), ("<type1 version>", {"version"}), ("<type1 spnego>", {"wrapped"})],
)
def test_messages_are_looked_into(cue: str, matching: set[str]) -> None:
    """A type 1 message is told from one with VERSION, from one in SPNEGO, and from any other base64."""
    messages = {
        "bare": negotiate_message(Wish.OLDER),
        "version": negotiate_message(Wish.CURRENT),
        "wrapped": wrap_negotiate(negotiate_message(Wish.CURRENT)),
        "other": b"hello",
    }
    heard = {name for name, raw in messages.items() if answers(f"C: {cue}\nS: yes\n", b64encode(raw)) == [b"yes\r\n"]}
    assert heard == matching


def test_tags_are_echoed() -> None:
    """The tag of the client's line stands where the answer wants it, in the default reply its first word."""
    talk = talk_of("C: <tag> NOOP\nS: * BYE\nS: <tag> OK\n", HEADER.replace("-ERR what?", "<tag> BAD"))
    assert played(talk, b"a7 noop") == [Send(b"* BYE\r\na7 OK\r\n")]
    assert played(talk, b"x1 FETCH 1") == [Send(b"x1 BAD\r\n")]


def test_a_literal_is_counted() -> None:
    """``{#}`` becomes the length of what the next line says, without its line end."""
    assert answers("S: {#}\nS: <b64 abc>\n") == [b"{4}\r\nYWJj\r\n"]


def test_raw_bytes_are_sent_as_they_are() -> None:
    r"""``S|`` adds no line end; ``\xHH`` is a byte, other letters are UTF-8."""
    assert answers("S| \\x00\\xffé\\n\n") == [b"\x00\xff\xc3\xa9\n"]


def test_marks_become_acts() -> None:
    """Pause, upgrade and close come in their place between what is said."""
    talk = talk_of("S: a\n-- pause --\nS: b\nC: STLS\nS: go\n-- tls --\nS: again\nC: QUIT\nS: bye\n-- close --\n")
    player = Player(talk, Security.STARTTLS)
    assert player.begin() == [Send(b"a\r\n"), Pause(), Send(b"b\r\n")]
    assert player.receive(b"STLS\r\n") == [Send(b"go\r\n"), Upgrade()]
    assert player.receive(b"said too early\r\n") == []
    assert player.tls_is_up() == [Send(b"again\r\n")]
    assert player.receive(b"QUIT\r\n") == [Send(b"bye\r\n"), Close()]


def test_without_a_section_for_tls_the_clear_one_is_valid() -> None:
    """An empty section below ``-- tls --`` means that nothing changes there."""
    talk = talk_of("S: hi\nC: NOOP\nS: ok\nC: STLS\nS: go\n-- tls --\n")
    player = Player(talk, Security.STARTTLS)
    player.begin()
    player.receive(b"STLS\r\n")
    assert [player.tls_is_up(), player.receive(b"NOOP\r\n")] == [[], [Send(b"ok\r\n")]]


def test_implicit_tls_can_have_a_section_of_its_own() -> None:
    """Below ``-- implicit --`` stands that state's whole conversation."""
    talk = talk_of("S: clear\nC: A\nS: a\n-- implicit --\nS: hidden\nC: A\nS: b\n")
    assert played(talk, b"A", security=Security.IMPLICIT) == [Send(b"hidden\r\n"), Send(b"b\r\n")]
    assert played(talk, b"A") == [Send(b"clear\r\n"), Send(b"a\r\n")]


def test_silence_answers_nothing_more() -> None:
    """After the mark no line is answered."""
    assert answers("S: hi\nC: A\nS: a\n-- silence --\n", b"A", b"A") == [b"hi\r\n", b"a\r\n"]


def test_a_line_without_end_is_closed_on() -> None:
    """A client may not fill our memory."""
    player = Player(talk_of("S: hi\n"), Security.PLAIN)
    player.begin()
    assert player.receive(b"A" * (LINE_LIMIT + 1)) == [Close()]
    assert player.receive(b"A" * LINE_LIMIT) == []


def test_lines_without_number_are_closed_on() -> None:
    """A client may not ask for ever."""
    player = Player(talk_of("C: A\nS: a\n"), Security.PLAIN)
    acts = player.receive(b"A\n" * (LINES_LIMIT + 5))
    assert (acts.count(Send(b"a\r\n")), acts[-1]) == (LINES_LIMIT, Close())


@given(st.lists(st.binary(max_size=60) | st.sampled_from([b"AUTH NTLM\r\n", b"*\r\n", b"TlRM\r\n", b"STLS\r\n"])))
@settings(max_examples=200)
def test_a_hostile_client_breaks_nothing(pieces: list[bytes]) -> None:
    """Whatever arrives in whatever pieces, the answers are those that the same bytes get in one piece."""
    talk = talk_of("S: hi\nC: AUTH <any>\nS: +\nC: <type1>\nS: + <type2>\nC: *\nS: no\nC: <tag> X\nS: <tag>\n")
    cut, whole = Player(talk, Security.PLAIN), Player(talk, Security.PLAIN)
    assert [act for piece in pieces for act in cut.receive(piece)] == whole.receive(b"".join(pieces))

"""Where a line ends: the same whatever the segmentation, and never beyond the limits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.talk.cutting import CUTS, pieces
from tightlip.talk.framing import LIMIT, PIECES_LIMIT, Inbox, TooLongError

PARTS = st.sampled_from([b"a", b"\r", b"\n", b"\r\n", b"\0", b"\xff", b"line\r\n"])
STREAMS = st.lists(PARTS, max_size=12).map(b"".join)


def lines_of(stream: bytes, cuts: list[int]) -> tuple[list[bytes], bytes, bool]:
    """The lines taken as the stream arrives, what is left, and whether one ended with a bare LF."""
    inbox, lines = Inbox(), list[bytes]()
    for piece in pieces(stream, cuts):
        inbox.data += piece
        while (line := inbox.take_line()) is not None:
            lines.append(line)
    return lines, inbox.drop(), inbox.bare_lf


@given(stream=STREAMS, cuts=CUTS)
def test_lines_are_the_same_at_any_chopping(stream: bytes, cuts: list[int]) -> None:
    """A line ends at LF, with or without CR before it; what has no end yet waits."""
    *whole, rest = stream.split(b"\n")
    expected = [line.removesuffix(b"\r") for line in whole]
    bare = any(not line.endswith(b"\r") for line in whole)
    assert lines_of(stream, cuts) == (expected, rest, bare)


@given(stream=st.binary(max_size=40), cuts=CUTS, counts=st.lists(st.integers(0, 9), max_size=6))
def test_counted_pieces_and_lines_mix(stream: bytes, cuts: list[int], counts: list[int]) -> None:
    """Counted pieces are taken whole, whatever is in them, and the next line begins right after."""

    def taken(sizes: list[int]) -> list[bytes | None]:
        inbox, got, turn = Inbox(), list[bytes | None](), 0
        for piece in pieces(stream, sizes):
            inbox.data += piece
            while turn < len(counts):
                part = inbox.take(counts[turn]) if counts[turn] else inbox.take_line()
                if part is None:
                    break
                got.append(part)
                turn += 1
        return [*got, inbox.drop()]

    assert taken(cuts) == taken([])


LISTS = st.lists(
    st.sampled_from([b"NTLM", b".", b"..", b"\r", b"\n", b"\r\n", b".\r\n", b".\n", b"USER\r\n"]), max_size=10
).map(b"".join)


@given(stream=LISTS, cuts=CUTS)
def test_a_list_is_its_lines_up_to_the_first_lone_dot(stream: bytes, cuts: list[int]) -> None:
    """At any chopping what lines and dots make of it, however odd; what follows waits, and so does half a list."""
    inbox, got = Inbox(), None
    for piece in pieces(stream, cuts):
        inbox.data += piece
        got = inbox.take_list() if got is None else got
    lines, rest, bare = lines_of(stream, [])
    if b"." not in lines:
        assert (got, inbox.drop()) == (None, b"\r\n".join([*lines, rest]))
        return
    dot = lines.index(b".")
    assert got == b"".join(line + b"\r\n" for line in lines[:dot])
    after = stream.split(b"\n", dot + 1)[dot + 1]
    assert inbox.drop() == after
    assert inbox.bare_lf == any(not line.endswith(b"\r") for line in stream.split(b"\n")[: dot + 1])
    assert bare or not inbox.bare_lf


@pytest.mark.parametrize("cuts", [[], [1_000]])
def test_a_list_is_bounded_as_lines_are(cuts: list[int]) -> None:
    """A line beyond the limit ends it, and so do more lines than a conversation may have."""
    for endless in (b"a" * (LIMIT + 1) + b"\r\n.\r\n", b"\r\n" * (PIECES_LIMIT + 1) + b".\r\n"):
        inbox = Inbox()

        def gather(stream: bytes = endless, inbox: Inbox = inbox) -> None:
            for piece in pieces(stream, cuts):
                inbox.data += piece
                inbox.take_list()

        with pytest.raises(TooLongError):
            gather()


@pytest.mark.parametrize("cuts", [[], [1], [LIMIT], [3_000]])
def test_a_line_as_long_as_the_limit_is_taken_and_a_longer_one_is_not(cuts: list[int]) -> None:
    """The limit holds for the line up to its LF, at any chopping."""
    longest = b"a" * (LIMIT - 1) + b"\r\n"
    assert lines_of(longest, cuts)[0] == [longest[:-2]]
    with pytest.raises(TooLongError):
        lines_of(b"a" + longest, cuts)


@pytest.mark.parametrize("cuts", [[16_384], [LIMIT + 1]])
def test_bytes_without_an_end_are_not_gathered(cuts: list[int]) -> None:
    """Without a line end no more than the limit and one piece are held."""
    inbox = Inbox()

    def gather() -> None:
        for piece in pieces(b"a" * 10 * LIMIT, cuts):
            inbox.data += piece
            assert inbox.take_line() is None

    with pytest.raises(TooLongError):
        gather()
    assert len(inbox.drop()) <= LIMIT + cuts[0]


def test_a_counted_piece_may_not_be_larger_than_the_limit() -> None:
    """A literal announced beyond the limit is refused before it arrives."""
    inbox = Inbox(limit=10)
    inbox.data += b"x"
    assert inbox.take(10) is None
    with pytest.raises(TooLongError):
        inbox.take(11)


def test_a_conversation_has_so_many_lines_and_no_more() -> None:
    """Empty lines without end are bounded too."""
    inbox = Inbox()
    inbox.data += b"\n" * (PIECES_LIMIT + 1)
    for _ in range(PIECES_LIMIT):
        assert inbox.take_line() == b""
    with pytest.raises(TooLongError):
        inbox.take_line()


def test_what_is_dropped_is_gone() -> None:
    """After drop() a half line is not completed by what comes next."""
    inbox = Inbox()
    inbox.data += b"+OK\r\nhalf a li"
    assert inbox.take_line() == b"+OK"
    assert inbox.take_line() is None
    assert inbox.drop() == b"half a li"
    inbox.data += b"ne\r\nwhole\r\n"
    assert (inbox.take_line(), inbox.take_line(), inbox.take_line()) == (b"ne", b"whole", None)

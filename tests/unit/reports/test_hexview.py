"""The hex view: every byte once, in order, under the name of its field."""

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.reports.challenges import EXCHANGE, EXIM
from tightlip.ntlm.anatomy import Kind
from tightlip.reports._hexview import BYTES_SHOWN, HexView, hex_view


def shown(view: HexView) -> bytes:
    """The bytes that the rows show, put together again."""
    return b"".join(bytes.fromhex(run.hexes) for row in view.rows for run in row.runs)


@given(st.one_of(st.binary(max_size=200), st.builds(EXCHANGE.__add__, st.binary(max_size=40))))
def test_every_byte_is_shown_once(raw: bytes) -> None:
    """Sixteen a row, at its offset, whatever the message is."""
    view = hex_view(raw)
    assert shown(view) == raw
    assert [row.offset for row in view.rows] == list(range(0, len(raw), 16))
    assert [len(row.characters) for row in view.rows] == [len(raw[at : at + 16]) for at in range(0, len(raw), 16)]


def test_what_tells_is_marked() -> None:
    """Names, version and clock are leaks; header, lengths, nonce and the list's end are frame."""
    leaks = [field.name for field in hex_view(EXCHANGE).fields if field.kind is Kind.LEAK]
    assert leaks == [
        "version",
        "target name",
        "AV pair 2: NetBIOS domain name",
        "AV pair 1: NetBIOS computer name",
        "AV pair 4: DNS domain name",
        "AV pair 3: DNS computer name",
        "AV pair 5: DNS tree name",
        "AV pair 7: timestamp",
    ]


def test_a_challenge_that_names_nothing_has_no_leak() -> None:
    """Exim's is frame all through."""
    assert {field.kind for field in hex_view(EXIM).fields} == {Kind.FRAME, Kind.FLAGS}


def test_bytes_that_no_field_claims_are_odd() -> None:
    """What trails behind the message stands out."""
    assert hex_view(EXCHANGE + b"trailing").fields[-1].kind is Kind.ODD


def test_a_huge_message_is_cut_and_says_so() -> None:
    """Beyond the limit bytes are counted, not shown."""
    view = hex_view(EXCHANGE + bytes(5000))
    assert len(shown(view)) == BYTES_SHOWN
    assert view.left_out == len(EXCHANGE) + 5000 - BYTES_SHOWN

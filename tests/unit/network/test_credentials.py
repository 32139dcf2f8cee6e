"""A server that repeats a password, in whatever writing, does not have it shown."""

from base64 import b64encode
from string import ascii_letters, digits

from hypothesis import given
from hypothesis import strategies as st

from tightlip.network.credentials import Credentials

WORDS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8, max_size=24)
AROUND = st.binary(max_size=9)


@given(WORDS, AROUND, AROUND, st.integers(0, 3))
def test_base64_around_it_is_masked_wherever_it_begins_and_is_cut(
    password: str, before: bytes, behind: bytes, cut: int
) -> None:
    """PLAIN with or without an authorisation name, LOGIN, a debugging server's own frame; padding lost on the way."""
    told = b64encode(before + password.encode()).decode().rstrip("=")
    longer = b64encode(before + password.encode() + behind).decode()
    for echoed in (told[: len(told) - cut], longer):
        shown = Credentials("bob", password).masked(f"535 5.7.8 Bad: {echoed}")
        assert echoed not in shown
        assert shown.startswith("535 ")


@given(st.text(ascii_letters + digits, min_size=8, max_size=24))
def test_other_writings_are_masked_as_well(password: str) -> None:
    """In hexadecimal, and backwards."""
    for echoed in (password, password[::-1], password.encode().hex(":")):
        assert echoed not in Credentials("bob", password).masked(f"-ERR [AUTH] not {echoed}")


def test_an_answer_without_it_is_shown() -> None:
    """Nor does a short password mask every word that has its letters."""
    text = "535 5.7.8 Error: authentication failed: UGFzc3dvcmQ6"
    assert Credentials("bob", "S3cretPass9").masked(text) == text
    assert Credentials("bob", "err").masked("-ERRORS of the back end") == "-ERRORS of the back end"

"""``tightlip decode`` on whatever people and servers come up with: an answer or one line, never a traceback."""

import re
from base64 import b64encode

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.unit.cli.calling import Heard, call
from tests.unit.ntlm.challenges import modern
from tests.unit.ntlm.wire import WINDOWS
from tightlip.model.errors import Exit

# What could steer a terminal or turn the reading direction round; a new line is ours.
UNSAFE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def keeps_its_promises(heard: Heard) -> None:
    """A result or wrong usage, and nothing that steers a terminal either way."""
    assert heard.code in (Exit.OK, Exit.USAGE)
    assert "Traceback" not in heard.err
    assert not UNSAFE.search(heard.out)
    assert (heard.out == "") is (heard.code != Exit.OK)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A sound challenge after an accident: bytes changed, the end cut off or grown."""
    message = bytearray(draw(modern()))
    for place, byte in draw(st.lists(st.tuples(st.integers(0, len(message) - 1), st.integers(0, 255)), max_size=8)):
        message[place] = byte
    return bytes(message[: draw(st.integers(8, len(message)))]) + draw(st.binary(max_size=8))


@settings(max_examples=60)
@given(damaged(), st.sampled_from(["text", "json"]), st.sampled_from(["raw", "base64", "hex"]))
@example(WINDOWS[:31], "text", "raw")
def test_damaged_challenges(message: bytes, form: str, spelling: str) -> None:
    """However a challenge was damaged, decode says what is left of it."""
    spelled = {"raw": message, "base64": b64encode(message), "hex": message.hex().encode()}[spelling]
    keeps_its_promises(call("decode", "--format", form, stdin=spelled))


@settings(max_examples=60)
@given(st.lists(st.text(max_size=40), min_size=1, max_size=3))
@example(["/"])
@example(["\0"])
@example(["A" * 5000])
@example(["\udc80"])
def test_any_arguments(words: list[str]) -> None:
    """Whatever stands where a message should stand."""
    keeps_its_promises(call("decode", "--", *words))


@settings(max_examples=40)
@given(st.binary(max_size=200))
@example(b"NTLMSSP\0")
@example(b"\xff\xfe")
def test_any_input(data: bytes) -> None:
    """Whatever comes in on standard input."""
    keeps_its_promises(call("decode", stdin=data))

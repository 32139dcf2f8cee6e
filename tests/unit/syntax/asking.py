"""Shorthand for tests: what an edit makes of a text, and texts as hypothesis spoils them."""

from hypothesis import strategies as st

from tests.unit.syntax.shelf import LENSES, ours
from tightlip.syntax.edits import Edits, Outcome
from tightlip.syntax.reading import Entry, Kind, Path, Reading, effective
from tightlip.syntax.spans import apply, digest

_SAMPLES = [(grammar, file.read_bytes()) for grammar, file in ours()]
_SHARDS = [
    b"\n",
    b"\r\n",
    b"\\\n",
    b"#",
    b" ",
    b"  ",
    b"\t",
    b"=",
    b":",
    b"{",
    b"}",
    b'"',
    b"'",
    b"\\",
    b",",
    b"<",
    b"$",
]
_WORDS = [
    b"ntlm",
    b"begin authenticators\n",
    b".ifdef X\n",
    b".endif\n",
    b"-o a=b",
    b"-o",
    b"\0",
    b"\xff",
    b"\xc3\xa9",
    b"\r",
]


def done(reading: Reading, outcome: Outcome) -> str:
    """The text after an edit that was granted."""
    assert isinstance(outcome, Edits), outcome
    after = apply(reading.text, outcome.splices)
    assert (outcome.before, outcome.after) == (digest(reading.text), digest(after))
    return after.decode("latin-1")


def value(reading: Reading, name: str, path: Path = ()) -> str | None:
    """The value that takes effect, None where there is none."""
    entry = effective(reading, name, path)
    return entry.value if entry else None


def told(entries: tuple[Entry, ...] | list[Entry]) -> list[tuple[str, str]]:
    """Settings as a person would list them: path and name, and the value."""
    return [("/".join(each.full), each.value) for each in entries if each.kind is Kind.SETTING]


@st.composite
def spoiled(draw: st.DrawFn) -> tuple[str, bytes]:
    """A file of the corpus after a few cuts, repetitions and insertions; often none at all."""
    grammar, text = draw(st.sampled_from(_SAMPLES))
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 60)))
        insert = draw(st.sampled_from(_SHARDS) | st.sampled_from(_WORDS) | st.just(text[start:end] * 2))
        text = text[:start] + insert + text[draw(st.sampled_from([start, end])) :]
    return grammar, text


def read(sample: tuple[str, bytes]) -> Reading:
    """A sample as its lens sees it."""
    return LENSES[sample[0]].read(sample[1])

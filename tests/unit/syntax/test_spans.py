"""Splices: carried out in order, refused in disorder, and joined without a difference."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tightlip.syntax.spans import Span, Splice, apply, compose, digest

TEXT = st.binary(max_size=40)


@st.composite
def splices(draw: st.DrawFn, size: int) -> list[Splice]:
    """A few splices, in order and apart, for a text of that size."""
    cuts = sorted(set(draw(st.lists(st.integers(0, size), max_size=8))))
    spans = [Span(*pair) for pair in zip(cuts[::2], cuts[1::2], strict=False)]
    return [Splice(span, draw(st.binary(max_size=6))) for span in spans]


@given(TEXT)
def test_nothing_to_do_changes_nothing(text: bytes) -> None:
    """The first law."""
    assert apply(text, []) == text


@given(st.data(), TEXT)
def test_what_stands_outside_of_the_spans_stays(data: st.DataObject, text: bytes) -> None:
    """The outcome is the stretches between the spans, in order, with the replacements between them."""
    chosen = data.draw(splices(len(text)))
    after, at = apply(text, chosen), 0
    edges = [0, *(edge for splice in chosen for edge in (splice.span.start, splice.span.end)), len(text)]
    for number, (start, end) in enumerate(zip(edges[::2], edges[1::2], strict=True)):
        assert after[at : at + end - start] == text[start:end]
        at += end - start + (len(chosen[number].replacement) if number < len(chosen) else 0)
    assert at == len(after)


@given(st.data(), TEXT)
def test_joined_splices_do_what_one_after_the_other_does(data: st.DataObject, text: bytes) -> None:
    """Composing is applying, and gives splices that can be applied themselves."""
    first = data.draw(splices(len(text)))
    middle = apply(text, first)
    second = data.draw(splices(len(middle)))
    assert apply(text, compose(text, first, second)) == apply(middle, second)


def test_joined_splices_keep_what_both_left_alone() -> None:
    """Bytes that neither touched are in no span."""
    first = [Splice(Span(2, 4), b"XYZ")]
    second = [Splice(Span(3, 4), b""), Splice(Span(7, 8), b"!")]
    joined = compose(b"abcdefgh", first, second)
    assert joined == (Splice(Span(2, 4), b"XZ"), Splice(Span(6, 7), b"!"))


@pytest.mark.parametrize(
    "spans",
    [
        [Span(3, 4), Span(1, 2)],
        [Span(1, 3), Span(2, 4)],
        [Span(2, 2), Span(2, 2)],
        [Span(3, 2)],
        [Span(-1, 2)],
        [Span(4, 6)],
    ],
)
def test_disorder_is_refused(spans: list[Span]) -> None:
    """Unsorted, overlapping, twice at one place, backwards, out of range."""
    disorder = [Splice(span, b"x") for span in spans]
    with pytest.raises(ValueError, match="splice"):
        apply(b"12345", disorder)
    with pytest.raises(ValueError, match="splice"):
        compose(b"12345", [], disorder)


def test_an_insertion_may_touch_a_replacement() -> None:
    """Before it and behind it."""
    text = [Splice(Span(1, 1), b"<"), Splice(Span(1, 2), b"B"), Splice(Span(2, 2), b">")]
    assert apply(b"abc", text) == b"a<B>c"


def test_a_digest_is_sha256() -> None:
    """As sha256sum prints it."""
    assert digest(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

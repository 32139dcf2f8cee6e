"""Hypothesis strategies: sound challenges of every shape, and the same after an accident."""

from typing import Literal

from hypothesis import strategies as st

from tests.unit.ntlm import wire

_SURROGATES: tuple[Literal["Cs"]] = ("Cs",)
_NAMES = st.text(st.characters(exclude_categories=_SURROGATES, exclude_characters="\0"), min_size=1, max_size=20)
_ASCII_NAMES = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=20)
# Ticks that lie in the years 1601 to 9999.
_TICKS = st.integers(1, 2_650_467_743_999_999_999)
_VERSIONS = st.builds(
    lambda major, build: bytes((major, 0)) + build.to_bytes(2, "little") + bytes((0, 0, 0, 15)),
    st.sampled_from((5, 6, 10)),
    st.integers(1, 65535),
)


@st.composite
def _infos(draw: st.DrawFn) -> bytes:
    ids = draw(st.lists(st.sampled_from((1, 2, 3, 4, 5, 7, 9)), unique=True, max_size=7))
    pairs = [
        wire.pair(av_id, draw(_TICKS).to_bytes(8, "little") if av_id == 7 else wire.utf16(draw(_NAMES)))
        for av_id in ids
    ]
    return b"".join(pairs) + wire.end()


@st.composite
def modern(draw: st.DrawFn) -> bytes:
    """Challenges with TargetInfo, with or without a version, as every other reader accepts them."""
    version = draw(st.none() | _VERSIONS)
    flags = 0x00800205 | (0x02000000 if version else 0)
    return wire.Message(flags=flags, name=wire.utf16(draw(_NAMES)), info=draw(_infos()), version=version).encode()


@st.composite
def _old(draw: st.DrawFn) -> bytes:
    context = draw(st.sampled_from((None, bytes(8))))
    return wire.Message(flags=0x206, name=draw(_ASCII_NAMES).encode(), info=None, context=context).encode()


def sound() -> st.SearchStrategy[bytes]:
    """Challenges without any oddity."""
    return modern() | _old()


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """Challenges with bytes changed, put in, taken out or cut off."""
    raw = bytearray(draw(sound() | st.sampled_from((wire.WINDOWS, wire.SAMBA, wire.DOVECOT, wire.EXIM))))
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(raw)))
        match draw(st.sampled_from("change insert delete cut".split())):
            case "change" if at < len(raw):
                raw[at] = draw(st.sampled_from((0, 1, 4, 0x7F, 0x80, 0xD8, 0xFF)))
            case "insert":
                raw[at:at] = draw(st.binary(min_size=1, max_size=8))
            case "delete":
                del raw[at : at + draw(st.integers(1, 8))]
            case "cut":
                del raw[at:]
    return bytes(raw)

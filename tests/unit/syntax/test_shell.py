"""Shell scripts taken apart: what is a command, what is a word of it, and what only running it would tell."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tightlip.syntax.shell import UNKNOWN, commands


def told(text: str) -> list[str]:
    """Each command: words parted by bars, variables by their names in braces."""
    return [
        "|".join("".join(f"{{{p.variable}{p.operator}{p.text}}}" if p.variable else p.text for p in w) for w in c.words)
        for c in commands(text)
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a b # c\n\\\n d", ["a|b", "d"]),
        ("a 'b  c' \"d $E\" f\\ g", ["a|b  c|d {E}|f g"]),
        ("a;b&&c||d|e&f", ["a", "b", "c", "d", "e", "f"]),
        ("a >b 2>&1 <c d", ["a|d"]),
        ("a ${B} ${C:-d} ${E#f} ${#G}", ["a|{B}|{C:-d}|{E#f}|\0"]),
        ("a $(b c) d", [f"a|{UNKNOWN}", "b|c", "d"]),
        ('a "x $(b "c") y" d', ["b|c", f"a|x {UNKNOWN} y|d"]),
        ("a <<E b\nit's\nE\nc", ["a|b", "c", "it's"]),
        ("case $1 in a) b;; *) c;; esac", ["case|{1}|in|a", "b", "*", "c", "esac"]),
        ("a'b", ["a'b"]),
    ],
)
def test_commands_and_words(text: str, words: list[str]) -> None:
    """By the POSIX shell's grammar, as far as words go (2.2 and 2.6 to 2.10 of XCU)."""
    assert told(text) == words


def test_a_command_says_where_it_stands() -> None:
    """Its line, what parts it from the one before, and that a function's body holds it."""
    found = [(c.line, c.after in ("&&", "||"), c.in_function) for c in commands("a\nf () {\n  b && c\n}\nd")]
    inner = [(2, False, True), (3, False, True), (3, True, True)]
    assert found == [(1, False, False), (2, False, False), *inner, (4, False, False), (5, False, False)]


@given(st.text(st.sampled_from("a=${}()\"'`\n <;&|#\\:-[]!\0é")))
def test_any_text_ends(text: str) -> None:
    """Whatever it is: no error, and no more commands than it has characters."""
    assert len(list(commands(text))) <= len(text)

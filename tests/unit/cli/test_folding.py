"""At a terminal no message is wider than it is; elsewhere each stays one line, for logs and scripts."""

from contextlib import redirect_stderr, redirect_stdout
from io import StringIO

import pytest

from tests.unit.cli.calling import call
from tightlip.cli._app import run

WIDE = (
    ("scan", "gopher://mail.example.org"),
    ("decode", "nothing that is a message"),
    ("scan", "--resume", "last", "--rate", "5"),
    ("audit", "--product", "dovecot", "/nonexistent/a/rather/long/path/to/a/configuration/dovecot.conf"),
    ("runs", "--store", "/nonexistent/a/rather/long/path/to/a/store.db"),
    ("scna",),
    ("scan", "127.0.0.1", "--rate", "much"),
    ("key", "new"),
)


class Terminal(StringIO):
    """A stream that says it is one."""

    def isatty(self) -> bool:
        """Whoever asks is told so."""
        return True


def at_a_terminal(*words: str) -> tuple[str, str]:
    """Both streams of a command at a terminal."""
    out, err = Terminal(), Terminal()
    with redirect_stdout(out), redirect_stderr(err):
        run(list(words))
    return out.getvalue(), err.getvalue()


@pytest.fixture(autouse=True)
def _width(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")


@pytest.mark.parametrize("words", WIDE, ids=[" ".join(words[:2]) for words in WIDE])
def test_a_message_is_folded_at_a_terminal_and_whole_elsewhere(words: tuple[str, ...]) -> None:
    """What goes on is further in than where it began; no word is parted."""
    _, shown = at_a_terminal(*words)
    lines = shown.splitlines()
    assert any(line.startswith("  ") and not line.startswith("  hint: ") for line in lines)
    assert [line for line in lines if len(line) > 60 and len(line.split()) > 1] == []
    if words[0] != "key":  # another key is another text
        assert shown.split() == call(*words).err.split()


def test_what_would_be_dialled_is_folded_at_a_terminal() -> None:
    """Below its target, so that the column of what would happen stays clear."""
    out, _ = at_a_terminal("scan", "--dry-run", "pop3://127.0.0.1:110", "mail.invalid")
    assert max(map(len, out.splitlines())) <= 60
    assert all(line.startswith(("would dial ", "would not ", " " * 13)) for line in out.splitlines()[:-2])
    assert "\n" + " " * 13 + "110/pop3/plain" in out
    refused, _ = at_a_terminal("scan", "--dry-run", "10.0.0.0/24")
    assert refused.endswith("tightlip scope allow\n  --help; nothing was sent\n")
    whole = call("scan", "--dry-run", "pop3://127.0.0.1:110", "mail.invalid").out
    assert max(map(len, whole.splitlines())) > 60
    assert whole.split() == out.split()


def test_the_lab_is_folded_at_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """The claim goes below its endpoint where both are too wide for one line."""
    monkeypatch.setenv("COLUMNS", "80")
    out, err = at_a_terminal("lab", "pop3/exchange2010-leaks-before-and-after-stls", "--minutes", "0.001")
    assert "\n" + " " * 14 + "exchange2010-leaks-before-and-after-stls\n" in out
    assert max(map(len, (out + err).splitlines())) <= 80

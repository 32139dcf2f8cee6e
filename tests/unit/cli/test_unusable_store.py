"""A store that cannot be used is a precondition that is not met, not a wrong word of the user's."""

from pathlib import Path

import pytest

from tests.unit.cli.calling import call
from tests.unit.store.damaged import broken
from tightlip.model.errors import Exit

COMMANDS = [
    ("scan", "127.0.0.9:9"),
    ("report",),
    ("runs",),
    ("findings",),
    ("accept", "06e6add0", "--reason", "x", "--until", "2999-12-31", "--by", "x"),
    ("forget", "127.0.0.9"),
]
WRITING = [words for words in COMMANDS if words[0] in ("scan", "accept", "forget")]


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: words[0])
def test_a_file_that_is_no_store_is_refused(tmp_path: Path, words: tuple[str, ...]) -> None:
    """One line and a hint, exit code 6, the file as it was."""
    file = tmp_path / "notes.txt"
    file.write_text("no database at all\n" * 99)
    heard = call(*words, "--store", str(file))
    assert (heard.code, heard.out, len(heard.err.splitlines())) == (Exit.REFUSED, "", 2), heard
    assert file.read_text() == "no database at all\n" * 99


@pytest.mark.parametrize("words", WRITING, ids=lambda words: words[0])
def test_a_store_that_is_damaged_in_its_middle_is_not_written_into(tmp_path: Path, words: tuple[str, ...]) -> None:
    """The same, though it opens."""
    file = tmp_path / "store.db"
    before = broken(file)
    heard = call(*words, "--store", str(file))
    assert (heard.code, heard.out, len(heard.err.splitlines())) == (Exit.REFUSED, "", 2), heard
    assert heard.err.startswith(f"tightlip: the store {file} is damaged")
    assert file.read_bytes() == before


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: words[0])
def test_a_place_that_cannot_be_one_is_wrong_usage(words: tuple[str, ...]) -> None:
    """A URL of a kind that nobody keeps stores at."""
    assert call(*words, "--store", "mysql://x").code == Exit.USAGE


@pytest.mark.parametrize("words", COMMANDS[1:], ids=lambda words: words[0])
def test_a_named_store_that_is_not_there_is_not_made(tmp_path: Path, words: tuple[str, ...]) -> None:
    """Of a mistyped name nobody may learn that nothing was found."""
    file = tmp_path / "mistyped.db"
    heard = call(*words, "--store", str(file))
    assert (heard.code, heard.out, heard.err.splitlines()[0]) == (
        Exit.USAGE,
        "",
        f"tightlip: there is no store at {file}",
    )
    assert not file.exists()


@pytest.mark.parametrize("words", COMMANDS[1:], ids=lambda words: words[0])
def test_neither_is_one_that_the_environment_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    """TIGHTLIP_STORE is mistyped as easily, and is named in the hint."""
    file = tmp_path / "mistyped.db"
    monkeypatch.setenv("TIGHTLIP_STORE", str(file))
    heard = call(*words)
    assert (heard.code, heard.out) == (Exit.USAGE, "")
    assert heard.err.splitlines() == [
        f"tightlip: there is no store at {file}",
        "  hint: a scan or an audit with this TIGHTLIP_STORE makes one",
    ]
    assert not file.exists()


@pytest.mark.parametrize("words", COMMANDS[1:], ids=lambda words: words[0])
def test_no_store_answers_no_question(words: tuple[str, ...]) -> None:
    """Where nothing is kept, "no findings" would be no answer."""
    heard = call(*words, "--store", "none")
    assert (heard.code, heard.out) == (Exit.USAGE, "")
    assert heard.err.splitlines()[0] == "tightlip: with --store none nothing is kept"


def test_a_scan_that_would_be_resumed_makes_no_store(tmp_path: Path) -> None:
    """There is no run in it to go on with."""
    file = tmp_path / "mistyped.db"
    heard = call("scan", "--resume", "last", "--store", str(file))
    assert (heard.code, heard.err.splitlines()[0]) == (Exit.USAGE, f"tightlip: there is no store at {file}")
    assert not file.exists()


def test_an_audit_makes_the_store_that_it_is_told(tmp_path: Path) -> None:
    """As the hint of the others says."""
    file, tree = tmp_path / "new.db", tmp_path / "tree"
    tree.mkdir()
    assert call("audit", "--root", str(tree), "--store", str(file)).code == Exit.DOUBT
    assert file.exists()

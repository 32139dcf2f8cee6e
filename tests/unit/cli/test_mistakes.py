"""Words that a command does not take: what is wrong, and whose help to look at."""

import pytest

from tests.unit.cli.calling import call
from tightlip.model.errors import Exit

# (words, what is said of them, of which the help is told)
MISTAKES = [
    (("scna",), 'Unknown command "scna"', ""),
    (("scan", "--nope"), "Unknown option: --nope", "scan "),
    (("scan", "--rate", "much"), 'Invalid value for --rate: unable to convert "much" into float', "scan "),
    (("scan", "--file"), 'Command "scan" parameter --file requires an argument', "scan "),
    (("scope", "nope"), 'Unknown command "nope"', "scope "),
    (("scope", "allow", "192.0.2.0/24"), 'Command "scope allow" parameter --by is missing', "scope allow "),
    (("scope", "allow", "192.0.2.0/24", "--by"), "parameter --by requires an argument", "scope allow "),
    (("accept",), 'Command "accept" parameter FINDING is missing', "accept "),
    (("accept", "06e6", "--until", "2999-12-31"), 'Command "accept" parameter --reason is missing', "accept "),
    (("accept", "06e6", "--reasn", "x"), "--reason is missing. Did you mean --reason instead of --reasn?", "accept "),
]


# (words, what is said of them, what to do)
SENTENCES = [
    (("scan", "--thorough", "--repeat", "2", "pop3://127.0.0.1:110"), "--repeat cannot be 2", "from 3 to 100"),
    (("verify", "--repeat", "2", "pop3://127.0.0.1:110"), "--repeat cannot be 2", "from 3 to 100"),
    (("apply", "plan.json", "--dry-run"), "Unknown option: --dry-run", "change nothing: --check"),
    (("changes", "--prune", "9"), "--prune '9' is no span of time", "write --prune 90d; the units are s, m, h and d"),
    (("apply", "plan.json", "--confirm", "9"), "cannot read plan.json", ""),
    (("audit", "--root", "/nonexistent"), "/nonexistent is not a readable folder", "it holds a host's files"),
    (("scan", "127.0.0.1", "--workers", "99999"), "--workers cannot be 99999", "this machine can use at most "),
    (
        ("scope", "allow", "192.0.2.0/24", "--by", "A", "--until", "2020-01-01"),
        "--until 2020-01-01 is in the past",
        "give a future date",
    ),
    (
        ("scope", "allow", "192.0.2.0/24", "--by", " ", "--until", "2999-01-01"),
        "--by is empty: who authorised it?",
        '--by "name, role, reference"',
    ),
]


@pytest.mark.parametrize(("words", "said", "way_on"), SENTENCES, ids=[" ".join(words) for words, *_ in SENTENCES])
def test_a_value_that_will_not_do_is_named_with_what_will(words: tuple[str, ...], said: str, way_on: str) -> None:
    """In the words of the option that was given."""
    heard = call(*words)
    first, hint = heard.err.splitlines()
    assert (heard.code, heard.out) == (Exit.USAGE, "")
    assert said in first
    assert way_on in hint


# Half a surrogate pair is how Python hands on a byte that is no UTF-8: $'a\\xff' in a shell.
RAW = "a\udcff"
UNDECODABLE = [
    (RAW,),
    ("scan", RAW),
    ("scan", "127.0.0.1", "--file", RAW),
    ("scan", "127.0.0.1", f"--output={RAW}"),
    ("scan", "127.0.0.1", "--seed", RAW),
    ("scan", "--resume", RAW),
    ("verify", "127.0.0.1", "--smoke-user", RAW),
    ("findings", "--host", RAW),
    ("forget", RAW),
    ("report", "--run", RAW),
    ("runs", "--store", f"postgresql://{RAW}"),
    ("accept", "06e6", "--until", "2999-12-31", "--reason", RAW),
    ("approve", "plan.json", "--by", RAW),
    ("audit", "--root", RAW),
    ("apply", RAW),
    ("key", "new", "--name", RAW),
]


@pytest.mark.parametrize("words", UNDECODABLE, ids=[" ".join(words[:-1]) for words in UNDECODABLE])
def test_bytes_that_are_no_text_are_refused_wherever_they_stand(words: tuple[str, ...]) -> None:
    """A path too: its name would stand in records and in the store."""
    heard = call(*words)
    first, hint = heard.err.splitlines()
    assert (heard.code, heard.out) == (Exit.USAGE, "")
    assert first == f"tightlip: {words[-1]} is not text: it holds bytes that are no UTF-8".replace("\udcff", "\\udcff")
    assert "UTF-8" in hint


def test_a_folder_that_the_environment_names_is_text_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """It holds the store; other variables are not ours."""
    monkeypatch.setenv("XDG_DATA_HOME", "/" + RAW)
    heard = call("runs")
    assert (heard.code, "XDG_DATA_HOME=/a\\udcff is not text" in heard.err) == (Exit.USAGE, True)


def test_each_command_has_its_own_word_for_a_rehearsal() -> None:
    """Where there is no --check none is suggested."""
    assert "--check" not in call("verify", "127.0.0.1", "--dry-run").err


@pytest.mark.parametrize(("words", "said", "verb"), MISTAKES, ids=[" ".join(words) for words, *_ in MISTAKES])
def test_a_mistake_is_named_and_leads_to_the_help_of_its_command(words: tuple[str, ...], said: str, verb: str) -> None:
    """An option that is not there at all is missing; one that stands last wants its value."""
    heard = call(*words)
    first, hint = heard.err.splitlines()
    assert (heard.code, heard.out) == (Exit.USAGE, "")
    assert said in first
    assert hint == f"  hint: see: tightlip {verb}--help"


@pytest.mark.parametrize(
    ("words", "option"),
    [(("forget", "--before", "soon"), "--before"), (("accept", "06e6", "--reason", "x", "--until", "soon"), "--until")],
)
def test_a_date_that_is_none_is_named_by_its_option(words: tuple[str, ...], option: str) -> None:
    """With an example of how one is written."""
    heard = call(*words)
    assert (heard.code, heard.err.splitlines()[0]) == (Exit.USAGE, f"tightlip: {option} is no date")
    assert "2027-06-30" in heard.err

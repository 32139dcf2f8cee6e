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


@pytest.mark.parametrize("words", [("scan", "--thorough"), ("verify",)])
def test_fewer_askings_than_there_are_forms_are_refused(words: tuple[str, ...]) -> None:
    """A form that is not asked in could be the one that gives the name away."""
    heard = call(*words, "--repeat", "2", "pop3://127.0.0.1:110")
    first, hint = heard.err.splitlines()
    assert (heard.code, first) == (Exit.USAGE, "tightlip: --repeat cannot be 2")
    assert "from 3 to 100" in hint

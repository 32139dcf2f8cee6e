"""How a run closes: the first exit code that applies, and one line that says why."""

from itertools import combinations

import pytest
from msgspec.structs import replace

from tightlip.assess.closing import Account, closing
from tightlip.model.errors import Exit

# In the order in which they apply: what the account must hold, the code, a word of the reason.
ORDER: list[tuple[dict[str, object], Exit, str]] = [
    ({"interrupted": "go on with: tightlip scan --resume 7"}, Exit.INTERRUPTED, "--resume 7"),
    ({"faults": 2}, Exit.FAULT, "2 internal errors"),
    ({"bad_lines": 1}, Exit.USAGE, "1 target line could"),
    ({"refused": 4_000}, Exit.SCOPE, "4,000 targets are outside the scope"),
    ({"open_findings": 1}, Exit.FINDINGS, "1 open finding"),
    ({"inconclusive": 3}, Exit.DOUBT, "3 endpoints inconclusive"),
    ({"unreached": 1}, Exit.DOUBT, "1 named endpoint was not reached"),
    ({"hosts_unreached": 2}, Exit.DOUBT, "2 hosts were not reached"),
    ({"networks_unreached": 1}, Exit.DOUBT, "1 network was not reached"),
    ({"unresolved": 2}, Exit.DOUBT, "2 names without an address"),
    ({"answered": 1, "still_standing": 1}, Exit.DOUBT, "1 earlier finding still stands open"),
    ({"answered": 1, "still_standing": 2}, Exit.DOUBT, "2 earlier findings still stand open"),
    ({"answered": 1}, Exit.OK, "nothing found"),
]


@pytest.mark.parametrize(("cause", "code", "words"), ORDER, ids=lambda value: value if isinstance(value, str) else "")
def test_each_cause_has_its_code_and_its_words(cause: dict[str, object], code: Exit, words: str) -> None:
    """One cause alone gives its code, and the line says what and how many."""
    given, why = closing(account(cause))
    assert given is code
    assert words in why
    assert "\n" not in why


@pytest.mark.parametrize(("first", "second"), list(combinations(range(len(ORDER)), 2)))
def test_the_first_that_applies_is_given(first: int, second: int) -> None:
    """Of two causes the one that stands higher in the contract decides."""
    assert closing(account(ORDER[second][0], ORDER[first][0]))[0] is ORDER[first][1]


def test_silence_is_not_called_all_clear() -> None:
    """Where no endpoint took a connection nothing is known, whatever was named; nor where none was asked."""
    assert closing(account({"asked": 18})) == (Exit.DOUBT, "nothing answered")
    assert closing(account()) == (Exit.DOUBT, "nothing was asked")


def test_every_doubt_is_told_with_its_number() -> None:
    """In one line, whatever else was reached."""
    given = account({"answered": 9, "inconclusive": 1}, {"unreached": 2, "hosts_unreached": 1, "networks_unreached": 3})
    assert closing(given) == (
        Exit.DOUBT,
        "1 endpoint inconclusive; 2 named endpoints were not reached; 1 host was not reached; "
        "3 networks were not reached",
    )


def test_findings_are_not_hidden_by_another_code() -> None:
    """Whatever code comes first, the line still counts what stands open."""
    for cause, _, _ in ORDER[:4]:
        assert "102 open findings" in closing(account(cause, {"open_findings": 102}))[1]


def test_accepted_findings_are_not_called_nothing() -> None:
    """They change no exit code, but the host gives itself away all the same."""
    assert closing(account({"answered": 3, "accepted": 3})) == (Exit.OK, "no open findings; 3 accepted")
    assert closing(account({"accepted": 3, "inconclusive": 1}))[0] is Exit.DOUBT


def test_a_single_refused_target_is_named() -> None:
    """One target outside the scope is called by its name."""
    given = account({"refused": 1, "refused_target": "192.0.2.7"})
    assert closing(given)[1].startswith("192.0.2.7 is outside the scope")


def test_the_codes_are_those_of_the_contract() -> None:
    """Users script against these numbers."""
    assert [code.value for _, code, _ in ORDER] == [130, 5, 2, 3, 1, 4, 4, 4, 4, 4, 4, 4, 0]


def account(*causes: dict[str, object]) -> Account:
    """An account with these causes."""
    made = Account()
    for cause in causes:
        made = replace(made, **cause)
    return made


def test_doubts_are_not_hidden_by_findings() -> None:
    """What stands open does not make the rest known."""
    given = account({"open_findings": 2, "answered": 4, "inconclusive": 1, "unresolved": 1})
    assert closing(given) == (Exit.FINDINGS, "2 open findings; 1 endpoint inconclusive; 1 name without an address")

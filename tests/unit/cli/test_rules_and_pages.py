"""``tightlip rules`` and ``tightlip explain``: every rule is listed and has its page."""

import re

import pytest

from tests.unit.cli.calling import call
from tightlip import registry
from tightlip.model.errors import Exit
from tightlip.rules._rule import Rule

RULES = registry.gather("rules", Rule)
NAMES = [name.replace("_", "-") for name in RULES]


def test_every_rule_is_listed_with_its_severity() -> None:
    """One row a rule, most severe first; the list says whose the severities are."""
    out = call("rules").out
    rows = re.findall(r"^([a-z][a-z0-9-]+) +(high|medium|low|info) ", out, re.MULTILINE)
    assert dict(rows) == {rule.name: rule.severity for rule in RULES.values()}
    ranks = [["high", "medium", "low", "info"].index(severity) for _, severity in rows]
    assert ranks == sorted(ranks)
    assert "Severities are tightlip's own" in out
    assert max(map(len, out.splitlines())) <= 80


@pytest.mark.parametrize("name", NAMES)
def test_a_rule_has_its_page(name: str) -> None:
    """The page names rule and severity and has the four parts in order, within 80 columns."""
    heard = call("explain", name)
    assert heard.code == Exit.OK
    assert heard.out.startswith(f"{name}  {RULES[name.replace('-', '_')].severity} ")
    parts = re.findall(r"^(Flags|Why it matters|Mends it|References)$", heard.out, re.MULTILINE)
    assert parts == ["Flags", "Why it matters", "Mends it", "References"]
    assert max(map(len, heard.out.splitlines())) <= 80


@pytest.mark.parametrize("name", NAMES)
def test_a_page_holds_every_word_of_the_rule(name: str) -> None:
    """Laying it out anew loses nothing of the page."""
    words = RULES[name.replace("-", "_")].page.replace(":\n", "\n").split()
    shown = call("explain", name).out.split()
    assert shown[-len(words) :] == words


def test_several_pages_come_in_the_order_asked_for() -> None:
    """A name may be written with underscores or in capitals."""
    out = call("explain", "TLS_OBSOLETE", "ntlm-offered").out
    assert re.findall(r"^([a-z-]+)  (?:medium|low) ", out, re.MULTILINE) == ["tls-obsolete", "ntlm-offered"]


@pytest.mark.parametrize(
    ("wrong", "nearest"), [("ntlm-discloses-hosts", "ntlm-discloses-host"), ("tls", "tls-obsolete")]
)
def test_an_unknown_rule_names_the_nearest(wrong: str, nearest: str) -> None:
    """One line with both names, a hint, and no page at all."""
    heard = call("explain", "ntlm-offered", wrong)
    assert (heard.code, heard.out) == (Exit.USAGE, "")
    assert heard.err.splitlines()[0] == f"tightlip: there is no rule '{wrong}'; the nearest is {nearest}"


def test_explain_without_a_rule_says_where_they_are_listed() -> None:
    """It is wrong usage."""
    heard = call("explain")
    assert heard.code == Exit.USAGE
    assert "tightlip rules" in heard.err

"""Exchange: which mailboxes an account's name stands for, and that a name that stands for none shuts nobody out."""

import pytest

from tests.unit.products.answering import answered
from tests.unit.products.cases import case
from tightlip.model.remedy import Accounts, LimitAccounts
from tightlip.products._exchange.foresight import foreseen
from tightlip.products._product import Declined, Files, Instance, Mending
from tightlip.products.exchange import PRODUCT

PATH = "/srv/exchange.json"
TWO_BOBS = "two-mailboxes-of-different-domains-are-called-bob"
COUNT = 52


def files(claim: str) -> Files:
    """The collected file of a case."""
    return answered(PRODUCT.collect(Instance(product="exchange", config=PATH)), case("exchange", claim, PATH).before)


def shut_out(remedy: LimitAccounts) -> list[str]:
    """The mailboxes that lose it."""
    outcome = PRODUCT.edit(files(TWO_BOBS), remedy)
    assert isinstance(outcome, Mending), outcome.why
    return [each.do.split("'")[1] for each in outcome.invocations]


@pytest.mark.parametrize("meant", [("anna@example.test", "bob@example.test"), ("ANNA", "Bob@Example.test")])
def test_only_the_named_keep_it(meant: tuple[str, ...]) -> None:
    """By address, or by a local part that is one mailbox's alone; case does not matter."""
    assert shut_out(LimitAccounts(meant)) == ["bob@sales.example.test"]
    assert shut_out(LimitAccounts(meant, Accounts.ALL_BUT)) == ["anna@example.test", "bob@example.test"]


@pytest.mark.parametrize("accounts", [("ana@example.test",), ("anna@example.test", "anna@example.tset"), ("nobody",)])
def test_a_typo_shuts_nobody_out(accounts: tuple[str, ...]) -> None:
    """A name that no listed mailbox has is refused and told, whoever is named beside it."""
    refused = PRODUCT.edit(files(TWO_BOBS), LimitAccounts(accounts))
    assert isinstance(refused, Declined)
    assert refused.why.startswith(f"{accounts[-1]}: no mailbox that may use POP3 today")
    assert refused.place is not None
    assert refused.place.line == COUNT


@pytest.mark.parametrize("meaning", Accounts)
def test_a_local_part_of_two_domains_is_not_guessed_at(meaning: Accounts) -> None:
    """Both mailboxes are named."""
    refused = PRODUCT.edit(files(TWO_BOBS), LimitAccounts(("bob",), meaning))
    assert isinstance(refused, Declined)
    assert refused.why.startswith("bob stands for bob@example.test, bob@sales.example.test")


def test_who_is_to_lose_it_and_does_not_have_it_is_told() -> None:
    """It may have been done before, or be a typo: nothing is changed for that name, and asked again it is the same."""
    remedy = LimitAccounts(("anna", "carl"), Accounts.ALL_BUT)
    before = files(TWO_BOBS)
    done = PRODUCT.edit(before, remedy)
    assert isinstance(done, Mending)
    assert ["carl" in each.text for each in done.advice] == [False, True]
    again = PRODUCT.edit(foreseen(before, done.invocations), remedy)
    assert isinstance(again, Mending)
    assert (again.invocations, len(again.advice)) == ((), 2)


def test_where_nobody_may_use_it_there_is_nothing_to_do() -> None:
    """Whoever is named."""
    done = PRODUCT.edit(files("se-offers-ntlm-on-receive-connectors"), LimitAccounts(("anna",)))
    assert isinstance(done, Mending)
    assert done.invocations == ()

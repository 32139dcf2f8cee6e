"""NNTP's two modes, transit and reader, and which of them is asked."""

import pytest

from tests.unit.protocols.holding import asking, hold
from tightlip.model.endpoint import Security
from tightlip.model.facts import LoginCommand, Mechanisms, Refusal, Upgrade
from tightlip.talk.probes import Listed, Variation


def test_nntp_asks_for_a_reader_where_no_capabilities_are_known() -> None:
    """An old transit server hands us over without a word of it, and its reader knows more."""
    answers = [b"200\r\n", b"500 what\r\n", b"200 reader\r\n", b"101\r\nSASL GSSAPI\r\n.\r\n"]
    held = hold("nntp", asking(), answers)
    assert held.said[:4] == [b"CAPABILITIES\r\n", b"MODE READER\r\n", b"CAPABILITIES\r\n", b"AUTHINFO SASL NTLM\r\n"]
    assert held.of(Mechanisms) == [Mechanisms(("GSSAPI",))]


def test_nntp_wants_the_reader() -> None:
    """A transit server is asked for its reader, whose capabilities count."""
    held = hold(
        "nntp", asking(), [b"200\r\n", b"101\r\nMODE-READER\r\n.\r\n", b"200\r\n", b"101\r\nAUTHINFO USER\r\n.\r\n"]
    )
    assert held.said[1] == b"MODE READER\r\n"
    assert held.of(LoginCommand) == [LoginCommand("USER")]


@pytest.mark.parametrize(
    ("mechanisms", "variation", "is_asked_itself"),
    [
        (b"PLAIN NTLM", Variation.USUAL, True),
        (b"PLAIN NTLM", Variation.WITH_MESSAGE, False),
        (b"PLAIN", Variation.USUAL, False),
        (b"PLAIN", Variation.ALONE, True),
        (b"", Variation.ALONE, True),
        (b"", Variation.USUAL, False),
    ],
)
def test_a_transit_server_that_takes_logins_is_asked_itself(
    mechanisms: bytes, variation: Variation, is_asked_itself: bool
) -> None:
    """Where it lists NTLM at first, by the last of several askings in any case; else its reader."""
    question = asking()
    assert isinstance(question.inquirer, Listed)
    question.inquirer.variation = variation
    held = hold("nntp", question, [b"200\r\n", b"101\r\nMODE-READER\r\nSASL " + mechanisms + b"\r\n.\r\n"])
    assert (held.said[1] == b"AUTHINFO SASL NTLM\r\n") is is_asked_itself
    assert (held.said[1] == b"MODE READER\r\n") is not is_asked_itself


@pytest.mark.parametrize("none", [b"500\r\n", b"503 TLS not supported\r\n"])
def test_a_reader_is_asked_for_its_starttls(none: bytes) -> None:
    """A transit server that has none hands us to a reader that may."""
    transit, reader = b"101\r\nMODE-READER\r\n.\r\n", b"101\r\nSTARTTLS\r\n.\r\n"
    answers = [b"200\r\n", transit, none, b"200\r\n", reader, b"382\r\n", b"101\r\nSASL PLAIN\r\n.\r\n"]
    held = hold("nntp", asking(Security.STARTTLS), answers)
    asked = [b"STARTTLS\r\n", b"MODE READER\r\n", b"CAPABILITIES\r\n", b"STARTTLS\r\n", b"CAPABILITIES\r\n"]
    assert held.said[1:6] == asked
    assert held.of(Upgrade) == [Upgrade(offered=True, accepted=True, text="382")]


def test_a_transit_server_may_take_an_unlisted_starttls_itself() -> None:
    """Behind MODE READER it might know it no more."""
    held = hold("nntp", asking(Security.STARTTLS), [b"200\r\n", b"500\r\n", b"382\r\n", b"500\r\n"])
    assert held.said[1] == b"STARTTLS\r\n"
    assert held.of(Upgrade) == [Upgrade(offered=False, accepted=True, text="382")]


@pytest.mark.parametrize(
    ("answer", "is_refused"),
    [
        (b"502 Command unavailable\r\n", False),
        (b"502 Service temporarily unavailable\r\n", True),
        (b"400 Command unavailable\r\n", True),
    ],
)
def test_unavailable_is_no_not_now_of_what_was_never_listed(answer: bytes, is_refused: bool) -> None:
    """It says of the command alone that there is none, and nobody is kept away by it."""
    held = hold("nntp", asking(Security.STARTTLS), [b"200\r\n", b"101\r\nREADER\r\n.\r\n", answer, b"500\r\n"])
    assert bool(held.of(Refusal)) is is_refused

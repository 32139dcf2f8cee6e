"""The cmdlets of Exchange as text: what is spelled reads back, nothing else does, and no name leaves its quotes."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tightlip.products._exchange.cmdlets import Cmdlet, literal, parse, spell

NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.text(
    "'‘’‚‛“”\"`$(){};|\n\r\0 aB-", max_size=20
)
CALLS = st.one_of(
    st.builds(
        lambda name, server, value: Cmdlet(name, (("Server", server),), (("EnableGSSAPIAndNTLMAuth", value),)),
        st.sampled_from(["Set-PopSettings", "Set-ImapSettings"]),
        NAMES,
        st.booleans(),
    ),
    st.builds(
        lambda identity, words: Cmdlet("Set-ReceiveConnector", (("Identity", identity),), (("AuthMechanism", words),)),
        NAMES,
        st.lists(NAMES, min_size=2, max_size=4).map(tuple),
    ),
    st.builds(
        lambda server, name: Cmdlet(
            "Set-Service",
            (("ComputerName", server), ("Name", name)),
            (("StartupType", "Disabled"), ("Status", "Stopped")),
        ),
        NAMES,
        NAMES,
    ),
)


@given(CALLS)
def test_what_is_spelled_reads_back(cmdlet: Cmdlet) -> None:
    """In one line of printable ASCII."""
    text = spell(cmdlet)
    assert text.isascii()
    assert text.isprintable()
    assert parse(text) == cmdlet


@given(NAMES)
def test_outside_of_quotes_stands_nothing_of_a_name(name: str) -> None:
    """What is left without the quoted stretches is a sum of letters by number, or nothing."""
    left = re.sub(r"'(?:[^']|'')*'", "", literal(name))
    assert re.fullmatch(r"|\((?: \+ )?(?:\[char\]0x[0-9A-F]{4}|(?: \+ ))*\)", left)


@pytest.mark.parametrize(
    ("name", "spelled"),
    [
        ("EX01", "'EX01'"),
        ("", "''"),
        ("it's", "'it''s'"),
        ("a’; Stop-Computer; ‘", "('a' + [char]0x2019 + '; Stop-Computer; ' + [char]0x2018)"),
        ("ё", "('' + [char]0x0451)"),
        ("$(Stop-Computer)", "'$(Stop-Computer)'"),
        ("a\nb", "('a' + [char]0x000A + 'b')"),
        ("😀", "('' + [char]0xD83D + [char]0xDE00)"),
    ],
)
def test_names_are_quoted(name: str, spelled: str) -> None:
    """Typographic quotes end a string of PowerShell too; other letters may become such in another code page."""
    assert literal(name) == spelled


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Stop-Computer",
        "Set-PopSettings",
        "Set-PopSettings -Server 'EX01'",
        "Set-PopSettings -EnableGSSAPIAndNTLMAuth $false",
        "Set-PopSettings -Server 'EX01' -Banner 'x'",
        "Set-PopSettings -Server EX01 -LoginType 'SecureLogin'",
        "Set-PopSettings -Server 'EX01' -LoginType 'SecureLogin'; Stop-Computer",
        "Set-PopSettings -Server 'EX01' -LoginType 'SecureLogin'\nStop-Computer",
        "Set-PopSettings -Server 'EX01' -LoginType \"$(Stop-Computer)\"",
        "Set-PopSettings -Server 'EX01’ -LoginType 'SecureLogin'",
        "Set-PopSettings -Server ('EX' + (Stop-Computer)) -LoginType 'SecureLogin'",
        "Set-PopSettings -Server 'A', 'B' -LoginType 'SecureLogin'",
        "Set-PopSettings -Server $true -LoginType 'SecureLogin'",
        "Set-Service -Name 'x' -ComputerName 'y' -Status 'Stopped'",
        "Remove-Mailbox -Identity 'anna'",
    ],
)
def test_nothing_else_is_read(text: str) -> None:
    """Other cmdlets and parameters, more than one command, and anything that would be computed."""
    assert parse(text) is None

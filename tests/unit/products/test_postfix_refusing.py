"""Postfix' services that refuse AUTH, or are not started, though it is switched on; seen on 3.7.11."""

import pytest

from tests.unit.products.postfixes import AUTH, MAIN, SMTP, meaning, only
from tightlip.model.posture import NoteKind

DISCARD = "smtpd_discard_ehlo_keywords = "


@pytest.mark.parametrize("words", ["auth", "silent-discard, dsn, AUTH"])
def test_auth_that_is_kept_out_of_ehlo_is_refused(words: str) -> None:
    """With 503, in clear and under TLS, after HELO as well."""
    assert only(AUTH + DISCARD + words + "\n").offers == ()
    assert not only(AUTH + DISCARD + words + "\n").must_announce
    assert only(AUTH + DISCARD + "silent-discard, dsn\n").offers
    assert only(AUTH + DISCARD + words + "\n", SMTP + f"  -o {DISCARD.replace(' ', '')}\n").offers


@pytest.mark.parametrize(
    "line",
    [
        "smtpd_command_filter = pcre:/etc/postfix/commands",
        DISCARD + "$unknown",
        DISCARD + "auth\nsmtpd_discard_ehlo_keyword_address_maps = cidr:/etc/postfix/clients",
    ],
)
def test_what_decides_on_auth_and_was_not_looked_into_is_a_doubt(line: str) -> None:
    """Commands are rewritten, or the keywords of some clients are others."""
    found = meaning(AUTH + line + "\n")
    assert found.services[0].offers
    assert [(each.file, each.line) for each in found.notes if each.kind is NoteKind.DOUBT] == [
        (MAIN, line.count("\n") + 2)
    ]


def test_without_a_protocol_no_inet_service_starts() -> None:
    """Master disables them all; what it cannot be worked out to is another matter."""
    assert meaning(AUTH + "inet_protocols =\n").services == ()
    assert meaning(AUTH + "inet_protocols = $unknown\n").services


def test_without_ipv4_every_address_is_one_of_ipv6() -> None:
    """There alone a client is greeted, also one on the same machine."""
    for protocols, address in (("ipv6", "::"), ("all", ""), ("ipv4", "")):
        services = meaning(f"{AUTH}inet_protocols = {protocols}\n").services
        assert {listener.address for service in services for listener in service.listeners} == {address}

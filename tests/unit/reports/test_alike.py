"""What several endpoints of a host gave alike is told once in text, and whatever differs is not lost."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from tests.unit.reports.examples import entry, pop3, report_of
from tests.unit.reports.hosts import CLOCK, EXCHANGE_LEAK, MAIL, SAMBA_LEAK, TLS
from tests.unit.reports.rendering import rendered
from tightlip.model.endpoint import Endpoint, Security
from tightlip.model.facts import Challenge, Fact, TlsState
from tightlip.model.verdict import Assessment, Reason, Verdict
from tightlip.reports._report import Entry

PLAIN, STARTTLS, TLS_PORT = (pop3(MAIL, security) for security in Security)


def leaking(position: int, endpoint: Endpoint, *, tls: TlsState | None = None, skew: int = 0, name: str = "") -> Entry:
    """The Exchange server's challenge at ``endpoint``, its clock ``skew`` seconds ahead of ours."""
    facts: list[Fact] = [] if tls is None else [tls]
    for fact in EXCHANGE_LEAK.assessed.observation.facts:
        if isinstance(fact, Challenge):
            told = replace(fact.disclosure, system_time=CLOCK + timedelta(seconds=position + skew))
            fact = replace(fact, disclosure=replace(told, dns_computer_name=name or told.dns_computer_name))
        facts.append(fact)
    return entry(position, endpoint, Assessment(Verdict.DISCLOSES, Reason.NAMES), facts)


def hosts_part(*entries: Entry) -> str:
    """What the text says before the summary."""
    return rendered("text", report_of(entries)).partition("Summary\n")[0]


def test_the_same_is_told_once_below_all_who_said_it() -> None:
    """One verdict, the endpoints by port and TLS state, then what they gave; within 80 columns."""
    text = hosts_part(
        leaking(9, TLS_PORT, tls=TLS), leaking(0, PLAIN), leaking(5, pop3(MAIL, Security.STARTTLS), tls=TLS)
    )
    assert text.count("DISCLOSES") == text.count("10.0.17763") == text.count("clock ") == text.count("TLSv1.3") == 1
    first, second, third = (text.index(str(each)) for each in (PLAIN, STARTTLS, TLS_PORT))
    assert text.index("DISCLOSES") < first < second < third < text.index("EX01")
    assert max(map(len, text.splitlines())) <= 80


def test_tls_names_those_that_had_it() -> None:
    """Unless all of them did; each state of TLS by itself."""
    newer, older = TLS, replace(TLS, version="TLSv1.2")
    words = " ".join(
        hosts_part(leaking(0, PLAIN), leaking(1, STARTTLS, tls=newer), leaking(2, TLS_PORT, tls=older)).split()
    )
    assert words.index("TLSv1.3") < words.index(f"seen at {STARTTLS}") < words.index("TLSv1.2")
    assert words.index("TLSv1.2") < words.index(f"seen at {TLS_PORT}")
    assert "seen at" not in hosts_part(leaking(1, STARTTLS, tls=TLS), leaking(2, TLS_PORT, tls=TLS))


@pytest.mark.parametrize(("skew", "told"), [(0, 1), (2, 1), (3, 2), (-3600, 2)])
def test_clocks_are_the_same_when_they_go_together(skew: int, told: int) -> None:
    """Two servers behind one name show by their clocks."""
    text = hosts_part(leaking(0, PLAIN), leaking(40, TLS_PORT, skew=skew))
    assert text.count("DISCLOSES") == text.count("clock ") == told


def test_whatever_differs_is_told_by_itself() -> None:
    """Another name, another host, another reason."""
    assert hosts_part(leaking(0, PLAIN), leaking(1, TLS_PORT, name="ex02.corp.example.org")).count("DISCLOSES") == 2
    assert hosts_part(leaking(0, PLAIN), SAMBA_LEAK).count("DISCLOSES") == 2
    refused = [
        entry(position, endpoint, Assessment(Verdict.CLEAN, Reason.REFUSED, said))
        for position, (endpoint, said) in enumerate(
            [(PLAIN, "-ERR no"), (STARTTLS, "-ERR never"), (TLS_PORT, "-ERR no")]
        )
    ]
    text = hosts_part(*refused)
    assert (text.count("CLEAN"), text.count("-ERR no"), text.count("-ERR never")) == (2, 1, 1)


def test_an_endpoint_at_several_addresses_is_named_once() -> None:
    """With their number."""
    asked = (leaking(0, PLAIN), leaking(1, PLAIN), leaking(2, TLS_PORT))
    text = hosts_part(*asked)
    assert text.count(str(PLAIN)) == 1
    assert f"{PLAIN} (2 addresses)\n" in text
    assert f"{TLS_PORT}\n" in text


def test_advice_in_html_names_endpoints_in_order() -> None:
    """The first twelve by host (addresses by number), port and TLS state, whatever the order they were asked in."""
    findings = EXCHANGE_LEAK.findings[:1]
    hosts = ["b.example", "a.example", *(f"192.0.2.{last}" for last in (100, 9, 20, 3, 11, 2, 1, 5, 7, 8, 4, 6))]
    asked = [
        entry(position, pop3(host), EXCHANGE_LEAK.assessed.assessment, findings=findings)
        for position, host in enumerate(hosts)
    ]
    page = rendered("html", report_of(asked))
    first = [1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 20, 100]
    wanted = ", ".join(f"pop3://192.0.2.{last}:110" for last in first)
    assert f'14 open: <span class="mono">{wanted} and 2 more</span>' in page

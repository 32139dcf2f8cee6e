"""HTML: one file that loads nothing, runs nothing, and shows everything a peer said as text."""

import re
from base64 import b64encode
from collections import Counter
from hashlib import sha256
from html.parser import HTMLParser

import pytest

from tests.unit.reports.examples import RUN_ID, VERSION, clean, report_of
from tests.unit.reports.hostile import HOSTILE
from tests.unit.reports.hosts import ALL, EXCHANGE_LEAK, SAMBA_LEAK
from tests.unit.reports.rendering import rendered
from tightlip.reports._cards import EVIDENCE_SHOWN
from tightlip.reports.html import ENDPOINTS_SHOWN

VOID = {"meta", "input", "br", "rect"}


class Page(HTMLParser):
    """Elements, attributes and text of a page; complains where a tag is not closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the element."""
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Whatever is closed was opened last."""
        if tag not in VOID and (not self.open or self.open.pop() != tag):
            self.wrong.append(tag)

    def handle_data(self, data: str) -> None:
        """Keep the text."""
        self.texts.append(data)

    @property
    def text(self) -> str:
        """All text, white space as one space."""
        return " ".join(" ".join(self.texts).split())


@pytest.fixture(scope="module")
def page() -> Page:
    """All example hosts and the hostile one."""
    return Page(rendered("html", report_of([*ALL, HOSTILE])))


def test_every_tag_is_closed_in_order(page: Page) -> None:
    """Nothing a peer says opens or closes an element."""
    assert (page.wrong, page.open) == ([], [])


def test_only_elements_of_ours_appear(page: Page) -> None:
    """No script, image, frame, form or link to a style sheet; no event handler and no style attribute."""
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"script", "img", "iframe", "object", "embed", "form", "link", "base", "video", "audio"}
    names = {name for _, attributes in page.elements for name in attributes}
    assert [name for name in names if name.startswith("on") or name in {"style", "src", "srcset", "action"}] == []


def test_links_lead_to_references_of_rules_only(page: Page) -> None:
    """No address that a peer named can be clicked."""
    assert {attributes["href"] for tag, attributes in page.elements if tag == "a"} == {"https://learn.example/ms-nlmp"}


def test_the_policy_forbids_all_but_this_very_style_sheet() -> None:
    """The browser is told to load nothing, and the hash it is told is that of the sheet."""
    text = rendered("html", report_of(ALL))
    sheets = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    digest = b64encode(sha256(sheets[0].encode()).digest()).decode()
    assert len(sheets) == 1
    assert f"content=\"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'\"" in text
    assert "url(" not in sheets[0]
    assert "@import" not in sheets[0]


def test_hostile_text_is_shown_written_out(page: Page) -> None:
    """Markup is text, template syntax is not evaluated, control and bidi characters are visible."""
    assert "<script>alert(1)</script>" in page.text
    assert "{{7*7}}" in page.text
    assert r"\x1b]0;owned\x07" in page.text
    assert r"moc.elpmaxe\u202e" in page.text
    everything = page.text + "".join(value or "" for _, attributes in page.elements for value in attributes.values())
    assert [char for char in everything if not char.isprintable() and char != "\n"] == []


def test_the_evidence_is_on_the_page() -> None:
    """What was given away, the annotated transcript, the challenge in hex and field by field."""
    text = Page(rendered("html", report_of([EXCHANGE_LEAK]))).text
    assert "ex01.corp.example.org" in text
    assert "NTLM type 2: the challenge, decoded below" in text
    assert "takes it back: nobody logs in" in text
    assert "4e 54 4c 4d 53 53 50 00" in text
    assert "AV pair 1: NetBIOS computer name EX01" in text


def test_long_base64_is_folded_and_not_lost() -> None:
    """The line shows its beginning and its length; the whole of it is one click away."""
    page = Page(rendered("html", report_of([EXCHANGE_LEAK])))
    encoded = EXCHANGE_LEAK.assessed.observation.transcript[8].data.decode()
    assert f"+ {encoded[2:22]}… ({len(encoded) - 2} characters of base64)" in page.text
    assert encoded in page.text


@pytest.mark.parametrize(
    ("verdicts", "headline"),
    [
        ({"discloses": 1, "clean": 1}, "1 of 2 endpoints tells anybody who the host is"),
        ({"offers": 2, "clean": 1}, "No endpoint names its host, yet 2 of 3 endpoints still accept NTLM"),
        ({"inconclusive": 1, "clean": 1}, "Nothing was disclosed, but 1 of 2 endpoints could not be judged"),
        ({"clean": 3, "absent": 1}, "Every endpoint that answered refuses NTLM"),
        ({"unreachable": 1}, "No endpoint answered"),
        ({"absent": 1}, "Where a server answered, the state that was asked for does not exist"),
        ({"absent": 2, "unreachable": 1}, "Where a server answered, the state that was asked for does not exist"),
        ({}, "Nothing was asked"),
    ],
)
def test_the_headline_says_what_matters_most(verdicts: dict[str, int], headline: str) -> None:
    """One true sentence, drawn from the worst verdict."""
    assert f"<h1>{headline}</h1>" in rendered("html", report_of([], verdicts=verdicts))


def test_every_endpoint_can_be_filtered(page: Page) -> None:
    """Each carries its verdict and highest standing severity; each filter has a rule in the sheet."""
    marks = Counter(attributes.get("class") for _, attributes in page.elements)
    assert marks["endpoint v-discloses s-high"] == 2
    assert marks["endpoint v-clean"] == 1
    chosen = {attributes["id"] for tag, attributes in page.elements if tag == "input"}
    assert {"v-all", "v-discloses", "v-clean", "s-all", "s-high", "s-info"} <= chosen


def test_the_page_says_who_asked_and_what_was_not_asked(page: Page) -> None:
    """Tool, run, source, authority, start and end, what was not asked and why."""
    for said in (
        f"tightlip {VERSION}",
        RUN_ID,
        "192.0.2.99",
        "192.0.2.0/24: Anna Admin, until 2027-01-03 (ticket 4711)",
        "2026-12-04 09:00:00 UTC",
        "2026-12-04 09:00:12 UTC (12.5 s)",
        "198.51.100.7 outside the authorised scope: no scope entry holds it",
    ):
        assert said in page.text


def test_a_finding_that_is_over_gets_no_advice() -> None:
    """Accepted and fixed findings are listed without remedies."""
    text = Page(rendered("html", report_of([EXCHANGE_LEAK]))).text
    assert "1 fixed" in text
    assert text.count("Stop offering NTLM to mail clients.") == 2


def test_a_very_large_run_says_what_its_page_leaves_out() -> None:
    """Telling endpoints first, the rest counted by verdict, nothing silently."""
    crowd = [clean(position, f"h{position}.example.org") for position in range(ENDPOINTS_SHOWN + 7)]
    text = Page(rendered("html", report_of([*crowd, SAMBA_LEAK]))).text
    assert "pop3+starttls://files.example.org:110" in text
    assert f"This page shows {ENDPOINTS_SHOWN:,} endpoints one by one" in text
    assert f"evidence of at most {EVIDENCE_SHOWN}. Only counted: 8 clean." in text

"""The HTML page in a real browser: it obeys its own policy, filters without a script, prints its evidence."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from tests.real.conftest import not_run
from tests.real.servers.contract import Unavailable
from tests.real.servers.namespace import launcher
from tests.real.servers.prefix import prefix
from tests.unit.reports.examples import report_of
from tests.unit.reports.hostile import HOSTILE
from tests.unit.reports.hosts import ALL
from tests.unit.reports.rendering import rendered

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class Opened:
    """The page of all example hosts, and what the browser had to say about it."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.asked: list[str] = []
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("dialog", lambda dialog: self.complaints.append(dialog.message))
        page.on("request", lambda request: self.asked.append(request.url))
        page.goto(address)

    def shown(self, selector: str) -> list[str]:
        """The text of the elements that can be seen."""
        return [each.inner_text() for each in self.page.locator(selector).all() if each.is_visible()]


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    """One browser, one page, as a phone would show it."""
    folder = tmp_path_factory.mktemp("page")
    try:
        browser_path = launcher(folder, prefix("chromium", ["chromium"]), "/usr/bin/chromium")
    except Unavailable as missing:
        not_run("the HTML report in a browser", missing)
    file: Path = folder / "report.html"
    file.write_text(rendered("html", report_of([*ALL, HOSTILE])), encoding="utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=QUIET)
        try:
            yield Opened(browser.new_page(viewport={"width": 390, "height": 800}), file.as_uri())
        finally:
            with suppress(Exception):
                browser.close()


def test_nothing_is_loaded_and_nothing_runs(opened: Opened) -> None:
    """One file is asked for; the policy stops nothing of ours, and no script of a peer is even tried."""
    assert (opened.asked, opened.complaints) == ([opened.page.url], [])
    assert opened.page.evaluate("getComputedStyle(document.body).maxWidth") != "none"


def test_a_phone_need_not_scroll_sideways(opened: Opened) -> None:
    """The longest name folds, also with the evidence open."""
    opened.page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
    wide = opened.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    opened.page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = false })")
    assert wide == 0


@pytest.mark.parametrize(
    ("verdict", "severity", "endpoints"),
    [
        ("all", "all", 6),
        ("discloses", "all", 3),
        ("all", "medium", 1),
        ("discloses", "high", 2),
        ("clean", "high", 0),
    ],
)
def test_filters_show_what_matches_both(opened: Opened, verdict: str, severity: str, endpoints: int) -> None:
    """Endpoints by verdict and severity; hosts without a match vanish, and the page says when nothing is left."""
    opened.page.click(f"label[for=v-{verdict}]")
    opened.page.click(f"label[for=s-{severity}]")
    assert len(opened.shown(".endpoint")) == endpoints
    assert len(opened.shown(".host")) <= endpoints
    assert bool(opened.shown(".nothing")) == (endpoints == 0)


def test_the_evidence_is_printed_though_it_is_folded_on_screen(opened: Opened) -> None:
    """What is closed on the screen is open on paper; the filters are not printed."""
    opened.page.click("label[for=v-all]")
    opened.page.click("label[for=s-all]")
    folded = opened.page.locator(".hex").first
    assert folded.bounding_box() is None or not folded.is_visible()
    opened.page.emulate_media(media="print")
    assert (folded.is_visible(), opened.page.locator(".filters").is_visible()) == (True, False)
    opened.page.emulate_media(media="screen")

"""The report in a real browser: what only a browser can tell."""

import csv
import io
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

import pytest
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

from hailuo.report.metrics import Metric
from hailuo.report.page import Clip, render
from tests.report.page_factories import make_shoot
from tests.report.pages import POSTER, media_of

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.enable_socket]

T = TypeVar("T")
AXE = resources.files("axe_playwright_python").joinpath("axe.min.js").read_text()
CHROMIUM = "/usr/bin/chromium"
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
)


@dataclass
class Chromium:
    """A browser in a thread of its own: playwright allows one a thread, and another test's may be open in ours."""

    thread: ThreadPoolExecutor
    browser: Browser
    report: Path
    complaints: list[str]

    def see(self, look: Callable[[Page], T], **options: Any) -> T:
        """What `look` sees on the report, freshly opened."""
        return self.thread.submit(self._see, look, options).result()

    def _see(self, look: Callable[[Page], T], options: dict[str, Any]) -> T:
        page = self.browser.new_page(**options)
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.goto(self.report.as_uri())
        try:
            return look(page)
        finally:
            page.close()


@pytest.fixture(scope="module")
def _started() -> Iterator[tuple[ThreadPoolExecutor, Browser]]:
    with ThreadPoolExecutor(max_workers=1) as thread:
        playwright: Playwright = thread.submit(lambda: sync_playwright().start()).result()
        launch = playwright.chromium.launch
        browser = thread.submit(lambda: launch(executable_path=CHROMIUM, args=list(QUIET))).result()
        yield thread, browser
        thread.submit(browser.close).result()
        thread.submit(playwright.stop).result()


@pytest.fixture
def chromium(_started: tuple[ThreadPoolExecutor, Browser], tmp_path: Path) -> Chromium:
    shoot = make_shoot()
    findings = replace(shoot, platforms=(shoot.platforms[0], replace(shoot.platforms[1], creatives=())))
    report = tmp_path / "report.html"
    long = "a label without any place to break it" + "x" * 120
    media = {**media_of(findings), "7KQ2M9X004": Clip(poster=POSTER, href="../clips/A.mp4", label=long)}
    report.write_text(render(findings, media=media), encoding="utf-8")
    return Chromium(*_started, report=report, complaints=[])


def serious(page: Page) -> list[tuple[str, list[str]]]:
    page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true")
    page.evaluate(AXE)
    found = page.evaluate("axe.run({ resultTypes: ['violations'] })")["violations"]
    bad = [rule for rule in found if rule["impact"] in {"serious", "critical"}]
    return [(rule["id"], [node["html"][:160] for node in rule["nodes"][:3]]) for rule in bad]


@pytest.mark.parametrize(("scheme", "width"), [("light", 1400), ("dark", 390)])
def test_axe_finds_nothing_serious(chromium: Chromium, scheme: str, width: int) -> None:
    """Contrast, names, roles and order hold on a desk and on a phone, in light and dark, with everything folded out."""
    found = chromium.see(serious, color_scheme=scheme, viewport={"width": width, "height": 900})

    assert found == []


def test_it_opens_from_disk_without_a_complaint(chromium: Chromium) -> None:
    """Style, script, posters and charts all pass the policy."""
    chromium.see(lambda page: page.wait_for_load_state("load"))

    assert chromium.complaints == []


@pytest.mark.parametrize("width", [320, 390, 800, 1400])
def test_only_wide_tables_scroll_across_never_the_page(chromium: Chromium, width: int) -> None:
    """On a phone the page is as wide as the phone, also with everything folded out."""

    def widths(page: Page) -> list[int]:
        page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true")
        found: list[int] = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        return found

    found = chromium.see(widths, viewport={"width": width, "height": 844})

    assert found[0] <= found[1]


def test_what_matters_is_seen_without_scrolling(chromium: Chromium) -> None:
    """On a desk the verdict with its three answers and what to do next are in the first screen."""

    def bottoms(page: Page) -> list[float]:
        found: list[float] = page.evaluate(
            "['.verdict h3', '.verdict .answers', '.do-next'].map((it) => document.querySelector(it).getBoundingClientRect().bottom)"
        )
        return found

    assert max(chromium.see(bottoms, viewport={"width": 1400, "height": 900})) <= 900


def test_a_phone_folds_what_can_wait(chromium: Chromium) -> None:
    """What won and what to do next come first; numbers beyond the first clips and all but the first charts are a tap away."""

    def look(page: Page) -> tuple[list[float], list[int]]:
        tops = page.evaluate(
            "['.verdict .answers', '.do-next', '.verdict + .verdict'].map((it) => document.querySelector(it).getBoundingClientRect().top)"
        )
        rows = page.locator(".board tbody tr:visible")
        before = rows.count()
        page.locator(".unfold input").first.check()
        page.locator(".behind-too input").first.check()
        return tops, [before, rows.count(), page.locator(".funnel:visible").count()]

    tops, rows = chromium.see(look, viewport={"width": 390, "height": 844})

    assert tops == sorted(tops)
    assert rows == [3, 12, 0]


def test_a_click_opens_the_clip_in_place(chromium: Chromium) -> None:
    """The box has the clip's name, and closes by keyboard."""

    def opened(page: Page) -> tuple[str, bool]:
        page.locator("a[data-clip]").first.click()
        name = page.locator("#stage-name").inner_text()
        page.keyboard.press("Escape")
        return name, page.locator("#stage").is_visible()

    name, still_open = chromium.see(opened)

    assert name.startswith("desert-dawn")
    assert not still_open


def test_it_prints_one_sheet_for_each_platform(chromium: Chromium) -> None:
    """Verdict, picture, three numbers, what next: nothing else, and nothing that breaks over two pages."""

    def printed(page: Page) -> tuple[bytes, list[str]]:
        page.emulate_media(media="print")
        shown = page.evaluate(
            "[...document.querySelectorAll('body > *, .sheet > *')].filter((it) => it.checkVisibility()).map((it) => it.className || it.localName)"
        )
        return page.pdf(prefer_css_page_size=True), shown

    pdf, shown = chromium.see(printed)

    assert pdf.count(b"/Type /Page\n") == 2
    assert {"top", "main", "footer", "bar"}.isdisjoint(shown)
    assert {"figure", "answers", "ul"} <= set(shown)


def test_it_prints_with_everything_folded_out_if_you_ask(chromium: Chromium) -> None:
    """A PDF of several pages of A4, in which no fold hides a table, dark screens or not."""

    def printed(page: Page) -> tuple[bytes, list[bool]]:
        page.locator("#print-all").check()
        page.emulate_media(media="print")
        drawn = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
        page.evaluate(drawn)  # what a fold hid is laid out with the next picture
        tables = page.evaluate(
            "[...document.querySelectorAll('details table')].map((it) => it.checkVisibility({ contentVisibilityAuto: true }) && it.offsetHeight > 0)"
        )
        return page.pdf(prefer_css_page_size=True), tables

    pdf, tables = chromium.see(printed, color_scheme="dark")

    assert pdf.startswith(b"%PDF")
    assert pdf.count(b"/Type /Page\n") >= 6
    assert tables
    assert all(tables)


def test_every_table_can_be_saved_as_csv(chromium: Chromium) -> None:
    """Numbers unrounded, intervals in a column of their own, nothing that a spreadsheet would run."""

    def look(page: Page) -> tuple[list[int], str, str]:
        page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true")
        page.evaluate("document.querySelector('.board tbody th .name bdi').textContent = '=HYPERLINK(1)'")
        numbers: list[int] = page.evaluate(
            "[document.querySelectorAll('.scroll > table').length, document.querySelectorAll('.tools').length]"
        )
        with page.expect_download() as download:
            page.locator("#ranking + details .tools button, .part .tools button").nth(1).click()
        return numbers, download.value.suggested_filename, Path(download.value.path()).read_text("utf-8-sig")

    numbers, name, text = chromium.see(look, viewport={"width": 1400, "height": 900})

    rows = list(csv.DictReader(io.StringIO(text)))
    creatives = make_shoot().platforms[0].creatives
    assert numbers[0] == numbers[1] > 10
    assert name == "Clips-on-Meta-with-CTR-and-other-results.csv"
    assert len(rows) == len(creatives)
    assert rows[0]["Clip"].startswith("'=HYPERLINK(1)")
    assert [float(row["CTR counted"]) for row in rows] == [
        one.estimates[Metric.CTR].value for one in creatives
    ]
    assert "–" in rows[0]["CTR counted: interval, notes"]


def test_the_clips_are_sorted_by_a_click_and_the_head_stays(chromium: Chromium) -> None:
    """By the number, not by its text: most spend first, then least."""

    def look(page: Page) -> tuple[list[list[float]], float]:
        page.locator(".behind-too input").first.check()
        head = page.locator(".board").first.locator("thead button", has_text="Impressions")
        orders = []
        for _ in range(2):
            head.click()
            orders.append(
                page.evaluate(
                    "[...document.querySelector('.board').tBodies[1].rows].map((row) => Number(row.querySelector('.c-impressions').dataset.v))"
                )
            )
        gap: float = page.evaluate(
            "(() => { const box = document.querySelector('.tall'); box.scrollTop = 300; return box.querySelector('thead th').getBoundingClientRect().top - box.getBoundingClientRect().top; })()"
        )
        return orders, gap

    orders, gap = chromium.see(look, viewport={"width": 1400, "height": 700})

    assert orders == [sorted(orders[0], reverse=True), sorted(orders[0])]
    assert len(orders[0]) > 3
    assert gap == pytest.approx(0, abs=2)

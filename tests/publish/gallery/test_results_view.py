"""What the ads did, on the page: shown on every tile, sorted and filtered by; never where it would say which model it is."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from hailuo.publish.preferences import Learned
from hailuo.publish.results import ClipResult, PlatformResults, Results
from tests.publish.gallery.browsing import AXE, STAGE_READY, job, write_gallery
from tests.publish.gallery.pages import clips_at, write_clip

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.enable_socket]

IDS = tuple(f"AAAAAAAAA{number}" for number in range(1, 5))


def result(
    creative_id: str, value: float, corrected: float, standing: str, *, clip_id: str = ""
) -> ClipResult:
    return ClipResult(
        creative_id=creative_id,
        clip_id=clip_id,
        value=value,
        low=value - 0.002,
        high=value + 0.002,
        corrected=corrected,
        said=f"{100 * value:.2f} %",
        interval=f"{100 * value - 0.2:.2f}–{100 * value + 0.2:.2f} %",
        corrected_said=f"{100 * corrected:.2f} %",
        rests_on="120 clicks of 9,000 impressions",
        standing=standing,
    )


def platform(name: str, *clips: ClipResult, compared: bool = True) -> PlatformResults:
    return PlatformResults(
        platform=name.lower(),
        name=name,
        metric="ctr",
        label="CTR",
        unit="%",
        about="link clicks ÷ impressions, as counted; higher is better.",
        higher_is_better=True,
        compared=compared,
        clips=clips,
    )


META = platform(
    "Meta",
    result(IDS[0], 0.011, 0.012, "In the running"),
    result(IDS[1], 0.021, 0.016, "Leads"),
    result(IDS[2], 0.009, 0.010, "Behind"),
)
SNAP = platform("Snap", result(IDS[2], 0.05, 0.05, "Leads"), compared=False)
RESULTS = Results(
    made_at=datetime(2026, 11, 22, tzinfo=UTC),
    report="reports/2026-11-22T220000Z/report.html",
    confidence=0.95,
    platforms=(META, SNAP),
)


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four clips with results on two platforms; the fourth never ran."""
    folder = tmp_path_factory.mktemp("edition")
    write_clip(folder / "clip.mp4", width=64, height=36)
    models = ("MiniMax-Hailuo-02", "MiniMax-Hailuo-2.3")
    rows = [
        job(creative_id, models[at % 2], clip_number=at + 1, width=64, height=36, black_s=float(at))
        for at, creative_id in enumerate(IDS)
    ]
    return write_gallery(folder, rows, links=clips_at("clip.mp4"), learned=Learned(results=RESULTS))


@pytest.fixture
def page(browser: Browser, gallery: Path) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1300, "height": 900})
    page.goto(gallery.as_uri())
    yield page
    page.close()


def order(page: Page) -> list[str | None]:
    return [tile.get_attribute("data-id") for tile in page.locator("#view .tile").all()]


def test_a_tile_shows_the_metric_with_its_interval(page: Page) -> None:
    """Of each platform on which it ran; the page says of which report, and leads to it."""
    lines = page.locator(f"[data-id={IDS[2]}] .result")

    expect(lines).to_have_text(
        ["Meta CTR 0.90 % 0.70–1.10 % Behind", "Snap CTR 5.00 % 4.80–5.20 % Leads"]  # two parts of a line
    )
    expect(page.locator(f"[data-id={IDS[3]}] .result")).to_have_count(0)
    link = page.get_by_role("link", name="the ad report of 22 November 2026")
    assert link.get_attribute("href") == RESULTS.report


@pytest.mark.parametrize(
    ("by", "wanted"),
    [("result_meta", [IDS[1], IDS[0], IDS[2], IDS[3]]), ("result_meta_corrected", [*IDS[1::-1], *IDS[2:]])],
)
def test_clips_sort_by_their_result(page: Page, by: str, wanted: list[str]) -> None:
    """Counted or corrected for luck; what never ran comes last. What cannot be compared cannot be sorted by."""
    page.locator("#sort").select_option(by)
    page.locator("#direction").click()

    assert order(page) == wanted
    assert "result_snap" not in page.locator("#sort").inner_html()
    page.reload()
    assert order(page) == wanted


def test_clips_are_filtered_by_what_the_report_says(page: Page) -> None:
    """Such as all that may still be the best."""
    facet = page.locator("[data-facet='ads.result_meta']")

    facet.get_by_role("checkbox", name="Leads").check()
    facet.get_by_role("checkbox", name="In the running").check()

    assert order(page) == list(IDS[:2])
    facet.get_by_role("checkbox", name="Leads").uncheck()
    facet.get_by_role("checkbox", name="In the running").uncheck()
    facet.get_by_role("checkbox", name="No result").check()
    assert order(page) == [IDS[3]]


def test_an_enlarged_clip_says_what_was_counted(page: Page) -> None:
    """The metric in one sentence, and what it rests on."""
    page.locator(f"[data-id={IDS[1]}] button.media").focus()
    page.keyboard.press("o")

    full = page.locator("#stage .after")
    expect(full).to_contain_text("120 clicks of 9,000 impressions")
    expect(full).to_contain_text("Meta CTR: link clicks ÷ impressions, as counted; higher is better.")
    expect(full).to_contain_text("1.60 %")


def test_a_blind_pick_shows_no_result(page: Page) -> None:
    """A number that is known names the clip."""
    page.keyboard.press("b")
    page.evaluate(STAGE_READY)

    expect(page.locator("#stage .lane")).to_have_count(4)
    assert "CTR" not in page.locator("#stage").inner_text()


VERSIONS = {"plain": 0.010, "price": 0.030, "gift": 0.020, "today": 0.005}
"""What finished versions of the first clip did; the second ran as `price` alone, the third without a finish."""


def copy(clip_id: str, version: str, **changes: object) -> dict[str, object]:
    """The row of a finished copy for Meta Reels."""
    row = job(
        f"{version.upper():Z<9}{clip_id[-1]}", derived_from=clip_id, finish=version, width=64, height=36
    )
    uri = f"conformed/{clip_id}-meta_reels-{version}-0123456789.mp4"
    return {**row, "s3_uri": uri, "factors": {"prompt": "street", "finish": version}, **changes}


@pytest.fixture(scope="module")
def finished_gallery(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three clips; of two of them finished copies ran."""
    folder = tmp_path_factory.mktemp("finished")
    write_clip(folder / "clip.mp4", width=64, height=36)
    earlier = {"factors": {"prompt": "street", "finish": "today.0123ab"}, "is_newest_finish": False}
    copies = [copy(IDS[0], name, **(earlier if name == "today" else {})) for name in VERSIONS]
    other = copy(IDS[1], "price")
    rows = [job(one, clip_number=at, width=64, height=36) for at, one in enumerate(IDS[:3], start=1)]
    measured = [result(IDS[0], 0.012, 0.012, "Behind"), result(IDS[2], 0.025, 0.02, "In the running")]
    measured += [
        result(str(row["creative_id"]), value, value, "Leads" if value > 0.02 else "Behind", clip_id=IDS[0])
        for row, value in zip(copies, VERSIONS.values(), strict=True)
    ]
    measured.append(result(str(other["creative_id"]), 0.001, 0.001, "Behind", clip_id=IDS[1]))
    learned = Learned(results=RESULTS.model_copy(update={"platforms": (platform("Meta", *measured),)}))
    return write_gallery(folder, [*rows, *copies, other], links=clips_at("clip.mp4"), learned=learned)


def test_a_tile_shows_each_finished_version_that_ran(browser: Browser, finished_gallery: Path) -> None:
    """By the name of the report, the best first. The best counts for order; any of them for the filter."""
    page = browser.new_page(viewport={"width": 1300, "height": 900})
    page.goto(finished_gallery.as_uri() + "#sort=result_meta&down=1")

    expect(page.locator(f"[data-id={IDS[0]}] .result")).to_have_text(
        [
            "price Meta CTR 3.00 % 2.80–3.20 % Leads",
            "gift Meta CTR 2.00 % 1.80–2.20 % Behind",
            "clip Meta CTR 1.20 % 1.00–1.40 % Behind",
        ]
    )
    expect(page.locator(f"[data-id={IDS[1]}] .result")).to_have_text(
        ["price Meta CTR 0.10 % -0.10–0.30 % Behind"]
    )
    expect(page.locator(f"[data-id={IDS[2]}] .result")).to_have_text(
        ["Meta CTR 2.50 % 2.30–2.70 % In the running"]
    )
    assert order(page) == [IDS[0], IDS[2], IDS[1]]
    page.locator("[data-facet='ads.result_meta']").get_by_role("checkbox", name="Behind").check()
    assert order(page) == [IDS[0], IDS[1]]
    page.locator("#find").fill("today")  # a version, in the name of a copy
    assert order(page) == [IDS[0]]
    page.get_by_role("button", name="2 more results on Meta").click()
    expect(page.locator("#stage .after")).to_contain_text("Meta CTR · today.0123ab")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Sheet").click()
    expect(page.locator(f"[data-id={IDS[0]}] .result").locator("visible=true")).to_have_count(1)
    page.close()


@pytest.mark.parametrize("fragment", ["", "#view=table&sort=result_meta"])
def test_axe_finds_nothing_in_results(page: Page, gallery: Path, fragment: str) -> None:
    """WCAG 2.2 AA, with target sizes."""
    page.goto(gallery.as_uri() + fragment)
    page.reload()
    page.evaluate(AXE)

    found = page.evaluate("axe.run({ rules: { 'target-size': { enabled: true } } })")["violations"]

    serious = [one for one in found if one["impact"] in {"serious", "critical"}]
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in serious] == []

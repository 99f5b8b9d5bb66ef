"""The blind pick in a real browser: nothing tells which model made a clip, and nothing is lost on the way."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from hailuo.publish.gallery import Links
from tests.publish.gallery.browsing import STAGE_READY, exported, job, write_gallery
from tests.publish.gallery.pages import write_clip

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.enable_socket]

WIDE, TALL = ("WIDE000001", "WIDE000002"), ("TALL000001", "TALL000002")
MODELS = {**dict.fromkeys(WIDE, "MiniMax-Hailuo-02"), **dict.fromkeys(TALL, "MiniMax-Hailuo-2.3")}
BY_ANA = {"pick": "pick", "rating": 5, "reviewer": "Ana", "reviewed_at": "2026-11-22T12:00:00Z"}
SIZES = """() => [...document.querySelectorAll("#stage .screen")].map(screen =>
    [Math.round(screen.offsetWidth), Math.round(screen.offsetHeight)].join("x"))"""


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Never measured: the page itself finds the shapes out. Ana judged all of it before."""
    folder = tmp_path_factory.mktemp("edition")
    write_clip(folder / "WIDE.mp4", width=64, height=36)
    write_clip(folder / "TALL.mp4", width=36, height=64)
    rows = [
        job(creative_id, MODELS[creative_id], clip_number=number, **BY_ANA)
        for number, creative_id in enumerate(MODELS, start=21)
    ]
    return write_gallery(folder, rows, links=Links(clip=lambda creative_id: f"{creative_id[:4]}.mp4"))


@pytest.fixture
def page(browser: Browser, gallery: Path) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1300, "height": 900})
    page.goto(gallery.as_uri())
    yield page
    page.close()


def begin(page: Page) -> None:
    page.keyboard.press("b")
    expect(page.locator("#stage .lane").first).to_be_visible()
    page.evaluate(STAGE_READY)


def lanes(page: Page) -> list[str | None]:
    return [lane.get_attribute("data-id") for lane in page.locator("#stage .lane").all()]


def test_a_round_has_one_shape_and_nothing_is_lit(page: Page) -> None:
    """Neither what you judged before, nor what others did, nor the shape of the picture says which model it is."""
    for creative_id in MODELS:
        page.locator(f"[data-id={creative_id}] [data-pick=reject]").click()

    begin(page)

    expect(page.get_by_role("heading", name="round 1 of 2")).to_be_visible()
    assert {str(creative_id)[:4] for creative_id in lanes(page)} in ({"WIDE"}, {"TALL"})
    assert len(set(page.evaluate(SIZES))) == 1
    expect(page.locator("#stage [data-judge] [aria-pressed=true]")).to_have_count(0)
    assert not re.search(r"Hailuo|Ana|#2\d", page.locator("#stage").inner_text())


def test_a_pause_tells_nothing_and_loses_nothing(page: Page) -> None:
    """Closed with Escape, and gone on with after a reload; the end shows your picks with their numbers."""
    begin(page)
    first = lanes(page)
    page.keyboard.press("f")
    page.keyboard.press("4")
    page.keyboard.press("Escape")
    expect(page.locator("#stage")).not_to_be_visible()
    expect(page.locator("#view [data-judge] [aria-pressed=true]")).to_have_count(0)

    page.reload()
    page.get_by_role("button", name="Resume blind pick (1 of 2)").click()
    page.evaluate(STAGE_READY)
    assert lanes(page) == first
    expect(page.locator("#stage .lane").first.locator("[data-pick=finalist]")).to_have_attribute(
        "aria-pressed", "true"
    )
    page.keyboard.press("Enter")
    page.keyboard.press("b")
    page.keyboard.press("p")
    second = lanes(page)
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="What you picked")).to_be_visible()
    number = {creative_id: f"#{21 + at}" for at, creative_id in enumerate(MODELS)}
    assert page.locator(".picked li b").all_inner_texts() == [number[str(first[0])], number[str(second[1])]]
    page.set_viewport_size({"width": 360, "height": 800})
    assert page.locator("#stage").evaluate("stage => stage.scrollWidth <= stage.clientWidth")
    page.keyboard.press("Escape")
    said = {
        one["creative_id"]: (one["number"], one["pick"], one["rating"])
        for one in exported(page)["judgements"]
    }
    assert said == {
        first[0]: (int(number[str(first[0])][1:]), "finalist", 4),
        second[1]: (int(number[str(second[1])][1:]), "pick", None),
    }
    expect(page.get_by_role("button", name="Blind pick")).to_be_visible()

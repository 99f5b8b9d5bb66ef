"""Many clips, few keys: the next clip after a verdict, back where you erred, and the picks side by side at the end."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.publish.gallery.browsing import STAGE_READY, exported, job, write_gallery
from tests.publish.gallery.pages import clips_at, without_clip, write_clip

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.enable_socket]

IDS = tuple(f"AAAAAAAAA{number}" for number in range(1, 7))
LAYOUTS = ("prompts", "matrix", "table", "sheet", "people")
POSITIONS = """Promise.all([...document.querySelectorAll("#stage video")].map((video) => video.seeking
    ? new Promise((there) => video.addEventListener("seeked", () => there(video.currentTime))) : video.currentTime))"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six clips of 1.5 seconds, two prompts, two models."""
    folder = tmp_path_factory.mktemp("edition")
    write_clip(folder / "clip.mp4", width=320, height=180, frames=36)
    models = ("MiniMax-Hailuo-02", "MiniMax-Hailuo-2.3")
    rows = [
        job(creative_id, models[at % 2], clip_number=at + 11, prompt_label=("street", "rain")[at // 3])
        for at, creative_id in enumerate(IDS)
    ]
    write_gallery(folder, rows, links=clips_at("clip.mp4"))
    return folder


@pytest.fixture
def page(browser: Browser, folder: Path) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1300, "height": 900})
    page = context.new_page()
    page.goto((folder / "gallery.html").as_uri())
    yield page
    context.close()


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def follow(page: Page, fragment: str) -> None:
    """A link within the page; the page has taken it when this returns."""
    page.evaluate(
        "link => new Promise(taken => { addEventListener('hashchange', () => taken(), {once: true}); location.hash = link })",
        fragment,
    )


def close(page: Page) -> None:
    page.keyboard.press("Escape")
    expect(page.locator("#stage .lane")).to_have_count(0)


def enlarged(page: Page) -> list[str | None]:
    return [lane.get_attribute("data-id") for lane in page.locator("#stage .lane").all()]


def verdicts(page: Page) -> dict[str, str]:
    """What is exported."""
    return {one["creative_id"]: one["pick"] for one in exported(page)["judgements"]}


def test_an_enlarged_clip_gives_way_to_the_next_after_a_verdict(page: Page) -> None:
    """Six clips cost seven keys; the last one leads to those that were passed over."""
    press(page, "o", "p", "ArrowRight", "x", "x", "x", "f")
    assert enlarged(page) == [IDS[1]]
    expect(page.locator(".nav")).to_contain_text("2 of 6 · 5 judged")

    press(page, "x")
    close(page)

    assert verdicts(page) == dict(
        zip(IDS, ("pick", "reject", "reject", "reject", "reject", "finalist"), strict=True)
    )


def test_a_rating_does_not_go_on_and_auto_advance_can_be_switched_off(page: Page) -> None:
    """Stars first, then the verdict. The switch is kept in the browser."""
    press(page, "o", "4")
    assert enlarged(page) == [IDS[0]]
    page.get_by_role("button", name="Auto-advance").click()

    press(page, "p")
    assert enlarged(page) == [IDS[0]]
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    press(page, "o", "p")

    assert enlarged(page) == [IDS[0]]


def test_next_and_previous_stay_within_the_filters(page: Page) -> None:
    """By key and by button, and no further than the ends."""
    follow(page, "axis.model=MiniMax-Hailuo-2.3")
    press(page, "o")
    assert enlarged(page) == [IDS[1]]
    expect(page.get_by_role("button", name="Previous clip")).to_be_disabled()

    page.get_by_role("button", name="Next clip").click()
    press(page, "ArrowRight", "ArrowRight", "ArrowLeft")

    assert enlarged(page) == [IDS[3]]


@pytest.mark.parametrize("undo", ["u", "Control+z"])
def test_undo_takes_back_step_by_step_and_goes_there(page: Page, undo: str) -> None:
    """A verdict, a rating, and the verdict before; enlarged as on the page."""
    press(page, "o", "p", "3", "x")
    press(page, undo)
    assert enlarged(page) == [IDS[1]]
    expect(page.locator("#notice")).to_have_text("#12: 3 of 5, as before")
    press(page, undo, undo)
    assert enlarged(page) == [IDS[0]]
    press(page, undo)
    expect(page.locator("#notice")).to_have_text("There is nothing to undo.")
    close(page)
    press(page, "f")
    expect(page.locator("#judged")).to_have_text("1")

    press(page, undo)

    expect(page.locator("#judged")).to_have_text("0")


def test_undo_leaves_what_another_tab_judged_since(page: Page, folder: Path) -> None:
    """Your other tab is you as well: what it said last stays."""
    press(page, "j", "p")
    expect(page.locator(f"[data-id={IDS[0]}] [data-pick=pick]")).to_have_attribute("aria-pressed", "true")
    other = page.context.new_page()
    other.goto((folder / "gallery.html").as_uri())
    star = other.locator(f"[data-id={IDS[0]}] [data-pick=pick]")
    expect(star).to_have_attribute("aria-pressed", "true")
    other.locator(f"[data-id={IDS[0]}] [data-pick=finalist]").click()
    expect(page.locator(f"[data-id={IDS[0]}] [data-pick=finalist]")).to_have_attribute("aria-pressed", "true")

    press(page, "u")

    expect(page.locator("#notice")).to_have_text("#11 was judged again since, in another tab.")
    expect(page.locator(f"[data-id={IDS[0]}] [data-pick=finalist]")).to_have_attribute("aria-pressed", "true")


def test_next_unjudged_skips_and_starts_again(page: Page) -> None:
    """On the page and enlarged."""
    press(page, "j", "Shift+p", "Shift+x")
    expect(page.locator(f"[data-id={IDS[2]}] button.media")).to_be_focused()
    press(page, "k", "k", "n")
    expect(page.locator(f"[data-id={IDS[2]}] button.media")).to_be_focused()
    for creative_id in IDS[3:]:
        page.locator(f"[data-id={creative_id}] [data-pick=reject]").click()
    page.locator(f"[data-id={IDS[4]}] button.media").focus()

    press(page, "o", "n")
    assert enlarged(page) == [IDS[2]]
    press(page, "x")

    expect(page.locator("#notice")).to_contain_text("#13: Reject")
    press(page, "n")
    expect(page.locator("#notice")).to_contain_text("You have judged all of these clips.")


def test_a_survey_shows_the_finalists_and_who_is_rejected_leaves(page: Page) -> None:
    """Undo brings a clip back. With fewer than two finalists, picks are shown too."""
    press(page, "o", *"pxpxpx", "s")
    assert enlarged(page) == [IDS[0], IDS[2], IDS[4]]
    expect(page.locator("#stage .letter")).to_have_text(["#11", "#13", "#15"])

    press(page, "ArrowRight", "x")
    assert enlarged(page) == [IDS[0], IDS[4]]
    expect(page.get_by_role("heading", name="Survey of 2 picks")).to_be_visible()
    press(page, "u")
    assert set(enlarged(page)) == {IDS[0], IDS[2], IDS[4]}
    press(page, "f", "ArrowLeft", "f")
    close(page)

    page.get_by_role("button", name="Survey 2").click()

    assert len(enlarged(page)) == 2


def test_a_flip_shows_one_clip_after_the_other_in_one_place(page: Page) -> None:
    """At the same moment, and round again after the last."""
    press(page, "j", "c", "j", "c", "Enter")
    page.evaluate(STAGE_READY)
    press(page, "y")
    lanes = page.locator("#stage .lane")
    place = lanes.nth(0).locator("video").bounding_box()
    expect(lanes.nth(1)).not_to_be_visible()

    press(page, "ArrowRight")

    expect(lanes.nth(0)).not_to_be_visible()
    assert lanes.nth(1).locator("video").bounding_box() == place
    press(page, "ArrowRight")
    expect(lanes.nth(0)).to_be_visible()
    expect(page.get_by_role("button", name="Flip")).to_have_attribute("aria-pressed", "true")


def test_at_100_percent_a_pixel_is_a_pixel(page: Page) -> None:
    """Not in a blind pick, where the number of pixels names the model."""
    press(page, "o")
    page.evaluate(STAGE_READY)

    press(page, "z")

    box = page.locator("#stage video").bounding_box()
    assert box
    ratio = page.evaluate("devicePixelRatio")
    assert (box["width"] * ratio, box["height"] * ratio) == (320, 180)
    close(page)
    press(page, "b")
    expect(page.locator("#stage.blind .lane").first).to_be_visible()
    expect(page.locator("#zoom")).to_have_count(0)
    press(page, "z")
    expect(page.locator("#stage .zoomed")).to_have_count(0)


def test_a_part_is_looped(page: Page) -> None:
    """From one key to the other; the whole clip again with one click."""
    press(page, "o")
    page.evaluate(STAGE_READY)
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("slider", name="Position").fill("400")
    press(page, "i")
    page.get_by_role("slider", name="Position").fill("600")
    press(page, "o")
    expect(page.locator("#range")).to_have_text("0.60 – 0.90 s ×")

    page.locator("#play").focus()
    press(page, " ")
    seen = page.evaluate(
        """new Promise((done) => { const video = document.querySelector("#stage video"), seen = [];
        const look = () => { seen.push(video.currentTime); if (seen.length < 60) setTimeout(look, 25); else done(seen); }; look(); })"""
    )

    assert min(seen) >= 0.55
    assert max(seen) <= 1.1  # a slow browser notices the end some frames late
    page.locator("#range").click()
    expect(page.locator("#range")).to_be_hidden()


def test_a_note_begins_with_its_time_and_leads_there(page: Page) -> None:
    """Saved also when Escape closes the clip while you write."""
    press(page, "o")
    page.evaluate(STAGE_READY)
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("slider", name="Position").fill("500")
    press(page, "t")
    page.keyboard.type("the landing")
    close(page)

    press(page, "o")
    expect(page.locator("#note")).to_have_value("0.75 s: the landing")
    page.evaluate(STAGE_READY)
    page.get_by_role("slider", name="Position").fill("0")
    page.get_by_role("button", name="Go to 0.75 s").click()

    assert page.evaluate(POSITIONS) == [pytest.approx(0.75, abs=0.01)]
    close(page)
    assert [one["note"] for one in exported(page)["judgements"]] == ["0.75 s: the landing"]


@pytest.mark.chromium
@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_finger_judges_in_every_layout(browser: Browser, folder: Path, layout: str) -> None:
    """No key and no hover is needed for a verdict."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto((folder / "gallery.html").as_uri())
    if layout == "people":  # it has what somebody judged
        page.locator(f"[data-id={IDS[1]}] [data-rating='3']").tap()
    page.get_by_role(
        "button", name={"prompts": "Clips", "people": "Votes"}.get(layout, layout.capitalize())
    ).tap()

    page.locator(f"#view [data-id={IDS[1]}] [data-pick=pick]").tap()

    expect(page.locator(f"#view [data-id={IDS[1]}] [data-pick=pick]")).to_have_attribute(
        "aria-pressed", "true"
    )
    expect(page.locator("#judged")).to_have_text("1")
    context.close()


def test_fifty_prompts_are_searched_folded_and_jumped_to(browser: Browser, tmp_path: Path) -> None:
    """A filter with many levels can be searched, every filter can be folded, and a list leads to a prompt."""
    rows = [{**job(f"{n:010}", prompt_label=f"prompt {n:02}"), **without_clip("new")} for n in range(50)]
    page = browser.new_page(viewport={"width": 1300, "height": 900})
    page.goto(write_gallery(tmp_path, rows).as_uri())
    prompts = page.locator("fieldset[data-facet='axis.prompt']")

    page.get_by_role("searchbox", name="Find in prompt").fill("prompt 4")
    expect(prompts.locator("label:visible")).to_have_count(10)
    prompts.get_by_role("button", name="prompt").click()
    expect(prompts.locator("label:visible")).to_have_count(0)
    page.get_by_label("Jump to").select_option(label="prompt 47")

    expect(page.get_by_role("heading", name="prompt 47")).to_be_in_viewport()
    page.locator("#find").fill("#4")
    expect(page.locator("#view .tile")).to_have_count(1)  # not of number 40
    page.close()


@pytest.mark.parametrize("layout", ["prompts", "table"])
def test_paper_has_ids_picks_notes_and_every_column(page: Page, layout: str) -> None:
    """What people decide with on paper leads back to the clip."""
    press(page, "o", "4", "t")
    page.keyboard.type("keep")
    close(page)
    press(page, "p")
    follow(page, f"view={layout}")

    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")

    printed = page.locator("#view [data-id]").first
    expect(printed).to_contain_text(IDS[0])
    expect(printed).to_contain_text("#11")
    expect(printed.locator(".printed")).to_contain_text(re.compile(r"You: Pick, 4 of 5 · \d+\.\d\d s: keep"))
    if layout == "table":
        hidden: Sequence[Any] = page.locator("#view th:not(:visible), #view td:not(:visible)").all()
        assert hidden == []
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    expect(page.locator(".printed")).to_have_count(0)

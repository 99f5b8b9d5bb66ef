"""Blind pairs in a real browser: which of two clips is better, by several people, and nothing names them."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from hailuo.publish.gallery import Links
from hailuo.publish.manifest import PairChoice, newest_pairs, plain_rows, read_judgements
from hailuo.publish.preferences import Learned, preferences_of
from tests.publish.gallery.browsing import AXE, STAGE_READY, exported, job, write_gallery
from tests.publish.gallery.pages import make_frame, write_clip

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.enable_socket]

MODELS = ("MiniMax-Hailuo-02", "MiniMax-Hailuo-2.3")
ROWS = [
    job(
        f"{shape}00000{at:02}",
        MODELS[at % 2],
        clip_number=at + 1,
        prompt_label=f"prompt {at // 4}",
        prompt=f"Sneaker {at // 4}",
        take=at % 4 // 2 + 1,
        pick="reject",
        reviewer="Eva",
        reviewed_at="2026-11-22T12:00:00Z",
        width=width,
        height=height,
    )
    for at in range(12)
    for shape, width, height in [("WDE", 64, 36) if at < 8 else ("TAK", 36, 64)]
]
SHOWN = """() => [...document.querySelectorAll("#stage .lane")].map((lane) => lane.dataset.id)"""


def links() -> Links:
    return Links(clip=lambda creative_id: f"{creative_id[:3]}.mp4")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three prompts, two models with two takes each; one prompt is upright. Eva rejected everything before."""
    folder = tmp_path_factory.mktemp("edition")
    write_clip(folder / "WDE.mp4", width=64, height=36)
    write_clip(folder / "TAK.mp4", width=36, height=64)
    write_gallery(folder, ROWS, links=links())
    return folder


@pytest.fixture
def page(browser: Browser, folder: Path) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1300, "height": 900}, reduced_motion="reduce")
    page.goto((folder / "gallery.html").as_uri())
    yield page
    page.close()


def begin(page: Page) -> None:
    page.keyboard.press("w")
    expect(page.get_by_role("dialog", name="Blind pairs")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("#stage .lane")).to_have_count(2)
    page.evaluate(STAGE_READY)


def heading(page: Page) -> str:
    return page.locator("#stage-title").inner_text()


def test_two_clips_differ_in_the_model_alone_and_nothing_names_them(page: Page) -> None:
    """One prompt, one shape, two models; no number, no name, no verdict, no pixel for pixel."""
    begin(page)
    by_id = {str(row["creative_id"]): row for row in ROWS}

    for turn in range(1, 7):
        expect(page.locator("#stage-title")).to_have_text(f"Blind pairs · {turn} of 6")
        left, right = (by_id[creative_id] for creative_id in page.evaluate(SHOWN))
        assert left["prompt"] == right["prompt"]
        assert left["model"] != right["model"]
        assert not re.search(r"Hailuo|Eva|#\d|take", page.locator("#stage").inner_text())
        expect(page.locator("#stage [data-judge]")).to_have_count(0)
        expect(page.locator("#zoom, #flip")).to_have_count(0)
        page.keyboard.press("z")
        expect(page.locator("#stage .zoomed")).to_have_count(0)
        page.keyboard.press("ArrowLeft")

    expect(page.get_by_role("heading", name="What you preferred")).to_be_visible()


def test_choices_are_kept_at_once_and_gone_on_with(page: Page) -> None:
    """By key and by button; a closed page loses nothing, and shows only what is left."""
    begin(page)
    first = page.evaluate(SHOWN)
    page.keyboard.press("ArrowRight")
    page.get_by_role("button", name="No preference").click()
    page.keyboard.press("Escape")
    expect(page.locator("#notice")).to_have_text("2 choices kept. W goes on.")

    page.reload()
    begin(page)
    assert heading(page) == "Blind pairs · 1 of 4"
    page.keyboard.press("b")
    page.keyboard.press("u")  # not meant
    expect(page.locator("#stage-title")).to_have_text("Blind pairs · 1 of 4")
    page.keyboard.press("a")
    page.get_by_role("button", name="End here").click()
    page.keyboard.press("Escape")

    pairs = sorted(exported(page)["pairs"], key=lambda one: one["reviewed_at"])
    assert len(pairs) == 3
    assert [pairs[0]["left"], pairs[0]["right"]] == first
    assert [one["preferred"] for one in pairs] == ["right", "none", "left"]
    assert {one["reviewer"] for one in pairs} == {"Ana"}


def test_the_choices_of_several_people_say_which_model_they_prefer(
    page: Page, browser: Browser, tmp_path: Path, folder: Path
) -> None:
    """Ana and Ben always choose the newer model: the page built from their files says so, and how sure that is."""
    by_id = {str(row["creative_id"]): row for row in ROWS}
    pairs: list[PairChoice] = []
    for name in ("Ana", "Ben"):
        context = browser.new_context(reduced_motion="reduce")
        person = context.new_page()
        person.goto((folder / "gallery.html").as_uri())
        begin(person)
        for turn in range(1, 7):
            expect(person.locator("#stage-title")).to_have_text(f"Blind pairs · {turn} of 6")
            left, _ = (by_id[creative_id] for creative_id in person.evaluate(SHOWN))
            person.keyboard.press("ArrowLeft" if left["model"] == MODELS[1] else "ArrowRight")
        person.keyboard.press("Escape")
        file = json.dumps(exported(person, name=name)).encode()
        pairs += read_judgements(file, name=name).pairs
        context.close()
    rows = plain_rows(make_frame(*ROWS))
    learned = Learned(preferences=preferences_of(rows, newest_pairs(pairs), {}, None))
    built = write_gallery(folder, ROWS, name="built.html", links=links(), learned=learned)

    page.goto(f"{built.as_uri()}#view=people")

    section = page.get_by_role("region", name="Preferences")
    expect(section).to_contain_text("Which model do we prefer?")
    expect(section).to_contain_text("Hailuo 2.3 in 9")
    expect(section).to_contain_text("12 choices by 2 people.")
    expect(section.locator("tbody tr").first).to_contain_text("12 of 12")


@pytest.mark.parametrize("state", ["asked", "pair", "revealed", "preferred"])
@pytest.mark.chromium
def test_axe_finds_nothing_in_pairs(page: Page, folder: Path, state: str) -> None:
    """WCAG 2.2 AA, with target sizes, in every step."""
    if state == "preferred":
        rows = plain_rows(make_frame(*ROWS))
        made = [
            {"left": ROWS[at]["creative_id"], "right": ROWS[at + 1]["creative_id"], "preferred": "left"}
            for at in range(0, 12, 2)
        ]
        whose = {"reviewer": "Ana", "reviewed_at": "2026-11-22T12:00:00Z"}
        file = {"schema": "hailuo.judgements/1.0", "campaign": "street", "edition": "main", "judgements": []}
        pairs = [{**one, **whose} for one in made]
        read = read_judgements(json.dumps({**file, "pairs": pairs}).encode(), name="a").pairs
        learned = Learned(preferences=preferences_of(rows, read, {}, None))
        page.goto(write_gallery(folder, ROWS, name="axe.html", links=links(), learned=learned).as_uri())
        page.get_by_role("button", name="Votes").click()
    else:
        page.keyboard.press("w")
        expect(page.get_by_role("dialog", name="Blind pairs")).to_be_visible()
    if state in {"pair", "revealed"}:
        page.keyboard.press("Enter")
        page.evaluate(STAGE_READY)
    if state == "revealed":
        page.keyboard.press("ArrowLeft")
        page.get_by_role("button", name="End here").click()
    page.evaluate("new Promise((done) => setTimeout(done, 300))")

    page.evaluate(AXE)
    found = page.evaluate("axe.run({ rules: { 'target-size': { enabled: true } } })")["violations"]

    serious = [one for one in found if one["impact"] in {"serious", "critical"}]
    assert [(one["id"], [node["html"][:160] for node in one["nodes"]]) for one in serious] == []

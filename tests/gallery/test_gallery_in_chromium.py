"""The gallery in a real browser, opened from disk: what only a browser can tell."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import av
import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from hailuo.gallery import render
from hailuo.manifest import COLUMNS

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.enable_socket]

BUILT_AT = datetime(2026, 11, 22, tzinfo=UTC)
CHROMIUM = "/usr/bin/chromium"
QUIET = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
# As promises: the page's policy rightly forbids the `eval` by which playwright would poll.
CLIPS_KNOWN = """Promise.all([...document.querySelectorAll("video")].map((video) =>
    video.videoWidth || new Promise((known) => video.addEventListener("loadedmetadata", known))))"""
FIRST_CLIP_MOVES = """new Promise((moves) => document.querySelector("video").addEventListener(
    "timeupdate", ({ target }) => target.currentTime > 0.2 && moves(true)))"""
# Which control has the focus, or nothing where something lies over it.
PLACE_OF_FOCUS = """(() => {
    const it = document.activeElement, box = it.getBoundingClientRect();
    const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    const controls = [...document.querySelectorAll("a[href], button, select, input")];
    return it.contains(top) ? controls.indexOf(it) : null;
})()"""
ROWS: tuple[dict[str, object], ...] = (
    {"creative_id": "WIDE000001", "model": "MiniMax-Hailuo-02", "state": "stored"},
    {"creative_id": "TALL000002", "model": "MiniMax-Hailuo-2.3", "state": "stored"},
    {"creative_id": "GONE000003", "model": "MiniMax-Hailuo-2.3", "state": "failed", "take": 2},
    {"creative_id": "WIDE000004", "model": "MiniMax-Hailuo-02", "state": "stored", "prompt": "Wet asphalt"},
)


def write_clip(path: Path, *, width: int, height: int) -> None:
    """A playable second of H.264 with something that moves."""
    with av.open(str(path), "w", options={"movflags": "faststart"}) as container:
        stream = container.add_stream("libx264", rate=24)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number in range(24):
            picture = np.full((height, width, 3), number * 10, dtype=np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())


def frame_of(rows: tuple[dict[str, object], ...]) -> pd.DataFrame:
    common = dict.fromkeys(COLUMNS) | {
        "campaign_name": "cmp",
        "edition": "main",
        "prompt_label": "street",
        "prompt": "</script><b>Street",
        "prompt_vars": {},
        "params": {},
        "duration_req": 6,
        "size_req": "768p",
        "take": 1,
        "attempts": 1,
        "is_control": False,
        "cost_est": Decimal("0.28"),
    }
    complete = [common | {"factors": {"model": row["model"]}} | row for row in rows]
    return pd.DataFrame(complete, columns=list(COLUMNS), dtype=object)


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("edition")
    (folder / "clips").mkdir()
    for name in ("WIDE000001", "WIDE000004"):
        write_clip(folder / "clips" / f"{name}.mp4", width=320, height=180)
    write_clip(folder / "clips" / "TALL000002.mp4", width=180, height=320)
    path = folder / "gallery.html"
    path.write_bytes(render(frame_of(ROWS), title="Street", built_at=BUILT_AT))
    return path


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield browser
        browser.close()


@pytest.fixture
def complaints() -> list[str]:
    return []


@pytest.fixture
def page(browser: Browser, gallery: Path, complaints: list[str]) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1400, "height": 1600})
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(gallery.as_uri())
    page.evaluate(CLIPS_KNOWN)
    yield page
    page.close()


def test_it_opens_from_disk_without_a_complaint(page: Page, complaints: list[str]) -> None:
    """Style, script and clips all pass the policy, and the script runs without an error."""
    page.get_by_role("button", name="Play all in view").click()
    expect(page.locator("[aria-pressed=true]")).to_have_count(3)
    page.get_by_role("button", name="Pause all").click()
    expect(page.locator("[aria-pressed=true]")).to_have_count(0)

    assert complaints == []
    assert page.evaluate("getComputedStyle(document.querySelector('.bar')).position") == "sticky"


def test_a_clip_plays_on_keyboard_focus_and_rests_without_it(page: Page) -> None:
    """The comparison can be walked through with the tab key."""
    page.locator("#reset").focus()

    page.keyboard.press("Tab")

    first = page.locator("button.media").first
    expect(first).to_be_focused()
    expect(first).to_have_attribute("aria-pressed", "true")
    assert page.evaluate(FIRST_CLIP_MOVES)
    page.keyboard.press("Tab")
    expect(first).to_have_attribute("aria-pressed", "false")


def test_a_clip_plays_under_the_mouse_and_rests_without_it(page: Page) -> None:
    """Looking at a clip takes no click."""
    second = page.locator("button.media").nth(1)

    second.hover()
    expect(second).to_have_attribute("aria-pressed", "true")

    page.locator("h1").hover()
    expect(second).to_have_attribute("aria-pressed", "false")


def test_a_tap_plays_and_a_second_tap_pauses(browser: Browser, gallery: Path) -> None:
    """A phone has no hover: one tap is enough, and it does not undo itself."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(gallery.as_uri())
    first = page.locator("button.media").first

    first.tap()
    expect(first).to_have_attribute("aria-pressed", "true")
    first.tap()
    expect(first).to_have_attribute("aria-pressed", "false")
    context.close()


@pytest.mark.parametrize("width", [360, 390, 639, 640, 860, 1120, 1320, 1920])
def test_no_width_scrolls_sideways(browser: Browser, tmp_path: Path, width: int) -> None:
    """From a phone to a wall: words without a space, long ids and many filters all find room."""
    long = {"prompt": "x" * 2000, "prompt_label": "y" * 200, "first_frame_id": "z" * 200, "state": "failed"}
    rows = ({**ROWS[0], **long, "error_message": "w" * 500, "creative_id": "V" * 60}, *ROWS)
    path = tmp_path / "gallery.html"
    path.write_bytes(render(frame_of(rows), title="t" * 200, built_at=BUILT_AT, clip_href=lambda _: None))
    page = browser.new_page(viewport={"width": width, "height": 844})

    page.goto(path.as_uri())
    page.locator("summary").click()

    assert page.evaluate("document.documentElement.scrollWidth") == width
    page.close()


def test_a_long_reason_is_shown_whole(browser: Browser, tmp_path: Path) -> None:
    """What the vendor said is not cut off by the shape of a clip."""
    path = tmp_path / "gallery.html"
    rows = ({**ROWS[2], "error_message": "The picture shows what it must not show. " * 12},)
    path.write_bytes(render(frame_of(rows), title="Street", built_at=BUILT_AT))
    page = browser.new_page(viewport={"width": 1400, "height": 900})

    page.goto(path.as_uri())

    well, text = page.locator(".media").bounding_box(), page.locator(".media p").bounding_box()
    assert well
    assert text
    assert text["y"] >= well["y"]
    assert text["y"] + text["height"] <= well["y"] + well["height"]
    page.close()


def test_nothing_moves_by_itself_where_motion_is_unwelcome(browser: Browser, gallery: Path) -> None:
    """With reduced motion, only a deliberate press plays."""
    page = browser.new_page(reduced_motion="reduce")
    page.goto(gallery.as_uri())
    first = page.locator("button.media").first

    first.hover()
    page.evaluate(CLIPS_KNOWN)
    expect(first).to_have_attribute("aria-pressed", "false")

    first.click()
    expect(first).to_have_attribute("aria-pressed", "true")
    page.close()


def test_a_portrait_clip_is_shown_whole_and_its_gap_matches(page: Page) -> None:
    """No clip is cropped, and a take without a clip stands in the same shape."""
    names = ("WIDE000001", "TALL000002", "GONE000003")
    tiles = [page.locator("article", has_text=name).locator(".media") for name in names]

    boxes = [tile.bounding_box() for tile in tiles]

    assert [round(box["width"] / box["height"], 2) for box in boxes if box] == [1.78, 0.56, 0.56]


@pytest.mark.parametrize(("width", "height"), [(180, 320), (192, 240), (240, 240), (320, 180), (320, 136)])
def test_every_shape_fills_its_tile(browser: Browser, tmp_path: Path, width: int, height: int) -> None:
    """9:16, 4:5, 1:1, 16:9 and 2.35:1 are shown without a crop and without bars."""
    write_clip(tmp_path / "clip.mp4", width=width, height=height)
    path = tmp_path / "gallery.html"
    page_of = render(frame_of(ROWS[:1]), title="One", built_at=BUILT_AT, clip_href=lambda _: "clip.mp4")
    path.write_bytes(page_of)
    page = browser.new_page()
    page.goto(path.as_uri())
    page.evaluate(CLIPS_KNOWN)

    box = page.locator(".media").bounding_box()

    assert box
    assert box["width"] / box["height"] == pytest.approx(width / height, abs=0.01)
    page.close()


def test_filters_narrow_the_page_and_reset_restores_it(page: Page) -> None:
    """Choosing a level leaves its tiles, and no empty section."""
    page.get_by_role("combobox", name="model", exact=True).select_option("Hailuo 2.3")
    expect(page.locator("article:visible")).to_have_count(2)
    expect(page.locator("section.prompt:visible")).to_have_count(1)
    expect(page.locator("#count")).to_have_text("2 of 4 shown")

    page.get_by_role("combobox", name="job state", exact=True).select_option("Failed")
    expect(page.locator("article:visible")).to_have_count(1)

    page.get_by_role("button", name="Reset").click()
    expect(page.locator("article:visible")).to_have_count(4)


def test_a_count_on_top_shows_its_jobs_and_all_again(page: Page) -> None:
    """What failed is one click away from the number that says how many did."""
    failed = page.get_by_role("button", name="1 failed")

    failed.click()
    expect(page.locator("article:visible")).to_have_count(1)
    expect(page.get_by_role("combobox", name="job state", exact=True)).to_have_value("1")
    expect(failed).to_have_attribute("aria-pressed", "true")

    failed.click()
    expect(page.locator("article:visible")).to_have_count(4)


def test_every_control_is_reached_by_keyboard_and_seen(page: Page) -> None:
    """Nothing needs a mouse, and the bar that stays on top hides nothing that has the focus."""
    controls = page.locator("a[href], button, select, input")
    reached = set()

    for _ in range(controls.count()):
        page.keyboard.press("Tab")
        reached.add(page.evaluate(PLACE_OF_FOCUS))

    assert reached == set(range(controls.count()))


def test_text_of_others_stays_text(page: Page) -> None:
    """A prompt that is markup is read, not run."""
    expect(page.get_by_text("</script><b>Street").first).to_be_visible()

    assert page.locator("section.prompt b", has_text="Street").count() == 0


def test_finding_takes_prompts_ids_and_reasons(page: Page) -> None:
    """Words typed narrow the page to what says all of them."""
    find = page.get_by_role("searchbox", name="find", exact=True)

    find.fill("ASPHALT 02")
    expect(page.locator("article:visible")).to_have_count(1)

    find.fill("no such words")
    expect(page.get_by_text("No job matches these filters.")).to_be_visible()


def test_a_lost_clip_says_so(browser: Browser, gallery: Path, tmp_path: Path) -> None:
    """A page sent without its clips folder explains itself."""
    alone = tmp_path / "gallery.html"
    alone.write_bytes(gallery.read_bytes())
    page = browser.new_page()

    page.goto(alone.as_uri())

    expect(page.get_by_text("The clip could not be loaded.")).to_have_count(3)
    page.close()


def test_playing_all_starts_what_is_in_view_and_goes_with_the_window(
    browser: Browser, tmp_path: Path
) -> None:
    """Forty clips at once would stutter: those that can be seen play, in step."""
    rows = tuple({**ROWS[0], "creative_id": f"{number:010}", "prompt": str(number)} for number in range(40))
    write_clip(tmp_path / "clip.mp4", width=320, height=180)
    path = tmp_path / "gallery.html"
    path.write_bytes(render(frame_of(rows), title="Many", built_at=BUILT_AT, clip_href=lambda _: "clip.mp4"))
    page = browser.new_page(viewport={"width": 1400, "height": 800})
    page.goto(path.as_uri())
    first, last = page.locator("button.media").first, page.locator("button.media").last

    page.get_by_role("button", name="Play all in view").click()

    expect(first).to_have_attribute("aria-pressed", "true")
    expect(last).to_have_attribute("aria-pressed", "false")
    last.scroll_into_view_if_needed()
    expect(last).to_have_attribute("aria-pressed", "true")
    expect(first).to_have_attribute("aria-pressed", "false")
    page.close()


def test_only_the_clips_near_the_window_are_open(browser: Browser, tmp_path: Path) -> None:
    """A browser opens 1,000 clips and no more: those left behind are closed, those reached are opened."""
    rows = tuple({**ROWS[0], "creative_id": f"{number:010}", "prompt": str(number)} for number in range(40))
    clip = tmp_path / "clip.mp4"
    write_clip(clip, width=320, height=180)
    path = tmp_path / "gallery.html"
    path.write_bytes(render(frame_of(rows), title="Many", built_at=BUILT_AT, clip_href=lambda _: clip.name))
    page = browser.new_page(viewport={"width": 1400, "height": 800})
    page.goto(path.as_uri())
    clips = page.locator("video")
    expect(clips.first).to_have_attribute("src", "clip.mp4#t=0.1")

    clips.last.scroll_into_view_if_needed()

    expect(clips.last).to_have_attribute("src", "clip.mp4#t=0.1")
    expect(clips.first).not_to_have_attribute("src", "clip.mp4#t=0.1")
    page.close()

"""The gallery in a real browser, opened from disk: what only a browser can tell."""

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from hailuo.publish.embed import data_uris
from hailuo.publish.gallery import inside
from tests.publish.gallery.browsing import AXE, STAGE_READY, exported, job, write_gallery
from tests.publish.gallery.pages import clips_at, without_clip, write_clip

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.enable_socket]

# Promises, not polling: the page's policy rightly forbids the `eval` by which playwright would poll.
FIRST_CLIP_MOVES = """new Promise((moves) => document.querySelector(".media video").addEventListener(
    "timeupdate", ({ target }) => target.currentTime > 0.2 && moves(true)))"""
POSITIONS = """Promise.all([...document.querySelectorAll("#stage video")].map((video) => video.seeking
    ? new Promise((there) => video.addEventListener("seeked", () => there(video.currentTime))) : video.currentTime))"""
# Whether what has the focus is covered by something else.
IS_COVERED = """(() => {
    const it = document.activeElement, box = it.getBoundingClientRect();
    const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    return !(it.contains(top) || top?.contains(it)) && it.outerHTML;
})()"""


CHECKED = {
    "qa_verdict": "warn",
    "qa_flags": ["no_audio"],
    "placements": {"tiktok_infeed": {"verdict": "fail", "reasons": ["no_audio"]}},
}
COPIES: list[dict[str, object]] = [
    {"creative_id": f"C0PY{name}", "derived_from": original, "s3_uri": f"conformed/{original}-{name}.mp4"}
    for original, names in {"TALL000002": ("1x1",), "WIDE000001": ("tiktok_infeed", "9x16")}.items()
    for name in names
]
ASPHALT = {"prompt": "Sneaker on wet asphalt at night", "prompt_label": "asphalt"}
ROWS: tuple[dict[str, object], ...] = (
    job("WIDE000001", is_control=True, prompt="Sneaker on wet stone at dawn </script><b>", render_s=30.0),
    job(
        "TALL000002",
        "MiniMax-Hailuo-2.3",
        prompt="Sneaker on wet stone at dawn </script><b>",
        render_s=10.0,
        **CHECKED,
    ),
    {
        **job("GONE000003", "MiniMax-Hailuo-2.3", take=2, prompt="Sneaker on wet stone at dawn </script><b>"),
        **without_clip("failed", error_message="no"),
    },
    job("WIDE000004", render_s=20.0, **ASPHALT),
    {
        **job("LOST000005", "MiniMax-Hailuo-2.3", **ASPHALT),
        **without_clip("unknown", cost_est=Decimal("0.28")),
    },
)


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("edition")
    (folder / "clips").mkdir()
    for name, width, height in (("WIDE000001", 320, 180), ("WIDE000004", 320, 180), ("TALL000002", 180, 320)):
        write_clip(folder / "clips" / f"{name}.mp4", width=width, height=height, frames=36)
    return write_gallery(folder, [*ROWS, *COPIES])


@pytest.fixture
def complaints() -> list[str]:
    return []


@pytest.fixture
def page(browser: Browser, gallery: Path, complaints: list[str]) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1400, "height": 1600})
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(gallery.as_uri())
    yield page
    page.close()


def ids(page: Page) -> list[str | None]:
    return [tile.get_attribute("data-id") for tile in page.locator("#view [data-id]:not([data-id] *)").all()]


def filters(page: Page, name: str, level: str) -> Any:
    return page.locator("fieldset", has=page.get_by_text(name, exact=True)).get_by_role(
        "checkbox", name=level
    )


def test_it_opens_from_disk_without_a_complaint(page: Page, complaints: list[str]) -> None:
    """Style, script and clips all pass the policy, and every layout and dialog runs without an error."""
    for layout in ("Matrix", "Table", "Sheet", "Clips"):
        page.get_by_role("button", name=layout, exact=True).click()
    page.keyboard.press("?")
    page.keyboard.press("Escape")
    page.keyboard.press("b")
    expect(page.locator("#stage .lane").first).to_be_visible()
    page.evaluate(STAGE_READY)
    page.keyboard.press("Escape")

    assert ids(page) == [row["creative_id"] for row in ROWS]
    assert complaints == []


def test_jobs_without_a_clip_are_seen_with_their_reason(page: Page) -> None:
    """What failed or is unknown stands where its clip would stand, with the money it holds."""
    expect(page.locator("[data-id=GONE000003]")).to_contain_text(
        "no. The vendor did not say whether it was charged."
    )
    expect(page.locator("[data-id=LOST000005]")).to_contain_text("$0.28 is reserved until it is reconciled")


def test_what_could_not_be_checked_stands_on_the_badge(browser: Browser, tmp_path: Path) -> None:
    """A first frame given as a URL is not compared: that is read on the tile, not only in a tooltip."""
    unchecked = job("A", qa_verdict="warn", qa_flags=["first_frame_unchecked"], first_frame_id="hero")
    page = browser.new_page()

    page.goto(write_gallery(tmp_path, [unchecked]).as_uri())

    expect(page.locator("article .q-warn")).to_have_text("first frame unchecked")
    page.close()


def test_cost_checks_placements_and_copies_stand_on_the_tile(page: Page) -> None:
    """What a buyer asks first is read without a click; each badge says more when pointed at."""
    tile = page.locator("[data-id=TALL000002]")

    expect(tile.locator(".money")).to_contain_text("$0.28 charged")
    expect(tile.locator(".q-warn")).to_have_text("no audio")
    runs = tile.get_by_text("runs on 0 of 1")
    expect(runs).to_have_attribute("title", "TikTok in-feed: fail, no audio")
    expect(tile.get_by_role("link", name="Open the copy for 1:1")).to_have_text("copy for 1:1")
    expect(page.locator("[data-id=WIDE000001]").get_by_role("button", name="2 copies")).to_be_visible()


def test_text_of_others_stays_text(page: Page) -> None:
    """A prompt that is markup is read, not run."""
    expect(page.get_by_text("dawn </script><b>").first).to_be_visible()


def test_a_prompt_is_marked_against_the_control_s(page: Page) -> None:
    """What was added and what was dropped stands out."""
    section = page.get_by_role("region", name="asphalt")

    expect(section.locator("ins").first).to_have_text(" asphalt")
    expect(section.locator("del").first).to_have_text(" stone")


def test_a_clip_plays_on_keyboard_focus_and_rests_without_it(page: Page) -> None:
    """The comparison can be walked through with J and K."""
    page.keyboard.press("j")

    first = page.locator("button.media").first
    expect(first).to_be_focused()
    expect(first).to_have_attribute("aria-pressed", "true")
    assert page.evaluate(FIRST_CLIP_MOVES)
    page.keyboard.press("j")
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


def test_nothing_moves_by_itself_where_motion_is_unwelcome(browser: Browser, gallery: Path) -> None:
    """With reduced motion, only a deliberate press plays; on the stage too."""
    page = browser.new_page(reduced_motion="reduce")
    page.goto(gallery.as_uri())
    first = page.locator("button.media").first

    first.hover()
    expect(first).to_have_attribute("aria-pressed", "false")
    first.click()
    expect(first).to_have_attribute("aria-pressed", "true")

    page.keyboard.press("o")
    page.evaluate(STAGE_READY)
    assert page.evaluate("document.querySelector('#stage video').paused")
    page.close()


@pytest.mark.parametrize("width", [360, 390, 640, 900, 1040, 1240, 1920])
@pytest.mark.parametrize("layout", ["prompts", "matrix", "sheet", "table"])
def test_no_width_scrolls_sideways(browser: Browser, tmp_path: Path, width: int, layout: str) -> None:
    """From a phone to a wall: words without a space, long ids and many levels all find room."""
    long = {
        "prompt": "x" * 2000,
        "prompt_label": "y" * 200,
        "first_frame_id": "z" * 200,
        **without_clip("failed"),
    }
    rows = (
        {
            **ROWS[0],
            **long,
            "error_message": "w" * 500,
            "creative_id": "V" * 60,
            "factors": {"model": "q" * 90},
        },
        *ROWS,
    )
    path = write_gallery(tmp_path, rows, links=clips_at(None))
    page = browser.new_page(viewport={"width": width, "height": 844})

    page.goto(f"{path.as_uri()}#view={layout}")

    assert page.evaluate("document.documentElement.scrollWidth") == width
    page.close()


@pytest.mark.parametrize(("width", "height"), [(180, 320), (240, 240), (320, 180), (320, 136)])
def test_every_shape_fills_its_tile(browser: Browser, tmp_path: Path, width: int, height: int) -> None:
    """9:16, 1:1, 16:9 and 2.35:1 are shown without a crop and without bars."""
    write_clip(tmp_path / "clip.mp4", width=width, height=height)
    path = write_gallery(tmp_path, ROWS[:1], links=clips_at("clip.mp4"))
    page = browser.new_page()
    page.goto(path.as_uri())
    media = page.locator(".media")
    expect(media).to_have_class(re.compile("seen"))

    box = media.bounding_box()

    assert box
    assert box["width"] / box["height"] == pytest.approx(width / height, abs=0.02)
    page.close()


def test_facets_narrow_the_page_and_count_what_each_level_would_leave(page: Page) -> None:
    """Choosing a level leaves its jobs; within an axis levels add up, across axes they narrow."""
    filters(page, "model", "Hailuo 2.3").check()
    assert ids(page) == ["TALL000002", "GONE000003", "LOST000005"]
    expect(page.locator("#count")).to_have_text("3 of 5 jobs")
    expect(filters(page, "State", "Stored").locator("xpath=..")).to_contain_text("1")

    filters(page, "State", "Failed").check()
    assert ids(page) == ["GONE000003"]

    page.get_by_role("button", name="Clear filters").click()
    assert len(ids(page)) == 5


def test_finding_takes_prompts_ids_and_reasons(page: Page) -> None:
    """Words typed narrow the page to what says all of them."""
    find = page.get_by_role("searchbox", name="Find")

    find.fill("NIGHT 02")
    assert ids(page) == ["WIDE000004"]

    find.fill("no such words")
    expect(page.get_by_text("Nothing matches these filters.")).to_be_visible()


def test_an_address_shows_the_same_to_others(browser: Browser, page: Page) -> None:
    """Filters, layout and order travel in the link; nothing else is needed."""
    filters(page, "model", "Hailuo 2.3").check()
    page.get_by_role("button", name="Table", exact=True).click()
    page.get_by_label("Sort").select_option("take")
    page.get_by_role("button", name="Largest first").click()

    other = browser.new_page()
    other.goto(page.url)

    assert ids(other) == ids(page) == ["GONE000003", "TALL000002", "LOST000005"]
    expect(other.get_by_role("button", name="Table", exact=True)).to_have_attribute("aria-pressed", "true")
    other.close()


def test_any_column_sorts_and_what_is_not_known_comes_last(page: Page) -> None:
    """By a press on its head, either way."""
    page.get_by_role("button", name="Table", exact=True).click()
    head = page.get_by_role("columnheader", name="rendered in (s)")

    head.get_by_role("button").click()
    assert ids(page) == ["TALL000002", "WIDE000004", "WIDE000001", "GONE000003", "LOST000005"]
    expect(head).to_have_attribute("aria-sort", "ascending")

    head.get_by_role("button").click()
    assert ids(page)[:3] == ["WIDE000001", "WIDE000004", "TALL000002"]


def test_any_two_axes_make_a_matrix(page: Page) -> None:
    """Rows and columns as chosen, every take in its cell."""
    page.get_by_role("button", name="Matrix", exact=True).click()
    page.get_by_label("Rows").select_option("axis.model")
    page.get_by_label("Columns").select_option("axis.prompt")

    cells = page.locator("tbody tr").nth(1).locator("td")

    expect(page.locator("thead th")).to_have_text(["street", "asphalt"])
    assert [
        [tile.get_attribute("data-id") for tile in cell.locator("article").all()] for cell in cells.all()
    ] == [
        ["TALL000002", "GONE000003"],
        ["LOST000005"],
    ]


def test_clips_are_compared_in_step(page: Page) -> None:
    """Chosen by key, they play, stop and step by frames together."""
    for key in ("j", "c", "j", "c", "Enter"):
        page.keyboard.press(key)
    page.evaluate(STAGE_READY)
    expect(page.get_by_role("heading", name="2 clips side by side")).to_be_visible()

    page.get_by_role("button", name="Pause").click()
    page.get_by_role("slider", name="Position").fill("0")
    for _ in range(5):
        page.keyboard.press(".")

    first, second = page.evaluate(POSITIONS)
    assert first == pytest.approx(5.5 / 24, abs=0.01)
    assert second == pytest.approx(first, abs=0.01)
    expect(page.locator("#time")).to_contain_text("frame 6")
    expect(page.get_by_role("region", name="What differs")).to_contain_text("model")


def test_no_more_than_four_are_compared(browser: Browser, tmp_path: Path) -> None:
    """Five beside each other are too small to judge."""
    path = write_gallery(tmp_path, [job(f"CLIP{number}") for number in range(5)])
    page = browser.new_page(viewport={"width": 1400, "height": 1200})
    page.goto(path.as_uri())

    for tile in page.locator("article").all():
        tile.hover()
        tile.get_by_role("button", name="Compare").click()

    expect(page.get_by_role("button", name="Compare 4")).to_be_visible()
    expect(page.locator("#notice")).to_have_text("You can compare at most four clips. Remove one first.")
    page.close()


def test_blind_picking_needs_only_the_keyboard_and_tells_nothing(page: Page) -> None:
    """Neither model nor price nor check is on the screen; afterwards the page tells where the picks went."""
    page.keyboard.press("b")
    expect(page.locator("#stage .lane").first).to_be_visible()
    page.evaluate(STAGE_READY)
    shown = page.locator("#stage").inner_text()
    assert not re.search(r"Hailuo|\$|no audio|WIDE|TALL|768p", shown)

    while "Reveal" not in page.locator("#next").inner_text():
        page.keyboard.press("p")
        page.keyboard.press("4")
        page.keyboard.press("Enter")
    page.keyboard.press("x")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="What you picked")).to_be_visible()
    expect(page.locator("#stage table").nth(1)).to_contain_text("Hailuo 02")
    page.keyboard.press("Enter")
    page.get_by_label("Name", exact=True).fill("Ana")
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    judgements = json.loads(Path(download.value.path()).read_text())["judgements"]
    assert {judgement["reviewer"] for judgement in judgements} == {"Ana"}
    assert sorted((judgement["pick"], judgement["rating"]) for judgement in judgements) == [
        ("pick", 4),  # the wide and the tall clip of one prompt are not shown in one round
        ("pick", 4),
        ("reject", None),
    ]


def test_the_blind_order_is_the_seed_s(browser: Browser, gallery: Path, page: Page) -> None:
    """Two people who are told one seed see one order, whatever their filters' order or layout."""
    orders = []
    for fragment in ("#seed=7", "#seed=7&view=table&sort=render_s&down=1"):
        page.goto("about:blank")
        page.goto(gallery.as_uri() + fragment)
        page.keyboard.press("b")
        expect(page.locator("#stage .lane").first).to_be_visible()
        orders.append(
            page.locator("#stage .lane").evaluate_all("lanes => lanes.map(lane => lane.dataset.id)")
        )

    assert orders[0] == orders[1]


def test_judgements_are_exported_and_imported(
    browser: Browser, gallery: Path, page: Page, tmp_path: Path
) -> None:
    """What one person picked, rated, tagged and noted is beside another person's judgement after an import."""
    page.locator("#judgements summary").click()
    page.get_by_label("Your name").fill("Ana")
    page.locator("h1").click()
    for key in ("j", "f", "5", "o"):
        page.keyboard.press(key)
    page.get_by_label("Tags, separated by commas").fill("hero, hero , night")
    page.get_by_label("Note").fill("the <b>one</b>")
    page.get_by_role("button", name="Close", exact=True).click()
    file = exported(page)
    path = tmp_path / "picks.json"
    path.write_text(json.dumps(file))

    other = browser.new_page()
    other.goto(gallery.as_uri())
    other.set_input_files("#import-file", path)

    assert (file["schema"], file["campaign"], file["edition"], file["reviewer"]) == (
        "hailuo.judgements/1.0",
        "street",
        "main",
        "Ana",
    )
    [judgement] = file["judgements"]
    assert {
        name: judgement[name] for name in ("creative_id", "pick", "rating", "tags", "note", "reviewer")
    } == {
        "creative_id": "WIDE000001",
        "pick": "finalist",
        "rating": 5,
        "tags": ["hero", "night"],
        "note": "the <b>one</b>",
        "reviewer": "Ana",
    }
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", judgement["reviewed_at"])
    expect(other.locator("#notice")).to_have_text("1 judgement imported")
    expect(other.locator("[data-id=WIDE000001] .others")).to_have_text("Ana Finalist, 5 of 5")
    expect(other.locator("[data-id=WIDE000001] [aria-pressed=true]")).to_have_count(0)
    assert exported(other, name="Ben")["judgements"] == []
    other.close()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"campaign": "other"}, "This file is for other, edition main."),
        ({"schema": "tea/1"}, "This is not a file of judgements."),
        (
            {"judgements": [{"creative_id": "NOBODY", "pick": "pick"}]},
            "0 judgements imported, 1 for clips that are not on this page",
        ),
    ],
)
def test_a_wrong_file_is_refused_with_a_reason(
    page: Page, tmp_path: Path, change: dict[str, Any], said: str
) -> None:
    """Nothing is taken over that does not belong here."""
    right = {"schema": "hailuo.judgements/1.0", "campaign": "street", "edition": "main", "judgements": []}
    path = tmp_path / "picks.json"
    path.write_text(json.dumps({**right, **change}))

    page.set_input_files("#import-file", path)

    expect(page.locator("#notice")).to_have_text(said)


def test_an_imported_pick_that_does_not_exist_is_no_pick(page: Page, tmp_path: Path) -> None:
    """A name that every JavaScript object has, such as "constructor", is not taken for a pick."""
    entry = {"creative_id": "WIDE000001", "pick": "constructor", "rating": 4, "reviewer": "Ana"}
    file = {"schema": "hailuo.judgements/1.0", "campaign": "street", "edition": "main", "judgements": [entry]}
    path = tmp_path / "picks.json"
    path.write_text(json.dumps(file))

    page.set_input_files("#import-file", path)
    expect(page.locator("#notice")).to_have_text("1 judgement imported")

    expect(page.locator("[data-id=WIDE000001] .others")).to_have_text("Ana 4 of 5")


def test_an_address_with_an_unknown_layout_shows_the_clips(
    browser: Browser, gallery: Path, complaints: list[str]
) -> None:
    """A name that every JavaScript object has, such as "constructor", is not taken for a layout."""
    page = browser.new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))

    page.goto(gallery.as_uri() + "#view=constructor")

    assert ids(page) == [row["creative_id"] for row in ROWS]
    assert complaints == []
    page.close()


def test_a_key_event_without_a_key_is_ignored(page: Page, complaints: list[str]) -> None:
    """A browser that fills in a form sends such events."""
    page.evaluate("document.body.dispatchEvent(new Event('keydown', { bubbles: true }))")

    assert complaints == []


def test_a_clip_that_loads_after_the_stage_was_closed_changes_nothing(
    page: Page, complaints: list[str]
) -> None:
    """The event of a clip can come when its stage is gone."""
    page.keyboard.press("b")
    expect(page.locator("#stage .lane").first).to_be_visible()
    page.evaluate(STAGE_READY)
    video = page.query_selector("#stage video")
    page.keyboard.press("Escape")

    assert video
    video.evaluate("video => video.dispatchEvent(new Event('loadedmetadata'))")

    assert complaints == []


def test_a_saved_judgement_without_tags_is_read(
    browser: Browser, gallery: Path, complaints: list[str]
) -> None:
    """What this browser saved is checked like a file: whatever is missing is empty."""
    page = browser.new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(gallery.as_uri())
    saved = json.dumps({"judgements": [["WIDE000001", {"pick": "pick"}]]})
    page.evaluate("saved => localStorage.setItem('hailuo:street/main', saved)", saved)
    page.reload()

    page.keyboard.press("j")
    page.keyboard.press("o")

    expect(page.get_by_label("Tags, separated by commas")).to_have_value("")
    assert complaints == []
    page.close()


def test_judgements_stay_in_the_browser(page: Page, gallery: Path) -> None:
    """Closing the page loses nothing."""
    for key in ("j", "p"):
        page.keyboard.press(key)

    page.reload()

    expect(page.locator("[data-id=WIDE000001] [data-pick=pick]")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#judged")).to_have_text("1")


def test_a_lost_clip_says_so(browser: Browser, tmp_path: Path) -> None:
    """A page sent without its clips folder explains itself."""
    page = browser.new_page(viewport={"width": 1400, "height": 1600})

    page.goto(write_gallery(tmp_path, ROWS).as_uri())

    expect(
        page.get_by_text("The clip could not be loaded. Keep this page next to its clips folder.")
    ).to_have_count(3)
    page.close()


def test_a_lost_poster_is_replaced_by_the_clip_s_first_picture(browser: Browser, tmp_path: Path) -> None:
    """Previews can be missing or out of reach: the clip still shows itself."""
    write_clip(tmp_path / "clip.mp4", width=320, height=180)
    rows = [job("A", poster_uri="previews/A-poster.webp")]
    page = browser.new_page()

    page.goto(write_gallery(tmp_path, rows, links=clips_at("clip.mp4")).as_uri())

    expect(page.locator(".media")).to_have_class(re.compile("seen"))
    expect(page.locator(".media img")).to_have_count(0)
    page.close()


def test_playing_all_starts_what_is_in_view_and_goes_with_the_window(
    browser: Browser, tmp_path: Path
) -> None:
    """Forty clips at once would stutter: those that can be seen play, in step."""
    write_clip(tmp_path / "clip.mp4", width=320, height=180)
    rows = [job(f"{number:010}") for number in range(40)]
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.goto(write_gallery(tmp_path, rows, links=clips_at("clip.mp4")).as_uri())
    first, last = page.locator("[data-id='0000000000'] .media"), page.locator("[data-id='0000000020'] .media")

    page.get_by_role("button", name="Play all in view").click()

    expect(first).to_have_attribute("aria-pressed", "true")
    expect(last).to_have_attribute("aria-pressed", "false")
    last.scroll_into_view_if_needed()
    expect(last).to_have_attribute("aria-pressed", "true")
    expect(first).to_have_attribute("aria-pressed", "false")
    page.close()


def test_only_the_clips_near_the_window_are_open(browser: Browser, tmp_path: Path) -> None:
    """A browser opens 1,000 clips and no more: those left behind are closed."""
    write_clip(tmp_path / "clip.mp4", width=320, height=180)
    rows = [job(f"{number:010}") for number in range(60)]
    page = browser.new_page(viewport={"width": 1400, "height": 800})
    page.goto(write_gallery(tmp_path, rows, links=clips_at("clip.mp4")).as_uri())
    first = page.locator("[data-id='0000000000'] video")
    expect(first).to_have_count(1)

    for _ in range(20):
        page.mouse.wheel(0, 2000)
        page.evaluate("new Promise(requestAnimationFrame)")

    expect(page.locator("[data-id='0000000059'] video")).to_have_count(1)
    expect(first).to_have_count(0)
    page.close()


def test_an_embedded_page_plays_from_inside_itself(
    browser: Browser, tmp_path: Path, complaints: list[str]
) -> None:
    """Mailed alone, it still shows every proxy it carries."""
    write_clip(tmp_path / "A-proxy.mp4", width=320, height=180)
    embedded = data_uris({"A-proxy.mp4": (tmp_path / "A-proxy.mp4").read_bytes()})
    path = write_gallery(tmp_path, [job("A", proxy_uri="A-proxy.mp4")], links=inside(embedded.get))
    (tmp_path / "A-proxy.mp4").unlink()
    page = browser.new_page()
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(path.as_uri())

    page.locator("button.media").hover()

    assert page.evaluate(FIRST_CLIP_MOVES)
    assert complaints == []
    page.close()


def test_print_shows_every_job(browser: Browser, tmp_path: Path) -> None:
    """Paper has no scrolling: what was not laid yet is laid first."""
    page = browser.new_page()
    page.goto(
        write_gallery(
            tmp_path, [{**job(f"{number:010}"), **without_clip("new")} for number in range(90)]
        ).as_uri()
        + "#view=sheet"
    )

    page.pdf()

    expect(page.locator("article")).to_have_count(90)
    page.close()


STATES = {
    "clips": ("", []),
    "matrix": ("#view=matrix", []),
    "table": ("#view=table", []),
    "sheet": ("#view=sheet", []),
    "closer": ("", ["j", "o"]),
    "compared": ("", ["j", "c", "j", "c", "Enter"]),
    "blind": ("", ["b"]),
    "revealed": ("", ["b", "p", "Enter", "Enter", "Enter"]),
    "help": ("", ["?"]),
    "votes": ("#view=people", []),
    "survey": ("", ["o", "p", "p", "p", "s"]),
    "zoomed": ("", ["o", "z"]),
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("state", STATES)
def test_axe_finds_nothing_serious(browser: Browser, gallery: Path, scheme: Any, state: str) -> None:
    """Contrast, names, roles, order and the size of targets (WCAG 2.2 AA) hold in every layout and dialog."""
    fragment, keys = STATES[state]
    page = browser.new_page(
        color_scheme=scheme, viewport={"width": 1300, "height": 1400}, reduced_motion="reduce"
    )
    page.goto(gallery.as_uri() + fragment)
    for key in keys:
        page.keyboard.press(key)
        if key == "b":
            expect(page.locator("#stage .lane").first).to_be_visible()
    page.evaluate("new Promise((done) => setTimeout(done, 300))")

    page.evaluate(AXE)
    found = page.evaluate("axe.run({ rules: { 'target-size': { enabled: true } } })")["violations"]

    serious = [rule for rule in found if rule["impact"] in {"serious", "critical"}]
    assert [(rule["id"], [node["html"][:160] for node in rule["nodes"][:3]]) for rule in serious] == []
    page.close()


def test_every_control_is_reached_by_keyboard_and_seen(page: Page) -> None:
    """Nothing needs a mouse, and nothing lies over what has the focus."""
    covered = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        covered.add(page.evaluate(IS_COVERED))

    assert covered == {False}

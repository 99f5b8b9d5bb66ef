"""What is shown follows what was judged, and clips on the stage are where the page says they are."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Browser, Page, expect

from hailuo.publish.embed import data_uris
from hailuo.publish.gallery import inside
from tests.publish.gallery.browsing import STAGE_READY, job, write_gallery
from tests.publish.gallery.pages import clips_at, without_clip, write_clip

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.enable_socket]

IDS = ("AAAAAAAAA1", "AAAAAAAAA2", "AAAAAAAAA3")
POSITIONS = """Promise.all([...document.querySelectorAll("#stage video")].map((video) => video.seeking
    ? new Promise((there) => video.addEventListener("seeked", () => there(video.currentTime))) : video.currentTime))"""
PAUSED_OUT_OF_STEP = """() => {
    const [lead, other] = document.querySelectorAll("#stage video");
    other.currentTime = lead.currentTime + 0.07;  // less than what is put right while they play
    document.querySelector("#play").click();
}"""
WHOLE = """new Promise((whole) => { const video = document.querySelector("#stage video");
    const look = () => video.seekable.length && video.seekable.end(0) > 0.5 ? whole(true) : setTimeout(look, 50); look(); })"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page of three clips of 1.5 seconds."""
    folder = tmp_path_factory.mktemp("edition")
    write_clip(folder / "clip.mp4", width=64, height=36, frames=36)
    models = ("MiniMax-Hailuo-02", "MiniMax-Hailuo-2.3", "MiniMax-Hailuo-02")
    rows = [
        job(creative_id, model, take=take)
        for take, (creative_id, model) in enumerate(zip(IDS, models, strict=True), 1)
    ]
    write_gallery(folder, rows, links=clips_at("clip.mp4"))
    return folder


@pytest.fixture
def page(browser: Browser, folder: Path) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1300, "height": 900})
    page.goto((folder / "gallery.html").as_uri())
    yield page
    page.close()


@contextmanager
def served_without_ranges(folder: Path) -> Iterator[str]:
    """As `python -m http.server` does: every answer is the whole file."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_filters_and_counts_follow_a_judgement(page: Page) -> None:
    """A judged clip leaves the list of those not judged, and the focus goes to the next."""
    judged = page.locator("fieldset", has=page.get_by_text("Judged", exact=True))
    judged.get_by_role("checkbox", name="Not judged").check()
    page.keyboard.press("j")
    expect(page.locator(f"[data-id={IDS[0]}] button.media")).to_be_focused()

    page.keyboard.press("p")

    expect(page.locator("#view article")).to_have_count(2)
    expect(page.locator("#count")).to_have_text("2 of 3 jobs")
    expect(page.locator(f"[data-id={IDS[1]}] button.media")).to_be_focused()
    expect(judged.locator("label", has_text="Pick")).to_contain_text("1")


def test_the_table_follows_a_judgement(page: Page) -> None:
    """Also one that another tab gave."""
    page.get_by_role("button", name="Table", exact=True).click()
    page.keyboard.press("j")
    page.keyboard.press("f")
    page.keyboard.press("5")

    row = page.locator(f"tr[data-id={IDS[0]}]")
    expect(row.locator("[aria-pressed=true]")).to_have_count(2)
    expect(row.locator("[data-pick=finalist]")).to_have_attribute("aria-pressed", "true")


def test_a_pause_puts_every_clip_where_the_longest_is(page: Page) -> None:
    """While they play they may be two frames apart; what is compared at rest is the same moment."""
    for key in ("j", "c", "j", "c", "Enter"):
        page.keyboard.press(key)
    page.evaluate(STAGE_READY)
    expect(page.get_by_role("button", name="Pause")).to_be_visible()

    page.evaluate(PAUSED_OUT_OF_STEP)

    lead, other = page.evaluate(POSITIONS)
    assert other == pytest.approx(lead, abs=0.005)


def test_an_embedded_film_is_stepped_by_its_own_frames_and_named(browser: Browser, tmp_path: Path) -> None:
    """A small film has half of the frames: each step shows another one. It is not called the vendor's file."""
    write_clip(tmp_path / "A-proxy.mp4", width=64, height=36, frames=36)
    films = data_uris({"A-proxy.mp4": (tmp_path / "A-proxy.mp4").read_bytes()})
    page = browser.new_page()
    page.goto(
        write_gallery(
            tmp_path, [job("A", fps=24.0, proxy_uri="A-proxy.mp4")], links=inside(films.get)
        ).as_uri()
    )
    expect(page.get_by_role("contentinfo")).to_contain_text("small films of the clips")
    expect(page.get_by_role("contentinfo")).not_to_contain_text("as the vendor delivered")
    for key in ("j", "o"):
        page.keyboard.press(key)
    page.evaluate(STAGE_READY)
    expect(page.locator("#stage")).to_contain_text("A small film of the clip")
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("slider", name="Position").fill("0")

    for _ in range(3):
        page.keyboard.press(".")

    assert page.evaluate(POSITIONS) == [pytest.approx(3.5 / 12, abs=0.01)]
    page.close()


def test_a_server_that_sends_no_parts_is_no_hindrance(browser: Browser, folder: Path) -> None:
    """The clip is loaded as a whole, and every frame is reached."""
    page = browser.new_page(reduced_motion="reduce")
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    with served_without_ranges(folder) as address:
        page.goto(f"{address}/gallery.html")
        page.keyboard.press("j")
        page.keyboard.press("o")
        page.evaluate(WHOLE)

        for _ in range(6):
            page.keyboard.press(".")

        assert page.evaluate(POSITIONS) == [pytest.approx(6.5 / 24, abs=0.01)]
        assert [text for text in complaints if "Content Security" in text] == []
        page.close()


NO_CREDIT = {"error_code": "1008", "error_message": "insufficient balance", "refunded": None}
SMALL_TARGETS = """() => [...document.querySelectorAll("button, select, summary, input, a[href]:not(.skip)")]
    .filter(it => it.checkVisibility({ opacityProperty: false }) && it.getBoundingClientRect().width > 0)
    .map(it => it.type === "checkbox" ? it.closest("label") : it)
    .filter(it => it.getBoundingClientRect().width < 23.9 || it.getBoundingClientRect().height < 23.9)
    .map(it => it.outerHTML.slice(0, 120))"""


def test_thirty_failures_for_one_reason_are_one_box(browser: Browser, tmp_path: Path) -> None:
    """The reason once, with what to do; who looks for one of them finds it. Another reason keeps its place."""
    rows = [
        {**job(f"{number:010}"), **without_clip("refused", **NO_CREDIT), "campaign_id": "street"}
        for number in range(30)
    ]
    rows += [{**job("OTHER00001"), **without_clip("refused", error_message="prompt refused")}]
    page = browser.new_page(viewport={"width": 1300, "height": 900})
    path = write_gallery(tmp_path, rows)

    for layout in ("prompts", "sheet", "matrix"):
        page.goto("about:blank")
        page.goto(f"{path.as_uri()}#view={layout}")
        box = page.get_by_role("region", name="30 refused for one reason")
        expect(box.get_by_text("insufficient balance (1008). Nothing was charged.")).to_have_count(1)
        expect(box).to_contain_text("What to do: change what the reason names in the campaign file")
    page.goto("about:blank")
    page.goto(path.as_uri())
    assert page.get_by_text("insufficient balance").count() == 1
    expect(page.locator("#view article")).to_have_attribute("data-id", "OTHER00001")
    page.get_by_role("searchbox", name="Find").fill("0000000007")
    expect(page.locator("article[data-id='0000000007']")).to_be_visible()
    page.close()


@pytest.mark.parametrize("width", [390, 1300])
def test_every_target_has_24_pixels(browser: Browser, folder: Path, width: int) -> None:
    """WCAG 2.2, 2.5.8, in every layout and on the stage, by finger as by mouse."""
    page = browser.new_page(viewport={"width": width, "height": 900}, reduced_motion="reduce")
    small = {}
    for layout in ("prompts", "matrix", "table", "sheet"):
        page.goto("about:blank")
        page.goto(f"{(folder / 'gallery.html').as_uri()}#view={layout}")
        page.locator("#judgements summary").click()
        small[layout] = page.evaluate(SMALL_TARGETS)
    page.goto("about:blank")
    page.goto((folder / "gallery.html").as_uri())
    for key in ("j", "o"):
        page.keyboard.press(key)
    page.evaluate(STAGE_READY)
    small["stage"] = page.evaluate(SMALL_TARGETS)

    assert {where: found for where, found in small.items() if found} == {}
    page.close()


def test_the_focus_stays_on_its_clip_when_the_layout_changes(page: Page) -> None:
    """By V from one layout to the next, and by a filter, you do not start at the top again."""
    for _ in range(3):
        page.keyboard.press("j")
    page.keyboard.press("p")
    for _ in range(5):
        page.keyboard.press("v")

        expect(page.locator(f"[data-id={IDS[2]}]").locator(":focus")).to_have_count(1)

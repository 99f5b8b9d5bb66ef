"""A gallery of signed links, on a real S3 server and in a real browser: for people without access to the bucket."""

import re
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from hailuo.clock import SystemClock
from hailuo.store.s3 import S3Store
from tests.publish.gallery.editions import JOBS, Said, apart, hailuo, keep_copy, keep_edition
from tests.support.servers.s3 import BUCKET, S3Server

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.enable_socket]

HOURS = 5
SOURCES = """[...document.querySelectorAll(".media img, .media video, a.badge")].map((each) => each.src || each.href)"""
POSTERS = """Promise.all([...document.querySelectorAll(".media img")].map(async (image) => {
    image.loading = "eager"; await image.decode(); return image.naturalWidth; }))"""
FIRST_CLIP_MOVES = """new Promise((moves) => document.querySelector(".media video").addEventListener(
    "timeupdate", ({ target }) => target.currentTime > 0.2 && moves(true)))"""
STAGE_READY = """Promise.all([...document.querySelectorAll("#stage video")].map((video) =>
    video.readyState >= 2 || new Promise((ready) => video.addEventListener("loadeddata", ready)))).then((all) => all.length)"""


@pytest.fixture(scope="module")
def shared(seaweedfs: S3Server, tmp_path_factory: pytest.TempPathFactory) -> Said:
    """`hailuo manifest --presign` on an edition in a bucket: what it said."""
    folder, prefix = tmp_path_factory.mktemp("films"), secrets.token_hex(6)
    environment = seaweedfs.environment(folder)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        store = S3Store(BUCKET, prefix, clock=SystemClock())
        apart(keep_edition(store, folder))
        apart(keep_copy(store, folder, of=JOBS[0]))
    named = {**environment, "HAILUO_STORE": f"s3://{BUCKET}/{prefix}"}
    assert hailuo("check", "shoe/main", environment=named).code == 0
    return hailuo("manifest", "shoe/main", "--presign", str(HOURS), environment=named)


@pytest.fixture
def address(shared: Said) -> str:
    assert shared.code == 0, shared.err
    return next(line for line in shared.out.splitlines() if line.startswith("http"))


@pytest.fixture
def complaints() -> list[str]:
    """What the browser complains about; violations of the policy are among it."""
    return []


@pytest.fixture
def page(browser: Browser, address: str, complaints: list[str]) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1400, "height": 1200})
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(address)
    yield page
    page.close()


def test_posters_films_and_clips_open_by_signed_links(page: Page, complaints: list[str]) -> None:
    """Without any credentials: every poster shows, a film plays under the pointer, and the stage loads the clip itself."""
    page.locator("button.media").first.hover()
    moves, posters = page.evaluate(FIRST_CLIP_MOVES), page.evaluate(POSTERS)
    for key in ("j", "c", "j", "c", "Enter"):
        page.keyboard.press(key)

    assert (moves, posters) == (True, [640] * 4)
    assert page.evaluate(STAGE_READY) == 2
    assert "/clips/" in str(page.locator("#stage video").first.get_attribute("src"))
    assert complaints == []


def test_every_link_ends_when_the_page_says(page: Page, shared: Said) -> None:
    """Clips, films, posters and copies are signed for the hours asked for; page and command tell the same end."""
    page.locator("button.media").first.hover()

    links = page.evaluate(SOURCES)

    told = re.search(r"until (\d{4}-\d\d-\d\d \d\d:\d\d) UTC", shared.out)
    assert told
    until = datetime.strptime(told[1], "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
    expect(page.locator(".built strong")).to_have_text(
        f"clips open until {until.day} {until:%B %Y, %H:%M} UTC"
    )
    assert {Path(urlsplit(link).path).parent.name for link in links} == {"previews", "conformed"}
    assert {parse_qs(urlsplit(link).query)["X-Amz-Expires"][0] for link in links} == {str(HOURS * 3600)}
    assert abs(until - SystemClock().now() - timedelta(hours=HOURS)) < timedelta(minutes=10)


def test_a_copy_opens_by_its_signed_link(page: Page) -> None:
    """As a video, whole."""
    link = page.get_by_role("link", name="Open the copy for TikTok in-feed").get_attribute("href")

    answer = httpx.get(str(link))

    assert (answer.status_code, answer.headers["content-type"]) == (200, "video/mp4")
    assert answer.content[4:8] == b"ftyp"


def test_a_link_that_ended_says_so(page: Page, address: str) -> None:
    """Not that a folder is missing, which these people never had."""
    page.route("**/previews/**", lambda route: route.fulfill(status=403))
    page.goto("about:blank")
    page.goto(address)

    page.locator("button.media").first.hover()

    expect(page.get_by_text(re.compile("The links on this page work until .* UTC")).first).to_be_visible()


def test_without_a_signature_nothing_opens(address: str) -> None:
    """The bucket is as closed as before: what opens the page is the link, not the page's place."""
    assert httpx.get(address.partition("?")[0]).status_code == 403

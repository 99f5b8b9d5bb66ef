"""The gallery from one end to the other: an edition in a store, the command, a real browser, and back."""

import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from hailuo.media.conformed import Conformed
from hailuo.store import FolderStore
from tests.publish.gallery.editions import JOBS, Said, apart, hailuo, keep_copy, keep_edition

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.enable_socket]

ROOT = Path(__file__).parents[3]
# Promises, not polling: the page's policy rightly forbids the `eval` by which playwright would poll.
FIRST_CLIP_MOVES = """new Promise((moves) => document.querySelector(".media video").addEventListener(
    "timeupdate", ({ target }) => target.currentTime > 0.2 && moves(true)))"""
POSTERS = """Promise.all([...document.querySelectorAll(".media img")].map(async (image) => {
    image.loading = "eager"; await image.decode(); return image.naturalWidth; }))"""
LENGTHS = """Promise.all([...document.querySelectorAll("#stage video")].map((video) => video.readyState >= 2
    ? video.duration : new Promise((ready) => video.addEventListener("loadeddata", () => ready(video.duration)))))"""
POSITIONS = """Promise.all([...document.querySelectorAll("#stage video")].map((video) => video.seeking
    ? new Promise((there) => video.addEventListener("seeked", () => there(video.currentTime))) : video.currentTime))"""


@dataclass(frozen=True)
class Edition:
    """Four stored clips, checked, one with a copy, in a folder store."""

    folder: Path
    copy: Conformed

    @property
    def gallery(self) -> Path:
        return self.folder / "shoe/main/gallery.html"

    def call(self, *arguments: str | Path) -> Said:
        return hailuo(*arguments, environment={"HAILUO_STORE": str(self.folder)})

    def rows(self) -> list[dict[str, Any]]:
        lines = (self.folder / "shoe/main/manifest/manifest.jsonl").read_text().splitlines()
        return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Edition:
    """Made once; a test gets a copy of its own."""
    folder, films = tmp_path_factory.mktemp("store"), tmp_path_factory.mktemp("films")
    store = FolderStore(folder)
    apart(keep_edition(store, films))
    edition = Edition(folder, apart(keep_copy(store, films, of=JOBS[0])))
    assert edition.call("check", "shoe/main").code == 0
    assert edition.call("manifest", "shoe/main").code == 0
    return edition


@pytest.fixture
def edition(made: Edition, tmp_path: Path) -> Edition:
    return Edition(shutil.copytree(made.folder, tmp_path / "store"), made.copy)


@pytest.fixture
def complaints() -> list[str]:
    """What the browser complains about; violations of the policy are among it."""
    return []


@pytest.fixture
def page(browser: Browser, complaints: list[str]) -> Iterator[Page]:
    def hear(message: ConsoleMessage) -> None:
        complaints.append(message.text)

    page = browser.new_page(viewport={"width": 1400, "height": 1200})
    page.on("console", hear)
    yield page
    page.close()


def press(page: Page, keys: Sequence[str]) -> None:
    for key in keys:
        page.keyboard.press(key)


def test_one_file_that_travels_alone_plays_every_clip(
    edition: Edition, page: Page, complaints: list[str], tmp_path: Path
) -> None:
    """`--embed` makes it; with the store gone, from a file address, it shows and plays, and breaks no policy."""
    mailed = tmp_path / "for the agency.html"
    said = edition.call("manifest", "shoe/main", "--embed", mailed)
    shutil.rmtree(edition.folder)
    page.goto(mailed.as_uri())

    page.locator("button.media").first.hover()

    assert said.code == 0
    assert "one file with 4 clips inside" in said.out
    assert page.evaluate(FIRST_CLIP_MOVES)
    assert page.evaluate(POSTERS) == [640] * 4
    assert complaints == []


def test_a_file_with_room_for_half_shows_the_picture_of_the_rest(
    edition: Edition, page: Page, tmp_path: Path
) -> None:
    """What was left out is named by the command, and stands on the page with its picture and the reason."""
    large = edition.folder / f"shoe/main/previews/{JOBS[3].creative_id}-proxy.mp4"
    large.write_bytes(large.read_bytes() + b"\0" * 1_000_000)
    mailed = tmp_path / "mailed.html"

    said = edition.call("manifest", "shoe/main", "--embed", mailed, "--embed-limit", "1")
    page.goto(mailed.as_uri())

    assert f"no room for 1 clip: {JOBS[3].creative_id}; raise --embed-limit" in said.out
    assert mailed.stat().st_size < 1_500_000
    still = page.locator(f"[data-id='{JOBS[3].creative_id}']")
    expect(still.get_by_text("Picture only")).to_be_visible()
    expect(still.get_by_role("img")).to_be_visible()
    expect(page.locator("button.media")).to_have_count(3)


@pytest.mark.parametrize("missing", ["previews", "room"])
def test_a_file_without_a_single_clip_is_not_made(edition: Edition, tmp_path: Path, missing: str) -> None:
    """Exit 2, why, and what to do; an older file of that name stays as it was."""
    mailed = tmp_path / "mailed.html"
    mailed.write_text("of last week")
    for proxy in (edition.folder / "shoe/main/previews").glob("*-proxy.mp4"):
        proxy.write_bytes(b"\0" * 1_100_000) if missing == "room" else proxy.unlink()

    said = edition.call("manifest", "shoe/main", "--embed", mailed, "--embed-limit", "1")

    assert said.code == 2
    assert {"previews": "`hailuo check` makes them", "room": "raise --embed-limit"}[missing] in said.err
    assert mailed.read_text() == "of last week"


@pytest.mark.parametrize("name", ["no/such/folder/page.html", "."])
def test_a_place_that_no_file_can_have_is_refused_first(edition: Edition, tmp_path: Path, name: str) -> None:
    """Before anything is read or built."""
    said = edition.call("manifest", "shoe/main", "--embed", tmp_path / name)

    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("--embed: ")


def test_a_copy_stands_on_its_clip_with_a_link_to_it(edition: Edition, page: Page) -> None:
    """The badge names what it is for and opens the file; the closer look tells its verdict; a filter finds its clip."""
    page.goto(edition.gallery.as_uri())
    badge = page.get_by_role("link", name="Open the copy for TikTok in-feed")

    with page.expect_popup() as opened:
        badge.click()
    file = opened.value.url
    opened.value.close()
    page.get_by_role("checkbox", name="TikTok in-feed").last.check()

    assert file == (edition.folder / edition.copy.key).as_uri()
    expect(page.locator("article")).to_have_count(1)
    page.locator("button.media").focus()
    press(page, ["o"])
    expect(page.locator("#stage .copies")).to_contain_text("TikTok in-feed")
    expect(page.locator("#stage .copies")).to_contain_text("180x320")
    expect(page.locator("#stage .copies .q-warn")).to_have_text("warn")


def test_several_copies_are_listed_in_the_closer_look(edition: Edition, page: Page, tmp_path: Path) -> None:
    """The badge counts them, and leads there."""
    apart(keep_copy(FolderStore(edition.folder), tmp_path, of=JOBS[0], name="meta_reels"))
    edition.call("manifest", "shoe/main")
    page.goto(edition.gallery.as_uri())

    page.get_by_role("button", name="2 copies of").click()

    expect(page.locator("#stage .copies a")).to_have_text(["Meta reels", "TikTok in-feed"])


def test_four_clips_of_four_lengths_go_in_step(edition: Edition, page: Page) -> None:
    """Stepped frame by frame, the shorter ones wait at their end; back again they are together."""
    page.goto(edition.gallery.as_uri())
    press(page, ["j", "c"] * 4)
    press(page, ["Enter"])
    lengths = page.evaluate(LENGTHS)
    page.get_by_role("button", name="Pause").click()

    page.get_by_role("slider", name="Position").fill("800")  # of 1000: two seconds into two and a half
    press(page, ["."])
    late = page.evaluate(POSITIONS)
    page.get_by_role("slider", name="Position").fill("0")
    press(page, [".", ".", ","])
    early = page.evaluate(POSITIONS)

    assert lengths == pytest.approx([1, 1.5, 2, 2.5], abs=0.05)
    assert late == pytest.approx([1, 1.5, 2, 49.5 / 24], abs=0.05)
    assert early == pytest.approx([1.5 / 24] * 4, abs=0.01)


def test_judgements_go_round(edition: Edition, page: Page, tmp_path: Path) -> None:
    """Picked blind and by keyboard, exported, valid by the published schema, taken in by `hailuo judge`: in the manifest,
    and on the rebuilt page of a browser that never saw them.
    """
    page.goto(edition.gallery.as_uri())
    press(page, ["b", "p", "4", "b", "x", "Enter"])
    press(page, ["Enter"])
    page.get_by_label("Name", exact=True).fill("Ana")
    with page.expect_download() as download:
        press(page, ["Enter"])
    file = tmp_path / "judgements.json"
    file.write_bytes(Path(download.value.path()).read_bytes())

    said = edition.call("judge", "shoe/main", file)

    schema = json.loads((ROOT / "docs/reference/judgements.schema.json").read_text())
    validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    assert list(validator.iter_errors(json.loads(file.read_text()))) == []
    assert (said.code, said.out.splitlines()[0]) == (0, "2 judgements of 1 file")
    judged = {row["creative_id"]: (row["pick"], row["rating"]) for row in edition.rows() if row["reviewer"]}
    assert sorted(judged.values(), key=str) == [("pick", 4), ("reject", None)]
    [picked] = [creative_id for creative_id, (pick, _) in judged.items() if pick == "pick"]
    other = page.context.browser.new_page()  # type: ignore[union-attr]  # it has one
    other.goto(edition.gallery.as_uri())
    expect(other.locator(f"[data-id='{picked}'] .others")).to_have_text("Ana Pick, 4 of 5")
    other.close()

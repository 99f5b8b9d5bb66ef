"""Judgements in a real browser: none is lost between tabs, and none is taken for another person's."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Dialog, Page, expect

from tests.publish.gallery.browsing import exported, job, write_gallery
from tests.publish.gallery.pages import clips_at, write_clip

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.enable_socket]

IDS = ("AAAAAAAAA1", "AAAAAAAAA2", "AAAAAAAAA3")
BY_ANA: dict[str, Any] = {
    "pick": "finalist",
    "rating": 5,
    "tags": ["hero"],
    "note": "the haze!",
    "reviewer": "Ana",
    "reviewed_at": "2026-11-22T12:00:00Z",
}
SAVED = """name => Object.keys(localStorage).filter(key => key.includes("#mine:"))
    .map(key => [key.slice(-10), JSON.parse(localStorage.getItem(key))[name]])"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("edition")
    write_clip(folder / "clip.mp4", width=64, height=36)
    return folder


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """One browser of one person, with whatever it saved."""
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    yield context
    context.close()


def open_page(context: BrowserContext, path: Path, fragment: str = "") -> Page:
    page = context.new_page()
    page.goto(path.as_uri() + fragment)
    return page


def written(folder: Path, *creative_ids: str, name: str = "gallery.html", **changes: Any) -> Path:
    rows = [job(creative_id, **changes) for creative_id in creative_ids]
    return write_gallery(folder, rows, name=name, links=clips_at("clip.mp4"))


def judgement_file(folder: Path, reviewer: str, *judgements: dict[str, Any]) -> Path:
    path = folder / f"{reviewer or 'nameless'}.json"
    content = {"schema": "hailuo.judgements/1.0", "campaign": "street", "edition": "main"}
    path.write_text(json.dumps({**content, "reviewer": reviewer, "judgements": judgements}))
    return path


def press(page: Page, creative_id: str, what: str) -> None:
    page.locator(f"[data-id={creative_id}] [data-{what}]").click()


def test_two_tabs_and_an_older_copy_lose_nothing_of_each_other(context: BrowserContext, folder: Path) -> None:
    """Each judgement is saved apart; the newest of a clip wins, and what a copy does not show is kept."""
    first = open_page(context, written(folder, *IDS))
    second = open_page(context, written(folder, *IDS))
    older = open_page(context, written(folder, IDS[0], name="older.html"))

    press(first, IDS[0], "pick=pick")
    press(second, IDS[1], "pick=reject")
    press(first, IDS[0], "rating='4'")
    expect(second.locator(f"[data-id={IDS[0]}] [data-rating='4']")).to_have_attribute("aria-pressed", "true")
    press(second, IDS[0], "pick=finalist")
    expect(older.locator(f"[data-id={IDS[0]}] [data-pick=finalist]")).to_have_attribute(
        "aria-pressed", "true"
    )
    press(older, IDS[0], "rating='5'")

    assert dict(first.evaluate(SAVED, "pick")) == {IDS[0]: "finalist", IDS[1]: "reject"}
    assert dict(first.evaluate(SAVED, "rating")) == {IDS[0]: 5, IDS[1]: None}
    assert {one["creative_id"] for one in exported(older)["judgements"]} == {IDS[0], IDS[1]}


def test_what_is_not_exported_is_said_also_on_leaving(context: BrowserContext, folder: Path) -> None:
    """A closed page asks first, until the file is saved."""
    page = open_page(context, written(folder, *IDS))
    asked: list[str] = []

    def go_anyway(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", go_anyway)
    press(page, IDS[0], "pick=pick")
    expect(page.locator("#left")).to_contain_text("1 judgement not exported yet.")

    page.reload()
    assert asked == ["beforeunload"]

    exported(page)
    expect(page.locator("#left")).not_to_contain_text("not exported")
    page.reload()
    assert asked == ["beforeunload"]


def test_my_judgement_starts_empty_and_theirs_is_beside_it(context: BrowserContext, folder: Path) -> None:
    """One key of a second reviewer says one thing, in the name of the second."""
    page = open_page(context, written(folder, *IDS, judgements=[BY_ANA], **BY_ANA))
    tile = page.locator(f"[data-id={IDS[0]}]")

    expect(tile.locator(".others")).to_have_text("Ana Finalist, 5 of 5")
    expect(tile.locator("[aria-pressed=true]")).to_have_count(0)
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("o")
    expect(page.locator(".said")).to_have_text("Ana Finalist, 5 of 5 · herothe haze!")
    expect(page.get_by_label("Note")).to_have_value("")
    page.keyboard.press("Escape")

    [mine] = exported(page, name="Ben")["judgements"]
    assert (mine["reviewer"], mine["pick"], mine["rating"], mine["tags"], mine["note"]) == (
        *("Ben", "reject", None),
        *([], ""),
    )


def test_a_file_of_mine_is_mine_and_a_time_to_come_is_now(
    context: BrowserContext, folder: Path, tmp_path: Path
) -> None:
    """On a second machine you go on where you were; a wrong clock does not win for ever."""
    page = open_page(context, written(folder, *IDS))
    page.locator("#judgements summary").click()
    page.get_by_label("Your name").fill(" ANA ")
    page.locator("h1").click()
    coming = {**BY_ANA, "creative_id": IDS[0], "reviewed_at": "9999-01-01T00:00:00Z"}
    elsewhere = {**BY_ANA, "creative_id": "ZZZZZZZZZZ"}

    page.set_input_files("#import-file", judgement_file(tmp_path, "Ana", coming, elsewhere))

    expect(page.locator("#notice")).to_contain_text("1 for clips that are not on this page")
    finalist = page.locator(f"[data-id={IDS[0]}] [data-pick=finalist]")
    expect(finalist).to_have_attribute("aria-pressed", "true")
    press(page, IDS[0], "pick=reject")
    expect(finalist).to_have_attribute("aria-pressed", "false")
    found = {one["creative_id"]: one for one in exported(page)["judgements"]}
    assert found[IDS[0]]["pick"] == "reject"
    assert found[IDS[0]]["reviewed_at"] < "9999"
    assert found["ZZZZZZZZZZ"]["pick"] == "finalist"

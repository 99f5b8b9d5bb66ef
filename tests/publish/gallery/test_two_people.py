"""Two people pick three of forty clips, each in a browser of their own: few keys, and nothing is lost on the way."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Playwright, expect

from tests.publish.gallery.browsing import exported, job, write_gallery
from tests.publish.gallery.pages import clips_at, write_clip
from tests.support.browsers import launch_person

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.enable_socket]

IDS = tuple(f"CCCCCCCC{number:02}" for number in range(1, 41))
BEST = {"#3", "#17", "#29"}
MOST_KEYS = 45


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten prompts, four takes of each."""
    folder = tmp_path_factory.mktemp("edition")
    write_clip(folder / "clip.mp4", width=64, height=36)
    rows = [
        job(creative_id, clip_number=at, prompt_label=f"prompt {(at - 1) // 4}", take=(at - 1) % 4 + 1)
        for at, creative_id in enumerate(IDS, start=1)
    ]
    return write_gallery(folder, rows, links=clips_at("clip.mp4"))


class Person:
    """One person at a keyboard, who counts the keys."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.keys = 0

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.keys += 1

    def leave_stage(self) -> None:
        self.press("Escape")
        expect(self.page.locator("#stage .lane")).to_have_count(0)

    def shown(self) -> list[str]:
        return self.page.locator("#stage .letter").all_inner_texts()


@contextmanager
def at_work(playwright: Playwright, name: str, profile: Path, address: str) -> Iterator[Person]:
    """The browser of a person, opened at the address, and closed without a word."""
    context = launch_person(playwright, name, profile)
    page = context.new_page()
    page.goto(address)
    yield Person(page)
    context.close()


def picks(file: dict[str, Any]) -> set[str]:
    return {f"#{one['number']}" for one in file["judgements"] if one["pick"] == "pick"}


def verdicts(*picked: int, first: int = 1, last: int = 40) -> str:
    return "".join("p" if number in picked else "x" for number in range(first, last + 1))


def test_one_person_needs_at_most_45_keys(
    playwright: Playwright, browser_name: str, gallery: Path, tmp_path: Path
) -> None:
    """One verdict for each clip, then the four picks side by side, of which one goes. A second tab loses nothing."""
    with at_work(playwright, browser_name, tmp_path / "ana", gallery.as_uri()) as ana:
        tab = ana.page.context.new_page()
        tab.goto(gallery.as_uri())
        tab.locator(f"[data-id={IDS[2]}] [data-rating='5']").click()

        ana.press("o", *verdicts(3, 9, 17, 29), "s")
        assert ana.shown() == ["#3", "#9", "#17", "#29"]
        ana.press("ArrowRight", "x")

        assert set(ana.shown()) == BEST
        assert ana.keys <= MOST_KEYS
        ana.leave_stage()
        file = exported(ana.page, name="Ana")
        assert picks(file) == BEST
        assert len(file["judgements"]) == 40
        assert {one["rating"] for one in file["judgements"] if one["number"] == 3} == {5}
        assert picks(exported(tab, name="Ana")) == BEST


def test_two_people_decide_and_lose_nothing(
    playwright: Playwright, browser_name: str, gallery: Path, tmp_path: Path
) -> None:
    """Ben gets Ana's picks by link, closes his browser in the middle, exports in between, and both see where they agree."""
    with at_work(playwright, browser_name, tmp_path / "ana", gallery.as_uri()) as ana:
        ana.press("o", *verdicts(3, 9, 17, 29))
        ana.leave_stage()
        from_ana = tmp_path / "ana.json"
        from_ana.write_text(json.dumps(exported(ana.page, name="Ana")))
        link = link_of(ana.page)
    with at_work(playwright, browser_name, tmp_path / "ben", link) as ben:
        expect(ben.page.locator("#notice")).to_have_text("Ana: 40 judgements imported")
        expect(ben.page.locator(f"[data-id={IDS[2]}] .others")).to_have_text("Ana Pick")
        ben.press("o", *verdicts(3, 17, 29, last=20))
        ben.leave_stage()
        assert len(exported(ben.page, name="Ben")["judgements"]) == 20
        ben.press("o", "n", "p")  # and then the machine is switched off
        first_keys = ben.keys
    with at_work(playwright, browser_name, tmp_path / "ben", gallery.as_uri()) as ben:
        ben.press("o", "n", *verdicts(3, 17, 29, first=22))
        expect(ben.page.locator("#stage .nav")).to_contain_text("40 judged")
        ben.press("u", "x")  # the last one was not meant
        ben.leave_stage()
        ben.page.locator(f"[data-id={IDS[20]}] [data-pick=reject]").click()
        assert ben.keys + first_keys <= MOST_KEYS + 10
        ben.page.set_input_files("#import-file", from_ana)  # the same again, as a file: nothing twice
        ben.page.get_by_role("button", name="Votes").click()

        summary = ben.page.get_by_role("region", name="Agreement")
        expect(summary).to_contain_text("Ben and Ana agree on 39 of 40 clips")
        agreed = summary.locator(".agreement", has_text="All for it")
        assert set(agreed.locator("span").inner_text().split()) == BEST
        expect(summary.locator(".agreement", has_text="Disagree")).to_contain_text("#9")
        file = exported(ben.page, name="Ben")
        assert picks(file) == BEST
        assert len(file["judgements"]) == 40


def link_of(page: Page) -> str:
    """What "Copy link" copies; where the clipboard is not allowed, what it shows."""
    page.evaluate(
        "Object.defineProperty(navigator, 'clipboard', { value: { writeText: () => Promise.reject() } })"
    )
    if not page.locator("#judgements").evaluate("menu => menu.open"):
        page.locator("#judgements summary").click()
    page.get_by_role("button", name="Copy link").click()
    return page.get_by_label("Copy this").input_value()

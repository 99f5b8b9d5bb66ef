"""Several people at one served gallery: what one says the others see, and nothing is lost when the server stops."""

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from hailuo.clock import SystemClock
from hailuo.publish.live import LiveJudgements
from hailuo.publish.live_serving import Address, serving_live
from hailuo.publish.publish import publish
from hailuo.store import FolderStore
from hailuo.store.layout import Edition
from tests.publish.gallery.editions import JOBS, apart, keep_edition

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.enable_socket]

EDITION = Edition("shoe", "main")
IDS = tuple(job.creative_id for job in JOBS)


class Office:
    """An edition in a folder, and a server that can be stopped and started again under one address."""

    def __init__(self, folder: Path) -> None:
        self.store = FolderStore(folder / "store")
        apart(keep_edition(self.store, folder))
        apart(publish(self.store, SystemClock(), EDITION))
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.token = "token-of-the-test"

    @contextmanager
    def open(self) -> Iterator[str]:
        live = LiveJudgements(self.store, EDITION, clock=SystemClock())
        at = Address(port=self.port, token=self.token)
        with serving_live(Path(self.store.uri, "shoe/main"), at=at, judgements=live) as address:
            yield address

    def records(self) -> list[dict[str, object]]:
        folder = Path(self.store.uri, EDITION.judgements)
        found = [json.loads(path.read_text()) for path in folder.glob("*.json")] if folder.is_dir() else []
        return [one for file in found for one in file["judgements"]]


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


@pytest.fixture
def people(browser: Browser) -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def arrives(browser: Browser, people: ExitStack, address: str, name: str) -> Page:
    """A person in a browser of their own, who gives a name."""
    context = people.enter_context(closing(browser))
    page = context.new_page()
    page.goto(address)
    page.get_by_label("Name", exact=True).fill(name)
    page.keyboard.press("Enter")
    return page


@contextmanager
def closing(browser: Browser) -> Iterator[Browser]:
    context = browser.new_context(reduced_motion="reduce")
    yield context  # type: ignore[misc]  # a context opens pages as a browser does
    context.close()


def pick(page: Page, creative_id: str, name: str = "pick") -> None:
    page.locator(f"[data-id='{creative_id}'] [data-pick={name}]").click()


def others(page: Page, creative_id: str) -> str:
    return f"[data-id='{creative_id}'] .others"


def test_what_one_says_the_other_sees_without_a_reload(
    browser: Browser, people: ExitStack, office: Office
) -> None:
    """Beside their own, with the name; and it is in the store. The token leaves the address."""
    with office.open() as address:
        ana, ben = (arrives(browser, people, address, name) for name in ("Ana", "Ben"))
        assert "token" not in ana.url

        pick(ana, IDS[0])
        pick(ben, IDS[0], "reject")

        expect(ben.locator(others(ben, IDS[0]))).to_have_text("Ana Pick")
        expect(ana.locator(others(ana, IDS[0]))).to_have_text("Ben Reject")
        expect(ana.locator("#live")).to_have_text("Live with Ben")
        expect(ana.locator(f"[data-id='{IDS[0]}'] [data-pick=pick]")).to_have_attribute(
            "aria-pressed", "true"
        )
        assert {(one["reviewer"], one["pick"]) for one in office.records()} == {
            ("Ana", "pick"),
            ("Ben", "reject"),
        }


def test_nothing_is_lost_while_the_server_is_away(
    browser: Browser, people: ExitStack, office: Office
) -> None:
    """What was judged meanwhile is sent when it is back, by a page that stayed open, and by one that was closed."""
    with office.open() as address:
        ana, ben = (arrives(browser, people, address, name) for name in ("Ana", "Ben"))
        pick(ana, IDS[0])
        expect(ben.locator(others(ben, IDS[0]))).to_have_text("Ana Pick")
    pick(ana, IDS[1])
    pick(ben, IDS[2], "finalist")
    expect(ana.locator("#live")).to_contain_text("kept in this browser")
    context = ben.context
    ben.close()

    with office.open() as address:
        expect(ana.locator("#live")).to_contain_text("Live")
        again = context.new_page()
        again.goto(address)
        expect(again.locator(others(again, IDS[1]))).to_have_text("Ana Pick")
        expect(ana.locator(others(ana, IDS[2]))).to_have_text("Ben Finalist")

    assert {(one["reviewer"], one["creative_id"]) for one in office.records()} == {
        ("Ana", IDS[0]),
        ("Ana", IDS[1]),
        ("Ben", IDS[2]),
    }


def test_two_people_of_one_name_are_told_apart(browser: Browser, people: ExitStack, office: Office) -> None:
    """The second is asked: it is the same person at another browser, or takes another name."""
    with office.open() as address:
        ana = arrives(browser, people, address, "Ana")
        pick(ana, IDS[0])
        expect(ana.locator("#left")).not_to_contain_text("not exported")
        other = arrives(browser, people, address, "Ana")
        pick(other, IDS[1], "reject")

        other.get_by_role("button", name="No, change my name").click()
        other.get_by_label("Name", exact=True).fill("Ana B.")
        other.keyboard.press("Enter")

        expect(ana.locator(others(ana, IDS[1]))).to_have_text("Ana B. Reject")
        third = arrives(browser, people, address, "Ana")
        expect(third.locator(f"[data-id='{IDS[0]}'] [data-pick=pick]")).to_have_attribute(
            "aria-pressed", "true"
        )
        pick(third, IDS[2])
        third.get_by_role("button", name="Yes, that was me").click()
        expect(ana.locator(f"[data-id='{IDS[2]}'] [data-pick=pick]")).to_have_attribute(
            "aria-pressed", "true"
        )


def test_choices_in_blind_pairs_go_into_the_store(
    browser: Browser, people: ExitStack, office: Office
) -> None:
    """Each at once, with its reviewer."""
    with office.open() as address:
        ana = arrives(browser, people, address, "Ana")
        ana.keyboard.press("w")
        expect(ana.get_by_role("dialog", name="Blind pairs")).to_be_visible()
        ana.keyboard.press("Enter")
        expect(ana.locator("#stage .lane")).to_have_count(2)
        ana.keyboard.press("ArrowLeft")
        ana.keyboard.press("ArrowRight")
        ana.keyboard.press("Escape")
        expect(ana.locator("#live")).to_have_text("Live")
        ana.evaluate("new Promise((done) => setTimeout(done, 2500))")

    folder = Path(office.store.uri, EDITION.judgements)
    pairs = [one for path in folder.glob("*.json") for one in json.loads(path.read_text()).get("pairs", [])]
    assert [one["preferred"] for one in sorted(pairs, key=lambda one: one["reviewed_at"])] == [
        "left",
        "right",
    ]
    assert {one["reviewer"] for one in pairs} == {"Ana"}

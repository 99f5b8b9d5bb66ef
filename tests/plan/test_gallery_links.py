"""Where a night says that a gallery lies: a path, or a signed link that ends."""

from datetime import timedelta

from hailuo.campaign.job import Job
from hailuo.plan.file import write_plan
from hailuo.publish.share import GalleryLink, link_to_gallery
from hailuo.store import Store
from hailuo.store.layout import Edition
from hailuo.testing import MemoryStore
from tests.plan.conftest import Desk

THREE_DAYS = timedelta(days=3)


def linked(desk: Desk, store: Store) -> GalleryLink | None:
    return desk.clock.run(link_to_gallery(store, desk.clock, Edition("shoe", "main"), valid_for=THREE_DAYS))


def test_an_edition_that_never_ran_has_no_gallery(desk: Desk) -> None:
    """A campaign that was refused on its first night."""
    assert linked(desk, desk.store) is None


def test_a_store_without_links_tells_the_path(desk: Desk, jobs: list[Job]) -> None:
    """The page is built anew, as of now."""
    desk.clock.run(write_plan(desk.store, desk.plan(jobs), at=desk.clock.now()))

    link = linked(desk, desk.store)

    assert link == GalleryLink(address="memory/shoe/main/gallery.html")
    assert b"shoe" in desk.clock.run(desk.store.read("shoe/main/gallery.html"))


def test_a_store_with_links_signs_one_that_ends(desk: Desk, jobs: list[Job]) -> None:
    """To the gallery whose every clip is signed too; with the time of its end."""
    store = MemoryStore(desk.clock, served_at="https://bucket.example")
    desk.clock.run(write_plan(store, desk.plan(jobs), at=desk.clock.now()))

    link = linked(desk, store)

    assert link
    assert link.address == "https://bucket.example/shoe/main/gallery.shared.html"
    assert link.until == desk.clock.now() + THREE_DAYS

"""Where people look at an edition: a path, or a second gallery with signed links for people without access to the bucket."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from hailuo.clock import Clock
from hailuo.errors import AdmissionError, Place, Problem
from hailuo.plan.file import read_plan
from hailuo.publish import gallery
from hailuo.publish.publish import Publication, publish
from hailuo.store import FolderStore, Store
from hailuo.store.layout import Edition


@dataclass(frozen=True, slots=True, kw_only=True)
class GalleryLink:
    """A path, a URL of a folder that is served, or one that opens for everybody `until`, sooner if not `certain`."""

    address: str
    until: datetime | None = None
    certain: bool = True

    @property
    def is_url(self) -> bool:
        """Whether a browser of another machine may open it."""
        return self.address.startswith(("http://", "https://"))


async def link_to_gallery(
    store: Store, clock: Clock, edition: Edition, *, valid_for: timedelta
) -> GalleryLink | None:
    """Rebuild the gallery and link to it, signed if the store can sign. None if nothing ever ran.

    Raises: StoreUnavailableError.
    """
    if await read_plan(store, edition) is None:
        return None
    return await link_to(await publish(store, clock, edition), store, clock, valid_for=valid_for)


async def link_to(made: Publication, store: Store, clock: Clock, *, valid_for: timedelta) -> GalleryLink:
    """Link to a gallery that was just built, signed if the store can sign. Raises: StoreUnavailableError."""
    link = await link_to_page(made.edition.gallery, store, clock, valid_for=valid_for)
    return await share(made, store, clock, valid_for=valid_for) if link.until else link


async def link_to_page(key: str, store: Store, clock: Clock, *, valid_for: timedelta) -> GalleryLink:
    """The link to a page in the store: signed if the store can sign, else where a folder is served, else its path.

    Raises: StoreUnavailableError.
    """
    links = await store.links(valid_for=valid_for)
    if links is None:
        return GalleryLink(
            address=store.address(key) if isinstance(store, FolderStore) else f"{store.uri}/{key}"
        )
    return GalleryLink(address=links.url(key), until=clock.now() + valid_for, certain=links.certain)


async def share(made: Publication, store: Store, clock: Clock, *, valid_for: timedelta) -> GalleryLink:
    """Put a gallery beside the ordinary one in which clips, previews and copies have signed links.

    Raises: AdmissionError if the store has no links to offer.
    """
    edition = made.edition
    until, links = clock.now() + valid_for, await store.links(valid_for=valid_for)
    if links is None:
        reason = f"{store.uri} is a folder, and has no links that other people could open"
        raise AdmissionError([Problem(Place("--presign"), reason, "leave it out, or use an S3 store")])
    reached = gallery.reached(lambda place: links.url(f"{edition.folder}{place}"))
    page = made.page(at=clock.now(), links=reached, until=until)
    await store.put(edition.shared_gallery, page, content_type="text/html; charset=utf-8")
    return GalleryLink(address=links.url(edition.shared_gallery), until=until, certain=links.certain)

"""A second gallery for people without access to the bucket: every link in it is signed, and ends."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd

from hailuo import gallery
from hailuo.clock import Clock
from hailuo.errors import AdmissionError, Place, Problem
from hailuo.store import Store

__all__ = ["SharedGallery", "share"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedGallery:
    """Whoever has the URL sees the page and its clips until then; `certain` unless the signer may end sooner."""

    url: str
    until: datetime
    certain: bool


async def share(
    rows: pd.DataFrame, store: Store, clock: Clock, *, page_key: str, valid_for: timedelta
) -> SharedGallery:
    """Put a gallery of signed links beside the ordinary one at `page_key`; the manifest has none of them.

    Raises: AdmissionError where the store has no links to offer.
    """
    folder, key = page_key.rpartition("/")[0], page_key.removesuffix(".html") + ".shared.html"
    url, until = store.fetch_url(key, valid_for=valid_for), clock.now() + valid_for
    if url is None:
        reason = f"{store.uri} is a folder, and has no links that other people could open"
        raise AdmissionError([Problem(Place("--presign"), reason, "leave it out, or use an S3 store")])
    page = gallery.render(
        rows,
        title=folder.partition("/")[0],
        built_at=clock.now(),
        clip_href=lambda cid: store.fetch_url(f"{folder}/{gallery.clip_beside(cid)}", valid_for=valid_for),
        clips_until=until,
    )
    await store.put(key, page, content_type="text/html; charset=utf-8")
    return SharedGallery(url=url, until=until, certain=store.offers_for(valid_for))

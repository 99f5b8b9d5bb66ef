"""The clips beside their numbers: a poster for the page, and a link that opens the clip from where the page lies."""

import asyncio
import base64
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import pandas as pd

from hailuo.errors import MissingKeyError
from hailuo.media import Preview
from hailuo.report.findings import ReportFindings
from hailuo.report.page import Clip
from hailuo.store import Store
from hailuo.store.layout import Edition

_AT_ONCE: Final = 16
_MOST_POSTERS: Final = 200
"""The page shows no more of them; each is one read of the store."""


async def media_of(
    findings: ReportFindings, variants: pd.DataFrame, store: Store, *, edition: Edition, valid_for: timedelta
) -> dict[str, Clip]:
    """A clip for every creative of the findings that is stored, by creative id; posters for the best of each platform.

    Links are relative to a report's folder, or signed where the store can sign. Raises: StoreUnavailableError.
    """
    labels = {one.creative_id: one.label for platform in findings.platforms for one in platform.creatives}
    stored = set(variants.loc[variants["status"] == "stored", "creative_id"])
    shown = [creative_id for creative_id in _best_first(findings) if creative_id in stored]
    posters = await _posters(shown[:_MOST_POSTERS], store, edition=edition)
    return {
        creative_id: Clip(
            poster=posters.get(creative_id),
            href=_link(creative_id, store, edition=edition, valid_for=valid_for),
            label=labels[creative_id],
        )
        for creative_id in shown
    }


def _best_first(findings: ReportFindings) -> Sequence[str]:
    """Row by row over all platforms, each creative once."""
    longest = max((len(platform.creatives) for platform in findings.platforms), default=0)
    ranked = [
        platform.creatives[rank].creative_id
        for rank in range(longest)
        for platform in findings.platforms
        if rank < len(platform.creatives)
    ]
    return list(dict.fromkeys(ranked))


async def _posters(ids: Sequence[str], store: Store, *, edition: Edition) -> dict[str, str]:
    gate = asyncio.Semaphore(_AT_ONCE)

    async def read(creative_id: str) -> str | None:
        key = edition.preview(creative_id, Preview.POSTER)
        async with gate:
            try:
                content = await store.read(key)
            except MissingKeyError:  # never looked at: a report does not wait for pictures
                return None
        return f"data:image/webp;base64,{base64.b64encode(content).decode()}"

    found = zip(ids, await asyncio.gather(*(read(creative_id) for creative_id in ids)), strict=True)
    return {creative_id: poster for creative_id, poster in found if poster}


def _link(creative_id: str, store: Store, *, edition: Edition, valid_for: timedelta) -> str:
    place = f"clips/{creative_id}.mp4"
    return store.fetch_url(f"{edition.folder}{place}", valid_for=valid_for) or f"../../{place}"

"""The clips of a report: a poster for the page, and a link to the clip that works from the page's folder."""

import base64
from datetime import timedelta
from typing import Final

import pandas as pd

from hailuo.media import Preview
from hailuo.report.findings import ReportFindings
from hailuo.report.join import clip_of
from hailuo.report.page import Clip
from hailuo.store import Store
from hailuo.store.layout import Edition, Folder
from hailuo.store.port import read_many

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
    shown = [creative_id for creative_id in findings.best_first() if creative_id in stored]
    clips_of, files = clip_of(variants), _files_of_copies(variants)
    keys = {one: edition.preview(clips_of[one], Preview.POSTER) for one in shown[:_MOST_POSTERS]}
    posters = await read_many(store, list(keys.values()))  # without those that were never made
    links = await store.links(valid_for=valid_for)
    clips = {}
    for one in shown:
        poster = posters.get(keys.get(one, ""))
        place = files.get(one) or f"clips/{one}.mp4"
        clips[one] = Clip(
            poster=f"data:image/webp;base64,{base64.b64encode(poster).decode()}" if poster else None,
            href=links.url(f"{edition.folder}{place}") if links else f"../../{place}",
            label=labels[one],
        )
    return clips


def _files_of_copies(variants: pd.DataFrame) -> dict[str, str]:
    """By creative id of each copy, its file within the edition's folder."""
    copies = variants[variants["derived_from"].notna()]
    pairs = zip(copies["creative_id"], copies["s3_uri"], strict=True)
    return {str(one): f"{Folder.CONFORMED}/{str(uri).rpartition('/')[2]}" for one, uri in pairs}

"""An edition that was rendered, and what an ad platform exports of it: for tests of the whole way to a report."""

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

import numpy as np
from pydantic import TypeAdapter

from hailuo.campaign.ad_names import ad_name
from hailuo.campaign.job import Job
from hailuo.campaign.pricing import Basis
from hailuo.clock import Clock
from hailuo.ledger.ledger import Ledger
from hailuo.media import Preview
from hailuo.plan.file import PlanFile, PlanLine
from hailuo.plan.prepare import CampaignRequest, PreparedCampaign, prepare
from hailuo.settings import Settings
from hailuo.store import Store
from tests.support.factories import AT, PRICE, SUBMITTED, bought, make_done, tell

FIRST_DAY: Final = date(2026, 11, 1)
CAMPAIGN: Final = """\
campaign: launch
takes: 2
defaults: {size: 768p, duration: 6}
matrix:
  model: [MiniMax-Hailuo-02, MiniMax-Hailuo-2.3]
  prompt:
    - {id: dawn, text: "Sneaker in a desert at dawn"}
    - {id: rain, text: "Sneaker on wet asphalt, rain"}
    - {id: studio, text: "Sneaker on black stone, slow orbit"}
budget: {usd: 8}
control: {prompt: studio, model: MiniMax-Hailuo-02}
"""
CLIP: Final = b"a clip"
META_HEADER: Final = (
    *("Reporting starts", "Reporting ends", "Campaign name", "Ad set name", "Ad name", "Ad ID"),
    *("Impressions", "Amount spent (USD)", "Link clicks", "3-second video plays", "Purchases"),
)
_POSTER: Final = (
    b"RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00/\x00\x00\x00\x10\x07\x10\x11\x11\x88\x88\xfe\x07\x00"
)


def prepared_from(path: Path, text: str = CAMPAIGN, *, edition: str | None = None) -> PreparedCampaign:
    """The campaign file, written and read."""
    path.write_text(text, encoding="utf-8")
    request = CampaignRequest(path=path, at=datetime(2026, 11, 22, tzinfo=UTC), edition=edition)
    return prepare(request, Settings())


async def keep_edition(store: Store, clock: Clock, prepared: PreparedCampaign) -> Sequence[Job]:
    """Every job bought and stored, one of them with a poster; the plan as a run leaves it."""
    campaign, jobs = prepared.require_campaign(), prepared.expansion.jobs
    lines = tuple(PlanLine(job=job.as_recorded(), price_usd=PRICE, price_basis=Basis.LIST) for job in jobs)
    plan = PlanFile(digest="d", admitted_at=AT, budget_usd=None, failed_retries=0, lines=lines)
    content = TypeAdapter(PlanFile).dump_json(plan)
    key = campaign.this_edition.plan
    await store.put(key, content, content_type="application/json")
    ledger = Ledger(store, clock, campaign.this_edition, worker="test")
    for job in jobs:
        assert await bought(ledger, job)
        await store.put(job.clip_key, CLIP, content_type="video/mp4")
        await tell(ledger, job, SUBMITTED, replace(make_done(job, amount_usd=PRICE), bytes=len(CLIP)))
    poster = campaign.this_edition.preview(jobs[0].creative_id, Preview.POSTER)
    await store.put(poster, _POSTER, content_type="image/webp")
    return jobs


def dawn_wins(job: Job) -> float:
    """A click-through rate: one prompt does far better than the others."""
    return 0.024 if job.levels["prompt"] == "dawn" else 0.012


def meta_export(
    jobs: Sequence[Job],
    *,
    rate: Callable[[Job], float] = dawn_wins,
    days: int = 14,
    first_day: date = FIRST_DAY,
    seed: int = 1,
) -> bytes:
    """What Meta's Ads Manager exports: a row per ad and day, 2,000 impressions each."""
    rng, text = np.random.default_rng(seed), io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(META_HEADER)
    for number, job in enumerate(jobs):
        for day in (first_day + timedelta(days=day) for day in range(days)):
            clicks = int(rng.binomial(2_000, rate(job)))
            names = ("Launch", "Broad", f"{ad_name(job)} - Copy", str(120_200_000_000_001 + number))
            counts = (2_000, "16.00", clicks, int(rng.binomial(2_000, 0.3)), int(rng.binomial(clicks, 0.05)))
            writer.writerow((day.isoformat(), day.isoformat(), *names, *counts))
    return text.getvalue().encode()

"""Rows for tests of the manifest's files: jobs of one campaign, one of each kind."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pandas as pd

from hailuo.campaign.job import Job
from hailuo.campaign.variant import Variant
from hailuo.ledger.facts import Attempt, Done, End, Intent, JobRecord, JobState, Submitted
from hailuo.publish.manifest import ClipCopy, Judgement, ManifestEntry, Pick, build

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
MEASURED = {
    "container": "mp4",
    "width": 1366,
    "height": 768,
    "fps": 24.0,
    "frames": 141,
    "duration_s": 5.875,
    "has_audio": False,
    "phash": ["c3" * 8, "d4" * 8],
    "qa_verdict": "warn",
    "qa_flags": ["no_audio"],
    "placements": {"tiktok_infeed": {"verdict": "fail", "reasons": ["no_audio"]}},
    "poster_uri": "cmp/main/previews/7KQ2M9X401-poster.webp",
}
JUDGEMENT = Judgement(
    creative_id="7KQ2M9X401",
    pick=Pick.FINALIST,
    rating=4,
    tags=("hero",),
    note="the haze!",
    reviewer="ann",
    reviewed_at=NOON,
)
COPY = ClipCopy(
    name="tiktok_infeed",
    key="cmp/main/conformed/7KQ2M9X401-tiktok_infeed.mp4",
    sha256="cc",
    derivation="conform/1 1080x1920",
    made_at=NOON,
    measured={"width": 1080, "height": 1920, "has_audio": True},
)


def make_job(*, take: int = 1, prompt: str = "A bottle") -> Job:
    variant = Variant(model="MiniMax-Hailuo-2.3", prompt=prompt, duration=6, size="768p")
    return Job(
        creative_id=f"7KQ2M9X4{take:02d}",
        campaign="cmp",
        edition="main",
        variant=variant,
        take=take,
        levels={"prompt": f"bottle-{take}"},
    )


def stored(job: Job, **changes: object) -> ManifestEntry:
    """With a clip, a bill, and whatever else is given."""
    intent = Intent(nonce="n", worker="w", at=NOON, price_usd=Decimal("0.28"), request_sha256="aa", job=job)
    sent = Submitted(at=NOON, task_id="task_1", base_url="https://vendor.example", request_id="req_1")
    done = Done(
        attempt=1,
        task_id="task_1",
        key=job.clip_key,
        sha256="e3b0",
        bytes=2581477,
        price_usd=Decimal("0.28"),
        amount_usd=Decimal("0.27"),
        submitted_at=NOON,
        completed_at=NOON + timedelta(seconds=96),
        stored_at=NOON + timedelta(seconds=99),
    )
    attempt = Attempt(number=1, recorded_at=NOON, intent=intent, outcome=sent)
    record = JobRecord(creative_id=job.creative_id, attempts=(attempt,), done=done)
    return ManifestEntry(job=job, record=record, state=JobState.STORED, **changes)  # type: ignore[arg-type]  # a factory


def failed(job: Job) -> ManifestEntry:
    intent = Intent(nonce="n", worker="w", at=NOON, price_usd=Decimal("0.28"), request_sha256="aa", job=job)
    end = End(at=NOON, code="1027", message="output refused", moderated=True, refunded=False)
    attempt = Attempt(number=1, recorded_at=NOON, intent=intent, end=end)
    return ManifestEntry(
        job=job,
        record=JobRecord(creative_id=job.creative_id, attempts=(attempt,)),
        state=JobState.FAILED,
    )


def planned(job: Job) -> ManifestEntry:
    return ManifestEntry(
        job=job,
        record=JobRecord(creative_id=job.creative_id),
        state=JobState.NEW,
        price_usd=Decimal("0.30"),
    )


def full_table() -> pd.DataFrame:
    """A checked and judged clip with a copy, a failed job, and a planned one whose prompt looks like a formula."""
    entries = [
        stored(make_job(), measured=MEASURED, judgements=[JUDGEMENT], copies=[COPY]),
        failed(make_job(take=2)),
        planned(make_job(take=3, prompt='=1+1 Été, "quoted"\nand on')),
    ]
    return build(entries, store_uri="s3://bucket/ads")

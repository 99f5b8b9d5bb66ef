"""What a run leaves for people in the Prefect UI: plan, progress, comparison, unknowns."""

import asyncio
import contextlib
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Hashable, Mapping, Sequence
from datetime import UTC
from decimal import Decimal
from typing import Final
from uuid import UUID

import httpx
from prefect.artifacts import (
    acreate_markdown_artifact,
    acreate_progress_artifact,
    acreate_table_artifact,
    aupdate_progress_artifact,
)
from prefect.exceptions import PrefectException

from hailuo.campaign.pricing import usd, usd_or_unknown
from hailuo.clock import SystemClock
from hailuo.ledger.facts import JobState
from hailuo.plan.plan import Plan, PlannedJob, price_of_all
from hailuo.publish.publish import Publication
from hailuo.publish.share import GalleryLink
from hailuo.run.events import Progress, RunReport
from hailuo.text import printable

_ROWS_AT_MOST: Final = 500
_PROGRESS_SECONDS: Final = 5.0


async def show_plan(plan: Plan) -> None:
    """The priced plan, a row per model, length and size."""
    cells: dict[tuple[str, int, str], list[PlannedJob]] = {}
    for planned in plan.everything:
        variant = planned.job.variant
        cells.setdefault((variant.model, variant.duration, variant.size), []).append(planned)
    money = plan.money
    budget = "no budget" if plan.budget_usd is None else f"budget {usd(plan.budget_usd)}"
    description = (
        f"**{len(plan.to_buy)} clips to buy for {usd(money.planned)}**; {usd(money.spent)} spent, "
        f"{usd(money.reserved)} held at the vendor; {budget}. Plan `{plan.digest[:12]}`."
    )
    await acreate_table_artifact(
        [_cell_row(cell, jobs) for cell, jobs in sorted(cells.items())],
        key=_key("plan", plan),
        description=description,
    )


def _cell_row(cell: tuple[str, int, str], jobs: Sequence[PlannedJob]) -> dict[str, object]:
    counts = Counter(planned.state for planned in jobs)
    buy = [p for p in jobs if p.state is JobState.NEW and p.chosen]
    model, duration, size = cell
    return {  # what matters comes first: the page cuts wide tables off
        "model": model,
        "clip": _format(duration, size),
        "to buy": len(buy),
        "each": usd_or_unknown(jobs[0].quote.price_usd),
        "to pay": usd_or_unknown(price_of_all(buy)),
        "jobs": len(jobs),
        "stored": counts[JobState.STORED],
        "submitted": counts[JobState.SUBMITTED],
        "price from": jobs[0].quote.basis.value,
    }


def _format(duration: object, size: object) -> str:
    return f"{duration} s, {size}"


@contextlib.asynccontextmanager
async def progress_shown(progress: Callable[[], Progress], plan: Plan) -> AsyncIterator[None]:
    """A progress bar in the UI while the block runs, refreshed in real time. A server that is away stops nothing."""
    artifact = await acreate_progress_artifact(
        0.0, key=_key("progress", plan), description=_progress_text(progress())
    )
    refreshing = asyncio.create_task(_refresh(artifact, progress))
    try:
        yield
    finally:
        refreshing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await refreshing
    await _update(artifact, progress())


async def _refresh(artifact: UUID, progress: Callable[[], Progress]) -> None:
    clock = SystemClock()
    while True:
        await clock.sleep(_PROGRESS_SECONDS)
        await _update(artifact, progress())


async def _update(artifact: UUID, now: Progress) -> None:
    with contextlib.suppress(httpx.HTTPError, PrefectException):
        percent = 100.0 * now.stored / now.jobs if now.jobs else 100.0
        await aupdate_progress_artifact(artifact, percent, description=_progress_text(now))


def _progress_text(now: Progress) -> str:
    money = f"{usd(now.spent_usd)} spent, {usd(now.reserved_usd)} held at the vendor"
    return f"{now.stored} of {now.jobs} done, {now.in_flight} in flight, {now.queued} queued; {money}"


async def show_comparison(plan: Plan, made: Publication, gallery: GalleryLink | None) -> None:
    """The manifest's most looked-at columns, a row per job, and the way to the gallery."""
    shown = made.rows.head(_ROWS_AT_MOST).astype(object)
    rows = [_job_row(row) for row in shown.where(shown.notna(), None).to_dict("records")]
    cut = "" if len(made.rows) <= _ROWS_AT_MOST else f" The first {_ROWS_AT_MOST} of {len(made.rows)} jobs."
    await acreate_table_artifact(
        rows,
        key=_key("comparison", plan),
        description=f"{gallery_text(gallery)}; manifest `{made.edition.manifest_jsonl}` in the store.{cut}",
    )


def gallery_text(gallery: GalleryLink | None) -> str:
    """Where to look at the clips: a link that ends, or a path."""
    if gallery is None:
        return "no gallery"
    if gallery.until is None:
        return f"Gallery `{gallery.address}`"
    ends = f"until {gallery.until.astimezone(UTC):%d %B %H:%M} UTC" + (
        "" if gallery.certain else " or sooner"
    )
    return f"[Gallery]({gallery.address}) ({ends})"


def _job_row(row: Mapping[Hashable, object]) -> dict[str, object]:
    """What matters comes first: the page cuts wide tables off."""
    return {
        "id": row["creative_id"],
        "prompt": row["prompt_id"],
        "model": row["model"],
        "clip": _format(row["duration_req"], row["size_req"]),
        "take": row["take"],
        "state": row["state"],
        "charged": _dollars(row["cost_actual"]),
        "estimate": _dollars(row["cost_est"]),
        "rendered": "" if row["render_s"] is None else f"{row['render_s']:.0f} s",
        "first frame": row["first_frame_id"] or "",
        "why not": row["error_message"] or "",
    }


def _dollars(amount: object) -> str:
    return usd(amount) if isinstance(amount, Decimal) else ""


async def show_unknowns(plan: Plan, report: RunReport) -> None:
    """Submits that may have been bought, with the money they hold; said also when there are none."""
    unknown = report.in_state(JobState.UNKNOWN, JobState.IN_DOUBT)
    key = _key("unknown", plan)
    if not unknown:
        await acreate_markdown_artifact("Every submit has a verdict: no money is in doubt.", key=key)
        return
    prices = {planned.job.creative_id: _held_usd(planned) for planned in plan.everything}
    rows = [
        {
            "id": e.creative_id,
            "state": e.state.value,
            "held": usd_or_unknown(prices[e.creative_id]),
            "why": e.reason,
        }
        for e in unknown
    ]
    held = [price for e in unknown if (price := prices[e.creative_id]) is not None]
    text = f"**{usd(sum(held, Decimal(0)))} may have been spent.** Nothing of this is sent again until it is settled."
    await acreate_table_artifact(rows, key=key, description=text)


def _held_usd(planned: PlannedJob) -> Decimal | None:
    """What the ledger held for it before the run; else the price at which this run bought it, if that is known."""
    return planned.money.sums.reserved_usd or planned.quote.price_usd


def _key(kind: str, plan: Plan) -> str:
    return f"{kind}-{plan.campaign.name}"


_STEERING: Final = re.compile(r"([\\`*_{}\[\]()#+!|~$>:@.=-])")
_ENTITIES: Final = str.maketrans({"&": "&amp;", "<": "&lt;"})


def escaped(text: object) -> str:
    """The text as Markdown that reads as it was written, on one line: no markup, no link, no table cell of its own."""
    line = printable(" ".join(str(text).split()))
    return _STEERING.sub(r"\\\1", line).translate(_ENTITIES)


def bullets(texts: list[str], *, at_most: int) -> str:
    """An escaped list, a line each; what is beyond `at_most` is only counted."""
    shown = [f"- {escaped(text)}" for text in texts[:at_most]]
    if len(texts) > at_most:
        shown.append(f"- ... and {len(texts) - at_most} more")
    return "\n".join(shown)

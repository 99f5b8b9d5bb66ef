"""The artifacts of a run in the Prefect UI (plan, progress, comparison, unknown submits)."""

import asyncio
import contextlib
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
    aupdate_progress_artifact,
)
from prefect.exceptions import PrefectException

from hailuo.campaign.pricing import usd, usd_or_unknown
from hailuo.clock import SystemClock
from hailuo.flows.ui.markdown import escaped, listed, show_table, without_folder
from hailuo.ledger.facts import JobState
from hailuo.logs import quiet_logger
from hailuo.night.endings import reserved_by_unknowns
from hailuo.plan.plan import Plan, PlannedJob, price_of_all
from hailuo.publish.publish import Publication
from hailuo.publish.share import GalleryLink
from hailuo.run.events import Progress, RunReport

_ROWS_AT_MOST: Final = 500
_WARNINGS_AT_MOST: Final = 20
_PROGRESS_SECONDS: Final = 5.0
_log = quiet_logger("hailuo.run")

NO_UNKNOWNS: Final = "Every submit has an answer: no money is in doubt."


async def show_plan(plan: Plan, *, waits: Sequence[str] = ()) -> None:
    """The priced plan, with a row per model, length and size, and the waits before it."""
    cells: dict[tuple[str, int, str], list[PlannedJob]] = {}
    for planned in plan.everything:
        variant = planned.job.variant
        cells.setdefault((variant.model, variant.duration, variant.size), []).append(planned)
    money = plan.money
    budget = "no budget" if plan.budget_usd is None else f"budget {usd(plan.budget_usd)}"
    description = (
        f"**{len(plan.to_buy)} clips to buy for {usd(money.planned)}**; {usd(money.spent)} spent, "
        f"{usd(money.reserved)} reserved; {budget}. Plan `{plan.digest[:12]}`."
    )
    warnings = listed(
        "Warnings", [without_folder(problem) for problem in plan.warnings], at_most=_WARNINGS_AT_MOST
    )
    waited = listed("Waited first", waits, at_most=_WARNINGS_AT_MOST)
    description = "\n\n".join(filter(None, [description, escaped(plan.standby_in_words), warnings, waited]))
    await show_table(
        [_cell_row(cell, jobs) for cell, jobs in sorted(cells.items())],
        key=f"plan-{plan.campaign.name}",
        description=description,
    )


def _cell_row(cell: tuple[str, int, str], jobs: Sequence[PlannedJob]) -> dict[str, object]:
    counts = Counter(planned.state for planned in jobs)
    to_buy = [planned for planned in jobs if planned.state is JobState.NEW and planned.chosen]
    model, duration, size = cell
    return {  # the most important first: the page cuts wide tables off
        "model": model,
        "clip": f"{duration} s, {size}",
        "to buy": len(to_buy),
        "each": usd_or_unknown(jobs[0].quote.price_usd),
        "to pay": usd_or_unknown(price_of_all(to_buy)),
        "price from": jobs[0].quote.basis.value,
        "jobs": len(jobs),
        "stored": counts[JobState.STORED],
        "submitted": counts[JobState.SUBMITTED],
    }


@contextlib.asynccontextmanager
async def progress_shown(progress: Callable[[], Progress], plan: Plan) -> AsyncIterator[None]:
    """Show a progress bar of the clips while the block runs."""

    def now() -> tuple[float, str]:
        at = progress()
        return 100.0 * at.stored / at.jobs if at.jobs else 100.0, _progress_text(at)

    async with _bar(f"progress-{plan.campaign.name}", now):
        yield


@contextlib.asynccontextmanager
async def publishing_shown(checks_under_way: Callable[[], int], name: str) -> AsyncIterator[None]:
    """Show a progress bar of the checks while the block publishes, and log its begin and its end."""
    most, is_published = 0, False

    def now() -> tuple[float, str]:
        nonlocal most
        left = checks_under_way()
        most = max(most, left)
        if is_published:
            return 100.0, "manifest and gallery are written"
        words = f"{left} clips are still being checked" if left else "manifest and gallery are being written"
        return 99.0 * (most - left) / most if most else 0.0, words

    _log.info("publishing: %s", now()[1])
    async with _bar(f"publishing-{name}", now):
        yield
        is_published = True
    _log.info("published: %s", now()[1])


@contextlib.asynccontextmanager
async def _bar(key: str, now: Callable[[], tuple[float, str]]) -> AsyncIterator[None]:
    """A bar of `now` (percent and words), refreshed in real time. A server that does not answer stops nothing."""
    percent, words = now()
    artifact = await acreate_progress_artifact(percent, key=key, description=words)
    refreshing = asyncio.create_task(_refresh(artifact, now))
    try:
        yield
    finally:
        refreshing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await refreshing
    await _update(artifact, now)


async def _refresh(artifact: UUID, now: Callable[[], tuple[float, str]]) -> None:
    clock = SystemClock()
    while True:
        await clock.sleep(_PROGRESS_SECONDS)
        await _update(artifact, now)


async def _update(artifact: UUID, now: Callable[[], tuple[float, str]]) -> None:
    with contextlib.suppress(httpx.HTTPError, PrefectException):
        percent, words = now()
        await aupdate_progress_artifact(artifact, percent, description=words)


def _progress_text(now: Progress) -> str:
    money = f"{usd(now.spent_usd)} spent, {usd(now.reserved_usd)} reserved"
    return f"{now.stored} of {now.jobs} stored, {now.in_flight} in flight, {now.queued} queued; {money}"


async def show_comparison(plan: Plan, made: Publication, gallery: GalleryLink | None) -> None:
    """The most used columns of the manifest, with a row per job, and the link to the gallery."""
    shown = made.rows.head(_ROWS_AT_MOST).astype(object)
    rows = [_job_row(row) for row in shown.where(shown.notna(), None).to_dict("records")]
    cut = "" if len(made.rows) <= _ROWS_AT_MOST else f" The first {_ROWS_AT_MOST} of {len(made.rows)} jobs."
    await show_table(
        rows,
        key=f"comparison-{plan.campaign.name}",
        description=f"{_gallery_text(gallery)}; manifest `{made.edition.manifest_jsonl}` in the store.{cut}",
    )


def _gallery_text(gallery: GalleryLink | None) -> str:
    if gallery is None:
        return "no gallery"
    if gallery.until is None:
        return f"[Gallery](<{gallery.address}>)" if gallery.is_url else f"Gallery `{gallery.address}`"
    sooner = "" if gallery.certain else " or sooner"
    return f"[Gallery]({gallery.address}) (until {gallery.until.astimezone(UTC):%d %B %H:%M} UTC{sooner})"


def _job_row(row: Mapping[Hashable, object]) -> dict[str, object]:
    return {  # the most important first: the page cuts wide tables off
        "id": row["creative_id"],
        "prompt": row["prompt_id"],
        "model": row["model"],
        "clip": f"{row['duration_req']} s, {row['size_req']}",
        "take": row["take"],
        "state": JobState(str(row["state"])).words,
        "charged": _dollars(row["cost_actual"]),
        "estimate": _dollars(row["cost_est"]),
        "rendered": "" if row["render_s"] is None else f"{row['render_s']:.0f} s",
        "first frame": row["first_frame_id"] or "",
        "why not": row["error_message"] or "",
    }


def _dollars(amount: object) -> str:
    return usd(amount) if isinstance(amount, Decimal) else ""


async def show_unknowns(plan: Plan, report: RunReport) -> None:
    """The submits that may have been paid for, with the money that they reserve; also if there are none."""
    unknown = report.in_state(JobState.UNKNOWN, JobState.IN_DOUBT)
    key = f"unknown-{plan.campaign.name}"
    if not unknown:
        await acreate_markdown_artifact(NO_UNKNOWNS, key=key)
        return
    prices = reserved_by_unknowns(plan, report)
    rows = [
        {
            "id": ending.creative_id,
            "state": ending.state.words,
            "reserved": usd_or_unknown(prices.get(ending.creative_id)),
            "why": ending.reason,
        }
        for ending in unknown
    ]
    spent = usd(sum(prices.values(), Decimal(0)))
    text = (
        f"**{spent} may have been spent.** None of these clips is bought again until you settle its submit."
    )
    await show_table(rows, key=key, description=text)

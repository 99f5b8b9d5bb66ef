"""Manifest and gallery, from the store alone."""

import asyncio
from dataclasses import dataclass

import pandas as pd

from hailuo.clock import Clock
from hailuo.errors import AdmissionError, Place, Problem
from hailuo.ledger.ledger import Ledger
from hailuo.plan.file import PlanFile, read_plan
from hailuo.publish import gallery, manifest
from hailuo.publish.evidence import Evidence, gather
from hailuo.store import Store
from hailuo.store.layout import Edition


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """What was built from the store, and under which keys it lies. `rows` are the jobs; `all_rows`, as in the manifest's
    files and for the page, have the copies made of their clips too.
    """

    rows: pd.DataFrame
    all_rows: pd.DataFrame
    edition: Edition


async def publish(store: Store, clock: Clock, edition: Edition) -> Publication:
    """Build manifest and gallery from the store alone.

    Raises: AdmissionError when nothing ever ran; ManifestError, before anything is written, for a row that breaks the
    manifest's contract.
    """
    plan = await read_plan(store, edition)
    if plan is None:
        reason = f"{store.uri} holds no run of {edition.campaign}, edition {edition.name}"
        raise AdmissionError(
            [Problem(Place(edition.campaign), reason, "run it first, or name another --edition")]
        )
    ledger = Ledger(store, clock, edition, worker="publish")
    await ledger.load({line.job.creative_id for line in plan.lines})
    evidence = await gather(store, edition)
    # Paths within a folder stay true when the folder moves; a bucket's address says more.
    rows = manifest.build(
        _entries(ledger, plan, evidence),
        store_uri=store.uri if "://" in store.uri else "",
        synthetic_performer=plan.synthetic_performer,
    )
    return await _put_pages(store, clock, rows, edition=edition)


async def _put_pages(store: Store, clock: Clock, rows: pd.DataFrame, edition: Edition) -> Publication:
    made = Publication(
        rows=rows[rows["derived_from"].isna()].reset_index(drop=True),
        all_rows=rows,
        edition=edition,
    )
    at = clock.now()
    files = await asyncio.to_thread(
        manifest.bundle, rows, name=f"{edition.campaign}-{edition.name}", built_at=at
    )
    page = gallery.render(rows, title=edition.campaign, built_at=at)
    for name, content in files.items():
        await store.put(f"{edition.manifest}{name}", content, content_type=manifest.CONTENT_TYPES[name])
    await store.put(edition.gallery, page, content_type="text/html; charset=utf-8")
    return made


def _entries(ledger: Ledger, plan: PlanFile, evidence: Evidence) -> list[manifest.Entry]:
    """One entry per job of the plan, in its order, then the jobs bought that are no longer in the file."""
    planned = {line.job.creative_id: line for line in plan.lines}
    orphaned_jobs = {
        cid: record.job for cid, record in ledger.records.items() if cid not in planned and record.job
    }
    jobs = {**{cid: line.job for cid, line in planned.items()}, **orphaned_jobs}
    return [
        manifest.Entry(
            job=job,
            record=ledger.record(cid),
            state=ledger.state(cid, failed_retries=plan.failed_retries),
            price_usd=planned[cid].price_usd if cid in planned else None,  # nothing is bought for a stray
            measured=evidence.measured(job, ledger.record(cid).done),
            judgements=evidence.judgements.get(cid, ()),
            copies=evidence.copies.get(cid, ()),
        )
        for cid, job in jobs.items()
    ]

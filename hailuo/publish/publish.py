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


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """What was built from the store, and under which keys it lies. `rows` are the jobs; `all_rows`, as in the manifest's
    files and for the page, have the copies made of their clips too.
    """

    rows: pd.DataFrame
    all_rows: pd.DataFrame
    manifest_key: str
    csv_key: str
    gallery_key: str


async def publish(store: Store, clock: Clock, *, campaign: str, edition: str) -> Publication:
    """Build manifest and gallery from the store alone.

    Raises: AdmissionError when nothing ever ran; ManifestError, before anything is written, for a row that breaks the
    manifest's contract.
    """
    plan = await read_plan(store, campaign=campaign, edition=edition)
    if plan is None:
        reason = f"{store.uri} holds no run of {campaign}, edition {edition}"
        raise AdmissionError([Problem(Place(campaign), reason, "run it first, or name another --edition")])
    ledger = Ledger(store, clock, campaign=campaign, edition=edition, worker="publish")
    await ledger.load({line.job.creative_id for line in plan.lines})
    evidence = await gather(store, campaign=campaign, edition=edition)
    # Paths within a folder stay true when the folder moves; a bucket's address says more.
    rows = manifest.build(
        _entries(ledger, plan, evidence),
        store_uri=store.uri if "://" in store.uri else "",
        synthetic_performer=plan.synthetic_performer,
    )
    return await _put_pages(store, clock, rows, campaign=campaign, edition=edition)


async def _put_pages(
    store: Store, clock: Clock, rows: pd.DataFrame, *, campaign: str, edition: str
) -> Publication:
    made = Publication(
        rows=rows[rows["derived_from"].isna()].reset_index(drop=True),
        all_rows=rows,
        manifest_key=manifest.manifest_jsonl_key(campaign=campaign, edition=edition),
        csv_key=manifest.manifest_csv_key(campaign=campaign, edition=edition),
        gallery_key=gallery.gallery_key(campaign=campaign, edition=edition),
    )
    at = clock.now()
    files = await asyncio.to_thread(manifest.bundle, rows, name=f"{campaign}-{edition}", built_at=at)
    page = gallery.render(rows, title=campaign, built_at=at)
    folder = manifest.manifest_folder(campaign=campaign, edition=edition)
    for name, content in files.items():
        await store.put(f"{folder}{name}", content, content_type=manifest.CONTENT_TYPES[name])
    await store.put(made.gallery_key, page, content_type="text/html; charset=utf-8")
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

"""Manifest and gallery, from the store alone."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from hailuo.campaign.model import SyntheticPerformer
from hailuo.clock import Clock
from hailuo.errors import MissingKeyError
from hailuo.ledger.store_vendor import is_simulated
from hailuo.plan.file import StoredEdition
from hailuo.publish import gallery, manifest
from hailuo.publish.evidence import Evidence, gather
from hailuo.store import Store
from hailuo.store.layout import Edition


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """What was built. `rows` are the jobs; `all_rows` also have the copies made of their clips, as in the files."""

    rows: pd.DataFrame
    all_rows: pd.DataFrame
    edition: Edition


async def publish(store: Store, clock: Clock, edition: Edition) -> Publication:
    """Build manifest and gallery from the store, and write them.

    Raises: AdmissionError when the edition never ran; ManifestError, before anything is written, for an invalid row.
    """
    stored = await StoredEdition.read(store, clock, edition, worker="publish")
    await stored.ledger.load_request_ids()
    evidence = await gather(store, edition)
    # In a folder, relative paths stay true when it moves; in a bucket, rows have full addresses.
    rows = manifest.build(
        _entries(stored, evidence),
        store_uri=store.uri if "://" in store.uri else "",
        synthetic_performer=stored.plan.synthetic_performer if stored.plan else SyntheticPerformer.UNDECLARED,
        numbers=await _numbers(store, edition),
        is_simulated=await is_simulated(store),
    )
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


async def _numbers(store: Store, edition: Edition) -> Mapping[str, int]:
    """The clip numbers that people may have noted down, from the manifest before."""
    try:
        return manifest.numbers_in(await store.read(edition.manifest_jsonl))
    except MissingKeyError:
        return {}


def _entries(stored: StoredEdition, evidence: Evidence) -> list[manifest.ManifestEntry]:
    """One entry per job: those of the plan in its order, then those bought before they left it."""
    ledger, plan = stored.ledger, stored.plan
    prices = {line.job.creative_id: line.price_usd for line in plan.lines} if plan else {}
    return [
        manifest.ManifestEntry(
            job=job,
            record=ledger.record(cid),
            state=ledger.state(cid, failed_retries=plan.failed_retries if plan else 0),
            price_usd=prices.get(cid),
            in_plan=cid in prices,
            measured=evidence.measured(job, ledger.record(cid).clip),
            judgements=evidence.judgements.get(cid, ()),
            copies=evidence.copies.get(cid, ()),
        )
        for cid, job in stored.jobs.items()
    ]

"""Manifest and gallery, from the store alone."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import pandas as pd

from hailuo.campaign.model import SyntheticPerformer
from hailuo.clock import Clock
from hailuo.errors import MissingKeyError
from hailuo.ledger.store_vendor import is_simulated
from hailuo.plan.file import StoredEdition
from hailuo.publish import gallery, manifest
from hailuo.publish.evidence import Evidence, gather
from hailuo.publish.picks import Said
from hailuo.publish.preferences import Learned, Preferences, preferences_of
from hailuo.publish.results import Results, keep_results, stored_results
from hailuo.store import Store
from hailuo.store.layout import Edition


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """What was built. `rows` are the jobs; `all_rows` also have the copies made of their clips, as in the files.
    `said` is what people judged, `results` are those of the newest report, if there is one.
    """

    rows: pd.DataFrame
    all_rows: pd.DataFrame
    edition: Edition
    said: Said
    results: Results | None = None

    def preferences(self) -> Preferences:
        """What people prefer in blind pairs, and whether it predicts the results."""
        if not self.said.pairs and not (self.said.judgements and self.results):
            return Preferences()
        rows = manifest.plain_rows(self.rows)
        return preferences_of(rows, self.said.pairs, self.said.judgements, self.results)

    def page(self, *, at: datetime, links: gallery.Links, until: datetime | None = None) -> bytes:
        """The gallery as HTML, built `at` a time (aware); `until` is when its links end."""
        return gallery.render(
            self.all_rows,
            title=self.edition.campaign,
            built_at=at,
            links=links,
            clips_until=until,
            learned=Learned(results=self.results, preferences=self.preferences()),
        )


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
        said=evidence.said,
        results=await stored_results(store, edition),
    )
    at = clock.now()
    files = await asyncio.to_thread(
        manifest.bundle, rows, name=f"{edition.campaign}-{edition.name}", built_at=at
    )
    for name, content in files.items():
        await store.put(f"{edition.manifest}{name}", content, content_type=manifest.CONTENT_TYPES[name])
    await _put_gallery(made, store, at)
    return made


async def with_results(made: Publication, results: Results, store: Store, clock: Clock) -> Publication:
    """Keep the results of a report, and write the gallery anew with them. Raises: StoreUnavailableError."""
    await keep_results(store, made.edition, results)
    shown = replace(made, results=results)
    await _put_gallery(shown, store, clock.now())
    return shown


async def _put_gallery(made: Publication, store: Store, at: datetime) -> None:
    page = await asyncio.to_thread(made.page, at=at, links=gallery.Links())
    await store.put(made.edition.gallery, page, content_type="text/html; charset=utf-8")


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
            judgements=evidence.said.judgements.get(cid, ()),
            copies=evidence.copies.get(cid, ()),
        )
        for cid, job in stored.jobs.items()
    ]

"""What is known of an edition's clips beside the ledger: inspections, previews, copies, and what people said."""

import asyncio
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

from hailuo.campaign.job import Job
from hailuo.ledger.facts import Done
from hailuo.media import (
    Inspection,
    NearDuplicate,
    Preview,
    near_duplicates,
    order_of,
    read_inspections,
    verdict,
)
from hailuo.media.conformed import Conformed, read_conformed
from hailuo.media.placements import verdicts
from hailuo.publish import manifest
from hailuo.publish.picks import judgements_of
from hailuo.store import Store
from hailuo.store.layout import Edition

_URI_COLUMNS: Mapping[Preview, str] = {
    Preview.POSTER: "poster_uri",
    Preview.SHEET: "sheet_uri",
    Preview.SPRITE: "sprite_uri",
    Preview.PROXY: "proxy_uri",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All of it for one edition, by creative id; `previews` are the keys that lie there."""

    inspections: Mapping[str, Inspection] = field(default_factory=dict)
    near: Mapping[str, NearDuplicate] = field(default_factory=dict)
    previews: frozenset[str] = frozenset()
    copies: Mapping[str, Sequence[manifest.ClipCopy]] = field(default_factory=dict)
    judgements: Mapping[str, Sequence[manifest.Judgement]] = field(default_factory=dict)

    def measured(self, job: Job, done: Done | None) -> dict[str, object]:
        """The columns that the clip itself tells. An inspection of other bytes is none."""
        if done is None:
            return {}
        found = self.inspections.get(job.creative_id)
        if found and found.sha256 not in (None, done.sha256):
            found = None
        facts = _columns_of(asdict(found)) if found else {}
        return {**facts, **self._ruled(job, found), **self._previewed(job)}

    def _ruled(self, job: Job, found: Inspection | None) -> dict[str, object]:
        near = self.near.get(job.creative_id) if found else None
        ruling = verdict(found, order_of(job), near_duplicate=near is not None)
        return {
            "qa_verdict": ruling.verdict.value,
            "qa_flags": [code.value for code in ruling.codes],
            "placements": {name: one.as_json() for name, one in verdicts(found).items()} if found else None,
            "near_dup_of": near.creative_id if near else None,
            "near_dup_dist": near.distance if near else None,
        }

    def _previewed(self, job: Job) -> dict[str, object]:
        keys = {
            column: job.this_edition.preview(job.creative_id, preview)
            for preview, column in _URI_COLUMNS.items()
        }
        return {column: key for column, key in keys.items() if key in self.previews}


async def gather(store: Store, edition: Edition) -> Evidence:
    """Everything of the edition. Raises: StoreUnavailableError."""
    inspections, listing, conformed, judgements = await asyncio.gather(
        read_inspections(store, edition),
        store.listing(edition.previews),
        read_conformed(store, edition),
        judgements_of(store, edition),
    )
    copies: dict[str, list[manifest.ClipCopy]] = {}
    for one in conformed:
        copies.setdefault(one.derived_from, []).append(_copy(one))
    return Evidence(
        inspections=inspections,
        near=await asyncio.to_thread(near_duplicates, inspections),
        previews=frozenset(entry.key for entry in listing),
        copies=copies,
        judgements=judgements,
    )


def _copy(one: Conformed) -> manifest.ClipCopy:
    facts = one.facts
    aspect = round(facts.width / facts.height, 4) if facts.width and facts.height else None
    placements = {name: judged.as_json() for name, judged in one.placements.items()}
    told = {
        "aspect": aspect,
        "placements": placements,
        "digital_source_type": one.digital_source_type,
        "c2pa_state": one.c2pa_state,
    }
    return manifest.ClipCopy(
        name=one.name,
        key=one.key,
        sha256=one.sha256,
        derivation=one.derivation,
        made_at=one.made_at,
        measured={**_columns_of(asdict(facts)), **told},
    )


def _columns_of(facts: Mapping[str, object]) -> dict[str, object]:
    """Those that the manifest has, as it holds them: lists, and no number that is infinite."""
    kept = {name: value for name, value in facts.items() if name in manifest.COLUMNS and name != "schema"}
    return {name: _plain(value) for name, value in kept.items()}


def _plain(value: object) -> object:
    match value:
        case tuple():
            return list(value) or None
        case float() if not math.isfinite(value):
            return None
        case _:
            return value

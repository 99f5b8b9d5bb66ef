"""What is known of an edition's clips beside the ledger: inspections, previews, copies, judgements."""

import asyncio
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime

from hailuo.campaign.job import Job
from hailuo.ledger.facts import Done
from hailuo.media import Inspection, NearDuplicate, Preview, near_duplicates, order_of, read_inspections
from hailuo.media.conformed import Conformed, Series, read_conformed
from hailuo.media.inspection import Facts
from hailuo.media.placements import verdicts
from hailuo.media.verdict import verdict
from hailuo.publish import manifest
from hailuo.publish.picks import Said, said_of
from hailuo.store import Store
from hailuo.store.layout import Edition


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All of it for one edition, by creative id; `previews` are the keys that exist."""

    inspections: Mapping[str, Inspection] = field(default_factory=dict)
    near: Mapping[str, NearDuplicate] = field(default_factory=dict)
    previews: frozenset[str] = frozenset()
    copies: Mapping[str, Sequence[manifest.ClipCopy]] = field(default_factory=dict)
    said: Said = field(default_factory=Said)

    def measured(self, job: Job, done: Done | None) -> dict[str, object]:
        """The columns known from the clip itself. An inspection of other bytes does not count."""
        if done is None:
            return {}
        found = self.inspections.get(job.creative_id)
        if found and found.sha256 not in (None, done.sha256):
            found = None
        near = self.near.get(job.creative_id) if found else None
        ruling = verdict(found, order_of(job), near_duplicate=near is not None)
        previews = {
            f"{preview.name.lower()}_uri": job.this_edition.preview(job.creative_id, preview)
            for preview in Preview
        }
        return {
            **(_columns_of(found) if found else {}),
            "qa_verdict": ruling.verdict.value,
            "qa_flags": [code.value for code in ruling.codes],
            "placements": {name: one.as_json() for name, one in verdicts(found).items()} if found else None,
            "near_dup_of": near.creative_id if near else None,
            "near_dup_dist": near.distance if near else None,
            **{column: key for column, key in previews.items() if key in self.previews},
        }


async def gather(store: Store, edition: Edition) -> Evidence:
    """Everything of the edition. Raises: StoreUnavailableError."""
    inspections, listing, conformed, said = await asyncio.gather(
        read_inspections(store, edition),
        store.listing(edition.previews),
        read_conformed(store, edition),
        said_of(store, edition),
    )
    newest: dict[Series, datetime] = {}
    for one in conformed:
        at = one.finish.asked_at if one.finish else one.made_at
        newest[one.series] = max(at, newest.get(one.series, at))
    copies: dict[str, list[manifest.ClipCopy]] = {}
    for one in conformed:
        copies.setdefault(one.derived_from, []).append(_copy(one, newest[one.series]))
    return Evidence(
        inspections=inspections,
        near=await asyncio.to_thread(near_duplicates, inspections),
        previews=frozenset(entry.key for entry in listing),
        copies=copies,
        said=said,
    )


def _copy(one: Conformed, newest: datetime) -> manifest.ClipCopy:
    facts = one.facts
    measured = {
        **_columns_of(facts),
        "aspect": round(facts.width / facts.height, 4) if facts.width and facts.height else None,
        "placements": {name: judged.as_json() for name, judged in one.placements.items()},
        "digital_source_type": one.digital_source_type,
        "c2pa_state": one.c2pa_state,
    }
    return manifest.ClipCopy(
        name=one.name,
        key=one.key,
        sha256=one.sha256,
        derivation=one.derivation,
        made_at=one.made_at,
        measured=measured,
        finish=manifest.CopyFinish(
            name=one.finish.name,
            finish_id=one.finish.finish_id,
            text=one.finish.text,
            is_newest=one.finish.asked_at == newest,
        )
        if one.finish
        else None,
    )


def _columns_of(facts: Inspection | Facts) -> dict[str, object]:
    """The facts that the manifest has columns for, as it holds them: lists, and no number that is infinite."""
    columns: dict[str, object] = {}
    for name, value in asdict(facts).items():
        if name in manifest.COLUMNS and name != "schema":
            infinite = isinstance(value, float) and not math.isfinite(value)
            columns[name] = None if infinite else (list(value) or None) if isinstance(value, tuple) else value
    return columns

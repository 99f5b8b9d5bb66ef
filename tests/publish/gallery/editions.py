"""An edition as runs leave it in a store, small and real: clips that play, checked, with a copy of one of them."""

import asyncio
import hashlib
import os
import subprocess
import sys
from collections.abc import Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, TypeVar

from pydantic import TypeAdapter

from hailuo.campaign.job import Job
from hailuo.campaign.pricing import Basis
from hailuo.clock import SystemClock
from hailuo.ledger.ledger import Ledger
from hailuo.media.conformed import Conformed, keep_conformed
from hailuo.media.inspection import Facts
from hailuo.media.placement_rules import Finding, PlacementReason, PlacementVerdict
from hailuo.media.recipe import Recipe
from hailuo.plan.file import PlanFile, PlanLine
from hailuo.store import Store
from hailuo.store.layout import Edition
from tests.publish.gallery.pages import write_clip
from tests.support.factories import AT, PRICE, SUBMITTED, VARIANT, bought, make_done, make_job, tell

_HAILUO: Final = (sys.executable, "-c", "from hailuo.cli import main; main()")
_EDITION = Edition("shoe", "main")
_OTHER: Final = replace(VARIANT, model="MiniMax-Hailuo-2.3")
JOBS: Final = tuple(make_job(variant, take=take) for variant in (VARIANT, _OTHER) for take in (1, 2))
"""Two models, two takes of each."""

T = TypeVar("T")


@dataclass(frozen=True)
class Said:
    """What a command said, and how it ended."""

    code: int
    out: str
    err: str


def apart(main: Coroutine[object, object, T]) -> T:
    """Run in a thread of its own: playwright keeps an event loop in the thread of the test."""
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(asyncio.run, main).result()


def hailuo(*arguments: str | Path, environment: Mapping[str, str]) -> Said:
    """The command as people call it, in a process of its own."""
    surroundings = {"PATH": os.defpath, "HAILUO_CHECKS": "off", **environment}
    ended = subprocess.run(  # noqa: S603 (a fixed command)
        [*_HAILUO, *map(str, arguments)], env=surroundings, capture_output=True, text=True, check=False
    )
    return Said(code=ended.returncode, out=ended.stdout, err=ended.stderr)


async def keep_edition(store: Store, folder: Path) -> None:
    """The plan, and each job bought and stored with a clip of its own, made in `folder`."""
    lines = tuple(PlanLine(job=job, price_usd=PRICE, price_basis=next(iter(Basis))) for job in JOBS)
    plan = PlanFile(digest="d", admitted_at=AT, budget_usd=None, failed_retries=0, lines=lines)
    content = TypeAdapter(PlanFile).dump_json(plan)
    await store.put(Edition("shoe", "main").plan, content, content_type="application/json")
    ledger = Ledger(store, SystemClock(), worker="test", edition=_EDITION)
    for number, job in enumerate(JOBS):
        path = folder / f"{job.creative_id}.mp4"
        write_clip(path, width=320, height=180, frames=24 + 12 * number)
        await _keep_clip(store, ledger, job, path)


async def _keep_clip(store: Store, ledger: Ledger, job: Job, path: Path) -> None:
    content = _bytes_of(path)
    done = replace(make_done(job), sha256=hashlib.sha256(content).hexdigest(), bytes=len(content))
    assert await bought(ledger, job)
    await store.put_file(job.clip_key, path, sha256=done.sha256, content_type="video/mp4")
    await tell(ledger, job, SUBMITTED, done)


async def keep_copy(store: Store, folder: Path, *, of: Job, name: str = "tiktok_infeed") -> Conformed:
    """A copy of one clip for a placement, with its record."""
    path = folder / f"copy-{of.creative_id}-{name}.mp4"
    write_clip(path, width=180, height=320)
    content = _bytes_of(path)
    copy = Conformed(
        derived_from=of.creative_id,
        name=name,
        placement=name,
        recipe=Recipe(
            width=180, height=320, fit="blur", audio="silent", loudness_lufs=-14.0, true_peak_dbtp=-1.0
        ),
        source_sha256="ab" * 32,
        source=Facts(),
        key=_EDITION.conformed_copy(of.creative_id, name),
        sha256=hashlib.sha256(content).hexdigest(),
        made_at=AT,
        facts=Facts(width=180, height=320, bytes=len(content)),
        placements={name: PlacementVerdict((Finding(PlacementReason.SILENT_AUDIO),))},
        placements_version="1",
        digital_source_type=None,
    )
    await store.put_file(copy.key, path, sha256=copy.sha256, content_type="video/mp4")
    await keep_conformed(store, copy)
    return copy


def _bytes_of(path: Path) -> bytes:
    return path.read_bytes()

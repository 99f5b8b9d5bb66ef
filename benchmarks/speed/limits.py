"""How a run finds an unknown limit, and follows one that changes: the engine in virtual time.

python -m benchmarks.speed.limits [--write docs/evidence/performance.md]
"""

import argparse
import sys
import tempfile
from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Final

from pydantic import SecretStr

from benchmarks.document import show_section, table
from benchmarks.speed.trial import campaign
from hailuo.campaign.files import load_catalog
from hailuo.clock import SystemClock
from hailuo.plan.prepare import CampaignRequest, prepare
from hailuo.rehearsal.stage import BASE_URL, Staging, play
from hailuo.settings import Settings
from hailuo.simulator import ClipDetail, SimulatorOptions
from hailuo.testing import VirtualClock

_MARK: Final = "limits"
_NEAR: Final = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """A vendor whose limit of submits a minute changes at some second; `most` is what the user allows."""

    name: str
    jobs: int
    most: int
    limits: tuple[tuple[int, int], ...]


NIGHTS: Final = (
    Night(name="unknown: 20, you allow 60", jobs=250, most=60, limits=((0, 20),)),
    Night(name="unknown: 150, you allow 300", jobs=1200, most=300, limits=((0, 150),)),
    Night(name="300, halved, then doubled", jobs=3000, most=300, limits=((0, 300), (360, 150), (720, 300))),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spell:
    """What one limit came to: the pace two minutes after it began to hold, until it ends, and what was refused."""

    limit: int
    pace: float
    near_after: float | None
    refused: float


def spells(night: Night) -> list[Spell]:
    """The engine's night, limit by limit."""
    settings = Settings(
        api_key=SecretStr("sk-simulated"),
        base_url=BASE_URL,
        submits_per_minute=night.most,
        in_flight=1000,
        checks="off",
        max_jobs=1_000_000,
        exposure_usd=Decimal(20),
    )
    vendor = SimulatorOptions(
        catalog=load_catalog(None),
        clip_detail=ClipDetail.TINY,
        balance_usd=Decimal(50_000),
        submits_per_minute=night.limits[0][1],
        limit_changes=tuple((float(since), limit) for since, limit in night.limits[1:]),
    )
    with tempfile.TemporaryDirectory() as folder:
        prepared = prepare(CampaignRequest(path=campaign(Path(folder), night.jobs)), settings)
        staging = Staging(prepared=prepared, settings=settings, vendor=vendor, random=Random(1))  # noqa: S311 (jitter)
        trace = play(staging, clock=VirtualClock(threads=False)).trace
    taken = sorted(task.accepted for task in trace.tasks.values())
    ends = [*(since for since, _ in night.limits[1:]), taken[-1]]
    # Of the first limit the first jobs are no part: until a clip renders well, they are few.
    begins = [next(at for at in taken if bisect(taken, at + 60) - bisect(taken, at) > 10), *ends[:-1]]
    return [
        _spell(taken, trace.refused, limit, begin, end)
        for (_, limit), begin, end in zip(night.limits, begins, ends, strict=True)
    ]


def _spell(taken: Sequence[float], refused: Sequence[float], limit: int, begin: float, end: float) -> Spell:
    def pace(since: float, until: float) -> float:
        return 60 * (bisect(taken, until) - bisect(taken, since)) / (until - since)

    moments = (begin + n for n in range(int(end - begin)))
    near = next((at - begin for at in moments if _NEAR * limit <= pace(at, at + 60) <= limit + 1), None)
    settled = min(begin + 120, end - 60)
    tried = sum(begin <= at < end for at in taken) + sum(begin <= at < end for at in refused)
    return Spell(
        limit=limit,
        pace=pace(settled, end),
        near_after=near,
        refused=sum(begin <= at < end for at in refused) / tried,
    )


def _section() -> str:
    lines = [
        (
            night.name,
            str(spell.limit),
            f"{spell.pace:.0f}",
            "not" if spell.near_after is None else f"{spell.near_after:.0f} s",
            f"{100 * spell.refused:.1f} %",
        )
        for night in NIGHTS
        for spell in spells(night)
    ]
    head = (
        "the vendor's limit of submits a minute",
        "limit",
        "pace later",
        "within a tenth after",
        "refused",
    )
    return f"Written by `python -m benchmarks.speed.limits` on {SystemClock().now():%Y-%m-%d}.\n\n" + table(
        head, lines
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed.limits", description=__doc__)
    parser.add_argument("--write", type=Path, help="the document that takes the table")
    given = parser.parse_args()
    section = _section()
    show_section(section, given.write, mark=_MARK)
    return 0


if __name__ == "__main__":
    sys.exit(main())

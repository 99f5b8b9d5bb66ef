"""What a plan costs for each of its jobs: the same in a large campaign as in a small one, and little."""

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

import pytest

from hailuo.ledger.ledger import Ledger
from hailuo.plan.plan import make_plan
from hailuo.plan.prepare import CampaignRequest, prepare
from hailuo.settings import Settings
from hailuo.store.layout import Edition
from hailuo.testing import MemoryStore, VirtualClock

SMALL, LARGE = 20, 160


def _sheet(folder: Path, jobs: int) -> Path:
    path = folder / f"rows-{jobs}.csv"
    rows = (f'MiniMax-Hailuo-2.3,6,768p,"Bottle {n} on stone, soft haze",SKU{n},{n}.90' for n in range(jobs))
    path.write_text("\n".join(["model,duration,size,prompt,sku,price", *rows]))
    return path


def _matrix(folder: Path, jobs: int) -> Path:
    path = folder / f"matrix-{jobs}.yaml"
    prompts = "".join(f"    - Bottle {n} on stone, in {{light}}\n" for n in range(jobs // 4))
    axes = "  model: [MiniMax-Hailuo-2.3, MiniMax-Hailuo-02]\n  light: [soft light, hard light]\n"
    path.write_text(
        f"campaign: night\ndefaults: {{size: 768p, duration: 6}}\nmatrix:\n{axes}  prompt:\n{prompts}"
    )
    return path


def _plan(path: Path, clock: VirtualClock) -> int:
    """The number of its jobs."""
    prepared = prepare(CampaignRequest(path=path, at=datetime(2026, 11, 30, tzinfo=UTC)), Settings())
    campaign = prepared.require_campaign()
    ledger = Ledger(MemoryStore(clock), clock, Edition(campaign.name, campaign.edition), worker="bea")
    plan = make_plan(campaign, prepared.expansion, ledger, prepared.catalog)
    assert plan.digest
    return len(plan.to_buy)


def _calls(path: Path, jobs: int) -> int:
    counted, clock = 0, VirtualClock()

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal counted
        counted += event == "call"

    sys.setprofile(count)
    try:
        planned = _plan(path, clock)
    finally:
        sys.setprofile(None)
    assert planned == jobs
    return counted


@pytest.mark.parametrize(("kind", "most_calls"), [(_sheet, 190), (_matrix, 90)])
def test_one_more_job_costs_the_same_in_a_large_campaign(
    kind: Callable[[Path, int], Path], most_calls: int, tmp_path: Path
) -> None:
    """What belongs to a model, a size or a prompt is worked out once. `most_calls` are those of one more job, of any function."""
    files = {jobs: kind(tmp_path, jobs) for jobs in (SMALL, 2 * SMALL, LARGE, 2 * LARGE)}
    _plan(files[SMALL], VirtualClock())  # what is loaded at the first use

    calls = {jobs: _calls(path, jobs) for jobs, path in files.items()}

    small = (calls[2 * SMALL] - calls[SMALL]) / SMALL
    large = (calls[2 * LARGE] - calls[LARGE]) / LARGE
    assert large <= 1.1 * small
    assert large <= most_calls

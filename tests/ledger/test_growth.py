"""What is read of an edition costs as much for each job of a large one as of a small one."""

import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from types import FrameType
from typing import Any

import pytest

from hailuo.ledger.ledger import Ledger
from hailuo.store.layout import Edition
from hailuo.testing import MemoryStore, VirtualClock
from tests.support.factories import SUBMITTED, bought, make_done, make_job, tell

SMALL, LARGE = 20, 160


def _a_ledger(store: MemoryStore, clock: VirtualClock) -> Ledger:
    return Ledger(store, clock, Edition("shoe", "main"), worker="bea")


async def _buy(ledger: Ledger, store: MemoryStore, jobs: int) -> None:
    """All clips stored, by a process that was killed before it summed anything up."""
    for take in range(1, jobs + 1):
        job = make_job(take=take)
        await bought(ledger, job)
        await store.put(job.clip_key, b"clip", content_type="video/mp4")
        await tell(ledger, job, SUBMITTED, replace(make_done(job), bytes=4))


def _calls(jobs: int, look: Callable[[Ledger], Awaitable[Any]]) -> int:
    """How many Python functions a new process calls for the look."""
    clock = VirtualClock()
    store = MemoryStore(clock)
    clock.run(_buy(_a_ledger(store, clock), store, jobs))
    counted = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal counted
        counted += event == "call"

    async def scenario() -> None:
        sys.setprofile(count)
        try:
            await look(_a_ledger(store, clock))
        finally:
            sys.setprofile(None)

    clock.run(scenario())
    return counted


async def _load(ledger: Ledger) -> None:
    await ledger.load()


async def _load_and_check(ledger: Ledger) -> None:
    await ledger.load()
    await ledger.check_clips()


async def _load_unfinished(ledger: Ledger) -> None:
    await ledger.load_unfinished()


@pytest.mark.parametrize("look", [_load, _load_and_check, _load_unfinished])
def test_no_look_costs_more_for_each_job_of_a_large_edition(look: Callable[[Ledger], Awaitable[Any]]) -> None:
    """Calls for each job, eight times as many jobs: at most a tenth more."""
    small, large = _calls(SMALL, look), _calls(LARGE, look)

    assert large / LARGE <= 1.1 * small / SMALL

"""The first job of a cell without a known price goes alone, until its price is known."""

import asyncio
from asyncio import run
from dataclasses import replace

from hailuo.campaign.job import Job
from hailuo.campaign.pricing import price_key_of
from hailuo.run.probes import PriceProbes
from tests.support.factories import VARIANT, make_job


def job_of(number: int, *, size: str = "512p") -> Job:
    return make_job(replace(VARIANT, prompt=f"Bottle {number}", size=size))


async def asked(probes: PriceProbes, *jobs: Job) -> list[asyncio.Task[None]]:
    """The jobs have asked for their turn, and whoever can go on has done so."""
    tasks = [asyncio.create_task(probes.turn(job)) for job in jobs]
    await settled()
    return tasks


async def settled() -> None:
    for _ in range(10):
        await asyncio.sleep(0)  # noqa: TID251 (gives way, does not wait)


async def gone(tasks: list[asyncio.Task[None]]) -> list[bool]:
    """Which of them may be submitted; the others are cancelled."""
    seen = [task.done() for task in tasks]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return seen


def test_it_waits_for_what_is_at_the_vendor() -> None:
    """Clips of an earlier run are collected first."""

    async def story() -> list[list[bool]]:
        probes = PriceProbes((), needed=lambda: True)
        probes.enter("left over")
        before = await gone(await asked(probes, job_of(1)))
        probes.leave("left over")
        return [before, await gone(await asked(probes, job_of(1)))]

    assert run(story()) == [[False], [True]]


def test_others_wait_for_its_price_whatever_their_cell() -> None:
    """A second submit would blur the balance; once the price is known, they go together."""

    async def story() -> list[list[bool]]:
        known = job_of(3, size="768p")
        probes = PriceProbes([price_key_of(known.variant)], needed=lambda: True)
        tasks = await asked(probes, job_of(1), job_of(2), known)
        before = [task.done() for task in tasks]
        probes.measured(job_of(1))
        await settled()
        return [before, await gone(tasks)]

    assert run(story()) == [[True, False, False], [True, True, True]]


def test_three_clips_without_a_price_end_the_measuring() -> None:
    """A balance that others use must not send a whole night one by one."""

    async def story() -> list[list[bool]]:
        probes, rounds = PriceProbes((), needed=lambda: True), []
        for first in (1, 3, 5, 7):
            rounds.append(await gone(await asked(probes, job_of(first), job_of(first + 1))))
            probes.not_measured(job_of(first))
            probes.leave(job_of(first).creative_id)
        return rounds

    assert run(story()) == [[True, False]] * 3 + [[True, True]]


def test_no_job_waits_where_amounts_are_named() -> None:
    """Or where the gateway shows no balance."""

    async def story() -> list[bool]:
        return await gone(await asked(PriceProbes((), needed=lambda: False), job_of(1), job_of(2)))

    assert run(story()) == [True, True]

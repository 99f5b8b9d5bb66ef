"""Each family has its own pace within the account's, and its own times unless a person set them."""

import asyncio
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from hailuo.campaign.catalog import Catalog, Limits
from hailuo.campaign.files import load_catalog
from hailuo.campaign.job import Job
from hailuo.run.events import Event
from hailuo.run.lanes import Lanes
from hailuo.run.pace import Limiter
from hailuo.run.tools import Tools
from hailuo.run.watching import Announcer
from hailuo.testing import VirtualClock
from tests.support.factories import VARIANT, make_job
from tests.support.worlds import World, world_of

CATALOG = load_catalog()
MODELS = ("MiniMax-Hailuo-02", "seedance-2.0", "kling-v3-omni-video")
JOBS = tuple(make_job(replace(VARIANT, model=model)) for model in MODELS)


def limited(**limits: float) -> Catalog:
    """A catalog in which Seedance has these limits."""
    family = replace(CATALOG.families["seedance"], limits=Limits(**limits))  # type: ignore[arg-type]  # whole ones
    return replace(CATALOG, families={**CATALOG.families, "seedance": family})


def tools_with(catalog: Catalog, folder: Path, *, in_flight: int = 8) -> Tools:
    world: World = world_of(catalog)
    tools = world.tools(world.ledger(), world.client(), folder)
    limiter = Limiter(submits_per_minute=6, in_flight=in_flight, clock=world.clock, random=Random(0))  # noqa: S311 (jitter)
    return replace(tools, limiter=limiter)


def lanes_of(tools: Tools, jobs: tuple[Job, ...] = JOBS) -> tuple[Lanes, list[str], list[str]]:
    """The lanes, what is announced, and what stopped the run."""
    announced: list[str] = []
    stopped: list[str] = []

    def observe(event: Event) -> None:
        announced.append(event.text)

    lanes = Lanes(jobs, tools, buying=jobs, announce=Announcer(observe), stop_run=stopped.append)
    return lanes, announced, stopped


def started_by(tools: Tools, lanes: Lanes, job: Job, *, seconds: float) -> int:
    """How many turns the job's family gets in so many seconds, if no task ends."""
    clock = tools.clock
    assert isinstance(clock, VirtualClock)
    turns = 0

    async def take() -> None:
        nonlocal turns
        while True:
            await lanes.of(job).turn()
            turns += 1

    async def main() -> None:
        task = asyncio.ensure_future(take())
        await clock.sleep(seconds)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    clock.run(main())
    return turns


@pytest.mark.parametrize("in_flight", [3, 4, 8, 20])
def test_no_family_holds_every_place_in_flight(tmp_path: Path, in_flight: int) -> None:
    """A family whose tasks never end leaves one place to each other family."""
    tools = tools_with(CATALOG, tmp_path, in_flight=in_flight)
    lanes, _, _ = lanes_of(tools)

    stuck = started_by(tools, lanes, JOBS[0], seconds=3_600)

    assert stuck == in_flight - 2
    assert started_by(tools, lanes, JOBS[1], seconds=3_600) >= 1


def test_a_family_alone_has_all_of_the_account(tmp_path: Path) -> None:
    """A run of one family goes at the pace of the settings, as ever."""
    tools = tools_with(CATALOG, tmp_path)
    lanes, _, _ = lanes_of(tools, JOBS[:1])

    assert lanes.of(JOBS[0]).gates == (tools.limiter,)


@pytest.mark.parametrize(
    ("limits", "started"),
    [({"in_flight": 2}, 2), ({"in_flight": 100}, 8), ({"submits_per_minute": 1}, 5), ({"submits_per_minute": 100}, 8)],
    ids=str,
)  # fmt: skip
def test_limits_of_the_catalog_hold_below_the_settings(
    tmp_path: Path, limits: dict[str, float], started: int
) -> None:
    """The settings stay the most: 6 submits a minute and 8 tasks."""
    tools = tools_with(limited(**limits), tmp_path)
    lanes, _, _ = lanes_of(tools, JOBS[1:2])

    assert started_by(tools, lanes, JOBS[1], seconds=299) == started


def test_slow_down_is_asked_of_one_family(tmp_path: Path) -> None:
    """The others go on at their pace."""
    tools = tools_with(CATALOG, tmp_path)
    lanes, _, _ = lanes_of(tools)
    lanes.of(JOBS[0]).slow_down(600, seconds_at_most=1_800)

    assert started_by(tools, lanes, JOBS[0], seconds=60) == 0
    assert started_by(tools, lanes, JOBS[1], seconds=60) > 0


def test_the_run_stops_with_its_last_family(tmp_path: Path) -> None:
    """Until then the others are told apart from the one that stopped."""
    tools = tools_with(CATALOG, tmp_path)
    lanes, announced, stopped = lanes_of(tools)

    for job in JOBS[:2]:
        lanes.stop(job, "it fails")
        lanes.stop(job, "it fails again")

    assert stopped == []
    assert [text.split(" only")[0] for text in announced] == ["minimax", "seedance"]
    assert lanes.stopped == "minimax: it fails; seedance: it fails"

    lanes.stop(JOBS[2], "it fails too")

    assert stopped == ["kling: it fails too; minimax: it fails; seedance: it fails"]


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        (frozenset[str](), (40.0, 3_600.0)),
        (frozenset({"deadline_seconds"}), (40.0, 1_800.0)),
        (frozenset({"poll_first_seconds"}), (20.0, 3_600.0)),
    ],
    ids=str,
)
def test_times_of_a_family_hold_unless_a_person_set_them(
    tmp_path: Path, own: frozenset[str], expected: tuple[float, float]
) -> None:
    """First poll and deadline; a model that left the catalog has those of the settings."""
    catalog = limited(first_poll_s=40.0, deadline_s=3_600.0)
    tools = replace(tools_with(catalog, tmp_path), own_times=own)
    gone = make_job(replace(VARIANT, model="gone"))

    schedule = tools.schedule_of(JOBS[1])

    assert (schedule.first_seconds, schedule.deadline_seconds) == expected
    assert tools.schedule_of(JOBS[0]) == tools.schedule_of(gone) == tools.schedule

"""A process that dies or sleeps at any one effect costs nothing twice and loses nothing.

An effect is a store call or a vendor request, counted at the border: no step of the code is named here, so that a
change in the order of any two of them is seen.
"""

import asyncio
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from itertools import count

import pytest

from hailuo.errors import AdmissionError, SettlementError
from hailuo.ledger.facts import JobState
from hailuo.ledger.ledger import HORIZON
from hailuo.simulator import FaultName, FaultPlan, ScriptedFault
from tests.support.processes import Process, Scene, new_scene

SMOOTH = FaultPlan()
STUMBLING = FaultPlan(
    script=(
        ScriptedFault(fault=FaultName.RATE_LIMIT_1002),
        ScriptedFault(fault=FaultName.FAILED_OBJECT, skip=1),
        ScriptedFault(fault=FaultName.URL_EXPIRED),
    )
)
LOST_ANSWERS = FaultPlan(script=(ScriptedFault(fault=FaultName.CHARGED_THEN_DROPPED, times=2),))


@pytest.mark.parametrize(
    ("faults", "jobs"),
    [
        pytest.param(SMOOTH, 1, id="one job"),
        pytest.param(SMOOTH, 2, id="two jobs", marks=[pytest.mark.slow, pytest.mark.long]),
        pytest.param(STUMBLING, 2, id="stumbling", marks=pytest.mark.slow),
    ],
)
def test_a_run_that_dies_at_any_effect_costs_nothing_twice_and_loses_nothing(faults, jobs, tmp_path):
    """Whatever it was about to do: the next runs and a person who looks finish every job for one charge each."""
    for stops_at in count(1):
        scene, process = new_scene(tmp_path, faults, jobs=jobs), Process(stops_at)

        async def night(scene: Scene = scene, process: Process = process) -> None:
            await process.lives(scene.run(process))
            await scene.check_promises()
            await scene.finish()
            await scene.check_end()

        scene.world.clock.run(night())
        if not process.stopped.is_set():
            break
    assert stops_at > 10 * jobs


@pytest.mark.slow
def test_a_run_that_sleeps_at_any_effect_while_another_works_costs_nothing_twice(tmp_path):
    """It slept for as long as the other run took, then goes on with what it knew before."""
    for stops_at in count(1):
        scene, process = new_scene(tmp_path, SMOOTH, jobs=2), Process(stops_at)

        async def night(scene: Scene = scene, process: Process = process) -> None:
            life = asyncio.ensure_future(scene.run(process))
            await process.until_stopped(life)
            await scene.run(Process())
            process.wake()
            await asyncio.wait({life})
            await scene.check_promises()
            await scene.finish()
            await scene.check_end()

        scene.world.clock.run(night())
        if not process.stopped.is_set():
            break
    assert stops_at > 20


def test_only_a_death_between_intent_and_outcome_leaves_a_submit_in_doubt(tmp_path):
    """The store's time, the POST, the claim on its task and the outcome follow the intent: died before one of them."""
    in_doubt = []
    for stops_at in count(1):
        scene, process = new_scene(tmp_path, SMOOTH, jobs=1), Process(stops_at)

        async def death(scene: Scene = scene, process: Process = process) -> JobState:
            await process.lives(scene.run(process))
            scene.world.clock.advance(HORIZON.total_seconds() + 1)
            return scene.state(await scene.ledger(), scene.world.jobs[0].creative_id)

        if scene.world.clock.run(death()) is JobState.UNKNOWN:
            in_doubt.append((process.effects[stops_at - 1].rpartition("/")[2], scene.charges))
        if not process.stopped.is_set():
            break
    assert in_doubt == [("now", 0), ("videos", 0), ("c001", 1), ("outcome", 1)]


def test_adopting_that_dies_at_any_effect_gives_a_task_to_one_job(tmp_path):
    """Somebody else then adopts the same task for another job: one of the two has it, and the end is right."""
    for stops_at in count(1):
        scene, process = new_scene(tmp_path, LOST_ANSWERS, jobs=2), Process(stops_at)

        async def night(scene: Scene = scene, process: Process = process) -> None:
            first, second, task_id = await scene.two_unknown()
            await process.lives(scene.adopt(process, first, task_id))
            with suppress(SettlementError):
                await scene.adopt(Process(), second, task_id)
            assert len(await scene.holders(task_id)) <= 1
            with suppress(SettlementError):
                await scene.adopt(Process(), first, task_id)  # the same word again, after the crash
            assert len(await scene.holders(task_id)) == 1

        scene.world.clock.run(night())
        if not process.stopped.is_set():
            break
    assert stops_at > 8


def test_two_people_who_adopt_one_task_meanwhile_do_not_both_get_it(tmp_path):
    """One sleeps at any effect of the adoption, while the other adopts the task for another job."""
    for stops_at in count(1):
        scene, process = new_scene(tmp_path, LOST_ANSWERS, jobs=2), Process(stops_at)

        async def night(scene: Scene = scene, process: Process = process) -> None:
            first, second, task_id = await scene.two_unknown()
            life = asyncio.ensure_future(scene.adopt(process, first, task_id))
            await process.until_stopped(life)
            with suppress(SettlementError):
                await scene.adopt(Process(), second, task_id)
            process.wake()
            await asyncio.wait({life})
            assert life.exception() is None or isinstance(life.exception(), SettlementError)
            assert len(await scene.holders(task_id)) == 1

        scene.world.clock.run(night())
        if not process.stopped.is_set():
            break
    assert stops_at > 8


def test_an_attempt_abandoned_after_a_crash_counts_beside_the_one_that_follows(tmp_path):
    """The vendor had charged it, and the dead run's grant is still open: the budget of one clip buys no second."""
    scene = new_scene(tmp_path, SMOOTH, jobs=1)
    scene.world.campaign = replace(scene.world.campaign, budget_usd=Decimal("0.10"))
    process = Process(stops_before="/outcome")

    async def night() -> None:
        await process.lives(scene.run(process))
        scene.world.clock.advance(HORIZON.total_seconds() + 1)
        await scene.abandon(scene.world.jobs[0].creative_id)
        with pytest.raises(AdmissionError, match=r"would bring the total to \$0\.20"):
            await scene.run(Process())

    scene.world.clock.run(night())
    assert scene.charges == 1


def test_taking_over_a_late_answer_may_die_at_any_effect(tmp_path):
    """The answer came after the attempt was abandoned: its task is adopted once, and nothing is bought for the job."""
    for stops_at in count(1):
        scene, process = new_scene(tmp_path, SMOOTH, jobs=1), Process(stops_at)

        async def night(scene: Scene = scene, process: Process = process) -> None:
            await scene.answer_after_abandoning()
            await process.lives(scene.reconcile(process))
            await scene.check_promises()
            await scene.finish()
            await scene.check_end()

        scene.world.clock.run(night())
        if not process.stopped.is_set():
            break
    assert stops_at > 5

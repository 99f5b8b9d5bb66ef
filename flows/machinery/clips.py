"""Task runs over a runner: one per clip, or one per bundle of clips, all awaited in one event loop."""

import asyncio
from collections.abc import Sequence
from typing import Final, TypeVar

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from flows.machinery.flow_run import job_label, journal
from flows.ui.artifacts import progress_shown
from hailuo.ledger.facts import JobState
from hailuo.plan.plan import Plan, PlannedJob
from hailuo.run.environment import RunEnvironment
from hailuo.run.events import Ending, RunReport
from hailuo.run.runner import Runner
from hailuo.run.session import Session

_Job = TypeVar("_Job")

TASK_RUNS_AT_MOST: Final = 400
"""Above this many jobs a task run drives a bundle of them: the server spends about 30 ms on each task run."""

_WAITING: Final = frozenset({JobState.NEW, JobState.SUBMITTED, JobState.IN_DOUBT})


async def render(session: Session, plan: Plan, env: RunEnvironment) -> RunReport:
    """Drive every unfinished job of the plan in this process."""
    runner = session.runner(plan, observe=journal(plan, env.observe))
    async with env.watch(runner), progress_shown(runner.progress, plan):
        await drive_all(runner, waiting_in(plan))
        return await runner.finish()


async def drive_all(
    runner: Runner, waiting: Sequence[PlannedJob], *, task_runs_at_most: int = TASK_RUNS_AT_MOST
) -> None:
    """One awaited task run per job, or per bundle: `.map` would cost fifteen times the CPU (docs/measurements.md)."""
    if len(waiting) <= task_runs_at_most:
        await asyncio.gather(*(_drive_clip(runner, planned) for planned in waiting))
        return
    bundles = bundles_of(waiting, at_most=task_runs_at_most)
    await asyncio.gather(*(_drive_bundle(runner, number, b) for number, b in enumerate(bundles, start=1)))


def waiting_in(plan: Plan) -> list[PlannedJob]:
    """The jobs for which a run has something to do."""
    return [planned for planned in plan.driven if planned.state in _WAITING]


def bundles_of(jobs: Sequence[_Job], *, at_most: int = TASK_RUNS_AT_MOST) -> list[Sequence[_Job]]:
    """The jobs dealt out evenly to so many bundles at most; where there are fewer jobs, each its own."""
    number = min(at_most, len(jobs))
    return [jobs[start::number] for start in range(number)]


async def _drive_clip(runner: Runner, planned: PlannedJob) -> None:
    @task(name="render-clip", task_run_name="{label}", retries=0, cache_policy=NO_CACHE, persist_result=False)
    async def render_clip(creative_id: str, label: str) -> State[None]:
        del label
        return _task_state([await runner.drive(creative_id)])

    label = f"{job_label(planned.job)} · {planned.job.creative_id}"
    await render_clip(planned.job.creative_id, label, return_state=True)  # type: ignore[misc]  # Prefect types an async return_state as if it were sync


async def _drive_bundle(runner: Runner, number: int, bundle: Sequence[PlannedJob]) -> None:
    @task(
        name="render-bundle",
        task_run_name="bundle {number}",
        retries=0,
        cache_policy=NO_CACHE,
        persist_result=False,
    )
    async def render_bundle(number: int, creative_ids: list[str]) -> State[None]:
        del number
        return _task_state(await asyncio.gather(*(runner.drive(creative_id) for creative_id in creative_ids)))

    await render_bundle(number, [planned.job.creative_id for planned in bundle], return_state=True)  # type: ignore[misc]  # Prefect types an async return_state as if it were sync


def _task_state(endings: Sequence[Ending]) -> State[None]:
    """Green when every clip of the task run is stored; else red, with the first reason."""
    missing = [ending for ending in endings if ending.state is not JobState.STORED]
    if not missing:
        return Completed(name="Stored", message=f"{len(endings)} stored")
    first = missing[0]
    name = "Overdue" if first.overdue else first.state.value.replace("_", " ").capitalize()
    return Failed(
        name=name, message=f"{len(missing)} of {len(endings)} not stored; {first.creative_id}: {first.reason}"
    )

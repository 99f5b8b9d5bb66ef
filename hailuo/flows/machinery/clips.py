"""Task runs for the jobs of a run: one per clip, or one per bundle of clips, all awaited in one event loop."""

import asyncio
from collections.abc import Sequence
from typing import Final, TypeVar

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from hailuo.flows.machinery.flow_run import job_label, log_events
from hailuo.flows.ui.artifacts import progress_shown
from hailuo.ledger.facts import JobState
from hailuo.plan.plan import Plan, PlannedJob
from hailuo.run.environment import RunEnvironment
from hailuo.run.events import Ending, RunReport
from hailuo.run.order import in_order
from hailuo.run.runner import Runner
from hailuo.run.session import Session
from hailuo.run.watching import quietly, watched_by

_Job = TypeVar("_Job")

TASK_RUNS_AT_MOST: Final = 400
"""With more jobs than this, a task run drives a bundle of them: each task run costs the server about 30 ms."""

_UNFINISHED: Final = frozenset({JobState.NEW, JobState.SUBMITTED, JobState.IN_DOUBT})


async def render(session: Session, plan: Plan, env: RunEnvironment) -> RunReport:
    """Drive every unfinished job of the plan in this process."""
    runner = session.runner(plan, observe=log_events(plan, env.observe))
    async with watched_by(env.watch(runner)), watched_by(progress_shown(runner.progress, plan)):
        await drive_all(runner, unfinished(plan))
        return await runner.finish()


async def drive_all(
    runner: Runner, jobs: Sequence[PlannedJob], *, task_runs_at_most: int = TASK_RUNS_AT_MOST
) -> None:
    """Await one task run per job, or per bundle. `.map` would cost fifteen times the CPU (docs/evidence/measurements.md).

    A job whose task run Prefect could not make or keep is driven without it.
    """
    if len(jobs) <= task_runs_at_most:
        task_runs = [_drive_clip(runner, planned) for planned in jobs]
    else:
        bundles = bundles_of(jobs, at_most=task_runs_at_most)
        task_runs = [_drive_bundle(runner, number, b) for number, b in enumerate(bundles, start=1)]
    await asyncio.gather(*map(quietly, task_runs))
    await runner.drive_rest([planned.job.creative_id for planned in jobs])


def unfinished(plan: Plan) -> list[PlannedJob]:
    """The jobs that a run has to work on, in the order in which they ask for their turn."""
    return [planned for planned in in_order(plan) if planned.state in _UNFINISHED]


def bundles_of(jobs: Sequence[_Job], *, at_most: int = TASK_RUNS_AT_MOST) -> list[Sequence[_Job]]:
    """Deal the jobs out evenly to at most so many bundles, none of them empty."""
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
    """Completed if every clip of the task run is stored; else Failed, with the first reason."""
    missing = [ending for ending in endings if ending.state is not JobState.STORED]
    if not missing:
        return Completed(name="Stored", message=f"{len(endings)} stored")
    first = missing[0]
    name = "Overdue" if first.overdue else first.state.words.capitalize()
    return Failed(
        name=name, message=f"{len(missing)} of {len(endings)} not stored; {first.creative_id}: {first.reason}"
    )

"""Task runs for the jobs of a run: one per clip, or one per bundle of clips, all awaited in one event loop."""

import asyncio
from collections.abc import Sequence
from typing import Final, TypeVar

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from hailuo.flows.machinery.flow_run import job_label, log_events
from hailuo.flows.machinery.states import state_of
from hailuo.flows.ui.artifacts import progress_shown, publishing_shown
from hailuo.ledger.facts import JobState
from hailuo.plan.plan import Plan, PlannedJob
from hailuo.publish.publish import Publication
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
        called = [
            render_clip(
                runner, p.job.creative_id, f"{job_label(p.job)} · {p.job.creative_id}", return_state=True
            )
            for p in jobs
        ]
    else:
        ids = [planned.job.creative_id for planned in jobs]
        bundles = enumerate(bundles_of(ids, at_most=task_runs_at_most), start=1)
        called = [render_bundle(runner, bundle, number, return_state=True) for number, bundle in bundles]
    await asyncio.gather(*(quietly(state_of(one)) for one in called))
    await runner.drive_rest([planned.job.creative_id for planned in jobs])


def unfinished(plan: Plan) -> list[PlannedJob]:
    """The jobs that a run has to work on, in the order in which they ask for their turn."""
    return [planned for planned in in_order(plan) if planned.state in _UNFINISHED]


def bundles_of(jobs: Sequence[_Job], *, at_most: int = TASK_RUNS_AT_MOST) -> list[Sequence[_Job]]:
    """Deal the jobs out evenly to at most so many bundles, none of them empty."""
    number = min(at_most, len(jobs))
    return [jobs[start::number] for start in range(number)]


@task(name="render-clip", task_run_name="{label}", retries=0, cache_policy=NO_CACHE, persist_result=False)
async def render_clip(runner: Runner, creative_id: str, label: str) -> State[None]:
    """Buy one clip at most once, wait for it and store it."""
    del label  # the name of the task run
    return _task_state([await runner.drive(creative_id)])


@task(
    name="render-bundle",
    task_run_name="bundle {number}",
    retries=0,
    cache_policy=NO_CACHE,
    persist_result=False,
)
async def render_bundle(runner: Runner, creative_ids: Sequence[str], number: int) -> State[None]:
    """The same for many clips at once."""
    del number  # in the name of the task run
    return _task_state(await asyncio.gather(*map(runner.drive, creative_ids)))


@task(
    name="publish",
    task_run_name="manifest and gallery of {name}",
    retries=0,
    cache_policy=NO_CACHE,
    persist_result=False,
)
async def publish(session: Session, name: str) -> Publication:
    """Wait for the checks of the clips, then build manifest and gallery; a progress line says where it is."""
    async with watched_by(publishing_shown(session.checks_under_way, name)):
        return await session.publish()


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

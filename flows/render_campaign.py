"""The main job as a Prefect flow: load, plan, admit, render, publish.

Embedded, with no server started by hand: `python -m flows.render_campaign FILE`.
"""

import asyncio
import sys
from collections.abc import Coroutine, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Final, TypeVar

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed
from pydantic import Field

from flows.artifacts import progress_shown, show_comparison, show_plan, show_unknowns
from flows.names import job_label, name_this_run, outcome_text, scheduled_start
from hailuo.errors import ExitCode
from hailuo.job import JobState
from hailuo.pipeline import Choice, Session, axis_values, open_session, prepare, surroundings
from hailuo.plan import Plan, PlannedJob
from hailuo.runner import Ending, Runner, RunReport

__all__ = ["drive", "render_campaign", "shards_of"]

_Job = TypeVar("_Job")

TASK_RUNS_AT_MOST: Final = 400
"""Above this many jobs a task run drives a shard of them: the server spends about 30 ms on each task run."""

CampaignFile = Annotated[Path, Field(description="The campaign file, YAML or CSV.")]
Edition = Annotated[str, Field(description="Another edition than the file's: a fresh shoot, bought anew.")]
Budget = Annotated[float, Field(gt=0, le=1_000_000, description="US dollars, in place of the file's budget.")]
Only = Annotated[
    list[str], Field(description="Only these values, as AXIS=VALUE, such as model=MiniMax-Hailuo-02.")
]
Digest = Annotated[
    str, Field(description="The plan agreed to; if another one would run by now, nothing is bought.")
]


@flow(name="render-campaign", retries=0, persist_result=False, validate_parameters=True)
async def render_campaign(
    campaign: CampaignFile,
    edition: Edition | None = None,
    budget_usd: Budget | None = None,
    only: Only = [],  # noqa: B006 (Prefect reads the default into the run form; nobody changes it)
    plan_digest: Digest | None = None,
) -> State[RunReport]:
    """Render every clip of a campaign once, store it, and lay all of them side by side."""
    place = surroundings()
    choice = Choice(
        path=campaign,
        at=scheduled_start(),
        edition=edition,
        budget_usd=None if budget_usd is None else Decimal(str(budget_usd)),
        only=axis_values(only),
    )
    prepared = prepare(choice, place.settings)
    await name_this_run(prepared.sound())
    async with open_session(prepared, choice, place.settings, clock=place.clock) as session:
        plan = await session.plan()
        await show_plan(plan)
        await session.admit(plan, agreed_digest=plan_digest)
        report = await render(session, plan)
        made = await session.publish()
    await show_comparison(plan, made)
    await show_unknowns(plan, report)
    return _flow_state(plan, report)


async def render(session: Session, plan: Plan) -> RunReport:
    """Drive every unfinished job in one event loop; a task run each, or one per shard."""
    place = surroundings()
    runner = session.runner(plan, observe=place.observe)
    waiting = [p for p in plan.driven if p.state in {JobState.NEW, JobState.SUBMITTED, JobState.IN_DOUBT}]
    async with place.watch(runner), progress_shown(runner, plan):
        await asyncio.gather(*_task_runs(runner, waiting))
        return await runner.finish()


def shards_of(jobs: Sequence[_Job]) -> list[Sequence[_Job]]:
    """The jobs dealt out evenly to at most 400 shards; up to 400 jobs, each its own."""
    number = min(TASK_RUNS_AT_MOST, len(jobs))
    return [jobs[start::number] for start in range(number)]


def _task_runs(runner: Runner, waiting: Sequence[PlannedJob]) -> list[Coroutine[object, object, None]]:
    """One awaited task run per job, or per shard: `.map` would cost fifteen times the CPU (prefect-notes.md)."""
    if len(waiting) <= TASK_RUNS_AT_MOST:
        return [_drive_clip(runner, planned) for planned in waiting]
    return [_drive_shard(runner, number, shard) for number, shard in enumerate(shards_of(waiting), start=1)]


async def _drive_clip(runner: Runner, planned: PlannedJob) -> None:
    @task(name="render-clip", task_run_name="{label}", retries=0, cache_policy=NO_CACHE, persist_result=False)
    async def render_clip(creative_id: str, label: str) -> State[None]:
        del label
        return _task_state([await runner.drive(creative_id)])

    await render_clip(planned.job.creative_id, job_label(planned.job), return_state=True)  # type: ignore[misc]  # Prefect types an async return_state as if it were sync


async def _drive_shard(runner: Runner, number: int, shard: Sequence[PlannedJob]) -> None:
    @task(
        name="render-shard",
        task_run_name="shard {number}",
        retries=0,
        cache_policy=NO_CACHE,
        persist_result=False,
    )
    async def render_shard(number: int, creative_ids: list[str]) -> State[None]:
        del number
        return _task_state(await asyncio.gather(*(runner.drive(creative_id) for creative_id in creative_ids)))

    await render_shard(number, [planned.job.creative_id for planned in shard], return_state=True)  # type: ignore[misc]  # Prefect types an async return_state as if it were sync


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


def _flow_state(plan: Plan, report: RunReport) -> State[RunReport]:
    text = outcome_text(plan, report)
    match report.exit_code:
        case ExitCode.COMPLETE:
            return Completed(message=text, data=report)
        case ExitCode.INCOMPLETE:
            return Completed(name="Incomplete", message=text, data=report)
        case _:
            return Failed(name="Stopped", message=text, data=report)


def drive(choice: Choice, plan_digest: str) -> RunReport:
    """What `hailuo run` calls when a Prefect server is set. Raises what the flow raised."""
    return asyncio.run(_drive(choice, plan_digest))


async def _drive(choice: Choice, plan_digest: str) -> RunReport:
    state: State[RunReport] = await render_campaign(  # type: ignore[assignment]  # Prefect unwraps the returned State
        choice.path,
        edition=choice.edition,
        budget_usd=None if choice.budget_usd is None else float(choice.budget_usd),
        only=[f"{axis}={label}" for axis, labels in choice.only.items() for label in sorted(labels)],
        plan_digest=plan_digest,
        return_state=True,
    )
    report = await state.aresult(raise_on_failure=state.name != "Stopped")
    assert isinstance(report, RunReport)  # noqa: S101 (the flow's own _flow_state put it there)
    return report


if __name__ == "__main__":
    asyncio.run(render_campaign(Path(sys.argv[1])))

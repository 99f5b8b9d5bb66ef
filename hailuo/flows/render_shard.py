"""A shard: part of the jobs of a run on several machines. `render-campaign` starts it, not people."""

from typing import Annotated, Final

from prefect import flow
from prefect.client.schemas.objects import State
from pydantic import Field

from hailuo import open_session, prepare
from hailuo.flows.machinery.clips import TASK_RUNS_AT_MOST, drive_all, unfinished
from hailuo.flows.machinery.flow_run import due_in_zone, flow_environment, forward_library_logs, log_events
from hailuo.flows.machinery.parameters import (
    CampaignForm,
    ChosenCampaign,
    DueAt,
    EditionName,
    Only,
    label,
)
from hailuo.flows.machinery.states import ended, refusal_is_a_state
from hailuo.flows.machinery.task_runs import end_task_runs
from hailuo.ledger.facts import JobState
from hailuo.run.shards import Share
from hailuo.run.watching import watched_by

_FEWEST_TASK_RUNS: Final = 10

TaskRuns = Annotated[int, Field(ge=1, le=TASK_RUNS_AT_MOST), label("Task runs at most")]
OfShard = Annotated[Share, label("Share of the run")]


@flow(
    name="render-shard",
    retries=0,
    persist_result=False,
    validate_parameters=True,
    on_crashed=[end_task_runs],
    on_cancellation=[end_task_runs],
)
@refusal_is_a_state
async def render_shard(
    share: OfShard,
    campaign: ChosenCampaign,
    edition: EditionName = "",
    only: Only = (),
    due_at: DueAt = None,
    task_runs: TaskRuns = _FEWEST_TASK_RUNS,
) -> State[None]:
    """Render one share of a run. The run that started it has admitted the plan and holds the grant.

    Args:
        share: The jobs of this shard, and its share of the vendor's limits.
        campaign: A file of the campaigns folder, or the text of a campaign.
        edition: A name for this edition, in place of the file's.
        only: Render only the clips with these values, each as AXIS=VALUE, such as model=MiniMax-Hailuo-02.
        due_at: The night that the run belongs to; it fills {date} in an edition's name. The default is now.
        task_runs: How many task runs the shard may make.
    """
    form = CampaignForm(
        campaign=campaign,
        edition=edition,
        only=tuple(only),
        due_at=due_at or await due_in_zone(None),
    )
    with forward_library_logs():
        env = await flow_environment()
        prepared = prepare(form.request(env.settings), env.settings)
        async with open_session(prepared, env.settings, clock=env.clock, share=share) as session:
            plan = await session.part(share)
            runner = session.runner(plan, observe=log_events(plan, env.observe))
            try:
                async with watched_by(env.watch(runner)), session.noting(share, runner):
                    await drive_all(runner, unfinished(plan), task_runs_at_most=task_runs)
                    report = await runner.finish()
            finally:  # also when it is cancelled: the lead must know what was bought
                await session.give_account(share, runner)
    reason = report.interrupted or report.stopped
    stored = len(report.in_state(JobState.STORED))
    text = f"{stored} of {len(report.endings)} clips stored" + (f"; {reason}" if reason else "")
    return ended(report.exit_code, text, None)

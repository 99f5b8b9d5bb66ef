"""A shard: part of a run's jobs, on another worker. Started by `render-campaign`, not by people."""

from typing import Annotated, Any, Final

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed
from pydantic import Field

from flows.machinery.clips import TASK_RUNS_AT_MOST, drive_all, waiting_in
from flows.machinery.flow_run import flow_environment, journal, library_heard
from flows.machinery.parameters import CampaignName, CampaignText, DueAt, EditionName, Only, choice_of
from hailuo.errors import ExitCode
from hailuo.ledger.facts import JobState
from hailuo.plan.prepare import prepare
from hailuo.run.events import RunReport
from hailuo.run.session import open_session
from hailuo.run.shards import Share

_FEWEST_TASK_RUNS: Final = 10

TaskRuns = Annotated[int, Field(ge=1, le=TASK_RUNS_AT_MOST)]


@flow(
    name="render-shard",
    retries=0,
    persist_result=False,
    validate_parameters=True,
)
async def render_shard(  # noqa: PLR0913, PLR0917 (its lead fills the form in)
    share: Share,
    campaign: CampaignName = "",
    campaign_text: CampaignText = "",
    edition: EditionName = "",
    only: Only = [],  # noqa: B006 (Prefect reads the default into the run form; nobody changes it)
    due_at: DueAt | None = None,
    task_runs: TaskRuns = _FEWEST_TASK_RUNS,
) -> State[None]:
    """Render the share of a run that its lead has admitted, on the lead's grant.

    Args:
        share: The jobs dealt to it, and its share of the vendor's limits.
        campaign: A file of the campaigns folder. Leave it empty to paste a campaign below.
        campaign_text: A whole campaign in YAML, in place of a file. Its frames are looked for in the campaigns folder.
        edition: Another edition than the file's: a fresh shoot, bought anew. Left empty: the file's.
        only: Only jobs with these values, each as AXIS=VALUE, such as model=MiniMax-Hailuo-02.
        due_at: The night that it belongs to, which gives {date} in an edition its date. Left empty: now.
        task_runs: How many task runs it may make.
    """
    wish: dict[str, Any] = {
        "campaign": campaign,
        "campaign_text": campaign_text,
        "edition": edition,
        "only": only,
    }
    with library_heard():
        env = await flow_environment()
        choice = choice_of(env.settings, **wish, due_at=due_at)
        prepared = prepare(choice, env.settings)
        async with open_session(prepared, env.settings, clock=env.clock, share=share) as session:
            plan = await session.part(share)
            runner = session.runner(plan, observe=journal(plan, env.observe))
            try:
                async with env.watch(runner), session.noting(share, runner):
                    await drive_all(runner, waiting_in(plan), task_runs_at_most=task_runs)
                    report = await runner.finish()
            finally:  # also when it is cancelled: the lead learns what was bought
                await session.give_account(share, runner)
    return _shard_state(report)


def _shard_state(report: RunReport) -> State[None]:
    stored = len(report.in_state(JobState.STORED))
    why = report.interrupted or report.stopped
    text = f"{stored} of {len(report.endings)} clips stored" + (f"; {why}" if why else "")
    match report.exit_code:
        case ExitCode.COMPLETE:
            return Completed(message=text)
        case ExitCode.INCOMPLETE:
            return Completed(name="Incomplete", message=text)
        case _:
            return Failed(name="Stopped", message=text)

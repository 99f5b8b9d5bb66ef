"""A run on several machines: its lead starts shards as flow runs on the work pool, and takes over from dead ones."""

import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import httpx
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State
from prefect.deployments import arun_deployment
from prefect.exceptions import PrefectException
from prefect.states import Cancelling, Crashed

from hailuo.errors import StoreUnavailableError
from hailuo.flows.machinery.clips import TASK_RUNS_AT_MOST, render
from hailuo.flows.machinery.parameters import CampaignForm
from hailuo.flows.machinery.task_runs import end_task_runs_of
from hailuo.flows.ui.artifacts import progress_shown
from hailuo.logs import quiet_logger
from hailuo.plan.plan import Plan
from hailuo.run.environment import RunEnvironment
from hailuo.run.events import RunReport
from hailuo.run.lead import Lead, ShardState
from hailuo.run.session import Session
from hailuo.run.shards import Share
from hailuo.run.watching import watched_by

SHARD_DEPLOYMENT: Final = "render-shard/render-shard"

_POLL_SECONDS: Final = 10.0
_START_TIMEOUT_SECONDS: Final = 300.0
"""The lead itself drives the jobs of a shard that no worker has started by then."""

_DEATHS_AT_MOST: Final = 8
"""After more dead shards than this, the lead drives the rest itself: a new shard would probably die as well."""

_log = quiet_logger("hailuo.lead")


@dataclass(slots=True)
class _Shard:
    """A share and its flow run (None if Prefect could not start one); `waited` counts the seconds before its first note."""

    share: Share
    flow_run_id: UUID | None
    waited: float = 0.0


async def render_on_machines(
    session: Session, plan: Plan, env: RunEnvironment, *, machines: int, form: CampaignForm
) -> RunReport:
    """Drive the canaries here, then all other jobs as shards on the work pool.

    The shards find the campaign by `form`. No shard is started if there is nothing to buy (collecting needs no share
    of a limit) or if the canaries stop the run.
    """
    if not plan.to_buy:
        return await render(session, plan, env)
    lead = session.lead(plan, machines=machines)
    if lead.canaries.to_buy:
        first = await render(session, lead.canaries, env)
        if first.stopped or first.interrupted:
            return first
    shards = _ShardRuns(session, lead, env, form)
    async with watched_by(progress_shown(lead.progress, plan)), shards.running(lead.deal()):
        await shards.finish()
    return await lead.report()


class _ShardRuns:
    """The flow runs of one run's shards."""

    def __init__(self, session: Session, lead: Lead, env: RunEnvironment, form: CampaignForm) -> None:
        self._session = session
        self._lead = lead
        self._env = env
        self._form = form
        self._shards: dict[int, _Shard] = {}
        self._task_runs = TASK_RUNS_AT_MOST
        self._deaths = 0

    @contextlib.asynccontextmanager
    async def running(self, shares: Sequence[Share]) -> AsyncIterator[None]:
        """Start a shard for each share; cancel those that still run when the block ends."""
        self._task_runs = max(1, TASK_RUNS_AT_MOST // max(1, len(shares)))
        try:
            for share in shares:
                await self._start(share)
            yield
        finally:
            for shard in self._shards.values():
                await _cancel(shard, "its lead has ended")

    async def finish(self) -> None:
        """Wait until every shard has ended with a final note, or its jobs have been taken over."""
        while self._shards:
            await self._env.clock.sleep(_POLL_SECONDS)
            for number in list(self._shards):
                with contextlib.suppress(StoreUnavailableError, httpx.HTTPError):  # the next poll sees it
                    await self._check(number)

    async def _start(self, share: Share) -> None:
        flow_run_id: UUID | None = None
        try:
            async with get_client() as client:  # Prefect never closes a client that it opens here itself
                run = await arun_deployment(
                    SHARD_DEPLOYMENT,
                    client=client,
                    parameters={
                        **self._form.model_dump(mode="json", exclude={"budget_usd", "limit", "new_store"}),
                        "share": share,
                        "task_runs": self._task_runs,
                    },
                    flow_run_name=f"shard {share.number} · {self._session.campaign.name}",
                    timeout=0,
                    idempotency_key=share.worker,
                )
            flow_run_id = run.id
            _log.info("shard %d: started with %d jobs", share.number, len(share.creative_ids))
        except (httpx.HTTPError, PrefectException) as error:
            _log.warning("shard %d could not be started: %s", share.number, error)
        self._shards[share.number] = _Shard(share=share, flow_run_id=flow_run_id)

    async def _check(self, number: int) -> None:
        shard = self._shards[number]
        match await self._lead.shard_state(number):
            case ShardState.ENDED:
                del self._shards[number]
            case ShardState.SILENT:
                await self._replace(number, "it stopped writing notes")
            case ShardState.AT_WORK:
                if not await _is_over(shard):
                    return
                if await self._lead.shard_state(number) is ShardState.ENDED:  # the final note came just now
                    del self._shards[number]
                else:
                    await self._replace(number, "it ended without a final note")
            case ShardState.UNSEEN:
                shard.waited += _POLL_SECONDS
                if await _is_over(shard) or shard.waited >= _START_TIMEOUT_SECONDS:
                    await _cancel(shard, "no worker started it; its lead drives the jobs")
                    _log.warning("shard %d did not start; its jobs are driven by the lead", number)
                    del self._shards[number]
                    await render(self._session, self._lead.recall(number), self._env)

    async def _replace(self, number: int, reason: str) -> None:
        shard = self._shards.pop(number)
        self._deaths += 1
        _log.warning("shard %d is considered dead (%s); its jobs are reassigned", number, reason)
        await _mark_crashed(shard, reason)
        if self._deaths > _DEATHS_AT_MOST:
            await render(self._session, await self._lead.take_over(number), self._env)
            return
        share = await self._lead.replace(number)
        if share:
            await self._start(share)


async def _is_over(shard: _Shard) -> bool:
    """Whether the flow run has ended or was never started; False if Prefect does not answer."""
    if shard.flow_run_id is None:
        return True
    with contextlib.suppress(httpx.HTTPError, PrefectException):
        async with get_client() as client:
            run = await client.read_flow_run(shard.flow_run_id)
        return run.state is not None and run.state.is_final()
    return False


async def _cancel(shard: _Shard, reason: str) -> None:
    """Cancel the flow run, if Prefect answers."""
    if shard.flow_run_id is None:
        return
    state: State[None] = Cancelling(message=reason)
    with contextlib.suppress(httpx.HTTPError, PrefectException):
        async with get_client() as client:
            await client.set_flow_run_state(shard.flow_run_id, state)


async def _mark_crashed(shard: _Shard, reason: str) -> None:
    """Mark a dead shard and its task runs as crashed, which Prefect does not do by itself."""
    if shard.flow_run_id is None:
        return
    crashed: State[None] = Crashed(message=f"considered dead: {reason}")
    with contextlib.suppress(httpx.HTTPError, PrefectException):
        async with get_client() as client:
            run = await client.read_flow_run(shard.flow_run_id)
            if run.state is None or not run.state.is_final():
                await client.set_flow_run_state(shard.flow_run_id, crashed, force=True)
            await end_task_runs_of(client, shard.flow_run_id, f"its shard is considered dead: {reason}")

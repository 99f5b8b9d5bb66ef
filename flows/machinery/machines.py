"""A run on several machines: shards as flow runs on the work pool; their lead waits, and takes over from the dead."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import httpx
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterId,
    TaskRunFilter,
    TaskRunFilterState,
    TaskRunFilterStateType,
)
from prefect.client.schemas.objects import State, StateType
from prefect.deployments import run_deployment
from prefect.exceptions import PrefectException
from prefect.states import Cancelling, Crashed

from flows.machinery.clips import TASK_RUNS_AT_MOST, render
from flows.ui.artifacts import progress_shown
from hailuo.errors import StoreUnavailableError
from hailuo.plan.plan import Plan
from hailuo.run.environment import RunEnvironment
from hailuo.run.events import RunReport
from hailuo.run.lead import Lead, Standing
from hailuo.run.session import Session
from hailuo.run.shards import Share

SHARD_DEPLOYMENT: Final = "render-shard/render-shard"

_LOOK_SECONDS: Final = 10.0
_START_PATIENCE_SECONDS: Final = 300.0
"""A shard that no worker has taken up by then is driven by the lead itself."""

_DEATHS_AT_MOST: Final = 8
"""After so many dead shards the lead drives on by itself: something kills them that dealing again does not cure."""

_log = logging.getLogger("hailuo.lead")


@dataclass(slots=True)
class _Shard:
    """A flow run at work on a share, None where Prefect took none; `waited` are the seconds that it has not been seen."""

    share: Share
    flow_run_id: UUID | None
    waited: float = 0.0


async def render_on_machines(
    session: Session, plan: Plan, env: RunEnvironment, *, machines: int, form: Mapping[str, Any]
) -> RunReport:
    """Drive the canaries here, then every other job as shards on the work pool.

    `form` are the parameters by which a shard finds the same campaign. With nothing to buy, or when the canaries
    stop the run, no shard is started: collecting needs no share of a limit.
    """
    if not plan.to_buy:
        return await render(session, plan, env)
    lead = session.lead(plan, machines=machines)
    if lead.canaries.to_buy:
        first = await render(session, lead.canaries, env)
        if first.stopped or first.interrupted:
            return first
    crew = _Crew(session, lead, env, form)
    async with progress_shown(lead.progress, plan), crew.on_duty(lead.deal()):
        await crew.see_through()
    return await lead.report()


class _Crew:
    """The flow runs of one run's shards."""

    def __init__(self, session: Session, lead: Lead, env: RunEnvironment, form: Mapping[str, Any]) -> None:
        self._session = session
        self._lead = lead
        self._env = env
        self._form = form
        self._shards: dict[int, _Shard] = {}
        self._task_runs = TASK_RUNS_AT_MOST
        self._deaths = 0

    @contextlib.asynccontextmanager
    async def on_duty(self, shares: Sequence[Share]) -> AsyncIterator[None]:
        """Shards at work on the shares; whoever is still at work when the block ends is told to stop."""
        self._task_runs = max(1, TASK_RUNS_AT_MOST // max(1, len(shares)))
        try:
            for share in shares:
                await self._start(share)
            yield
        finally:
            for shard in self._shards.values():
                await _stop(shard, "its lead has ended")

    async def see_through(self) -> None:
        """Until every shard has given its account, or another has taken over what it left."""
        while self._shards:
            await self._env.clock.sleep(_LOOK_SECONDS)
            for number in list(self._shards):
                with contextlib.suppress(StoreUnavailableError, httpx.HTTPError):  # a look that was missed
                    await self._look_at(number)

    async def _start(self, share: Share) -> None:
        try:
            flow_run_id = await self._flow_run_of(share)
            _log.info("shard %d: %d jobs dealt", share.number, len(share.creative_ids))
        except (httpx.HTTPError, PrefectException) as error:
            flow_run_id = None
            _log.warning("shard %d could not be started: %s", share.number, error)
        self._shards[share.number] = _Shard(share=share, flow_run_id=flow_run_id)

    async def _flow_run_of(self, share: Share) -> UUID:
        async with get_client() as client:  # one that Prefect opens by itself stays open
            run = await run_deployment(  # type: ignore[misc]  # Prefect types the dispatched call as if it were sync
                SHARD_DEPLOYMENT,
                client=client,
                parameters={**self._form, "share": share, "task_runs": self._task_runs},
                flow_run_name=f"shard {share.number} · {self._session.campaign.name}",
                timeout=0,
                idempotency_key=share.worker,
            )
        flow_run_id: UUID = run.id
        return flow_run_id

    async def _look_at(self, number: int) -> None:
        shard = self._shards[number]
        match await self._lead.standing(number):
            case Standing.ENDED:
                del self._shards[number]
            case Standing.SILENT:
                await self._replace(number, "its notes have stopped")
            case Standing.AT_WORK:
                if await _is_over(shard):
                    await self._replace_unless_ended(number)
            case Standing.UNSEEN:
                await self._wait_for(number, shard)

    async def _replace_unless_ended(self, number: int) -> None:
        """Prefect says that it is over: its last note may have come since we looked."""
        if await self._lead.standing(number) is Standing.ENDED:
            del self._shards[number]
        else:
            await self._replace(number, "it ended without giving its account")

    async def _wait_for(self, number: int, shard: _Shard) -> None:
        shard.waited += _LOOK_SECONDS
        if not await _is_over(shard) and shard.waited < _START_PATIENCE_SECONDS:
            return
        await _stop(shard, "no worker took it up: its lead goes on alone")
        _log.warning("shard %d did not begin; its jobs are driven here", number)
        del self._shards[number]
        await render(self._session, self._lead.recall(number), self._env)

    async def _replace(self, number: int, why: str) -> None:
        shard = self._shards.pop(number)
        self._deaths += 1
        _log.warning("shard %d is taken for dead (%s); its jobs are dealt again", number, why)
        await _bury(shard, why)
        if self._deaths > _DEATHS_AT_MOST:
            await render(self._session, await self._lead.take_over(number), self._env)
            return
        share = await self._lead.replace(number)
        if share:
            await self._start(share)


async def _is_over(shard: _Shard) -> bool:
    """Whether Prefect says that its flow run has ended, or has none; False when it does not answer."""
    if shard.flow_run_id is None:
        return True
    with contextlib.suppress(httpx.HTTPError, PrefectException):
        async with get_client() as client:
            run = await client.read_flow_run(shard.flow_run_id)
        return run.state is not None and run.state.is_final()
    return False


async def _stop(shard: _Shard, why: str) -> None:
    """Tell Prefect; what it shows is no reason to stop."""
    if shard.flow_run_id is None:
        return
    state: State[None] = Cancelling(message=why)
    with contextlib.suppress(httpx.HTTPError, PrefectException):
        async with get_client() as client:
            await client.set_flow_run_state(shard.flow_run_id, state)


async def _bury(shard: _Shard, why: str) -> None:
    """Mark a dead shard and its task runs as crashed: nobody else would."""
    if shard.flow_run_id is None:
        return
    crashed: State[None] = Crashed(message=f"taken for dead: {why}")
    with contextlib.suppress(httpx.HTTPError, PrefectException):
        async with get_client() as client:
            run = await client.read_flow_run(shard.flow_run_id)
            if run.state is None or not run.state.is_final():
                await client.set_flow_run_state(shard.flow_run_id, crashed, force=True)
            left = await client.read_task_runs(
                flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=[shard.flow_run_id])),
                task_run_filter=TaskRunFilter(
                    state=TaskRunFilterState(
                        type=TaskRunFilterStateType(any_=[StateType.RUNNING, StateType.PENDING])
                    )
                ),
            )
            await asyncio.gather(
                *(client.set_task_run_state(task_run.id, crashed, force=True) for task_run in left)
            )

"""Task runs that no process drives any more: Prefect leaves them Running when their flow run is killed."""

import asyncio
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterEndTime,
    FlowRunFilterId,
    FlowRunFilterState,
    FlowRunFilterStateType,
    FlowRunFilterTags,
    TaskRunFilter,
    TaskRunFilterState,
    TaskRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.flows import Flow
from prefect.runtime import flow_run as runtime_run
from prefect.states import Crashed

from hailuo.clock import Clock
from hailuo.run.watching import quietly

_LOOKED_BACK: Final = timedelta(days=7)
_LATE_EVENTS: Final = timedelta(minutes=5)
"""The states of task runs reach the server so late after the end of their flow run."""

_OPEN: Final = TaskRunFilter(
    state=TaskRunFilterState(
        type=TaskRunFilterStateType(any_=[StateType.RUNNING, StateType.PENDING, StateType.SCHEDULED])
    )
)


async def end_task_runs(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
    """A hook for crash and cancellation: nothing drives the task runs any more."""
    del flow
    async with get_client() as client:
        await end_task_runs_of(client, UUID(str(flow_run.id)), f"its flow run is {state.name}")


async def end_abandoned_task_runs(clock: Clock) -> None:
    """End the task runs that an earlier, killed try of this flow run left, and those of flow runs that died this week."""
    own = UUID(runtime_run.get_id() or "")
    killed = FlowRunFilterStateType(any_=[StateType.CRASHED, StateType.CANCELLED, StateType.FAILED])
    ended = {"after_": clock.now() - _LOOKED_BACK, "before_": clock.now() - _LATE_EVENTS}
    dead = FlowRunFilter(
        tags=FlowRunFilterTags(any_=["hailuo", "hailuo-shard"]),
        state=FlowRunFilterState(type=killed),
        end_time=FlowRunFilterEndTime.model_validate(ended),
    )
    async with get_client() as client:
        await end_task_runs_of(client, own, "its flow run began again")
        for one in await client.read_task_runs(flow_run_filter=dead, task_run_filter=_OPEN):
            await _end(client, one.id, "its flow run is over")


async def end_task_runs_of(client: PrefectClient, flow_run_id: UUID, reason: str) -> None:
    """End every open task run of a flow run as Crashed."""
    this = FlowRunFilter(id=FlowRunFilterId(any_=[flow_run_id]))
    open_ones = await client.read_task_runs(flow_run_filter=this, task_run_filter=_OPEN)
    await asyncio.gather(*(_end(client, one.id, reason) for one in open_ones))


async def _end(client: PrefectClient, task_run_id: UUID, reason: str) -> None:
    crashed: State[None] = Crashed(message=f"no process drives it any more: {reason}")
    await quietly(client.set_task_run_state(task_run_id, crashed, force=True))

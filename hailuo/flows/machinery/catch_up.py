"""After a downtime only the newest night runs by itself; the older ones end as Superseded, and its page lists them."""

import contextlib
from datetime import timedelta
from typing import Final
from uuid import UUID

import httpx
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterId,
    FlowRunFilter,
    FlowRunFilterExpectedStartTime,
    FlowRunFilterState,
    FlowRunFilterStateName,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.client.schemas.sorting import FlowRunSort
from prefect.exceptions import PrefectException
from prefect.runtime import flow_run

from hailuo.clock import Clock
from hailuo.flows.machinery.states import Ended

_LISTED_FOR: Final = timedelta(days=7)


async def newer_night(clock: Clock) -> FlowRun | None:
    """A night of the same schedule that was due after this one and waits too; None if this is the newest."""
    async with get_client() as client:
        this = await _this_run(client)
        if this is None or not this.auto_scheduled:
            return None
        waiting = FlowRunFilterState(
            type=FlowRunFilterStateType(any_=[StateType.SCHEDULED, StateType.PENDING])
        )
        due = FlowRunFilterExpectedStartTime.model_validate(
            {"after_": this.expected_start_time, "before_": clock.now()}
        )
        found = await _nights(client, this, FlowRunFilter(state=waiting, expected_start_time=due))
    return next((run for run in found if run.id != this.id and run.auto_scheduled), None)


async def missed_nights(clock: Clock) -> tuple[str, ...]:
    """The names of the nights of this week that a newer one replaced, oldest first; none if Prefect does not answer."""
    with contextlib.suppress(httpx.HTTPError, PrefectException):
        async with get_client() as client:
            if this := await _this_run(client):
                named = FlowRunFilterState(name=FlowRunFilterStateName(any_=[Ended.SUPERSEDED.value]))
                due = FlowRunFilterExpectedStartTime.model_validate({"after_": clock.now() - _LISTED_FOR})
                found = await _nights(client, this, FlowRunFilter(state=named, expected_start_time=due))
                return tuple(run.name for run in reversed(found))
    return ()


async def _this_run(client: PrefectClient) -> FlowRun | None:
    """This flow run; None without a deployment."""
    run = await client.read_flow_run(UUID(flow_run.get_id() or ""))
    return run if run.deployment_id else None


async def _nights(client: PrefectClient, this: FlowRun, wanted: FlowRunFilter) -> list[FlowRun]:
    """Flow runs of the same deployment, the newest first."""
    same = DeploymentFilter(id=DeploymentFilterId(any_=[this.deployment_id])) if this.deployment_id else None
    return await client.read_flow_runs(
        deployment_filter=same, flow_run_filter=wanted, sort=FlowRunSort.EXPECTED_START_TIME_DESC
    )

"""Starting `render-campaign` for an approved plan: once, however many approve it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun
from prefect.deployments import run_deployment
from prefect.exceptions import ObjectNotFound
from prefect.runtime import flow_run

from flows.machinery.flow_run import run_name
from hailuo.errors import Place, Problem
from hailuo.plan.plan import Plan

RENDER_DEPLOYMENT: Final = "render-campaign/render-campaign"


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """The run of an approved plan. `is_joined`: another approval had started it, and it is not over."""

    flow_run: FlowRun
    is_joined: bool


async def deployment_problems() -> list[Problem]:
    """Why nothing could be started, whatever a person says."""
    async with get_client() as client:
        try:
            await client.read_deployment_by_name(RENDER_DEPLOYMENT)
        except ObjectNotFound:
            reason, remedy = "is not deployed to this server", "run: prefect --no-prompt deploy --all"
            return [Problem(Place(RENDER_DEPLOYMENT), reason, remedy)]
    return []


async def launch(plan: Plan, form: Mapping[str, Any]) -> Launch:
    """Start the run with this form, or join the one that was started for the same plan and is still at work.

    Prefect answers a key that was used before with the old run. One that is over did not change the plan, so it is
    no answer to this approval (its key was missing, or it stood on another store): the next key is made of its id.
    Two approvals that find the same run over thus still start one.
    """
    mark = f"approval:{flow_run.get_id()}/{flow_run.get_run_count()}"
    key = plan.digest
    while True:
        run = await _start(plan, form, key=key, mark=mark)
        if mark in run.tags:
            return Launch(flow_run=run, is_joined=False)
        if not _is_over(run):
            return Launch(flow_run=run, is_joined=True)
        key = f"{plan.digest}:{run.id}"


async def _start(plan: Plan, form: Mapping[str, Any], *, key: str, mark: str) -> FlowRun:
    """The run of this key: a new one, that has the mark, or an old one."""
    async with get_client() as client:  # the one that Prefect would make here is never closed
        return await run_deployment(  # type: ignore[misc, no-any-return]  # Prefect types the dispatched call as if it were sync
            RENDER_DEPLOYMENT,
            client=client,
            parameters={**form, "plan_digest": plan.digest},
            flow_run_name=run_name(plan.campaign.this_edition),
            idempotency_key=key,
            timeout=0,
            as_subflow=False,
            tags=["approved", mark],
        )


def _is_over(run: FlowRun) -> bool:
    """One that is being cancelled buys nothing more."""
    return run.state is not None and (run.state.is_final() or run.state.is_cancelling())

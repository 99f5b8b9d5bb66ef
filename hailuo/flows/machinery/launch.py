"""Starting `render-campaign` for an approved plan: one run per plan, however many people approve it."""

from dataclasses import dataclass
from typing import Final

from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun
from prefect.deployments import arun_deployment
from prefect.exceptions import ObjectNotFound
from prefect.runtime import deployment, flow_run

from hailuo.errors import Place, Problem
from hailuo.flows.machinery.flow_run import run_name
from hailuo.flows.machinery.parameters import CampaignForm
from hailuo.plan.plan import Plan

RENDER_DEPLOYMENT: Final = "render-campaign/render-campaign"


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """The run of an approved plan. `is_joined`: another approval started it, and it is not over yet."""

    flow_run: FlowRun
    is_joined: bool


async def deployment_problems() -> list[Problem]:
    """Why no run could be started, whatever the answer is; and why this one could not wait for it."""
    if deployment.id is None:
        reason = "waits only where it was started from its deployment"
        remedy = "start approve-campaign/approve-campaign in the UI, or with prefect deployment run"
        return [Problem(Place("approve-campaign"), reason, remedy)]
    async with get_client() as client:
        try:
            await client.read_deployment_by_name(RENDER_DEPLOYMENT)
        except ObjectNotFound:
            reason, remedy = "is not deployed to this server", "run: python -m hailuo.flows.setup"
            return [Problem(Place(RENDER_DEPLOYMENT), reason, remedy)]
    return []


async def launch(plan: Plan, form: CampaignForm, *, machines: int) -> Launch:
    """Start a run of this plan, or join the one that was started for the same plan and is still going.

    Prefect answers an idempotency key that was used before with the old run. If that run is over and the plan is still
    the same, the old run bought nothing: its API key was missing, say, or its worker used another store. The next key
    then contains its id, so that two approvals that find the same finished run still start one.
    """
    mark = f"approval:{flow_run.get_id()}/{flow_run.get_run_count()}"
    key = plan.digest
    while True:
        async with get_client() as client:  # Prefect never closes a client that it opens here itself
            run: FlowRun = await arun_deployment(
                RENDER_DEPLOYMENT,
                client=client,
                parameters={
                    **form.model_dump(mode="json"),
                    "machines": machines,
                    "plan_digest": plan.digest,
                },
                flow_run_name=run_name(plan.campaign.this_edition),
                idempotency_key=key,
                timeout=0,
                as_subflow=False,
                tags=["approved", mark],
            )
        if mark in run.tags:
            return Launch(flow_run=run, is_joined=False)
        state = run.state
        if state is None or not (state.is_final() or state.is_cancelling()):
            return Launch(flow_run=run, is_joined=True)
        key = f"{plan.digest}:{run.id}"

"""Settling unknown submits: the commands of `hailuo reconcile` as a run form."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Final

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed
from pydantic import Field

from hailuo import Settings
from hailuo.campaign.files.schema import SLUG
from hailuo.errors import Place, Problem, SettlementError
from hailuo.flows.machinery.events import emit_unknown
from hailuo.flows.machinery.flow_run import flow_environment, forward_library_logs
from hailuo.flows.machinery.states import Ended, refusal_is_a_state
from hailuo.flows.ui.unknowns import findings_text, show_findings
from hailuo.logs import quiet_logger
from hailuo.reconcile.reconciler import Adopted, Findings, Reconciler, Released, open_reconciler
from hailuo.store.layout import Edition, name_problem

_log = quiet_logger("hailuo.reconcile")


class Action(StrEnum):
    """What to do about the unknown submits."""

    LIST = "list"  # list them, and adopt tasks whose ids came late
    ADOPT = "adopt"  # the vendor has the task: it belongs to this job
    ABANDON = "abandon"  # the vendor has no such task: give the attempt up


Slug = Annotated[str, Field(pattern=SLUG, max_length=60)]
CreativeId = Annotated[str, Field(max_length=40)]
TaskId = Annotated[str, Field(max_length=200)]
Reason = Annotated[str, Field(max_length=500)]

_REQUIRED: Final[Mapping[Action, Mapping[str, str]]] = {
    Action.LIST: {},
    Action.ADOPT: {
        "creative_id": "copy the clip's id from the list",
        "task_id": "copy the task's id from the vendor's console",
    },
    Action.ABANDON: {
        "creative_id": "copy the clip's id from the list",
        "why": "say what you looked up, and where",
    },
}
"""The fields that each action needs, and how to fill them in."""


@flow(
    name="reconcile",
    flow_run_name="{campaign} · {edition}",
    retries=0,
    persist_result=False,
    validate_parameters=True,
)
@refusal_is_a_state
async def reconcile(
    campaign: Slug,
    edition: Slug = "main",
    action: Action = Action.LIST,
    creative_id: CreativeId = "",
    task_id: TaskId = "",
    why: Reason = "",
) -> State[Findings]:
    """List the submits of an edition that may have been paid for, and record what you found out about one of them.

    Args:
        campaign: The campaign's name as in its file, such as sneaker-launch.
        edition: The edition's name as it was rendered, with its date filled in.
        action: list: only look. adopt: the vendor has the task. abandon: the vendor has no task, and the clip may be bought again.
        creative_id: For adopt and abandon: the clip's id in the list, such as 7KQ2M9X4TD.
        task_id: For adopt: the id of the task in the vendor's console.
        why: For abandon: what you looked up, and where. It stays on record.
    """
    with forward_library_logs():
        env = await flow_environment()
        if own := name_problem("campaign", campaign, Place("campaign")):
            raise SettlementError([own])
        given = {"creative_id": creative_id, "task_id": task_id, "why": why}
        fields = _checked(action, given, env.settings)
        async with open_reconciler(env.settings, env.clock, Edition(campaign, edition)) as reconciler:
            decision = await _decide(reconciler, action, fields)
            findings = await reconciler.settle()
        await show_findings(campaign, findings, decision)
    left = [unsettled.creative_id for unsettled in (*findings.unknown, *findings.in_doubt)]
    if left:
        emit_unknown(Edition(campaign, edition), left)
    text = findings_text(findings, decision)
    if left:
        return Failed(name=Ended.IN_DOUBT.value, message=text, data=findings)
    return Completed(message=text, data=findings)


def _checked(action: Action, given: Mapping[str, str], settings: Settings) -> dict[str, str]:
    """The filled-in fields, if they are those that the action needs. Raises: SettlementError with every problem."""
    fields = {name: value.strip() for name, value in given.items() if value.strip()}
    required = _REQUIRED[action]
    problems = [
        *(
            Problem(Place(name), f"is required to {action}", remedy)
            for name, remedy in required.items()
            if name not in fields
        ),
        *(
            Problem(Place(name), f"is not used by {action}", "leave it empty, or choose another action")
            for name in fields
            if name not in required
        ),
    ]
    if action is Action.ADOPT and settings.api_key is None:
        problems.append(Problem(Place("IMAROUTER_API_KEY"), "is not set", "set it to look the task up"))
    if problems:
        raise SettlementError(problems)
    return fields


async def _decide(
    reconciler: Reconciler, action: Action, fields: Mapping[str, str]
) -> Adopted | Released | None:
    """Record the decision. Raises: SettlementError, with nothing written."""
    match action:
        case Action.LIST:
            return None
        case Action.ADOPT:
            adopted = await reconciler.adopt(fields["creative_id"], fields["task_id"])
            _log.info("%s now has task %s", adopted.creative_id, adopted.task_id)
            return adopted
        case Action.ABANDON:
            released = await reconciler.abandon(fields["creative_id"], why=fields["why"])
            _log.info("attempt %d of %s is abandoned", released.number, released.creative_id)
            return released

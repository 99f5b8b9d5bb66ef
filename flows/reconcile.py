"""Settling submits whose fate is unknown: the verbs of `hailuo reconcile` as a run form."""

import logging
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Final

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed
from pydantic import Field

from flows.machinery.events import tell_unknown
from flows.machinery.flow_run import flow_environment, library_heard
from flows.ui.unknowns import findings_text, show_findings
from hailuo.campaign.files.schema import SLUG
from hailuo.errors import Place, Problem, SettlementError
from hailuo.reconcile.reconciler import Adopted, Findings, Reconciler, Released
from hailuo.reconcile.settlement import open_reconciler
from hailuo.settings import Settings
from hailuo.store.layout import Edition

_log = logging.getLogger("hailuo.reconcile")


class Action(StrEnum):
    """What is to be done about the unknown submits."""

    LIST = "list"  # tell them, and adopt what came late
    ADOPT = "adopt"  # the task exists: it is this job's
    ABANDON = "abandon"  # it does not: give the attempt up


Slug = Annotated[str, Field(pattern=SLUG, max_length=60)]
CreativeId = Annotated[str, Field(max_length=40)]
TaskId = Annotated[str, Field(max_length=200)]
Why = Annotated[str, Field(max_length=500)]

_WANTED: Final[Mapping[Action, Mapping[str, str]]] = {
    Action.LIST: {},
    Action.ADOPT: {
        "creative_id": "copy the clip's id from the list",
        "task_id": "copy the task's id from the vendor's console",
    },
    Action.ABANDON: {
        "creative_id": "copy the clip's id from the list",
        "why": "say what was looked up, and where",
    },
}
"""What each action needs, and where to find it."""


@flow(
    name="reconcile",
    flow_run_name="{campaign} · {edition}",
    retries=0,
    persist_result=False,
    validate_parameters=True,
)
async def reconcile(
    campaign: Slug,
    edition: Slug = "main",
    action: Action = Action.LIST,
    creative_id: CreativeId = "",
    task_id: TaskId = "",
    why: Why = "",
) -> State[Findings]:
    """List the submits of an edition that may have been paid, and record what a person knows of one.

    Args:
        campaign: The campaign's name as its file says it, such as sneaker-launch.
        edition: The edition as it was rendered, with its date filled in.
        action: list: only look. adopt: the vendor has the task. abandon: it has none, and the clip is bought again.
        creative_id: For adopt and abandon: the clip's id in the list, such as 7KQ2M9X4TD.
        task_id: For adopt: the id of the task in the vendor's console.
        why: For abandon: what was looked up, and where. It stays on record.
    """
    with library_heard():
        env = await flow_environment()
        given = {"creative_id": creative_id, "task_id": task_id, "why": why}
        words = _words_for(action, given, env.settings)
        async with open_reconciler(env.settings, env.clock, Edition(campaign, edition)) as reconciler:
            decision = await _decide(reconciler, action, words)
            findings = await reconciler.settle()
        await show_findings(campaign, findings, decision)
    left = [unsettled.creative_id for unsettled in (*findings.unknown, *findings.in_doubt)]
    if left:
        tell_unknown(Edition(campaign, edition), left)
    name = "Incomplete" if left else None
    return Completed(name=name, message=findings_text(findings, decision), data=findings)


def _words_for(action: Action, given: Mapping[str, str], settings: Settings) -> dict[str, str]:
    """What was filled in, when it is what the action needs. Raises: SettlementError with every problem."""
    words = {name: value.strip() for name, value in given.items() if value.strip()}
    wanted = _WANTED[action]
    problems = [
        Problem(Place(name), f"is wanted to {action}", remedy)
        for name, remedy in wanted.items()
        if name not in words
    ]
    problems += [
        Problem(
            Place(name),
            f"says nothing where the action is {action}",
            "leave it empty, or choose another action",
        )
        for name in words
        if name not in wanted
    ]
    if action is Action.ADOPT and settings.api_key is None:
        problems.append(Problem(Place("IMAROUTER_API_KEY"), "is not set", "set it to look the task up"))
    if problems:
        raise SettlementError(problems)
    return words


async def _decide(
    reconciler: Reconciler, action: Action, words: Mapping[str, str]
) -> Adopted | Released | None:
    """Record the person's word. Raises: SettlementError, with nothing written."""
    match action:
        case Action.LIST:
            return None
        case Action.ADOPT:
            adopted = await reconciler.adopt(words["creative_id"], words["task_id"])
            _log.info("%s holds task %s now", adopted.creative_id, adopted.task_id)
            return adopted
        case Action.ABANDON:
            released = await reconciler.abandon(words["creative_id"], why=words["why"])
            _log.info("attempt %d of %s is given up", released.number, released.creative_id)
            return released

"""Settling unknown submits: the commands of `hailuo reconcile` as a run form, over one edition or the whole store."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Final

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Completed, Failed
from pydantic import Field

from hailuo import Settings
from hailuo.campaign.files.schema import SLUG
from hailuo.errors import LedgerError, Place, Problem, SettlementError
from hailuo.flows.machinery.events import emit_unknown
from hailuo.flows.machinery.flow_run import flow_environment, forward_library_logs
from hailuo.flows.machinery.parameters import label
from hailuo.flows.machinery.states import Ended, refusal_is_a_state
from hailuo.flows.ui.unknowns import Decision, findings_text, show_findings
from hailuo.ledger.leftovers import bought_editions, find_leftovers
from hailuo.logs import quiet_logger
from hailuo.reconcile.reconciler import Findings, Reconciler, open_reconciler
from hailuo.run.environment import RunEnvironment
from hailuo.store.layout import Edition, name_problem
from hailuo.store.open import open_store

_log = quiet_logger("hailuo.reconcile")


class Action(StrEnum):
    """What to do about the unknown submits."""

    LIST = "list"  # list them, and adopt tasks whose ids came late
    ADOPT = "adopt"  # the vendor has the tasks: they belong to these clips
    ABANDON = "abandon"  # the vendor has no such tasks: give the attempts up


_NAME: Final = f"^({SLUG.removeprefix('^').removesuffix('$')})?$"
CampaignOrEvery = Annotated[str, Field(pattern=_NAME, max_length=60), label("Campaign")]
EditionOrEvery = Annotated[str, Field(pattern=_NAME, max_length=60), label("Edition")]
ToDo = Annotated[Action, label("What to do")]
CreativeIds = Annotated[str, Field(max_length=5_000), label("Ids of the clips")]
TaskIds = Annotated[str, Field(max_length=20_000), label("Ids of their tasks")]
Reason = Annotated[str, Field(max_length=500), label("What you looked up")]

_REQUIRED: Final[Mapping[Action, Mapping[str, str]]] = {
    Action.LIST: {},
    Action.ADOPT: {
        "creative_id": "copy the ids of the clips from the list",
        "task_id": "copy the ids of their tasks from the vendor's console",
    },
    Action.ABANDON: {
        "creative_id": "copy the ids of the clips from the list",
        "why": "say what you looked up, and where",
    },
}
"""The fields that each action needs, and how to fill them in."""


def reconcile_run_name() -> str:
    """The edition that the run is about, or `every edition`."""
    given = flow_run.get_parameters()
    return " · ".join(filter(None, [given.get("campaign"), given.get("edition")])) or "every edition"


@flow(
    name="reconcile",
    flow_run_name=reconcile_run_name,
    retries=0,
    persist_result=False,
    validate_parameters=True,
)
@refusal_is_a_state
async def reconcile(
    campaign: CampaignOrEvery = "",
    edition: EditionOrEvery = "",
    action: ToDo = Action.LIST,
    creative_id: CreativeIds = "",
    task_id: TaskIds = "",
    why: Reason = "",
) -> State[Findings]:
    """List the submits that may have been paid for, in the whole store or in one edition, and record what you found out.

    Args:
        campaign: The campaign's name as in its file, such as sneaker-launch. Leave it empty for all campaigns.
        edition: The edition's name as it was rendered, with its date filled in. Leave it empty for all editions.
        action: list: only look. adopt: the vendor has the tasks. abandon: the vendor has no such tasks, and the clips may be bought again.
        creative_id: For adopt and abandon: the ids in the list, such as 7KQ2M9X4TD. Separate several by spaces or lines.
        task_id: For adopt: the ids of the tasks in the vendor's console, in the order of the clips.
        why: For abandon: what you looked up, and where. It stays on record.
    """
    with forward_library_logs():
        env = await flow_environment()
        given = {"creative_id": creative_id, "task_id": task_id, "why": why}
        decisions = _decisions(action, given, env.settings)
        places = await _placed(await _editions(env, campaign, edition), decisions, env)
        settled = await _settle(places, env)
        await show_findings(campaign, settled.found, settled.decisions)
    for place, findings in settled.found.items():
        if left := [one.creative_id for one in (*findings.unknown, *findings.in_doubt)]:
            emit_unknown(place, left)
    everything = Findings.of_all(settled.found.values())
    text = findings_text(everything, settled.decisions)
    if settled.problems:
        refused = SettlementError(settled.problems)
        refused.add_note(text)
        raise refused
    if everything.unknown or everything.in_doubt:
        return Failed(name=Ended.IN_DOUBT.value, message=text, data=everything)
    return Completed(message=text, data=everything)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Settled:
    """What was found in each edition, what was decided, and why the other decisions were refused."""

    found: Mapping[Edition, Findings]
    decisions: Sequence[Decision]
    problems: Sequence[Problem]


async def _settle(places: "Mapping[Edition, Sequence[_Decided]]", env: RunEnvironment) -> _Settled:
    """Record the decisions about each edition, and list what is left in it. One that fails stops no other."""
    found: dict[Edition, Findings] = {}
    made: list[Decision] = []
    problems: list[Problem] = []
    for edition, decisions in places.items():
        try:
            async with open_reconciler(env.settings, env.clock, edition) as reconciler:
                for one in decisions:
                    try:
                        made.append(await one.make(reconciler))
                    except SettlementError as error:
                        problems += error.problems
                found[edition] = await reconciler.settle()
        except LedgerError as error:
            problems.append(Problem(Place(str(edition)), str(error), "look at its facts: hailuo status"))
    return _Settled(found=found, decisions=made, problems=problems)


async def _editions(env: RunEnvironment, campaign: str, edition: str) -> Sequence[Edition]:
    """The editions that the form asks for; of all campaigns, those with something to settle.

    Raises: SettlementError, StoreUnavailableError.
    """
    if edition and not campaign:
        reason = "is empty, but an edition is given"
        raise SettlementError(
            [Problem(Place("campaign"), reason, "name the campaign too, or leave both empty")]
        )
    if campaign and (own := name_problem("campaign", campaign, Place("campaign"))):
        raise SettlementError([own])
    if edition:
        return (Edition(campaign, edition),)
    store = open_store(env.settings)
    if campaign:
        return await bought_editions(store, campaign) or (Edition(campaign, "main"),)
    found = await find_leftovers(store, env.clock)
    return [one.edition for one in found if one.unsettled or one.trouble]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Decided:
    """What a person decided about one clip: adopt this task, or abandon the attempt for this reason."""

    creative_id: str
    task_id: str | None
    why: str

    async def make(self, reconciler: Reconciler) -> Decision:
        """Record it. Raises: SettlementError, with nothing written."""
        if self.task_id:
            adopted = await reconciler.adopt(self.creative_id, self.task_id)
            _log.info("%s now has task %s", adopted.creative_id, adopted.task_id)
            return adopted
        released = await reconciler.abandon(self.creative_id, why=self.why)
        _log.info("attempt %d of %s is abandoned", released.number, released.creative_id)
        return released


async def _placed(
    editions: Sequence[Edition], decisions: Sequence[_Decided], env: RunEnvironment
) -> Mapping[Edition, Sequence[_Decided]]:
    """Each edition with the decisions about its clips. Raises: SettlementError with every clip that has no one place."""
    if len(editions) == 1 or not decisions:
        return dict.fromkeys(editions, decisions)
    found = await find_leftovers(open_store(env.settings), env.clock)
    unsettled = {one.edition: frozenset(one.unsettled) for one in found if one.edition in editions}
    problems = []
    for one in decisions:
        holders = [str(edition) for edition, ids in unsettled.items() if one.creative_id in ids]
        if not holders:
            reason, remedy = "is not unknown in any of these editions", "copy the id from the list"
            problems.append(Problem(Place(one.creative_id), reason, remedy))
        if len(holders) > 1:
            reason, remedy = f"is unknown in {' and '.join(holders)}", "fill in campaign and edition"
            problems.append(Problem(Place(one.creative_id), reason, remedy))
    if problems:
        raise SettlementError(problems)
    return {
        edition: [one for one in decisions if one.creative_id in unsettled.get(edition, ())]
        for edition in editions
    }


def _decisions(action: Action, given: Mapping[str, str], settings: Settings) -> Sequence[_Decided]:
    """What the form decides, if its fields fit its action. Raises: SettlementError with every problem."""
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
    clips, tasks = _ids(fields.get("creative_id", "")), _ids(fields.get("task_id", ""))
    if action is Action.ADOPT and not problems and len(clips) != len(tasks):
        reason = f"has {len(tasks)} ids for {len(clips)} clips"
        problems.append(Problem(Place("task_id"), reason, "give one task for each clip, in the same order"))
    if twice := sorted({clip for clip in clips if clips.count(clip) > 1}):
        reason = f"names {', '.join(twice)} more than once"
        problems.append(Problem(Place("creative_id"), reason, "decide about each clip once"))
    if action is Action.ADOPT and settings.api_key is None:
        problems.append(Problem(Place("IMAROUTER_API_KEY"), "is not set", "set it to look the task up"))
    if problems:
        raise SettlementError(problems)
    if action is Action.ADOPT:
        return [
            _Decided(creative_id=clip, task_id=task, why="") for clip, task in zip(clips, tasks, strict=True)
        ]
    return [_Decided(creative_id=clip, task_id=None, why=fields["why"]) for clip in clips]


def _ids(text: str) -> list[str]:
    """Ids as people paste them: separated by spaces, lines, commas or semicolons."""
    return [one for one in re.split(r"[\s,;]+", text) if one]

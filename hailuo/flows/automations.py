"""Who hears of what: the automations of a Prefect server, made or updated by `python -m hailuo.flows.automations`.

Run it again after an upgrade: each automation is found by its name, so there are no doubles. What you switched off
stays off. The messages go to the notification block named `hailuo-notifications` (Slack, Teams, e-mail, ...), or to the
one of `--block NAME`. Without such a block only the automation that needs none is made.
"""

import argparse
import asyncio
import sys
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.objects import BlockDocument, StateType
from prefect.events.actions import ActionTypes, ChangeFlowRunState, SendNotification
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture
from prefect.settings import get_current_settings

from hailuo.flows.machinery.events import CampaignEvent

BLOCK: Final = "hailuo-notifications"
_OURS: Final = {"prefect.resource.id": "prefect.tag.hailuo", "prefect.resource.role": "tag"}
_ANY_RUN: Final = {"prefect.resource.id": "prefect.flow-run.*"}
_NIGHT_HOURS: Final = 10
_LINK: Final = "{{ flow_run|ui_url }}"
_STATE: Final = "{{ event.resource['prefect.state-name'] }}: {{ event.resource['prefect.state-message'] }}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One thing that people hear of: when, and with which words (Jinja templates of Prefect)."""

    name: str
    description: str
    trigger: EventTrigger
    subject: str
    body: str

    def automation(self, block: UUID) -> AutomationCore:
        """The automation that sends it through a notification block."""
        action = SendNotification(block_document_id=block, subject=self.subject, body=self.body)
        return _automation(self.name, self.description, self.trigger, action)


def _when(
    *events: str, match: dict[str, str | list[str]], related: dict[str, str] | None = None
) -> EventTrigger:
    return EventTrigger.model_validate(
        {"posture": Posture.Reactive, "expect": set(events), "match": match, "match_related": related or {}}
    )


NOTICES: Final = (
    Notice(
        name="hailuo-not-complete",
        description="A run, a night or an approval failed, crashed or was cancelled.",
        trigger=_when(
            "prefect.flow-run.*",
            match={**_ANY_RUN, "prefect.state-type": ["FAILED", "CRASHED", "CANCELLED"]},
            related=_OURS,
        ),
        subject="{{ event.resource['prefect.state-name'] }}: {{ event.resource['prefect.resource.name'] }}",
        body=f"{_STATE}\n\nThe run: {_LINK}\nRetry, in the menu at the top right, collects what is paid and buys nothing twice.",
    ),
    Notice(
        name="hailuo-in-doubt",
        description="Submits may have been paid for without a clip. They wait for a decision.",
        trigger=_when(CampaignEvent.UNSETTLED.value, match={"prefect.resource.id": "hailuo.campaign.*"}),
        subject="Perhaps paid: {{ event.resource['prefect.resource.name'] }}",
        body=(
            "{{ event.resource['prefect.resource.name'] }}, edition {{ event.payload.edition }}: "
            "{{ event.payload.unknown|length }} submits may have been paid for. They are held until `reconcile` settles "
            'them: {{ event.payload.unknown|join(", ") }}'
        ),
    ),
    Notice(
        name="hailuo-approval-waits",
        description="An approval waits for a yes or a no.",
        trigger=_when("prefect.flow-run.Suspended", match={**_ANY_RUN}, related=_OURS),
        subject="Approve? {{ event.resource['prefect.resource.name'] }}",
        body=f"The plan and its price wait for your answer: open {_LINK} and choose Resume in the menu at the top right.",
    ),
    Notice(
        name="hailuo-late",
        description="A run was due, and no worker began it.",
        trigger=_when("prefect.flow-run.Late", match={**_ANY_RUN}, related=_OURS),
        subject="Late: {{ event.resource['prefect.resource.name'] }}",
        body=f"No worker began it. Look at the workers of the pool, then at the run: {_LINK}",
    ),
    Notice(
        name="hailuo-no-worker",
        description="The work pool has no worker any more.",
        trigger=_when(
            "prefect.work-pool.not-ready",
            match={"prefect.resource.id": "prefect.work-pool.*", "prefect.resource.name": "hailuo"},
        ),
        subject="No worker: {{ event.resource['prefect.resource.name'] }}",
        body="No worker of this pool answers: nothing begins. Start one; what is paid is in the ledger.",
    ),
    Notice(
        name="hailuo-night-summary",
        description="How the night went: clips, money, galleries, and what wants a decision.",
        trigger=_when(CampaignEvent.NIGHT_ENDED.value, match={"prefect.resource.id": "hailuo.night.*"}),
        subject="The night: {{ event.payload.headline }}",
        body=(
            "{% for line in event.payload.campaigns %}- {{ line }}\n{% endfor %}"
            "{% if event.payload.decisions %}\nWants a decision:\n"
            "{% for line in event.payload.decisions %}- {{ line }}\n{% endfor %}{% endif %}"
            f"\nThe page of the night: {_LINK}"
        ),
    ),
    Notice(
        name="hailuo-night-long",
        description=f"A night began and has not ended after {_NIGHT_HOURS} hours: it hangs, or its machine is gone.",
        trigger=EventTrigger.model_validate(
            {
                "posture": Posture.Proactive,
                "match": {"prefect.resource.id": "hailuo.night.*"},
                "after": {CampaignEvent.NIGHT_BEGUN.value},
                "expect": {CampaignEvent.NIGHT_ENDED.value},
                "for_each": {"prefect.resource.id"},
                "within": timedelta(hours=_NIGHT_HOURS),
            }
        ),
        subject="A night has not ended",
        body=f"It began {_NIGHT_HOURS} hours ago and has not said how it ended. Look at the flow runs of `nightly`.",
    ),
)


def zombies(heartbeat_seconds: float) -> AutomationCore:
    """A flow run without three heartbeats and without any other event is marked as crashed: its machine has died."""
    trigger = EventTrigger.model_validate(
        {
            "posture": Posture.Proactive,
            "match": _ANY_RUN,
            "after": {"prefect.flow-run.heartbeat"},
            "expect": {"prefect.flow-run.*"},  # a heartbeat, or any state
            "for_each": {"prefect.resource.id"},
            "within": timedelta(seconds=3 * heartbeat_seconds),
        }
    )
    message = "No heartbeat for three beats. What was bought is in the ledger: press Retry to collect it."
    action = ChangeFlowRunState(state=StateType.CRASHED, name="Crashed", message=message, force=False)
    return _automation(
        "hailuo-zombies", "A flow run without heartbeat is marked as crashed.", trigger, action
    )


def _automation(name: str, description: str, trigger: EventTrigger, action: ActionTypes) -> AutomationCore:
    return AutomationCore(name=name, description=description, enabled=True, trigger=trigger, actions=[action])


async def automate(*, block: str = BLOCK, heartbeat_seconds: float | None = None) -> list[str]:
    """Make or update every automation; a line for people about each."""
    beat = heartbeat_seconds or float(get_current_settings().flows.heartbeat_frequency or 180)
    async with get_client() as client:
        sends = await _notification_block(client, block)
        wanted = [zombies(beat), *(notice.automation(sends.id) for notice in NOTICES if sends)]
        lines = [f"{await _put(client, one)} {one.name}: {one.description}" for one in wanted]
    if sends is None:
        lines.append(
            f"no message is sent: there is no block named {block}. Make one in the UI (Blocks: Slack Webhook, Microsoft "
            "Teams Webhook, Email, ...), then run this command again"
        )
    return lines


async def _put(client: PrefectClient, automation: AutomationCore) -> str:
    """Make the automation, or update the one of this name; it stays off if somebody switched it off."""
    found = await client.read_automations_by_name(automation.name)
    if not found:
        await client.create_automation(automation)
        return "made"
    first, *doubles = found
    kept = automation.model_copy(update={"enabled": first.enabled})
    await client.update_automation(first.id, kept)
    for double in doubles:
        await client.delete_automation(double.id)
    return "updated"


async def _notification_block(client: PrefectClient, name: str) -> BlockDocument | None:
    """The block of this name that can send notifications; None if there is none."""
    for document in await client.read_block_documents(limit=200):
        schema = document.block_schema
        if document.name == name and schema and "notify" in schema.capabilities:
            return document
    return None


def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--block", default=BLOCK, help="the notification block's name")
    parser.add_argument(
        "--heartbeat", type=float, help="seconds between heartbeats of the workers' flow runs"
    )
    given = parser.parse_args()
    lines = asyncio.run(automate(block=given.block, heartbeat_seconds=given.heartbeat))
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    _main()

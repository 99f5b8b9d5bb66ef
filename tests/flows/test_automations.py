"""Who hears of what: the automations that are made, the events that they wait for, and the words of their messages."""

import ast
import asyncio
import re
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from prefect.events.actions import SendNotification
from prefect.server.events.actions import SendNotification as ServersNotification
from prefect.server.events.ordering import EventArrivedEarly
from prefect.server.events.ordering.memory import CausalOrdering as InMemory
from prefect.server.events.schemas.automations import EventTrigger
from prefect.server.events.schemas.events import ReceivedEvent
from prefect.server.utilities.user_templates import render_user_template_sync
from prefect.settings import Settings as PrefectSettings
from prefect.settings import get_current_settings
from prefect.types._datetime import now

from hailuo.flows.automations import NOTICES, Notice, zombies
from hailuo.flows.machinery.events import CampaignEvent
from hailuo.flows.machinery.states import Ended
from hailuo.flows.ordering import CausalOrdering

pytestmark = pytest.mark.slow  # imports Prefect

BY_NAME = {notice.name: notice for notice in NOTICES}
TAG = {"prefect.resource.id": "prefect.tag.hailuo", "prefect.resource.role": "tag"}


def flow_run_event(state: str, state_type: str, *, tags: list[dict[str, str]] | None = None) -> ReceivedEvent:
    """What the server emits when one of our flow runs gets a state."""
    return ReceivedEvent.model_validate(
        {
            "id": "00000000-0000-0000-0000-000000000001",
            "occurred": now("UTC"),
            "event": f"prefect.flow-run.{state}",
            "resource": {
                "prefect.resource.id": "prefect.flow-run.00000000-0000-0000-0000-000000000002",
                "prefect.resource.name": "spring · main",
                "prefect.state-name": state,
                "prefect.state-type": state_type,
                "prefect.state-message": "3 of 4 clips stored",
            },
            "related": [TAG] if tags is None else tags,
            "payload": {},
        }
    )


def own_event(event: CampaignEvent, resource: str, payload: dict[str, object]) -> ReceivedEvent:
    return ReceivedEvent.model_validate(
        {
            "id": "00000000-0000-0000-0000-000000000003",
            "occurred": now("UTC"),
            "event": event.value,
            "resource": {"prefect.resource.id": resource, "prefect.resource.name": "spring"},
            "payload": payload,
        }
    )


def heard_by(event: ReceivedEvent) -> set[str]:
    """The names of the notices that are sent for this event, as Prefect's server matches them."""
    triggers = {one.name: EventTrigger.model_validate(one.trigger.model_dump()) for one in NOTICES}
    return {
        name
        for name, trigger in triggers.items()
        if trigger.covers(event) and trigger.expects(event.event) and not trigger.after
    }


RED = [(name.value, "FAILED") for name in Ended if name not in {Ended.SUPERSEDED, Ended.NOT_STARTED}]


@pytest.mark.parametrize(
    ("state", "state_type"),
    [
        *RED,
        ("Failed", "FAILED"),
        ("Expired", "FAILED"),
        ("Changed", "FAILED"),
        ("TimedOut", "FAILED"),
        ("Crashed", "CRASHED"),
        ("Cancelled", "CANCELLED"),
        ("Superseded", "CANCELLED"),
        ("NotStarted", "CANCELLED"),
    ],
)
def test_every_run_that_is_not_complete_is_heard_of(state, state_type):
    """In whatever name: by its type."""
    assert heard_by(flow_run_event(state, state_type)) == {"hailuo-not-complete"}


@pytest.mark.parametrize(
    ("state", "state_type", "heard"),
    [
        ("Late", "SCHEDULED", {"hailuo-late"}),
        ("Suspended", "PAUSED", {"hailuo-approval-waits"}),
        ("Completed", "COMPLETED", set()),
        ("Approved", "COMPLETED", set()),
        ("Running", "RUNNING", set()),
        ("Scheduled", "SCHEDULED", set()),
    ],
)
def test_what_waits_is_heard_of_and_what_goes_well_is_not(state, state_type, heard):
    """An approval and a run that nobody begins each have a message."""
    assert heard_by(flow_run_event(state, state_type)) == heard


@pytest.mark.parametrize(("state", "state_type"), [("Failed", "FAILED"), ("Late", "SCHEDULED")])
def test_other_flows_and_shards_are_not_ours(state, state_type):
    """A shard's lead takes over; other people's flows have their own messages."""
    shard = [{"prefect.resource.id": "prefect.tag.hailuo-shard", "prefect.resource.role": "tag"}]

    assert heard_by(flow_run_event(state, state_type, tags=shard)) == set()
    assert heard_by(flow_run_event(state, state_type, tags=[])) == set()


@pytest.mark.parametrize(
    ("event", "resource", "payload", "heard", "words"),
    [
        (
            CampaignEvent.UNSETTLED,
            "hailuo.campaign.spring",
            {"edition": "main", "unknown": ["7KQ2M9X4TD", "G44WV6GMQW"]},
            "hailuo-in-doubt",
            ["spring", "main", "7KQ2M9X4TD, G44WV6GMQW", "reconcile"],
        ),
        (
            CampaignEvent.NIGHT_ENDED,
            "hailuo.night.1",
            {
                "headline": "2 campaigns: 1 complete, 1 refused; 2 clips bought: $0.56 spent",
                "campaigns": ["a.yaml: complete, https://gallery", "b.yaml: refused"],
                "decisions": ["b.yaml: over the budget"],
            },
            "hailuo-night-summary",
            [
                "2 campaigns",
                "a.yaml: complete, https://gallery",
                "Wants a decision",
                "b.yaml: over the budget",
            ],
        ),
    ],
    ids=["in doubt", "summary"],
)
def test_an_event_of_ours_becomes_a_message_that_says_what_it_says(event, resource, payload, heard, words):
    """As Prefect's server fills the templates in."""
    told = own_event(event, resource, payload)

    assert heard_by(told) == {heard}
    text = message(BY_NAME[heard], told)
    assert [word for word in words if word not in text] == []


def test_a_failed_run_is_named_with_its_state_and_its_reason():
    """So that the message alone says whether it can wait."""
    text = message(BY_NAME["hailuo-not-complete"], flow_run_event("Incomplete", "FAILED"))

    assert all(
        word in text for word in ["Incomplete", "spring · main", "3 of 4 clips stored", "buys nothing twice"]
    )


def message(notice: Notice, event: ReceivedEvent) -> str:
    """Subject and body, without the link to the run."""
    action = notice.automation(event.id).actions[0]
    assert isinstance(action, SendNotification)
    filled = ServersNotification.model_validate(action.model_dump())  # refuses a template that is none
    texts = (filled.subject, filled.body.replace("{{ flow_run|ui_url }}", "LINK"))
    return "\n".join(render_user_template_sync(text, {"event": event}) for text in texts)


def test_a_healthy_flow_run_is_no_zombie():
    """The window is three heartbeats, and every state of a run is a sign of life: an ended or waiting run is none."""
    heartbeat = PrefectSettings().flows.heartbeat_frequency
    assert heartbeat is not None

    automation = zombies(heartbeat)

    trigger = EventTrigger.model_validate(automation.trigger.model_dump())
    assert trigger.within == 3 * timedelta(seconds=heartbeat)
    states = {
        *names_of_ends(),
        *(name.value for name in Ended),
        "Completed",
        "Crashed",
        "Suspended",
        "Paused",
    }
    assert "Unchanged" in states
    assert [name for name in states if not trigger.expects(f"prefect.flow-run.{name}")] == []


def names_of_ends() -> set[str]:
    """Every name that a flow of ours gives to a state in which it ends, read from the sources."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in Path("hailuo/flows").glob("*.py")]
    calls = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]
    ends = [
        call for call in calls if isinstance(call.func, ast.Name) and call.func.id in {"Completed", "Failed"}
    ]
    named = [word.value for call in ends for word in call.keywords if word.arg == "name"]
    return {
        part.value
        for value in named
        for part in ast.walk(value)
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    }


def test_a_night_that_does_not_end_is_reported():
    """It is expected to say so within hours of its begin."""
    trigger = BY_NAME["hailuo-night-long"].trigger

    assert trigger.after == {CampaignEvent.NIGHT_BEGUN.value}
    assert trigger.expect == {CampaignEvent.NIGHT_ENDED.value}
    assert trigger.for_each == {"prefect.resource.id"}


def test_the_table_of_operations_names_what_there_is():
    """Every message that it names is made, and every message is in it; so is every failed state."""
    page = Path("docs/how-to/operations.md").read_text(encoding="utf-8")
    table = page.partition("## What can go wrong")[2].partition("## Kubernetes")[0]
    named = set(re.findall(r"`(hailuo-[a-z-]+)`", table)) - {"hailuo-notifications"}

    assert named == {*BY_NAME, "hailuo-zombies"}
    assert [name.value for name in Ended if f"*{name.value}*" not in table] == []


def test_every_line_of_the_table_of_operations_names_a_test_that_exists():
    """What it promises is held."""
    page = Path("docs/how-to/operations.md").read_text(encoding="utf-8")
    table = page.partition("## What can go wrong")[2].partition("## Kubernetes")[0]
    lines = [line for line in table.splitlines() if line.startswith("| ")][2:]
    sources = [path.read_text(encoding="utf-8") for path in Path("tests").rglob("test_*.py")]
    tests = {name for text in sources for name in re.findall(r"def (test_\w+)\(", text)}

    named = {line: re.findall(r"`(test_\w+)`", line.split("|")[-2]) for line in lines}

    assert len(lines) >= 20
    assert [line for line, names in named.items() if not names] == []
    assert {name for names in named.values() for name in names} - tests == set()


def test_no_message_waits_for_an_event_that_the_server_has_not_seen():
    """With our ordering: after a restart it knows of no event that came before."""
    failed = flow_run_event("Failed", "FAILED")
    follower = failed.model_copy(update={"follows": UUID(int=7)})
    assert get_current_settings().server.events.causal_ordering == "prefect.server.events.ordering.memory"

    async def is_evaluated(ordering: InMemory) -> bool:
        with suppress(EventArrivedEarly):
            async with ordering.preceding_event_confirmed(ignore, follower):
                return True
        return False

    async def ignore(event: ReceivedEvent, depth: int = 0) -> None:
        del event, depth

    assert not asyncio.run(is_evaluated(InMemory("theirs")))
    assert asyncio.run(is_evaluated(CausalOrdering("ours")))

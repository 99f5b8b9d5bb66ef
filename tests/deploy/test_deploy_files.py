"""The examples in deploy/ say what exists: settings, events, files, and no secret."""

import ast
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect.events.actions import SendNotification
from prefect.events.schemas.automations import AutomationCore
from prefect.events.schemas.events import Event, Resource
from prefect.server.events.actions import SendNotification as ServersNotification
from prefect.server.utilities.user_templates import render_user_template_sync
from prefect.settings import Settings as PrefectSettings

from hailuo.flows.machinery.events import CampaignEvent
from hailuo.settings import Settings, variable_of

pytestmark = pytest.mark.slow  # imports Prefect

DEPLOY = Path("deploy")
AUTOMATIONS = sorted(DEPLOY.glob("automations/*.yaml"))
WITH_ENVIRONMENT = [DEPLOY / "compose.yaml", *sorted(DEPLOY.glob("helm/*.yaml")), DEPLOY / "Dockerfile"]
SERVERS = [
    (DEPLOY / "compose.yaml", ("services", "server", "environment")),
    (DEPLOY / "helm" / "prefect-server.yaml", ("global", "prefect", "env")),
]
OF_PREFECT_REDIS = {
    "PREFECT_REDIS_MESSAGING_PUBLISHER_BATCH_SIZE",
    "PREFECT_REDIS_MESSAGING_PUBLISHER_PUBLISH_EVERY",
    "PREFECT_REDIS_MESSAGING_URL",
    "PREFECT_REDIS_WORKER_CLEANUP_QUEUE_URL",
}
"""Settings of the package prefect-redis: RedisMessagingSettings, RedisMessagingPublisherSettings, and its cleanup queue's."""


def prefect_variables() -> frozenset[str]:
    """Every environment variable that the installed Prefect reads, as its own schema lists them."""
    return frozenset(name.upper() for name in variables_in(PrefectSettings.model_json_schema()))


def variables_in(schema: object) -> Iterator[str]:
    """The variables that a JSON schema of settings names, at any depth."""
    if isinstance(schema, dict):
        yield from schema.get("supported_environment_variables", ())
        for part in schema.values():
            yield from variables_in(part)


def read(path: Path) -> object:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def environment_of(path: Path, at: tuple[str, ...]) -> dict[str, str]:
    """The variables at a place of a file, in compose's way of writing them or in Kubernetes'."""
    place: Any = read(path)
    for key in at:
        place = place[key]
    return place if isinstance(place, dict) else {entry["name"]: entry["value"] for entry in place}


@pytest.mark.parametrize("path", sorted(DEPLOY.rglob("*.yaml")), ids=str)
def test_every_yaml_of_the_examples_can_be_read(path):
    """An example that cannot be parsed helps nobody."""
    assert isinstance(read(path), dict)


@pytest.mark.parametrize("path", WITH_ENVIRONMENT, ids=str)
def test_every_prefect_setting_of_the_examples_exists(path):
    """Prefect ignores a misspelt variable without a word: then leases and events lie in memory again."""
    named = set(re.findall(r"\bPREFECT_[A-Z0-9_]+", path.read_text(encoding="utf-8")))

    assert named - prefect_variables() - OF_PREFECT_REDIS == set()


@pytest.mark.parametrize(("path", "at"), SERVERS, ids=str)
def test_prefect_takes_every_value_of_the_examples(monkeypatch, path, at):
    """A server would not start on a value that it cannot read; this one cleans up and forgets no lease."""
    for name, value in environment_of(path, at).items():
        monkeypatch.setenv(name, value)

    server = PrefectSettings().server

    assert server.concurrency.lease_storage == "prefect_redis.lease_storage"
    assert server.services.db_vacuum.enabled_vacuum_types == {"events", "flow_runs", "orphans"}
    assert server.services.db_vacuum.retention_period == timedelta(days=30)
    assert server.events.retention_period == timedelta(days=7)


@pytest.mark.parametrize("path", [*WITH_ENVIRONMENT, DEPLOY / "env.example"], ids=str)
def test_every_setting_of_ours_in_the_examples_exists(path):
    """As above, for HAILUO_ and IMAROUTER_."""
    ours = {variable_of(name) for name in Settings.model_fields}
    named = set(re.findall(r"\b(?:HAILUO|IMAROUTER)_[A-Z0-9_]+", path.read_text(encoding="utf-8")))

    assert named - ours == set()


@pytest.mark.parametrize("path", AUTOMATIONS, ids=str)
def test_prefect_takes_every_automation(path):
    """The server would refuse what this model refuses."""
    automation = AutomationCore.model_validate(read(path))

    assert automation.actions


@pytest.mark.parametrize(("path", "at"), SERVERS, ids=str)
def test_the_examples_lose_no_event(path, at):
    """Redis's publisher loses what arrives while its timer publishes: no batches, and a timer that does not run."""
    environment = environment_of(path, at)

    assert environment["PREFECT_REDIS_MESSAGING_PUBLISHER_BATCH_SIZE"] == "1"
    assert int(environment["PREFECT_REDIS_MESSAGING_PUBLISHER_PUBLISH_EVERY"]) >= 86_400


def test_a_healthy_flow_run_is_no_zombie():
    """The window is three of Prefect's default heartbeats: a shorter one has marked healthy runs as crashed."""
    zombies = AutomationCore.model_validate(read(DEPLOY / "automations" / "zombies.yaml"))
    heartbeat = PrefectSettings().flows.heartbeat_frequency

    assert heartbeat is not None
    assert getattr(zombies.trigger, "within", None) == 3 * timedelta(seconds=heartbeat)


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


def test_no_run_that_has_ended_or_waits_for_a_person_is_a_zombie():
    """A name that the automation does not expect would be written over with Crashed nine minutes after the end."""
    zombies = AutomationCore.model_validate(read(DEPLOY / "automations" / "zombies.yaml"))
    expected = {name.removeprefix("prefect.flow-run.") for name in getattr(zombies.trigger, "expect", ())}
    of_prefect = {"Completed", "Failed", "Crashed", "Cancelled", "Paused", "Suspended"}
    of_task_runs = {"Stored"}

    assert "Unchanged" in names_of_ends()
    assert (names_of_ends() | of_prefect) - of_task_runs - expected == set()


@pytest.mark.parametrize("event", [CampaignEvent.UNSETTLED, CampaignEvent.STOPPED])
def test_somebody_is_told_when_a_campaign_needs_a_person(event):
    """Money in doubt and a stop each have an automation that waits for the very event that the flows emit."""
    waiting = [path for path in AUTOMATIONS if f"- {event.value}\n" in path.read_text(encoding="utf-8")]

    assert len(waiting) == 1


TOLD = [
    (CampaignEvent.STOPPED, {"edition": "main", "state": "Stopped", "reason": "the key is refused"}),
    (CampaignEvent.UNSETTLED, {"edition": "main", "unknown": ["7KQ2M9X4TD", "G44WV6GMQW"]}),
]


@pytest.mark.parametrize(("event", "payload"), TOLD)
def test_a_notification_says_what_the_event_says(event, payload):
    """Campaign, edition and reason stand in the message, as Prefect's server fills it in; the block is the user's own."""
    (path,) = [path for path in AUTOMATIONS if f"- {event.value}\n" in path.read_text(encoding="utf-8")]
    (action,) = AutomationCore.model_validate(read(path)).actions
    assert isinstance(action, SendNotification)
    filled = ServersNotification.model_validate(action.model_dump())  # refuses a template that is none
    told = Event(
        event=event.value,
        resource=Resource(
            {"prefect.resource.id": "hailuo.campaign.spring", "prefect.resource.name": "spring"}
        ),
        payload=payload,
    )

    subject, body = (
        render_user_template_sync(text, {"event": told}) for text in (filled.subject, filled.body)
    )

    assert "spring" in subject
    values = [one for value in payload.values() for one in ([value] if isinstance(value, str) else value)]
    assert [value for value in ["spring", *values] if value not in body] == []


def test_the_examples_hold_no_secret_and_name_no_registry():
    """Passwords come from the environment file, which is empty; images are plain public names."""
    example = DEPLOY.joinpath("env.example").read_text(encoding="utf-8")
    secrets = re.findall(
        r"^(?:POSTGRES_PASSWORD|IMAROUTER_API_KEY|AWS_\w*KEY\w*)=(.*)$", example, re.MULTILINE
    )
    compose = DEPLOY.joinpath("compose.yaml").read_text(encoding="utf-8")
    images = re.findall(r"^\s*image: (\S+)$", compose, re.MULTILINE)

    assert set(secrets) == {""}
    assert [image.partition("@sha256:")[0] for image in sorted(images)] == [
        "hailuo-campaigns",
        "postgres:16.15",
        "redis:7.4",
    ]
    assert set(re.findall(r"POSTGRES_PASSWORD: (\S+)", compose)) == {"${POSTGRES_PASSWORD:?is"}


def test_the_image_is_built_from_files_that_exist():
    """What the Dockerfile copies is there, and not left out of the build's context."""
    dockerfile = DEPLOY.joinpath("Dockerfile").read_text(encoding="utf-8")
    let_in = DEPLOY.joinpath("Dockerfile.dockerignore").read_text(encoding="utf-8")
    copied = [
        name
        for line in re.findall(r"^COPY (?!--from|\. )(.+) \S+$", dockerfile, re.MULTILINE)
        for name in line.split()
    ]

    assert copied == ["constraints.txt", "prefect.yaml", "deploy/automations"]
    assert [name for name in copied if not Path(name).exists() or f"!{name}" not in let_in] == []


def test_base_images_are_named_by_digest():
    """A tag can be pointed at another image; a digest cannot. Our own image is built from this folder."""
    files = [path.read_text(encoding="utf-8") for path in (DEPLOY / "Dockerfile", *DEPLOY.rglob("*.yaml"))]
    images = {
        image
        for text in files
        for image in re.findall(r"^\s*(?:FROM|image:) ([^\s{&*]+)", text, re.MULTILINE)
    }

    assert len(images) == 4
    assert [image for image in images if not re.search(r"@sha256:[0-9a-f]{64}$", image)] == [
        "hailuo-campaigns"
    ]
    assert all("repository: hailuo-campaigns" in text for text in files if "repository:" in text)

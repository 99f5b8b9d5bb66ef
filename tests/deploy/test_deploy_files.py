"""The examples in deploy/ say what exists: settings, events, files, and no secret."""

import re
import tomllib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect.settings import Settings as PrefectSettings

from hailuo.settings import Settings, variable_of

pytestmark = pytest.mark.slow  # imports Prefect

DEPLOY = Path("deploy")
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


@pytest.mark.parametrize(("path", "at"), SERVERS, ids=str)
def test_the_examples_lose_no_event(path, at):
    """Redis's publisher loses what arrives while its timer publishes: no batches, and a timer that does not run."""
    environment = environment_of(path, at)

    assert environment["PREFECT_REDIS_MESSAGING_PUBLISHER_BATCH_SIZE"] == "1"
    assert int(environment["PREFECT_REDIS_MESSAGING_PUBLISHER_PUBLISH_EVERY"]) >= 86_400


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
        "hailuo-campaigns:0.1.0",
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

    assert copied == ["constraints.txt", "prefect.yaml"]
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
        "hailuo-campaigns:0.1.0"
    ]
    assert all("repository: hailuo-campaigns" in text for text in files if "repository:" in text)


def worker_types() -> set[str]:
    """The type of the pool wherever a file or a page of the project names one."""
    files = [
        DEPLOY / "compose.yaml",
        DEPLOY / "Dockerfile",
        *DEPLOY.glob("helm/*.yaml"),
        *Path("docs").rglob("*.md"),
    ]
    texts = [path.read_text(encoding="utf-8") for path in files]
    named = re.compile(r"--type[ ,]+\"?([a-z-]+)|^    type: ([a-z]+)$", re.MULTILINE)
    return {first or second for text in texts for first, second in named.findall(text)}


def test_every_worker_type_that_is_named_is_in_the_image():
    """Docs, compose, image and charts say one thing, and a worker of that type starts with what constraints.txt has."""
    from prefect.workers.base import BaseWorker  # noqa: PLC0415 (registers the types)
    from prefect.workers.process import ProcessWorker  # noqa: PLC0415 (as above)

    assert worker_types() == {"process"}
    assert BaseWorker.get_worker_class_from_type("process") is ProcessWorker


def test_our_own_image_has_one_tag_everywhere():
    """The version of the project: `latest` would be another image tomorrow."""
    version = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    compose, dockerfile, *charts = (
        path.read_text(encoding="utf-8")
        for path in (DEPLOY / "compose.yaml", DEPLOY / "Dockerfile", *DEPLOY.glob("helm/*.yaml"))
    )

    assert f"image: hailuo-campaigns:{version}\n" in compose
    assert f"--tag hailuo-campaigns:{version} " in dockerfile
    assert len(charts) == 2
    assert all(f"prefectTag: {version} " in text.replace("\n", " ") for text in charts)


def test_the_image_runs_as_a_number():
    """Kubernetes cannot tell whether a user with a name is root."""
    users = re.findall(r"^USER (.+)$", (DEPLOY / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)

    assert users == ["1001"]


def test_every_service_that_goes_on_has_a_health_check_or_waits_for_one():
    """And limits: a server that runs full takes the machine down."""
    services: Any = read(DEPLOY / "compose.yaml")
    services = services["services"]

    for name in ("postgres", "redis", "server", "worker", "galleries"):
        assert "healthcheck" in services[name], name
    for name in ("server", "worker", "galleries"):
        assert "mem_limit" in services[name], name
    assert "env_file" not in services["server"]  # the vendor's key is the workers' alone


def test_the_galleries_of_a_folder_store_are_served_where_the_links_lead():
    """The same volume and the same port; the server of the pages only reads, and has no key."""
    services: Any = read(DEPLOY / "compose.yaml")
    pages, worker = services["services"]["galleries"], services["services"]["worker"]

    assert pages["environment"]["HAILUO_PAGES_URL"] == worker["environment"]["HAILUO_PAGES_URL"]
    assert pages["environment"]["HAILUO_PAGES_URL"].endswith(":4300}")
    assert pages["command"][-1] == "4300"
    assert pages["volumes"] == ["store:/store:ro"]
    assert "store:/store" in worker["volumes"]
    assert "env_file" not in pages
    assert "--owner 1001 /store" in (DEPLOY / "Dockerfile").read_text(encoding="utf-8")

"""What every flow run has: its environment, the key from a Prefect block, its name and its log."""

import contextlib
import logging
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
from coolname.data import config as word_lists
from prefect.blocks.system import Secret
from prefect.client.orchestration import get_client
from prefect.client.schemas.responses import DeploymentResponse
from prefect.exceptions import PrefectHTTPStatusError
from prefect.logging.handlers import APILogHandler
from prefect.runtime import deployment, flow_run
from pydantic import SecretStr

from hailuo.campaign.job import Job
from hailuo.errors import Place, Problem, SettingsError
from hailuo.logs import quiet_logger, quiet_loggers
from hailuo.plan.plan import Plan
from hailuo.plan.prepare import CampaignRequest, PreparedCampaign
from hailuo.run.environment import RunEnvironment, run_environment
from hailuo.run.events import Event, EventKind, Observer
from hailuo.run.first_look import Patience, may_pass
from hailuo.run.leftovers import PaidClips
from hailuo.store.layout import MONEY, Edition
from hailuo.store.open import nothing_bought_without_store, open_store

KEY_BLOCK: Final = "imarouter-api-key"
"""The Secret block that holds the API key where IMAROUTER_API_KEY is not set."""

LINKS_VALID_FOR: Final = timedelta(days=3)
"""How long a link to a gallery or a report in a bucket is valid. Anyone who has the link can see the clips."""

_LIBRARY: Final = "hailuo"
_ORDINARY: Final = frozenset(
    {*logging.makeLogRecord({}).__dict__, "message", "asctime", "taskName", "flow_run_id", "task_run_id"}
)
"""The attributes of a log record that are not facts about what it reports."""

_log = quiet_logger("hailuo.run")
_Result = TypeVar("_Result")


async def flow_environment() -> RunEnvironment:
    """The environment of a flow run. The API key comes from the process's environment, else from the Secret block.

    Raises: SettingsError, also for a relative store path on a worker: it would be deleted with the temporary folder
    in which the worker runs the flow.
    """
    quiet_loggers("prefect")
    env = run_environment()
    store = env.settings.store
    if deployment.id is not None and "://" not in store and not Path(store).is_absolute():
        reason = (
            f"is {store}, a relative path, and a worker runs each flow in a temporary folder that it deletes"
        )
        remedy = "set it on every worker to an absolute path, or to s3://bucket/prefix"
        raise SettingsError([Problem(Place("HAILUO_STORE"), reason, remedy)])
    if env.settings.api_key is not None:
        return env
    try:
        block: Secret[str] = await patience(env).until_answered(lambda: Secret.aload(KEY_BLOCK))
    except ValueError:  # no such block; admission reports the missing key where one is needed
        return env
    key = SecretStr(str(block.get()))
    return replace(env, settings=env.settings.model_copy(update={"api_key": key}))


def patience(env: RunEnvironment, waits: list[str] | None = None) -> Patience:
    """How a flow takes its first looks: it waits for vendor, store and Prefect's server, and says so in its log.

    Each wait is added to `waits`, for the run's page.
    """

    def observe(event: Event) -> None:
        env.observe(event)
        line = event.in_words() or ""
        _log.warning("%s", line)
        if waits is not None:
            waits.append(line)

    return Patience(settings=env.settings, clock=env.clock, observe=observe, passes=_may_pass)


def _may_pass(error: Exception) -> bool:
    match error:
        case PrefectHTTPStatusError():
            return error.response.status_code == 429 or error.response.status_code >= 500
        case httpx.TransportError():
            return True
        case _:
            return may_pass(error)


async def store_answers(env: RunEnvironment, first_looks: Patience) -> None:
    """Wait until the store answers. Raises: AdmissionError if it does not, SettingsError."""

    async def look() -> None:
        with nothing_bought_without_store():
            await open_store(env.settings).listing(MONEY)

    await first_looks.until_answered(look)


@contextlib.asynccontextmanager
async def paid_first(
    request: CampaignRequest, env: RunEnvironment, first_looks: Patience
) -> AsyncIterator[PreparedCampaign]:
    """Wait for the store, collect what was paid before, log it, and prepare the campaign for the block.

    Raises: RefusedError, also that of the block, with what was collected as its notes.
    """
    await store_answers(env, first_looks)
    paid = PaidClips(env.settings, env.clock, observe=env.observe, watch=env.watch)
    async with paid.before(request) as (prepared, collected):
        for line in collected.lines():
            _log.info("%s", line)
        yield prepared


CAMPAIGN_LABEL: Final = "hailuo.campaign"
EDITION_LABEL: Final = "hailuo.edition"


def run_name(edition: Edition) -> str:
    """The name of every flow run about an edition; lists of runs use it."""
    return f"{edition.campaign} · {edition.name}"


async def name_this_run(name: str, *, edition: Edition | None = None) -> None:
    """Name the flow run, unless a person did, and label it with its edition, which events use."""
    this_run = UUID(flow_run.get_id() or "")
    async with get_client() as client:
        run = await client.read_flow_run(this_run)
        if is_generated(run.name):
            await client.update_flow_run(this_run, name=name)
        if edition:
            await client.update_flow_run_labels(
                this_run, {CAMPAIGN_LABEL: edition.campaign, EDITION_LABEL: edition.name}
            )


_ADJECTIVES: Final = frozenset(
    [
        "Awesome",
        "Ergonomic",
        "Fantastic",
        "Generic",
        "Gorgeous",
        "Handcrafted",
        "Handmade",
        "Incredible",
        "Intelligent",
        "Licensed",
        "Practical",
        "Refined",
        "Rustic",
        "Sleek",
        "Small",
        "Tasty",
        "Unbranded",
    ]
)
"""With these the form of the V2 UI begins the names that it makes up; an animal of at most six letters follows."""


def is_generated(name: str) -> bool:
    """Whether Prefect made the name up: an adjective and a noun of its word lists, or of those of its V2 UI."""
    words = name.split("-")
    if words[0] in _ADJECTIVES and len(name) <= len(words[0]) + 7:
        return len(words) > 1
    known = {
        str(word) for one in word_lists.values() if isinstance(one, dict) for word in one.get("words", ())
    }
    return len(words) == 2 and known.issuperset(words)


def scheduled_start() -> datetime:
    """When the run was due. A run that starts late, or again after midnight, still belongs to the same night."""
    return flow_run.get_scheduled_start_time()


async def due_in_zone(due_at: datetime | None) -> datetime:
    """The start that the run belongs to, in the zone of its deployment's schedule, else in that of this machine.

    The zone gives `{date}` and the nights where a campaign names none: at 01:00 in Berlin it is still yesterday in UTC.
    """
    return (due_at or scheduled_start()).astimezone(await _schedule_zone())


async def _schedule_zone() -> ZoneInfo | None:
    """The zone of the deployment's schedules; None without a deployment, and where they name none or several."""
    try:
        deployment_id = UUID(deployment.id or "")
    except ValueError:
        return None
    found = await patience(run_environment()).until_answered(lambda: _deployment(deployment_id))
    used = [one for one in found.schedules if one.active] or found.schedules
    zones = {getattr(one.schedule, "timezone", None) for one in used}
    (zone,) = zones if len(zones) == 1 else (None,)
    return ZoneInfo(zone) if zone else None


async def _deployment(deployment_id: UUID) -> DeploymentResponse:
    async with get_client() as client:
        return await client.read_deployment(deployment_id)


def job_label(job: Job) -> str:
    """A job in a few words, for a list of task runs."""
    variant = job.variant
    prompt = job.levels.get("prompt", "")
    return f"{prompt} · {variant.model} · {variant.duration} s · {variant.size} · take {job.take}"


@contextlib.contextmanager
def forward_library_logs() -> Iterator[None]:
    """Send what the library logs in this block to the log of the flow run in Prefect, and only there."""
    logger, handler, run_id = quiet_logger(_LIBRARY), APILogHandler(), flow_run.get_id()

    def of_this_run(record: logging.LogRecord) -> bool:
        """Add the flow run's id: the threads of the library have no Prefect context."""
        record.flow_run_id = run_id
        return run_id is not None

    handler.setFormatter(_WithFacts())
    handler.addFilter(of_this_run)
    level, propagate = logger.level, logger.propagate
    logger.addHandler(handler)
    logger.propagate = False
    logger.setLevel(min(level or logging.INFO, logging.INFO))
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
        logger.propagate = propagate


class _WithFacts(logging.Formatter):
    """The message, then the record's extra fields: `hailuo.ledger.orphan creative_id=... attempt=2`."""

    def format(self, record: logging.LogRecord) -> str:
        facts = " ".join(f"{name}={value}" for name, value in vars(record).items() if name not in _ORDINARY)
        return f"{super().format(record)} {facts}".rstrip()


def log_events(plan: Plan, also: Observer) -> Observer:
    """An observer that logs what happens to each clip, in words, after passing the event on to `also`."""
    labels = {p.job.creative_id: job_label(p.job) for p in plan.everything}

    def observe(event: Event) -> None:
        also(event)
        line = event.in_words(labels.get(event.creative_id or "", ""))
        if line:
            loud = event.kind in {EventKind.STOPPED, EventKind.ALARM}
            _log.log(logging.WARNING if loud else logging.INFO, "%s", line)

    return observe

"""What a flow works in: the settings, with the key from a Prefect block where the environment has none; its log."""

import contextlib
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from prefect.blocks.system import Secret
from prefect.client.orchestration import get_client
from prefect.logging.handlers import APILogHandler
from prefect.runtime import deployment, flow_run
from pydantic import SecretStr

from hailuo.campaign.job import Job
from hailuo.campaign.model import Campaign
from hailuo.campaign.pricing import usd
from hailuo.errors import Place, Problem, SettingsError
from hailuo.ledger.facts import JobState
from hailuo.plan.plan import Plan
from hailuo.run.environment import RunEnvironment, run_environment
from hailuo.run.events import Event, EventKind, Observer, RunReport
from hailuo.store.layout import Edition

KEY_BLOCK: Final = "imarouter-api-key"
"""The Secret block that serves where IMAROUTER_API_KEY is not set."""

LINKS_VALID_FOR: Final = timedelta(days=3)
"""Links to a gallery in a bucket, over a weekend; whoever has one has the clips."""

_LIBRARY: Final = "hailuo"
_log = logging.getLogger("hailuo.run")


async def flow_environment() -> RunEnvironment:
    """The library's environment; the key comes from the environment first, then from the block.

    Raises: SettingsError, also for a store that would be lost with the temporary folder in which a worker runs flows.
    """
    env = run_environment()
    _check_store(env)
    if env.settings.api_key is not None:
        return env
    try:
        block: Secret[str] = await Secret.aload(KEY_BLOCK)
    except ValueError:  # no such block: admission says that the key is missing, where it is needed
        return env
    key = SecretStr(str(block.get()))
    return replace(env, settings=env.settings.model_copy(update={"api_key": key}))


def _check_store(env: RunEnvironment) -> None:
    store = env.settings.store
    if deployment.id is None or "://" in store or Path(store).is_absolute():
        return
    reason = f"is {store}, a relative path, and a worker runs each flow in a temporary folder that it deletes"
    remedy = "set it on every worker to an absolute path, or to s3://bucket/prefix"
    raise SettingsError([Problem(Place("HAILUO_STORE"), reason, remedy)])


@contextlib.contextmanager
def library_heard() -> Iterator[None]:
    """What the library logs in this block appears in the log of the flow run, and nowhere else: a terminal has its own."""
    logger, handler = logging.getLogger(_LIBRARY), APILogHandler()
    handler.setFormatter(_WithFacts())
    handler.addFilter(_of_this_run(flow_run.get_id()))
    before, spread = logger.level, logger.propagate
    logger.addHandler(handler)
    logger.propagate = False
    logger.setLevel(min(before or logging.INFO, logging.INFO))
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)
        logger.propagate = spread


def journal(plan: Plan, also: Observer) -> Observer:
    """An observer that logs what happens to each clip, in words, and passes every event on."""
    labels = {p.job.creative_id: job_label(p.job) for p in plan.everything}

    def hear(event: Event) -> None:
        also(event)
        line = event.in_words(labels.get(event.creative_id or "", ""))
        if line:
            _log.log(logging.WARNING if event.kind is EventKind.STOPPED else logging.INFO, "%s", line)

    return hear


def _of_this_run(run_id: str | None) -> logging.Filter:
    """Names the flow run on every record, for threads that do not know in which one they work."""

    class _Named(logging.Filter):
        def filter(self, record: logging.LogRecord) -> bool:
            record.flow_run_id = run_id
            return run_id is not None

    return _Named()


class _WithFacts(logging.Formatter):
    """The message, then what the record carries beside it: `hailuo.ledger.orphan creative_id=... attempt=2`."""

    _ORDINARY: Final[frozenset[str]] = frozenset(
        {*logging.makeLogRecord({}).__dict__, "message", "asctime", "taskName", "flow_run_id", "task_run_id"}
    )

    def format(self, record: logging.LogRecord) -> str:
        facts: dict[str, Any] = {k: v for k, v in vars(record).items() if k not in self._ORDINARY}
        told = " ".join(f"{name}={value}" for name, value in facts.items())
        return f"{super().format(record)} {told}".rstrip()


def first_name() -> str:
    """What a flow run is called until its file is read."""
    return str(flow_run.get_parameters().get("campaign") or "pasted campaign")


def run_name(edition: Edition) -> str:
    """What every flow run about an edition is called; events and lists go by it."""
    return f"{edition.campaign} · {edition.name}"


async def name_this_run(campaign: Campaign) -> None:
    """Call the flow run by its campaign and edition: both are known only once the file is read."""
    this_run = flow_run.get_id()
    if this_run is None:
        return
    async with get_client() as client:
        await client.update_flow_run(UUID(this_run), name=run_name(campaign.this_edition))


def scheduled_start() -> datetime:
    """When the run was due: a late start or a restart after midnight is still the same night."""
    return flow_run.get_scheduled_start_time()


def job_label(job: Job) -> str:
    """A job in a few words, for a list of task runs."""
    variant = job.variant
    prompt = job.levels.get("prompt", "")
    return f"{prompt} · {variant.model} · {variant.duration} s · {variant.size} · take {job.take}"


def outcome_text(plan: Plan, report: RunReport) -> str:
    """How the run ended, in one line."""
    stored = len(report.in_state(JobState.STORED))
    bought = (
        f"{len(plan.to_buy)} were to buy for {usd(plan.money.planned)}"
        if plan.to_buy
        else "nothing was to buy"
    )
    why = report.interrupted or report.stopped
    return f"{stored} of {len(report.endings)} clips stored; {bought}" + (f"; {why}" if why else "")

"""Composition: what a command or a flow needs, put together from the settings.

prepare    load and expand             files only
plan       where every job stands      + the ledger
admit      the whole plan or nothing   + the vendor's balance, the store's probe, the first frames
runner     drives the admitted plan    + everything
publish    manifest and gallery        from the store alone
"""

import os
import socket
import tempfile
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from ipaddress import ip_address
from pathlib import Path
from random import SystemRandom
from urllib.parse import urlsplit

import pandas as pd
from pydantic import SecretStr

from hailuo import gallery, manifest
from hailuo.api import Cause, Fault, VideoClient
from hailuo.campaign import Campaign
from hailuo.catalog import Catalog
from hailuo.clock import Clock, SystemClock
from hailuo.errors import AdmissionError, CampaignError, Place, Problem, SettingsError
from hailuo.job import Job
from hailuo.ledger import Ledger
from hailuo.limits import Limiter
from hailuo.loader import load_campaign, load_catalog
from hailuo.matrix import Expansion, expand
from hailuo.plan import Plan, admission_problems, make_plan
from hailuo.planfile import PlanLine, read_plan, write_plan
from hailuo.polling import PollSchedule
from hailuo.runner import Event, Observer, Runner, Tools
from hailuo.settings import Settings, load_settings
from hailuo.store import FolderStore, Store, UnsafeStoreError

__all__ = [
    "Choice",
    "Prepared",
    "Publication",
    "Session",
    "Surroundings",
    "axis_values",
    "open_session",
    "open_store",
    "prepare",
    "publish",
    "surroundings",
    "within",
]

_ANY_TIME = timedelta(hours=1)
_NO_KEY = SecretStr("sk-none")
"""Stands in where no key is set: a plan can be made, and admission refuses everything that needs one."""

_FRAME_TYPES = {".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".webp": "image/webp"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What the user asks for: a campaign file, and what differs from it this time.

    `at` is the scheduled start of the run: it decides the `{date}` of an edition.
    """

    path: Path
    at: datetime
    edition: str | None = None
    budget_usd: Decimal | None = None
    only: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A campaign read and expanded as far as it can be, with everything that is wrong with it.

    `chosen` are the creative ids that this run is about; None for all of the file.
    """

    campaign: Campaign | None
    catalog: Catalog
    expansion: Expansion
    chosen: frozenset[str] | None
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]

    def sound(self) -> Campaign:
        """The campaign, when nothing is wrong with it. Raises: CampaignError with every problem."""
        if self.problems or self.campaign is None:
            raise CampaignError(self.problems)
        return self.campaign


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """What was built from the store: the rows, and under which keys the files lie."""

    rows: pd.DataFrame
    manifest_key: str
    csv_key: str
    gallery_key: str


def axis_values(texts: Iterable[str]) -> dict[str, frozenset[str]]:
    """`AXIS=VALUE` texts as values by axis. Raises: ValueError for a text of another shape."""
    chosen: defaultdict[str, set[str]] = defaultdict(set)
    for text in texts:
        axis, equals, label = text.partition("=")
        if not (axis and equals and label):
            raise ValueError(f"{text!r} is not AXIS=VALUE, such as model=MiniMax-Hailuo-02")
        chosen[axis].add(label)
    return {axis: frozenset(labels) for axis, labels in chosen.items()}


def prepare(choice: Choice, settings: Settings) -> Prepared:
    """Load and expand; nothing but files is touched. Raises: CatalogError."""
    catalog = load_catalog(settings.catalog)
    loaded = load_campaign(
        choice.path, catalog=catalog, at=choice.at, edition=choice.edition, max_jobs=settings.max_jobs
    )
    expansion = expand(loaded.campaign, catalog) if loaded.campaign else Expansion(jobs=())
    chosen = expansion
    if loaded.campaign and choice.only:
        chosen = expand(loaded.campaign, catalog, only=choice.only)
    return Prepared(
        campaign=loaded.campaign,
        catalog=catalog,
        expansion=expansion,
        chosen=frozenset(job.creative_id for job in chosen.jobs) if choice.only else None,
        problems=tuple(dict.fromkeys([*loaded.problems, *expansion.problems, *chosen.problems])),
        warnings=(*loaded.warnings, *expansion.warnings),
    )


def open_store(settings: Settings, *, served_at: str | None = None) -> Store:
    """The store that the settings name. Raises: SettingsError."""
    if "://" in settings.store:
        problem = Problem(Place("HAILUO_STORE"), f"{settings.store} is not a folder", "name a folder")
        raise SettingsError([problem])
    return FolderStore(Path(settings.store), served_at=served_at)


class Session:
    """One edition of one campaign, opened: plan, admit, run, publish."""

    def __init__(self, prepared: Prepared, choice: Choice, settings: Settings, *, tools: Tools) -> None:
        self.campaign = prepared.sound()
        self._prepared = prepared
        self._choice = choice
        self._settings = settings
        self._tools = tools

    @property
    def store(self) -> Store:
        return self._tools.store

    async def plan(self) -> Plan:
        """Read the ledger and say what a run would do. Raises: StoreUnavailableError, LedgerError."""
        await self._tools.ledger.load({job.creative_id for job in self._prepared.expansion.jobs})
        return make_plan(
            self.campaign,
            replace(self._prepared.expansion, warnings=self._prepared.warnings),
            self._tools.ledger,
            self._tools.catalog,
            chosen=self._prepared.chosen,
            budget_usd=self._choice.budget_usd,
        )

    async def admit(self, plan: Plan, *, agreed_digest: str | None = None) -> None:
        """Let the whole plan in, or nothing of it. Raises: AdmissionError with every reason.

        `agreed_digest` is of the plan that somebody has agreed to; another one is not let in.
        """
        problems = self._agreement_problems(plan, agreed_digest) + self._key_problems(plan)
        problems += self._frame_problems(plan) + admission_problems(plan, balance_usd=None)
        if plan.to_buy and not problems:  # what can be known here comes first: then nobody is asked
            problems = await self._balance_problems(plan) + await self._store_problems()
        if problems:
            raise AdmissionError(problems)
        await self._offer_frames(plan)
        await write_plan(self._tools.store, plan, at=self._tools.clock.now())

    def runner(self, plan: Plan, *, observe: Observer) -> Runner:
        """What drives the plan once it is admitted."""
        return Runner(plan, self._tools, observe=observe)

    async def publish(self) -> Publication:
        """Build manifest and gallery."""
        return await publish(
            self._tools.store, self._tools.clock, campaign=self.campaign.name, edition=self.campaign.edition
        )

    def _agreement_problems(self, plan: Plan, agreed_digest: str | None) -> list[Problem]:
        if agreed_digest in {None, plan.digest}:
            return []
        reason = f"plan {plan.digest[:12]} is not plan {str(agreed_digest)[:12]} that was agreed to"
        return [Problem(self.campaign.place, reason, "look at the new plan and agree to it")]

    def _key_problems(self, plan: Plan) -> list[Problem]:
        if self._settings.api_key or not (plan.to_buy or plan.to_collect):
            return []
        return [Problem(Place("IMAROUTER_API_KEY"), "is not set", "set it to the vendor's key")]

    async def _balance_problems(self, plan: Plan) -> list[Problem]:
        """Whether the vendor takes the key and has the money; a gateway that tells no balance is let pass."""
        answer = await self._tools.client.balance()
        if isinstance(answer, Decimal):
            return admission_problems(plan, balance_usd=answer)
        if answer.http_status in {200, 404, 501}:  # no such route here: the stop on an empty balance remains
            return []
        return [_vendor_problem(answer, self._settings)]

    async def _store_problems(self) -> list[Problem]:
        try:
            await self._tools.store.probe()
        except UnsafeStoreError as error:
            return [
                Problem(
                    Place("HAILUO_STORE"), str(error), "nothing is bought on a store that could pay twice"
                )
            ]
        return []

    def _frame_problems(self, plan: Plan) -> list[Problem]:
        """The vendor fetches a first frame itself: a local one needs a store that can offer it."""
        keys = [planned.job.frame_key for planned in plan.to_buy if planned.job.frame_key]
        if not keys or self._tools.store.fetch_url(keys[0], valid_for=_ANY_TIME):
            return []
        reason = (
            f"the first frames are local files, and the vendor cannot fetch them from {self._tools.store.uri}"
        )
        remedy = "use an S3 store, or give the first frames as https URLs"
        return [Problem(self.campaign.place, reason, remedy)]

    async def _offer_frames(self, plan: Plan) -> None:
        """Put every local first frame where the vendor can fetch it; content-addressed, so once each."""
        jobs = {planned.job.frame_key: planned.job for planned in plan.to_buy if planned.job.frame_key}
        for key, job in jobs.items():
            await self._put_frame(key, job)

    async def _put_frame(self, key: str, job: Job) -> None:
        frame = job.variant.first_frame
        if frame and frame.path:
            kind = _FRAME_TYPES[frame.suffix]
            await self._tools.store.put_file(key, frame.path, sha256=frame.sha256, content_type=kind)


@asynccontextmanager
async def open_session(
    prepared: Prepared, choice: Choice, settings: Settings, *, clock: Clock
) -> AsyncIterator[Session]:
    """Open store, ledger and vendor for a sound campaign; closed when the block ends."""
    campaign = prepared.sound()
    async with AsyncExitStack() as stack:
        served_at = stack.enter_context(_frames_served(prepared, settings))
        store = open_store(settings, served_at=served_at)
        client = await stack.enter_async_context(_client(settings))
        scratch = stack.enter_context(tempfile.TemporaryDirectory(prefix="hailuo-"))
        random = SystemRandom()
        tools = Tools(
            ledger=Ledger(store, clock, campaign=campaign.name, edition=campaign.edition, worker=_worker()),
            store=store,
            client=client,
            limiter=Limiter(
                submits_per_minute=settings.submits_per_minute,
                in_flight=settings.in_flight,
                clock=clock,
                random=random,
            ),
            schedule=PollSchedule(
                first_seconds=settings.poll_first_seconds,
                every_seconds=settings.poll_every_seconds,
                deadline_seconds=settings.deadline_seconds,
            ),
            clock=clock,
            random=random,
            catalog=prepared.catalog,
            scratch=Path(scratch),
        )
        yield Session(prepared, choice, settings, tools=tools)


async def publish(store: Store, clock: Clock, *, campaign: str, edition: str) -> Publication:
    """Build manifest and gallery from the store alone. Raises: AdmissionError when nothing ever ran."""
    plan = await read_plan(store, campaign=campaign, edition=edition)
    if plan is None:
        reason = f"{store.uri} holds no run of {campaign}, edition {edition}"
        raise AdmissionError([Problem(Place(campaign), reason, "run it first, or name another --edition")])
    ledger = Ledger(store, clock, campaign=campaign, edition=edition, worker=_worker())
    await ledger.load({line.job.creative_id for line in plan.lines})
    entries = _entries(ledger, plan.lines, failed_retries=plan.failed_retries)
    # Paths within a folder stay true when the folder moves; a bucket's address says more.
    rows = manifest.build(entries, store_uri=store.uri if "://" in store.uri else "")
    return await _put_pages(store, clock, rows, campaign=campaign, edition=edition)


async def _put_pages(
    store: Store, clock: Clock, rows: pd.DataFrame, *, campaign: str, edition: str
) -> Publication:
    made = Publication(
        rows=rows,
        manifest_key=manifest.manifest_jsonl_key(campaign=campaign, edition=edition),
        csv_key=manifest.manifest_csv_key(campaign=campaign, edition=edition),
        gallery_key=gallery.gallery_key(campaign=campaign, edition=edition),
    )
    page = gallery.render(rows, title=campaign, built_at=clock.now())
    await store.put(made.manifest_key, manifest.to_jsonl(rows), content_type="application/x-ndjson")
    await store.put(made.csv_key, manifest.to_csv(rows), content_type="text/csv; charset=utf-8")
    await store.put(made.gallery_key, page, content_type="text/html; charset=utf-8")
    return made


def _entries(ledger: Ledger, lines: tuple[PlanLine, ...], *, failed_retries: int) -> list[manifest.Entry]:
    """One entry per job of the plan, in its order, then the jobs bought that are no longer in the file."""
    planned = {line.job.creative_id: line for line in lines}
    strays = {cid: record.job for cid, record in ledger.records.items() if cid not in planned and record.job}
    jobs = {**{cid: line.job for cid, line in planned.items()}, **strays}
    return [
        manifest.Entry(
            job=job,
            record=ledger.record(cid),
            state=ledger.state(cid, failed_retries=failed_retries),
            price_usd=_estimate(ledger, cid, planned.get(cid)),
        )
        for cid, job in jobs.items()
    ]


def _estimate(ledger: Ledger, creative_id: str, line: PlanLine | None) -> Decimal | None:
    """The price the job was bought at, or would be."""
    record = ledger.record(creative_id)
    if record.done:
        return record.done.price_usd
    if record.last and record.last.intent:
        return record.last.intent.price_usd
    return line.price_usd if line else None


def _client(settings: Settings) -> VideoClient:
    try:
        return VideoClient(base_url=settings.base_url, key=settings.api_key or _NO_KEY)
    except ValueError as error:
        place = Place("IMAROUTER_BASE_URL and IMAROUTER_API_KEY")
        raise SettingsError([Problem(place, str(error), "correct the variable")]) from error


def _vendor_problem(fault: Fault, settings: Settings) -> Problem:
    if fault.cause is Cause.KEY:
        return Problem(
            Place("IMAROUTER_API_KEY"), f"the vendor refuses the key: {fault.message}", "use a valid key"
        )
    reason = f"the vendor did not tell the balance: {fault.message}"
    return Problem(Place(settings.base_url), reason, "nothing was bought; try again later")


@contextmanager
def _frames_served(prepared: Prepared, settings: Settings) -> Iterator[str | None]:
    """Where the simulator on this machine finds the local first frames of a folder store; else None."""
    local = any(job.frame_key for job in prepared.expansion.jobs)
    if not local or "://" in settings.store or not _is_loopback(settings.base_url):
        yield None
        return
    from hailuo.simulator import serving_folder  # noqa: PLC0415 (only rehearsals pay for the import)

    with serving_folder(Path(settings.store)) as url:
        yield url


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _worker() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"


def nobody_observes(event: Event) -> None:
    del event


@asynccontextmanager
async def nobody_watches(runner: Runner) -> AsyncIterator[None]:
    del runner
    yield


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a driver above the library works in: the environment's settings and the real time, or a rehearsal's.

    `observe` takes the run's events, `watch` shows its progress while the block runs.
    """

    settings: Settings
    clock: Clock
    observe: Observer = nobody_observes
    watch: Callable[[Runner], AbstractAsyncContextManager[None]] = nobody_watches


_SURROUNDINGS: ContextVar[Surroundings | None] = ContextVar("surroundings", default=None)


def surroundings() -> Surroundings:
    """What `within` set, or the real world. Raises: SettingsError."""
    return _SURROUNDINGS.get() or Surroundings(settings=load_settings(), clock=SystemClock())


@contextmanager
def within(place: Surroundings) -> Iterator[None]:
    """Let the flows and commands started in this block work in other surroundings."""
    token = _SURROUNDINGS.set(place)
    try:
        yield
    finally:
        _SURROUNDINGS.reset(token)

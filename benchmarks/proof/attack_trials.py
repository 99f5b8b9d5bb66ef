"""Trials of an attack: a campaign of some nights in virtual time, then the invoice against the ledger and the clips."""

import asyncio
import contextlib
import hashlib
import itertools
import logging
import os
import traceback
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any, Final

import httpx
from pydantic import SecretStr

from benchmarks.proof.assignment import Place
from benchmarks.proof.attacks import ATTACKS, Answer, Attack
from hailuo.campaign.files import load_catalog
from hailuo.errors import HailuoError, MissingKeyError, StoreUnavailableError
from hailuo.ledger.facts import JobState
from hailuo.ledger.ledger import HORIZON, Ledger
from hailuo.plan.prepare import CampaignRequest
from hailuo.run.events import Event
from hailuo.run.leftovers import PaidClips
from hailuo.run.session import open_session
from hailuo.run.tools import Connections
from hailuo.settings import Settings
from hailuo.simulator import (
    ClipDetail,
    Simulator,
    SimulatorOptions,
    SimulatorTransport,
)
from hailuo.simulator.charges import InvoiceLine
from hailuo.store import Store
from hailuo.store.layout import Edition
from hailuo.store.open import open_store
from hailuo.testing import VirtualClock, WatchedStore, WatchedTransport
from hailuo.vendor import VideoClient

_JOBS: Final = 12
_LISTED_USD: Final = Decimal("0.28")
_BUDGET_USD: Final = _JOBS * _LISTED_USD
_IN_FLIGHT: Final = 8
_BASE_URL: Final = "http://127.0.0.1:9"
_CAMPAIGN: Final = """\
campaign: {name}
edition: "{edition}"
timezone: UTC
defaults: {{size: 768p, duration: 6, model: MiniMax-Hailuo-02}}
matrix:
  prompt:
{prompts}
budget: {{usd: {budget}}}
"""
_NIGHT: Final = datetime(2026, 11, 22, 23, 40, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What all trials of one attack on one store found."""

    store: str
    attack: str
    trials: int
    processes: int
    deaths: int
    jobs: int
    posts: int
    charged: int
    twice: int
    lost: int
    over_usd: Decimal
    allowed_usd: Decimal
    uncollected: int
    tracebacks: tuple[str, ...]

    @property
    def broken(self) -> tuple[str, ...]:
        """The promises that were broken."""
        promises = {
            f"{self.twice} charged twice": self.twice,
            f"{self.lost} lost": self.lost,
            f"${self.over_usd} over the budget, of which ${self.allowed_usd} was in flight": (
                self.over_usd > self.allowed_usd
            ),
            f"{self.uncollected} left uncollected": self.uncollected,
            f"{len(self.tracebacks)} tracebacks, first: {self.tracebacks[:1]}": self.tracebacks,
        }
        return tuple(words for words, is_broken in promises.items() if is_broken)


class _SleepyClock(VirtualClock):
    """A clock whose time of day can jump while its monotonic time stands still, as when a machine sleeps."""

    jumped = timedelta(0)

    def now(self) -> datetime:
        return super().now() + self.jumped


@dataclass(kw_only=True)
class _Process:
    """What may happen to one process at each of its effects."""

    random: Random
    clock: _SleepyClock
    dies_at: int
    broken_store: float
    suspends: bool
    effects: int = 0
    is_buried: bool = False
    dead: asyncio.Event = field(default_factory=asyncio.Event)

    async def before(self, effect: str) -> None:
        self.effects += 1
        if self.effects >= self.dies_at:
            self.dead.set()
        if self.is_buried:
            raise asyncio.CancelledError
        if self.dead.is_set():
            await asyncio.Event().wait()
        if self.suspends and self.random.random() < 0.01:
            self.clock.jumped += timedelta(hours=self.random.choice([-0.5, 0.5, 8]))
        if not effect.startswith(("GET", "POST")) and self.random.random() < self.broken_store:
            raise StoreUnavailableError(f"no space left on device ({effect})")

    async def after(self, effect: str) -> None:
        del effect


class _Wire(httpx.AsyncBaseTransport):
    """The simulator's answers, changed on their way."""

    def __init__(self, transport: httpx.AsyncBaseTransport, answer: Answer) -> None:
        self._transport = transport
        self._answer = answer

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._transport.handle_async_request(request)
        if "/v1/" not in request.url.path or request.url.path.endswith("/content"):
            return response
        await response.aread()
        response.request = request
        return self._answer(request, response)


class _Trial:
    """One campaign, its vendor, its store, and its nights."""

    def __init__(self, attack: Attack, number: int, store: Store, folder: Path) -> None:
        self.attack = attack
        self.random = Random(f"{attack.name} {number}")  # noqa: S311 (which attack comes when)
        self.clock = _SleepyClock(_NIGHT)
        variants, answers = list(attack.variants), list(attack.answers)
        options = SimulatorOptions(
            catalog=load_catalog(),
            clip_detail=ClipDetail.SMALL,
            seed=number,
            **variants[number % len(variants)],
        )
        self.simulator = Simulator(options, clock=self.clock)
        make = answers[number % len(answers)]
        self.answer = make(self.random) if make else None
        self.store = store
        self.name = f"trial{number}"
        self.path = folder / f"{self.name}.yaml"
        prompts = "\n".join(f"    - {{id: p{n:02}, text: Bottle number {n} on stone}}" for n in range(_JOBS))
        self.path.write_text(
            _CAMPAIGN.format(name=self.name, edition=attack.edition, prompts=prompts, budget=_BUDGET_USD),
            encoding="utf-8",
        )
        self.settings = Settings(
            api_key=SecretStr("sk-test"), base_url=_BASE_URL, checks="off", in_flight=_IN_FLIGHT
        )
        self.processes = self.deaths = 0
        self.tracebacks: list[str] = []

    async def nights(self) -> None:
        """Runs that may die, half an hour apart, then one that may not; then only collecting."""
        for attempt in range(5):
            dies = attempt < 3 and self.random.random() < self.attack.dies
            await asyncio.gather(*(self._process(dies=dies) for _ in range(self.attack.workers)))
            await self.clock.sleep(HORIZON.total_seconds() + self.random.uniform(60, 900))
        for _ in range(3):
            await self._process(dies=False, only_collects=True)
            await self.clock.sleep(600)

    async def _process(self, *, dies: bool, only_collects: bool = False) -> None:
        self.processes += 1
        process = _Process(
            random=self.random,
            clock=self.clock,
            dies_at=self.random.randint(3, 100) if dies else 10**9,
            broken_store=0.0 if only_collects else self.attack.broken_store,
            suspends=self.attack.suspends,
        )
        life = asyncio.ensure_future(self._life(process, only_collects=only_collects))
        death = asyncio.ensure_future(process.dead.wait())
        waiting: set[asyncio.Future[Any]] = {life, death}
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        self.deaths += process.dead.is_set()
        death.cancel()
        process.is_buried = (
            process.dead.is_set()
        )  # what it would still do as it ends, a killed process does not
        life.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await life

    async def _life(self, process: _Process, *, only_collects: bool) -> None:
        """What a process does. Errors of ours are how it ends; every other is a traceback that people would see."""
        simulator = SimulatorTransport(self.simulator.app)
        wire = _Wire(simulator, self.answer) if self.answer else simulator
        observe = _broken_watch if self.attack.broken_watch else _quiet_watch
        store = WatchedStore(self.store, process)
        try:
            async with VideoClient(
                base_url=_BASE_URL, key=SecretStr("sk-test"), transport=WatchedTransport(wire, process)
            ) as client:
                connections = Connections(store=store, client=client)
                paid = PaidClips(self.settings, self.clock, observe=observe, connections=connections)
                if only_collects:
                    await paid.collect(self.name)
                    return
                request = CampaignRequest(path=self.path, at=self.clock.now())
                async with (
                    paid.before(request) as (prepared, _),
                    open_session(
                        prepared, self.settings, clock=self.clock, connections=connections
                    ) as session,
                ):
                    await session.run(await session.plan(), observe=observe)
        except HailuoError:
            pass
        except Exception as error:  # noqa: BLE001 (this is what is counted)
            self.tracebacks.append(
                f"{type(error).__name__}: {error} at {traceback.extract_tb(error.__traceback__)[-1]}"
            )

    async def audit(self, store_name: str) -> Row:
        """The invoice against every ledger of the campaign and the bytes of its clips."""
        lines = self.simulator.invoice().lines
        editions = await self._editions()
        ledgers = [Ledger(self.store, self.clock, edition, worker="auditor") for edition in editions]
        for ledger in ledgers:
            await ledger.load()
        records = [record for ledger in ledgers for record in ledger.records.values()]
        owners = {a.task_id: record for record in records for a in record.attempts if a.task_id}
        doubtful = Counter(
            record.last.intent.request_sha256
            for ledger in ledgers
            for record in ledger.records.values()
            if ledger.state(record.creative_id, failed_retries=0) in {JobState.UNKNOWN, JobState.IN_DOUBT}
            and record.last
            and record.last.intent
        )
        kept = [line for line in lines if line.price_usd > line.refunded_usd]
        stored = {task for record in records if (task := await self._stored_task(record))}
        unowned = Counter(line.request_sha256 for line in kept if line.task_id not in owners)
        whole = [line for line in kept if line.status == "completed"]
        missing = [line for line in whole if line.task_id in owners and line.task_id not in stored]
        net = sum((line.price_usd - line.refunded_usd for line in lines), Decimal(0))
        dearest = max((line.price_usd for line in lines), default=_LISTED_USD)
        unnoticed = self.attack.unnoticed
        at_most = _IN_FLIGHT * self.attack.workers if unnoticed is None else unnoticed + self.deaths
        is_dearer = dearest > _LISTED_USD
        return Row(
            store=store_name,
            attack=self.attack.name,
            trials=1,
            processes=self.processes,
            deaths=self.deaths,
            jobs=_JOBS * len(editions),
            posts=self.simulator.invoice().calls.get("submits", 0),  # type: ignore[call-overload]
            charged=len(lines),
            twice=_twice(kept, len(editions)),
            lost=(unowned - doubtful).total(),
            over_usd=max(net - _BUDGET_USD * len(editions), Decimal(0)),
            allowed_usd=(dearest - _LISTED_USD) * at_most if is_dearer else Decimal(0),
            uncollected=len(missing),
            tracebacks=tuple(self.tracebacks),
        )

    async def _editions(self) -> list[Edition]:
        keys = [entry.key for entry in await self.store.listing(f"{self.name}/")]
        return [
            Edition(self.name, name)
            for name in sorted({key.split("/")[1] for key in keys if "/ledger/" in key})
        ]

    async def _stored_task(self, record: Any) -> str | None:
        if record.done is None:
            return None
        try:
            content = await self.store.read(record.done.key)
        except MissingKeyError:
            return None
        return str(record.done.task_id) if hashlib.sha256(content).hexdigest() == record.done.sha256 else None


def _twice(kept: Iterable[InvoiceLine], editions: int) -> int:
    """Charges beyond one for each body and edition."""
    return sum(max(count - editions, 0) for count in Counter(line.request_sha256 for line in kept).values())


def _quiet_watch(event: Event) -> None:
    del event


def _broken_watch(event: Event) -> None:
    raise OSError(28, "No space left on device")


def attacked(place: Place, folder: Path, *, trials: int) -> Iterator[Row]:
    """A row for each attack, with so many trials on a store of the place."""
    os.environ.update(place.environment)  # noqa: TID251 (boto3 reads keys and endpoint there)
    settings = Settings(api_key=SecretStr("sk-test"), store=place.uri)
    folder.mkdir(exist_ok=True)
    logging.disable()  # thousands of warnings, as wanted
    for at, attack in enumerate(ATTACKS):
        rows = []
        for number in range(trials):
            base = settings.model_copy(update={"store": f"{place.uri}/attack{at:02}-{number:03}"})
            trial = _Trial(attack, number, open_store(base), folder)
            trial.clock.run(trial.nights())
            rows.append(trial.clock.run(trial.audit(place.name)))
        yield _together(rows)
    logging.disable(logging.NOTSET)


def _together(rows: Sequence[Row]) -> Row:
    """The sums; of the money, the trial that went furthest over what it was allowed."""
    worst = max(rows, key=lambda row: (row.over_usd - row.allowed_usd, row.over_usd))
    sums = {
        name: sum(getattr(row, name) for row in rows)
        for name in (
            "trials",
            "processes",
            "deaths",
            "jobs",
            "posts",
            "charged",
            "twice",
            "lost",
            "uncollected",
        )
    }
    return Row(
        store=rows[0].store,
        attack=rows[0].attack,
        over_usd=worst.over_usd,
        allowed_usd=worst.allowed_usd,
        tracebacks=tuple(itertools.chain.from_iterable(row.tracebacks for row in rows)),
        **sums,
    )

"""Tonight in seconds: what a run would do now, played in virtual time against a simulated vendor.

Nothing is bought, and nothing is written: the store is read, and what the run adds stays in memory.
"""

import asyncio
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random
from typing import Final

from pydantic import SecretStr
from starlette.types import ASGIApp, Receive, Scope, Send

from hailuo.campaign.catalog import Catalog
from hailuo.campaign.pricing import PriceKey, price_key_of
from hailuo.clock import Clock
from hailuo.errors import Problem
from hailuo.ledger.store_vendor import read_vendor
from hailuo.plan.plan import Plan
from hailuo.plan.prepare import PreparedCampaign
from hailuo.rehearsal.figures import Figures, Watch, figures_of
from hailuo.rehearsal.history import render_seconds
from hailuo.rehearsal.stage import Staging, play
from hailuo.rehearsal.store import ReadOnlyStore
from hailuo.rehearsal.troubles import Troubles
from hailuo.run.events import RunReport
from hailuo.run.render_times import RenderTimes
from hailuo.run.session import open_session
from hailuo.run.store_place import StorePlace
from hailuo.run.tools import Connections
from hailuo.settings import Settings, is_loopback
from hailuo.simulator import ClipDetail, SimulatorOptions
from hailuo.store.open import nothing_bought_without_store, open_store
from hailuo.testing import VirtualClock
from hailuo.vendor.open import open_client

ANSWER_SECONDS: Final = 0.3
DOWNLOAD_SECONDS: Final = 2.0
"""What an answer and a clip take on their way. Assumed: docs/reference/rehearsal.md."""

_BALANCE_USD: Final = Decimal(10_000_000)
_REFRESH_SECONDS: Final = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """A rehearsed run. `refusals` say why a real one would be refused: then nothing was played, and the rest is None.

    `learned` are the render times of cells that the store's clips have shown; the others are the vendor's documented ones.
    """

    plan: Plan
    place: StorePlace
    refusals: Sequence[Problem] = ()
    learned: Mapping[PriceKey, tuple[float, ...]] = field(default_factory=dict)
    report: RunReport | None = None
    figures: Figures | None = None


def rehearse(
    prepared: PreparedCampaign,
    settings: Settings,
    *,
    clock: Clock,
    seed: int = 0,
    troubles: Troubles | None = None,
) -> Rehearsal:
    """The run of the campaign as of now, from its plan to its end. The same plan and seed give the same night.

    No key is needed, and no address is asked but the store's. Raises: CampaignError, SettingsError, AdmissionError.
    """
    troubles = troubles or Troubles()
    settings = settings.model_copy(update={"api_key": SecretStr("sk-simulated"), "checks": "off"})
    looked = asyncio.run(_look(prepared, settings, clock))
    plan, learned = looked.plan, looked.learned
    if looked.refusals:
        return Rehearsal(plan=plan, place=looked.place, refusals=looked.refusals)
    virtual = VirtualClock(clock.now(), threads=False)
    store = ReadOnlyStore(open_store(settings), virtual, offers_frames=True)
    random, watch = Random(seed), Watch(clock=virtual)  # noqa: S311 (jitter)
    vendor = SimulatorOptions(
        catalog=prepared.catalog,
        seed=seed,
        balance_usd=_BALANCE_USD,
        faults=troubles.faults,
        outages=troubles.outages,
        clip_detail=ClipDetail.TINY,
        prices={price_key_of(priced.job.variant): priced.price_usd for priced in plan.priced},
        render_seconds=learned,
        slow=_slow(plan, learned, troubles.slow),
    )
    staging = Staging(
        prepared=prepared,
        settings=settings.model_copy(update={"vendor": looked.held or looked.place.vendor}),
        vendor=vendor,
        tick_seconds_ago=_REFRESH_SECONDS * random.random(),
        store=store,
        random=random,
        held=watch.holds.append,
    )
    played = play(staging, clock=virtual, observe=watch.observe, wrap=lambda app: _Distant(app, virtual))
    figures = figures_of(played, watch, families=_families(plan, prepared.catalog))
    return Rehearsal(plan=plan, place=looked.place, learned=learned, report=played.report, figures=figures)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Looked:
    """What is known before the night; `held` is the vendor to which the store belongs."""

    plan: Plan
    place: StorePlace
    refusals: Sequence[Problem]
    learned: Mapping[PriceKey, tuple[float, ...]]
    held: str | None


async def _look(prepared: PreparedCampaign, settings: Settings, clock: Clock) -> _Looked:
    """The plan as of now, and why a run would be refused, in the words of `hailuo plan`."""
    offers_frames = is_loopback(settings.base_url)  # a simulator fetches them from this machine
    store = ReadOnlyStore(open_store(settings), clock, offers_frames=offers_frames)
    async with open_client(settings) as client:
        connections = Connections(store=store, client=client)
        opened = open_session(prepared, settings, clock=clock, connections=connections, only_looks=True)
        async with opened as session:
            plan = await session.plan()
            refusals = await session.refusals(plan, ask_vendor=False)
            place = await session.place()
    with nothing_bought_without_store():
        return _Looked(
            plan=plan,
            place=place,
            refusals=refusals,
            learned={} if refusals else await render_seconds(store, clock, _cells(plan)),
            held=None if refusals else await read_vendor(store),
        )


def _cells(plan: Plan) -> set[PriceKey]:
    return {price_key_of(planned.job.variant) for planned in plan.may_be_bought}


def _families(plan: Plan, catalog: Catalog) -> dict[str, str]:
    """The family of each job, by creative id."""
    return {
        planned.job.creative_id: catalog.models[planned.job.variant.model].family
        for planned in plan.may_be_bought
    }


def _slow(plan: Plan, learned: Mapping[PriceKey, Sequence[float]], factor: float) -> dict[PriceKey, float]:
    """The factor for the slower half of the cells, one at least; nothing where it is 1."""
    times = RenderTimes()
    typical = {
        price_key_of(planned.job.variant): times.typical_seconds(planned.job)
        for planned in plan.may_be_bought
    }
    typical |= {cell: statistics.median(seconds) for cell, seconds in learned.items()}
    slowest = sorted(typical, key=lambda cell: (-typical[cell], cell))[: (len(typical) + 1) // 2]
    return {} if factor == 1 else dict.fromkeys(slowest, factor)


@dataclass(frozen=True, slots=True)
class _Distant:
    """The vendor's application, from which each answer takes its time."""

    app: ASGIApp
    clock: VirtualClock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_clip = scope["path"].startswith("/_clips/") or scope["path"].endswith("/content")
        await self.clock.sleep(DOWNLOAD_SECONDS if is_clip else ANSWER_SECONDS)
        await self.app(scope, receive, send)

"""A price that rises in mid-run, at a vendor that names no amounts: the balance shows it, and blames nothing else for it."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import httpx
import pytest

from hailuo.campaign.files import load_catalog
from hailuo.errors import ExitCode
from hailuo.ledger.grants import Grant, Grants
from hailuo.ledger.ledger import Ledger
from hailuo.ledger.processes import this_process
from hailuo.run.events import Event, EventKind
from hailuo.simulator import FaultName, FaultPlan, Pricing, Profile, SimulatorTransport
from hailuo.store.layout import Edition
from tests.run.test_charges import admitted_run, world_with
from tests.support.factories import make_job
from tests.support.worlds import BASE_URL, World, world_of

LIST = Decimal("0.10")
CATALOG = load_catalog()
UNNOTICED = 7
"""Clips at most that are bought at a new price: three before the reading, three more, and one that confirms it."""

Shown = Callable[[Decimal, int, float], Decimal]
"""What the account shows for its true balance, the number of submits so far, and the seconds since the start."""


class Account(httpx.AsyncBaseTransport):
    """The simulator, with another balance than its own."""

    def __init__(self, world: World, shown: Shown) -> None:
        self._vendor = SimulatorTransport(world.simulator.app)
        self._clock, self._began = world.clock, world.clock.monotonic()
        self._shown = shown
        self._submits = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self._vendor.handle_async_request(request)
        self._submits += request.method == "POST"
        if "user-balance" not in request.url.path:
            return answer
        document = json.loads(await answer.aread())
        seconds = self._clock.monotonic() - self._began
        shown = self._shown(Decimal(str(document["data"]["balance_usd"])), self._submits, seconds)
        document["data"]["balance_usd"] = float(shown)
        return httpx.Response(answer.status_code, json=document)


def unnamed(jobs: int, **pricing: object) -> World:
    return world_with(jobs=jobs, profile=Profile.NEWAPI, **pricing)


def with_account(world: World, shown: Shown) -> World:
    world.wire = lambda: Account(world, shown)
    return world


def late(every_seconds: float) -> Shown:
    """A gateway that reads its books from time to time."""
    known: dict[int, Decimal] = {}

    def shown(balance: Decimal, _: int, seconds: float) -> Decimal:
        return known.setdefault(int(seconds // every_seconds), balance)

    return shown


@pytest.mark.parametrize(("factor", "from_task"), [("1.2", 1), ("1.5", 5), ("3", 9), ("12", 10)])
def test_a_rise_is_seen_after_a_few_clips(factor: str, from_task: int) -> None:
    """However large, and whenever it comes."""
    world = unnamed(18, factor=Decimal(factor), from_task=from_task)

    report = admitted_run(world, budget="99")

    dearer = [line for line in world.simulator.invoice().lines if line.price_usd > LIST]
    assert report.exit_code is ExitCode.STOPPED
    assert "hailuo price MiniMax-Hailuo-02 6 512p USD" in (report.stopped or "")
    assert len(dearer) <= UNNOTICED


def test_a_rise_between_two_runs_is_seen_at_once() -> None:
    """The price is known from an earlier run, and is another today: the first submit is looked at, the next one confirms it."""
    world = unnamed(20, factor=Decimal(2), from_task=4)
    world.chosen = frozenset(job.creative_id for job in world.jobs[:4])
    world.run()
    world.clock.advance(86_400)
    world.chosen = None

    report = world.run()

    assert report.exit_code is ExitCode.STOPPED
    assert len(world.simulator.invoice().lines) == 4 + 2


HONEST: dict[str, Shown] = {
    "read every minute": late(60),
    "read every five minutes": late(300),
    "nothing for six clips, then two for each": lambda balance, submits, _: (
        balance + LIST * max(0, min(submits, 12 - submits))
    ),
    "topped up": lambda balance, submits, _: balance + (5 if submits > 6 else 0),
    "topped up twice": lambda balance, submits, _: balance + 5 * (submits // 5),
    "someone else buys once": lambda balance, submits, _: balance - (3 * LIST if submits > 6 else 0),
    "someone else buys twice": lambda balance, submits, _: balance - 3 * LIST * min(submits // 5, 2),
    "someone else buys at the end": lambda balance, submits, _: balance - (LIST if submits > 15 else 0),
}


@pytest.mark.parametrize("account", HONEST)
def test_nothing_else_is_taken_for_a_rise(account: str) -> None:
    """Everything is bought at the price granted; what another user took is said."""
    heard: list[Event] = []
    world = with_account(unnamed(16), HONEST[account])

    report = admitted_run(world, budget="1.60", heard=heard)

    said = [e.text for e in heard if e.kind is EventKind.CHARGED and "something else uses" in e.text]
    assert report.exit_code is ExitCode.COMPLETE, report.stopped
    assert len(world.simulator.invoice().lines) == 16
    assert len(said) == {"someone else buys once": 1, "someone else buys twice": 2}.get(account, 0)


@pytest.mark.parametrize("refunds", [True, False], ids=["refunded", "kept"])
def test_refunds_without_a_word_are_no_rise_and_hide_none_for_long(refunds: bool) -> None:
    """A fifth of the tasks fail: at the listed price all goes on."""
    faults = FaultPlan(rates={FaultName.FAILED_OBJECT: 0.2})
    world = world_of(
        CATALOG, jobs=25, profile=Profile.NEWAPI, pricing=Pricing(refunds=refunds), faults=faults
    )

    report = world.run()

    assert "balance" not in (report.stopped or "")


def test_a_rise_after_a_top_up_is_seen() -> None:
    """What was paid in hides no more than the clips around it."""
    topped_up = HONEST["topped up"]
    world = with_account(unnamed(30, factor=Decimal(2), from_task=12), topped_up)

    report = admitted_run(world, budget="99")

    assert report.exit_code is ExitCode.STOPPED
    assert len(world.simulator.invoice().lines) <= 12 + UNNOTICED + 3


@pytest.mark.parametrize("alive", [True, False], ids=["alive", "dead"])
@pytest.mark.parametrize("doubt", [True, False], ids=["with a submit under way", "with nothing under way"])
def test_the_grant_of_a_killed_run_of_another_edition_hides_no_price(alive: bool, doubt: bool) -> None:
    """Its process is known to be dead, and none of its submits is under way: then what the balance loses is this run's."""
    world = unnamed(12, factor=Decimal("1.5"), from_task=3)
    command = [
        sys.executable,
        "-c",
        "from hailuo.ledger.processes import this_process; print(this_process())",
    ]
    dead = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603
    grant = Grant(
        run="other",
        campaign="other",
        edition="main",
        month="2026-11",
        at=world.clock.now(),
        prices={"X": LIST},
        process=this_process() if alive else dead,
    )
    world.clock.run(Grants(world.store).take(grant, ()))
    other = Ledger(world.store, world.clock, Edition("other", "main"), worker="other")
    if doubt:
        job = replace(make_job(), edition="main")
        world.clock.run(other.intend(job, price_usd=LIST, request_sha256="5e" * 32, base_url=BASE_URL))

    report = admitted_run(world, budget="9")

    sees = not alive and not doubt
    assert report.exit_code is (ExitCode.STOPPED if sees else ExitCode.COMPLETE)


def test_a_submit_of_a_killed_run_that_is_charged_late_is_no_rise() -> None:
    """It was under way when this run read its first balance."""
    world = unnamed(12)
    job = world.jobs[0]
    killed = world.ledger("killed")
    world.clock.run(killed.load())
    world.clock.run(killed.intend(job, price_usd=LIST, request_sha256="5e" * 32, base_url=BASE_URL))
    with_account(world, lambda balance, submits, _: balance - (LIST if submits else 0))

    report = admitted_run(world, budget="9")

    assert "balance" not in (report.stopped or "")


def test_submits_that_overlap_are_compared_when_none_is_under_way() -> None:
    """Every answer takes a minute; the sum is compared when the run ends at the latest."""
    faults = FaultPlan(rates={FaultName.SLOW_SUBMIT: 1.0})
    pricing = Pricing(factor=Decimal(2), from_task=3)
    world = world_of(CATALOG, jobs=20, profile=Profile.NEWAPI, pricing=pricing, faults=faults)

    report = world.run()

    assert report.exit_code is ExitCode.STOPPED
    assert "hailuo price" in (report.stopped or "")

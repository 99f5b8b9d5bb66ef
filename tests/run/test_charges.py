"""Charges that differ from the prices granted: what a run does about them, and what its books say.

The rule under every price and every way to name it: nothing is bought beyond budget and caps but what was in flight
when the price changed, and what counts as spent is what the vendor's invoice says.
"""

import asyncio
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hailuo.campaign.files import load_catalog
from hailuo.campaign.model import Axis, Grid, Level
from hailuo.campaign.pricing import PriceKey, is_credible
from hailuo.errors import AdmissionError, ExitCode, MissingKeyError, StoreUnavailableError
from hailuo.ledger.grants import Grant, Grants
from hailuo.ledger.money import items_of, sums_of
from hailuo.ledger.prices import AcceptedPrice, read_prices, record_price
from hailuo.plan.plan import Plan, make_plan
from hailuo.plan.problems import admission_problems
from hailuo.run.balances import Taken
from hailuo.run.charges import ChargeWatch, reports_amounts
from hailuo.run.events import Event, EventKind, RunReport
from hailuo.run.runner import Runner
from hailuo.run.spending import SpendingGrant
from hailuo.settings import Settings
from hailuo.simulator import (
    AmountStyle,
    FaultName,
    FaultPlan,
    Pricing,
    Profile,
    ScriptedFault,
    SimulatorTransport,
)
from hailuo.store import Entry, Store
from hailuo.testing import MemoryStore
from tests.support.examples import examples
from tests.support.factories import make_done
from tests.support.worlds import HERE, World, world_of

LIST = Decimal("0.10")
IN_FLIGHT = 8
CATALOG = load_catalog()
HONEST = [
    AmountStyle.CHARGED,
    AmountStyle.TEXT,
    AmountStyle.CODE,
    AmountStyle.LONG,
    AmountStyle.LATE,
    AmountStyle.TWICE,
]
SENSELESS = [
    AmountStyle.NOTHING,
    AmountStyle.ZERO,
    AmountStyle.NEGATIVE,
    AmountStyle.HUGE,
    AmountStyle.CENTS,
    AmountStyle.YUAN,
    AmountStyle.NO_NUMBER,
]


def admitted_run(
    world: World,
    *,
    budget: str | None = None,
    per_run: str | None = None,
    per_month: str | None = None,
    until: float | None = None,
    stops_when_sent: bool = False,
    name: str = "run",
    heard: list[Event] | None = None,
    buys: bool = True,
) -> RunReport:
    """One run as a session makes it: planned with what is on record, admitted, driven, closed.

    With `until` it is interrupted after so many seconds; with `stops_when_sent` as soon as it has sent a clip. Unless it
    `buys`, it only collects. Raises: AdmissionError.
    """
    environment = Settings(
        max_usd_per_run=None if per_run is None else Decimal(per_run),
        max_usd_per_month=None if per_month is None else Decimal(per_month),
    )

    async def run() -> RunReport:
        ledger = world.ledger(name)
        await ledger.load({job.creative_id for job in world.jobs})
        await ledger.check_clips()
        plan = await planned(world, ledger, budget=budget)
        plan = plan if buys else replace(plan, jobs=tuple(replace(p, chosen=False) for p in plan.jobs))
        with tempfile.TemporaryDirectory() as scratch:
            async with world.client() as client:
                tools = world.tools(ledger, client, Path(scratch))
                spending = SpendingGrant(tools, environment, run=name)
                problems = admission_problems(plan, balance_usd=None) or await spending.take(plan)
                if problems:
                    raise AdmissionError(problems)
                events: list[Event] = [] if heard is None else heard

                def observe(event: Event) -> None:
                    events.append(event)
                    if stops_when_sent and event.kind is EventKind.SUBMITTED:
                        runner.interrupt("SIGTERM")

                runner = Runner(plan, tools, spending=spending, observe=observe)
                beside = asyncio.ensure_future(stop_after(runner, until))
                report = await runner.run()
                beside.cancel()
                await spending.close()
                return report

    async def stop_after(runner: Runner, seconds: float | None) -> None:
        if seconds is not None:
            await world.clock.sleep(seconds)
            runner.interrupt("SIGTERM")

    return world.clock.run(run())


async def planned(world: World, ledger, *, budget: str | None) -> Plan:
    from hailuo.campaign.expand import expand  # noqa: PLC0415 (only here)

    return make_plan(
        world.campaign,
        expand(world.campaign, world.catalog),
        ledger,
        world.catalog,
        budget_usd=None if budget is None else Decimal(budget),
        prices=await read_prices(world.store),
    )


def spent(world: World) -> Decimal:
    ledger = world.ledger("auditor")
    world.clock.run(ledger.load(histories=True))
    return sums_of(item for record in ledger.records.values() for item in items_of(record)).spent_usd


def committed(world: World, month: str = "2026-11") -> Decimal:
    grants = Grants(world.store)
    world.clock.run(grants.load())
    return grants.committed(lambda grant: grant.month == month)


def world_with(jobs: int = 20, *, profile: Profile = Profile.IMAROUTER, **pricing: object) -> World:
    return world_of(CATALOG, jobs=jobs, profile=profile, pricing=Pricing(**pricing))  # type: ignore[arg-type]


CAPS: dict[str, Callable[[str], dict[str, str]]] = {
    "budget": lambda usd: {"budget": usd},
    "run": lambda usd: {"per_run": usd},
    "month": lambda usd: {"per_month": usd},
}


@pytest.mark.parametrize("cap", CAPS)
def test_ten_times_the_price_costs_one_clip(cap: str) -> None:
    """The first job goes alone: nothing follows it, and its clip is stored."""
    world = world_with(factor=Decimal(10))

    report = admitted_run(world, **CAPS[cap]("2.00"))  # type: ignore[arg-type]

    assert report.exit_code is ExitCode.STOPPED
    assert "$1.00" in (report.stopped or "")
    assert "hailuo price MiniMax-Hailuo-02 6 512p USD" in (report.stopped or "")
    assert len(world.simulator.invoice().lines) == 1
    assert spent(world) == committed(world) == world.simulator.invoice().net_usd == Decimal(1)


def test_a_stop_is_answered_before_anything_more_is_bought() -> None:
    """`run --yes` and the flows are refused with the command; with the answer they go on at the new price."""
    world = world_with(jobs=3, factor=Decimal(10))
    admitted_run(world, budget="9")

    with pytest.raises(AdmissionError, match="hailuo price"):
        admitted_run(world, budget="9", name="again")

    assert len(world.simulator.invoice().lines) == 1


@pytest.mark.parametrize("cap", CAPS)
@pytest.mark.parametrize("factor", ["1.05", "1.08", "1.09"])
def test_differences_within_the_tolerance_do_not_add_up_beyond_a_cap(cap: str, factor: str) -> None:
    """Each is small, all of them are not: buying stops before the sum passes the cap."""
    world = world_with(factor=Decimal(factor))

    report = admitted_run(world, **CAPS[cap]("2.00"))  # type: ignore[arg-type]

    assert report.exit_code is ExitCode.STOPPED
    assert "$2.00" in (report.stopped or "")
    assert world.simulator.invoice().net_usd <= 2
    assert spent(world) == committed(world) == world.simulator.invoice().net_usd


def test_differences_within_the_tolerance_go_on_where_the_caps_have_room() -> None:
    """Every clip is bought, at the new price, and every book says so."""
    world = world_with(factor=Decimal("1.05"))

    report = admitted_run(world, budget="2.20", per_run="2.20", per_month="2.20")

    assert report.exit_code is ExitCode.COMPLETE
    assert spent(world) == committed(world) == world.simulator.invoice().net_usd == Decimal("2.10")


@pytest.mark.parametrize("balance_shown", [True, False], ids=["balance", "no balance"])
@pytest.mark.parametrize("style", SENSELESS)
def test_one_senseless_amount_is_no_price(style: AmountStyle, balance_shown: bool) -> None:
    """It makes no cell free, blocks none for ever, and costs what was reserved."""
    world = world_with(jobs=4, amounts=style, styled_tasks=1, balance_shown=balance_shown)
    heard: list[Event] = []

    first = admitted_run(world, budget="0.40", heard=heard)

    ledger = world.ledger("auditor")
    world.clock.run(ledger.load())
    odd = first.exit_code is ExitCode.STOPPED
    plan = world.clock.run(planned(world, ledger, budget="0.40"))
    assert all((p.quote.price_usd or 0) >= LIST for p in plan.everything)
    assert spent(world) == world.simulator.invoice().net_usd
    assert odd == (style in {AmountStyle.HUGE, AmountStyle.CENTS} and not balance_shown)
    expected = style is not AmountStyle.NOTHING and not balance_shown
    assert any("not credible" in event.text for event in heard) == expected


def test_a_clip_collected_later_counts_in_the_month_in_which_it_was_bought() -> None:
    """Bought in November and charged in December, dearer than granted: November's sum holds the charge."""
    world = world_with(jobs=1, factor=Decimal("1.5"))
    admitted_run(world, until=10, name="november")
    world.clock.advance(20 * 86_400)

    report = admitted_run(world, name="december")

    assert [ending.state.value for ending in report.endings] == ["stored"]
    assert committed(world, "2026-11") == spent(world) == world.simulator.invoice().net_usd == Decimal("0.15")
    assert committed(world, "2026-12") == 0


def test_two_runs_cannot_pass_the_cap_together_by_rising_prices() -> None:
    """What the first was charged more is held, too, where the second looks."""
    world = world_with(jobs=10, factor=Decimal("1.10"))
    admitted_run(world, per_month="2.09", name="first")
    world.campaign = replace(world.campaign, edition="other")

    with pytest.raises(AdmissionError, match="HAILUO_MAX_USD_PER_MONTH"):
        admitted_run(world, per_month="2.09", name="second")

    assert committed(world) == Decimal("1.10")


factors = st.sampled_from(
    [Decimal(text) for text in ("0.5", "0.95", "1", "1.04", "1.1", "1.5", "3", "10", "15")]
)


@settings(max_examples=examples(8))  # each is a whole run
@given(
    factor=factors,
    from_task=st.integers(0, 12),
    style=st.sampled_from([*HONEST, *SENSELESS]),
    styled_tasks=st.one_of(st.none(), st.integers(0, 6)),
    cap=st.sampled_from(sorted(CAPS)),
    room=st.sampled_from(["1.50", "1.60", "2.50"]),
)
def test_no_price_passes_a_cap_by_more_than_what_was_in_flight(
    factor: Decimal,
    from_task: int,
    style: AmountStyle,
    styled_tasks: int | None,
    cap: str,
    room: str,
) -> None:
    """Plan, caps and ledger agree with the invoice to the cent, wherever the vendor names its amounts."""
    pricing: dict[str, Any] = {
        "factor": factor,
        "from_task": from_task,
        "amounts": style,
        "styled_tasks": styled_tasks,
    }
    faults = FaultPlan(rates={FaultName.URL_EXPIRED: 0.3})  # then the vendor is asked twice
    world = world_of(CATALOG, jobs=15, pricing=Pricing(**pricing), faults=faults)

    admitted_run(world, **CAPS[cap](room))  # type: ignore[arg-type]

    invoice = world.simulator.invoice()
    named = style in HONEST or factor == 1
    if named:
        assert spent(world) == invoice.net_usd
        assert committed(world) == invoice.net_usd
        surprise = max(Decimal(0), factor - 1) * LIST * IN_FLIGHT
        assert invoice.net_usd <= Decimal(room) + surprise
    prices = {line.price_usd for line in invoice.lines}
    assert all(is_credible(price, LIST) for price in prices)


UNNAMED = [Profile.NEWAPI, Profile.SEED]


@pytest.mark.parametrize("profile", UNNAMED)
def test_where_no_amounts_are_named_the_balance_shows_the_price_of_the_first_clip(profile: Profile) -> None:
    """It goes alone, and the balance falls by its price: ten times the price costs one clip."""
    world = world_with(profile=profile, factor=Decimal(10))

    report = admitted_run(world, budget="2.00")

    assert report.exit_code is ExitCode.STOPPED
    assert len(world.simulator.invoice().lines) == 1
    assert spent(world) == committed(world) == world.simulator.invoice().net_usd == Decimal(1)


@pytest.mark.parametrize("profile", UNNAMED)
def test_where_no_amounts_are_named_and_the_price_is_the_listed_one_all_is_bought(profile: Profile) -> None:
    """The balance falls as expected: nothing stops, and the sums are the invoice's."""
    world = world_with(profile=profile, jobs=6)

    report = admitted_run(world, budget="0.60")

    assert report.exit_code is ExitCode.COMPLETE
    assert spent(world) == world.simulator.invoice().net_usd == Decimal("0.60")


@pytest.mark.parametrize("style", [AmountStyle.CENTS, AmountStyle.HUGE, AmountStyle.YUAN, AmountStyle.ZERO])
def test_the_balance_corrects_an_amount_in_another_unit(style: AmountStyle) -> None:
    """The first clip's amount is not as granted, and its balance says that the price is: nothing stops for it."""
    world = world_with(jobs=4, amounts=style, styled_tasks=1)

    report = admitted_run(world, budget="0.40")

    assert report.exit_code is ExitCode.COMPLETE
    assert spent(world) == world.simulator.invoice().net_usd == Decimal("0.40")


@pytest.mark.parametrize("refunds", [True, False], ids=["refunded", "kept"])
def test_a_refund_is_seen_in_the_balance_of_a_job_that_went_alone(refunds: bool) -> None:
    """It shows what the failed task does not say: bought again where it came back, given up where it did not."""
    pricing = Pricing(refunds=refunds)
    script = (ScriptedFault(fault=FaultName.FAILED_OBJECT),)
    world = world_of(
        CATALOG, jobs=1, profile=Profile.NEWAPI, pricing=pricing, faults=FaultPlan(script=script)
    )

    admitted_run(world, budget="0.40")

    invoice = world.simulator.invoice()
    assert len(invoice.lines) == (2 if refunds else 1)
    assert spent(world) == committed(world) == invoice.net_usd == LIST


def test_an_amount_named_twice_counts_once() -> None:
    """A link has expired, so the vendor is asked again, and it names twice as much: the first amount stands."""
    faults = FaultPlan(rates={FaultName.URL_EXPIRED: 1.0})
    world = world_of(CATALOG, jobs=2, pricing=Pricing(amounts=AmountStyle.TWICE), faults=faults)

    admitted_run(world, budget="0.20")

    assert spent(world) == committed(world) == world.simulator.invoice().net_usd == Decimal("0.20")


@pytest.mark.parametrize("ended_runs", range(4))
def test_a_run_that_ends_before_its_reading_costs_one_clip(ended_runs: int) -> None:
    """Its clip has no known price, so the next run collects it, and then sends one clip alone again."""
    world = world_with(jobs=12, profile=Profile.NEWAPI, factor=Decimal("1.5"))
    for number in range(ended_runs):
        admitted_run(world, budget="9", stops_when_sent=True, name=f"ended{number}")
        world.clock.advance(600)
    assert len(world.simulator.invoice().lines) == ended_runs

    report = admitted_run(world, budget="9", name="last")

    assert report.exit_code is ExitCode.STOPPED
    assert "$0.15" in (report.stopped or "")
    assert len(world.simulator.invoice().lines) == ended_runs + 1


@pytest.mark.parametrize(("factor", "clips"), [(10, 7), (1, 12)])
def test_the_next_cell_of_a_model_goes_alone_too(factor: int, clips: int) -> None:
    """The price of one length and size says nothing of another: ten times the price costs one clip there."""
    world = world_with(jobs=6, profile=Profile.NEWAPI, factor=Decimal(factor), from_task=6)
    admitted_run(world, budget="9", name="first")
    (grid,) = world.campaign.grids
    axes = (
        *(axis for axis in grid.axes if axis.name != "size"),
        Axis(name="size", levels=(Level(axis="size", label="768p", value="768p", place=HERE),)),
    )
    world.campaign = replace(world.campaign, grids=(grid, Grid(axes=axes)))

    report = admitted_run(world, budget="9", name="second")

    assert len(world.simulator.invoice().lines) == clips
    assert ("hailuo price MiniMax-Hailuo-02 6 768p USD" in (report.stopped or "")) == (factor > 1)
    assert (report.exit_code is ExitCode.COMPLETE) == (factor == 1)


def test_a_price_that_rises_in_mid_run_and_is_never_named_is_seen_in_the_balance() -> None:
    """The run stops within seven clips at the new price, and nothing more is bought until a person answers."""
    world = world_with(jobs=12, profile=Profile.NEWAPI, factor=Decimal("1.5"), from_task=3)

    report = admitted_run(world, budget="9", name="first")
    world.campaign = replace(world.campaign, edition="other")
    first = world.simulator.invoice()

    assert report.exit_code is ExitCode.STOPPED
    assert "hailuo price" in (report.stopped or "")
    assert "and the records explain $" in (report.stopped or "")
    assert sum(line.price_usd == Decimal("0.15") for line in first.lines) <= 7
    with pytest.raises(AdmissionError, match="hailuo price MiniMax-Hailuo-02 6 512p USD"):
        admitted_run(world, budget="9", name="second")
    assert world.simulator.invoice().lines == first.lines
    cell = PriceKey("MiniMax-Hailuo-02", 6, "512p")
    answer = AcceptedPrice(nonce="n", at=world.clock.now(), cell=cell, price_usd=Decimal("0.15"))
    world.clock.run(record_price(world.store, answer))
    assert admitted_run(world, budget="9", name="third").exit_code is ExitCode.COMPLETE
    assert world.simulator.invoice().net_usd == first.net_usd + 12 * Decimal("0.15")


def test_what_another_run_may_have_bought_blames_no_price() -> None:
    """Another run of the store had an open grant meanwhile: the balance may be its doing."""
    world = world_with(jobs=12, profile=Profile.NEWAPI, factor=Decimal("1.5"), from_task=3)
    other = Grant(
        run="other",
        campaign="other",
        edition="main",
        month="2026-11",
        at=world.clock.now(),
        prices={"X": LIST},
    )
    world.clock.run(Grants(world.store).take(other, ()))

    report = admitted_run(world, budget="9")

    assert report.exit_code is ExitCode.COMPLETE


def test_a_balance_that_others_use_proves_nothing() -> None:
    """Money that left between submit and end is not the clip's: the price reserved counts, and nothing stops."""
    taken = Taken(at_submit=LIST, at_end=Decimal("0.35"))

    assert taken.price_usd is None
    assert taken.refunded is None
    assert Taken(at_submit=Decimal(0), at_end=LIST).price_usd is None
    assert Taken(at_submit=LIST, at_end=LIST).price_usd == LIST


ORIGINS: dict[str, tuple[list[Any], bool | None]] = {
    "no clip yet": ([], None),
    "the vendor": (["vendor"], True),
    "the vendor, twice": (["vendor", "vendor"], True),
    "the balance": (["balance"], False),
    "the balance, twice": (["balance", "balance"], False),
    "nothing": ([""], False),
    "nothing and the balance": (["", "balance"], False),
    "the vendor and the balance": (["vendor", "balance"], None),
    "the vendor and nothing": (["vendor", ""], None),
    "an earlier version": ([None], None),
    "an earlier version and the vendor": ([None, "vendor"], None),
}


@pytest.mark.parametrize("case", ORIGINS)
def test_only_amounts_that_the_vendor_named_show_that_it_names_them(case: str) -> None:
    """By the clips of the edition: "" has no amount, None is a fact of an earlier version."""
    origins, expected = ORIGINS[case]
    world = world_with(jobs=2)
    plan = world.clock.run(planned(world, world.ledger(), budget=None))
    dones = [
        replace(make_done(amount_usd=None if by == "" else LIST), amount_by=by or None) for by in origins
    ]
    jobs = tuple(
        replace(p, record=replace(p.record, done=done)) for p, done in zip(plan.jobs, dones, strict=False)
    )

    assert reports_amounts(replace(plan, jobs=jobs)) is expected


class MoneyLost:
    """A store that raises the given error for every money record; all else works."""

    def __init__(self, store: Store, error: Exception) -> None:
        self._store = store
        self._error = error

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    async def listing(self, prefix: str) -> Sequence[Entry]:
        if prefix.startswith("money/"):
            raise self._error
        return await self._store.listing(prefix)


LOSSES: dict[str, Exception | None] = {
    "a record is gone": None,
    "the store does not answer": StoreUnavailableError("no answer"),
    "a key is missing": MissingKeyError("money/rollup.json.gz"),
}


@pytest.mark.parametrize("profile", [Profile.IMAROUTER, Profile.NEWAPI])
@pytest.mark.parametrize("loss", LOSSES)
def test_money_records_that_cannot_be_read_keep_no_clip_from_being_collected(
    loss: str, profile: Profile
) -> None:
    """Every clip is stored, with one alarm that names the records; the charges are on their facts."""
    world = world_with(jobs=5, factor=Decimal("1.05"), from_task=1, profile=profile)
    admitted_run(world, until=330, name="first")
    if error := LOSSES[loss]:
        world.store = MoneyLost(world.store, error)  # type: ignore[assignment]
    else:
        assert isinstance(world.store, MemoryStore)
        del world.store._objects["money/v1/00000001"]
    events: list[Event] = []

    report = admitted_run(world, name="second", heard=events, buys=False)

    assert len(report.endings) > 1
    assert {ending.state.value for ending in report.endings} == {"stored"}
    alarms = [event.text for event in events if event.kind is EventKind.ALARM]
    assert len(alarms) == (1 if profile is Profile.IMAROUTER else 0)
    assert all("money/v1/" in text and "restore" in text for text in alarms)


def test_a_failed_task_that_has_its_clip_is_charged_like_any_other() -> None:
    """Ten times the price: the clip is kept, and nothing follows it."""
    faults = FaultPlan(rates={FaultName.FAILED_WITH_URL: 1.0})
    world = world_of(CATALOG, jobs=4, pricing=Pricing(factor=Decimal(10)), faults=faults)

    report = admitted_run(world, budget="9")

    assert report.exit_code is ExitCode.STOPPED
    assert len(world.simulator.invoice().lines) == 1
    assert spent(world) == committed(world) == world.simulator.invoice().net_usd == Decimal(1)


def test_a_charge_that_is_on_record_is_not_counted_again() -> None:
    """The clip was lost and is looked for at the vendor's address: its price is on record, so no record is added."""
    faults = FaultPlan(rates={FaultName.URL_NEVER: 1.0})
    world = world_of(CATALOG, jobs=1, pricing=Pricing(factor=Decimal("1.05")), faults=faults)
    admitted_run(world, name="first")
    assert isinstance(world.store, MemoryStore)
    del world.store._objects[world.jobs[0].clip_key]
    before = world.clock.run(world.store.listing("money/"))

    report = admitted_run(world, name="second")

    assert [ending.state.value for ending in report.endings] == ["stored"]
    assert world.clock.run(world.store.listing("money/")) == before


def test_a_status_that_no_poll_reported_says_nothing_of_charges(tmp_path: Path) -> None:
    """No poll is answered and the clip is at the vendor's address: whether the vendor names amounts is not known."""
    faults = FaultPlan(rates={FaultName.STATUS_DROPPED: 1.0})
    world = world_of(CATALOG, jobs=1, faults=faults)
    world.wire = lambda: WithoutPolls(SimulatorTransport(world.simulator.app))
    seen: list[ChargeWatch] = []

    async def look(runner: Runner) -> None:
        seen.append(runner._charges)

    report = world.run(during=look)

    assert [ending.state.value for ending in report.endings] == ["stored"]
    assert seen[0]._reports is None


class WithoutPolls(httpx.AsyncBaseTransport):
    """No answer to any poll; submits, balance and clips work."""

    def __init__(self, vendor: httpx.AsyncBaseTransport) -> None:
        self._vendor = vendor

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if request.method == "GET" and "/videos/" in path and not path.endswith("/content"):
            raise httpx.ConnectError("no route", request=request)
        return await self._vendor.handle_async_request(request)

"""Substitutes in a run: bought only where the first job failed for good and cost nothing, once, within what was shown."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from pathlib import Path

import pytest

from hailuo.campaign.expand import expand
from hailuo.campaign.files import load_campaign, load_catalog
from hailuo.campaign.model import Campaign
from hailuo.ledger.facts import JobState
from hailuo.ledger.ledger import HORIZON
from hailuo.ledger.money import items_of, sums_of
from hailuo.plan.plan import Plan
from hailuo.plan.problems import admission_problems
from hailuo.run.runner import Runner
from hailuo.run.spending import SpendingGrant
from hailuo.settings import Settings
from hailuo.simulator import ClipDetail, FaultName, FaultPlan, Profile, ScriptedFault, SimulatorOptions
from tests.support.processes import Process, Scene
from tests.support.worlds import World

CATALOG = load_catalog()
KLING, HAILUO = "kling-v3-omni-video", "MiniMax-Hailuo-2.3"
SPRING = f"""campaign: spring
defaults: {{size: hd}}
matrix:
  model: [{KLING}]
  duration: [6]
  audio: [false]
  prompt: [{{id: a, text: A shoe}}, {{id: b, text: A boot}}]
"""


def campaign(folder: Path, text: str) -> Campaign:
    path = folder / "spring.yaml"
    path.write_text(text, encoding="utf-8")
    loaded = load_campaign(path, catalog=CATALOG, at=datetime(2026, 11, 30, tzinfo=UTC))
    assert loaded.campaign, loaded.problems
    return loaded.campaign


def world(
    folder: Path, *script: ScriptedFault, more: str = f"fallback: [{HAILUO}]\n", **options: object
) -> World:
    chosen = SimulatorOptions(
        catalog=CATALOG,
        clip_detail=ClipDetail.SMALL,
        faults=FaultPlan(script=script),
        **options,  # type: ignore[arg-type]  # each test names options of the right type
    )
    return World(catalog=CATALOG, options=chosen, campaign=campaign(folder, SPRING + more))


def plan_of(made: World) -> Plan:
    return made.clock.run(made.plan(made.ledger("looker")))


def spent(made: World) -> Decimal:
    ledger = made.ledger("auditor")
    made.clock.run(ledger.load())
    sums = sums_of(item for record in ledger.records.values() for item in items_of(record))
    return sums.spent_usd + sums.reserved_usd


def submits(made: World) -> Counter[str]:
    return Counter(line.model for line in made.simulator.invoice().lines)


def fault(name: FaultName, times: int = 99) -> ScriptedFault:
    return ScriptedFault(fault=name, times=times, model=KLING)


@pytest.mark.parametrize(
    "name", [FaultName.SENSITIVE_1026, FaultName.INVALID_2013, FaultName.FAILED_MODERATED_1027, FaultName.FAILED_OBJECT]
)  # fmt: skip
def test_a_job_that_failed_and_cost_nothing_is_replaced(tmp_path: Path, name: FaultName) -> None:
    """Refused, or failed and refunded on every attempt: the other model renders it in the same run."""
    made = world(tmp_path, fault(name))

    report = made.run()

    states = {ending.creative_id: ending.state for ending in report.endings}
    substitutes = expand(made.campaign, CATALOG).substitutes
    assert [states[job.creative_id] for job in substitutes] == [JobState.STORED] * 2
    assert {states[str(job.fallback_for)] for job in substitutes} <= {JobState.REFUSED, JobState.FAILED}
    assert spent(made) == made.simulator.invoice().net_usd


@pytest.mark.parametrize(
    "name",
    [
        FaultName.CHARGED_THEN_SILENCE,  # unknown
        FaultName.CHARGED_THEN_WITHOUT_ID,  # unknown
        FaultName.MODEL_NOT_FOUND,  # may pass another time
        FaultName.STUCK,  # overdue, and paid
    ],
)
def test_a_job_that_may_cost_or_may_yet_come_is_not_replaced(tmp_path: Path, name: FaultName) -> None:
    """Unknown, busy or late: nothing else is bought for it, in this run or in the next one."""
    made = world(tmp_path, fault(name))

    for _ in range(2):
        made.run()

    assert HAILUO not in submits(made)
    assert not plan_of(made).to_buy or {p.job.variant.model for p in plan_of(made).to_buy} == {KLING}


def test_a_failure_without_a_refund_is_not_replaced(tmp_path: Path) -> None:
    """A plain gateway names no amounts: of a failure at the same balance, nobody knows that it was free."""
    made = world(tmp_path, fault(FaultName.FAILED_WITH_URL))

    made.run()

    assert HAILUO not in submits(made)


def test_the_plan_shows_the_most_that_it_can_cost(tmp_path: Path) -> None:
    """The dearer of a job and its substitutes, never both; digest and money change only with `fallback`."""
    plain, more = plan_of(world(tmp_path, more="")), plan_of(world(tmp_path))
    dear = plan_of(
        world(
            tmp_path, more="fallback: {seedance-2.0-fast: {size: 720p}, MiniMax-Hailuo-2.3: {size: 1080p}}\n"
        )
    )

    kling = plain.money.planned / 2
    assert more.digest != plain.digest
    assert more.money.planned == plain.money.planned  # 6 s of Kling cost $1.02, a clip of Hailuo $0.28
    assert [one.extra_usd for one in more.standby] == [Decimal(0)] * 2
    prices = [one.planned.quote.price_usd for one in dear.standby]
    assert all(price is not None for price in prices)
    assert dear.money.planned == 2 * max(kling, *[price for price in prices if price])


def test_a_budget_holds_for_substitutes(tmp_path: Path) -> None:
    """What they may cost more is asked of the budget before anything is bought; a price must be known."""
    text = "fallback: {seedance-2.0-fast: {size: 720p, duration: 15}}\n"
    made = world(tmp_path, more=f"{text}budget: {{usd: 2.50}}\n")
    free = world(tmp_path, more="fallback: {viduq3-turbo: {audio: none}}\n")

    over = admission_problems(plan_of(made), balance_usd=None)
    unpriced = admission_problems(plan_of(free), balance_usd=None)

    assert "is over the budget of $2.50" in str(over[0])
    assert "no price is known for viduq3-turbo" in str(unpriced[0])


def test_the_caps_count_the_dearer_of_the_two(tmp_path: Path) -> None:
    """A cap of exactly what the plan shows lets it in, and a cent less does not."""
    made = world(tmp_path, more="fallback: {seedance-2.0-fast: {size: 720p, duration: 15}}\n")
    plan = plan_of(made)

    async def refusals(cap: Decimal) -> int:
        async with made.client() as client:
            tools = made.tools(made.ledger(), client, tmp_path)
            return len(await SpendingGrant(tools, Settings(max_usd_per_month=cap), run="r").problems(plan))

    assert plan.standby_usd > 0
    assert made.clock.run(refusals(plan.money.planned)) == 0
    assert made.clock.run(refusals(plan.money.planned - Decimal("0.01"))) == 1


@pytest.mark.parametrize("after_seconds", [5, 20, 60, 130, 200, 300, 420])
def test_a_killed_run_goes_on_with_the_substitute(tmp_path: Path, after_seconds: int) -> None:
    """Whenever the run dies, each slot is rendered once: by the second model, whose submits are not repeated."""
    made = world(tmp_path, fault(FaultName.FAILED_MODERATED_1027))

    async def killed(runner: Runner) -> None:
        await made.clock.sleep(after_seconds)
        runner.interrupt("killed")

    made.run(during=killed)
    made.run(during=killed)
    for _ in range(3):
        made.run()

    assert submits(made) == {KLING: 2, HAILUO: 2}
    assert {p.state for p in plan_of(made).jobs} == {JobState.FAILED, JobState.STORED}
    assert spent(made) == made.simulator.invoice().net_usd


def test_no_second_clip_for_a_slot_that_has_one(tmp_path: Path) -> None:
    """A file that allows more retries later does not buy the first job again once its substitute is stored."""
    made = world(tmp_path, fault(FaultName.FAILED_OBJECT, times=4))
    made.run()
    before = submits(made)

    made.campaign = replace(made.campaign, failed_retries=5)
    report = made.run()

    assert before[HAILUO] == 2
    assert submits(made) == before
    assert report.endings == () or {e.state for e in report.endings} <= {JobState.STORED, JobState.NEW}


def test_a_chain_goes_on_to_the_next_model(tmp_path: Path) -> None:
    """The first substitute fails free as well: the second is bought, and nothing is paid for the two before it."""
    more = f"fallback: {{seedance-2.0-fast: {{size: 720p}}, {HAILUO}: {{size: 768p}}}}\n"
    failing = ScriptedFault(fault=FaultName.SENSITIVE_1026, times=99, model="seedance-2.0-fast")
    made = world(tmp_path, fault(FaultName.SENSITIVE_1026), failing, more=more)

    made.run()

    assert submits(made) == {HAILUO: 2}
    assert {p.job.variant.model for p in plan_of(made).in_state(JobState.STORED)} == {HAILUO}


def test_a_left_out_job_has_no_substitute(tmp_path: Path) -> None:
    """`--only` and `--limit` choose jobs, and their substitutes with them."""
    made = world(tmp_path, fault(FaultName.SENSITIVE_1026))
    first = made.jobs[0].creative_id
    made.chosen = frozenset({first})

    made.run()

    assert submits(made) == {HAILUO: 1}
    assert [one.after for one in plan_of(made).standby] == []


def test_a_family_that_names_no_amounts_replaces_only_what_the_balance_proves_free(tmp_path: Path) -> None:
    """The ledger agrees with the invoice, whoever says what was refunded."""
    made = world(tmp_path, fault(FaultName.FAILED_OBJECT), profile=Profile.NEWAPI)

    made.run()

    assert spent(made) >= made.simulator.invoice().net_usd


@pytest.mark.slow
def test_a_run_that_dies_at_any_effect_buys_one_clip_for_each_slot(tmp_path: Path) -> None:
    """The first model always refuses: whatever the process was about to do, the second renders each slot once."""
    refused = fault(FaultName.SENSITIVE_1026, times=999)
    for stops_at in count(1):
        made = world(tmp_path, refused, median_render_seconds=5.0, p95_render_seconds=10.0)
        one = made.campaign.grids[0]
        axes = tuple(replace(axis, levels=axis.levels[:1]) for axis in one.axes)
        made.campaign = replace(made.campaign, grids=(replace(one, axes=axes),))
        scene, process = Scene(world=made, scratch=tmp_path), Process(stops_at)

        async def night(scene: Scene = scene, process: Process = process) -> None:
            await process.lives(scene.run(process))
            await scene.check_promises()
            for _ in range(3):
                scene.world.clock.advance(HORIZON.total_seconds() + 1)
                await scene.settle_unknown()
                await scene.run(Process())

        made.clock.run(night())
        assert submits(made) == {HAILUO: 1}, stops_at
        assert spent(made) == made.simulator.invoice().net_usd, stops_at
        if not process.stopped.is_set():
            break
    assert stops_at > 20

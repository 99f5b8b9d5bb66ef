"""A price that is not known is never written as 0: nothing is bought for it, granted for it, or shown as free."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from hailuo.campaign.pricing import Basis, Quote, usd_or_unknown
from hailuo.errors import LedgerError
from hailuo.ledger.facts import Attempt, JobRecord, JobState, LateTask, Orphan
from hailuo.ledger.ledger import Ledger
from hailuo.plan.plan import Plan, price_of_all
from hailuo.plan.problems import admission_problems
from hailuo.run.events import RunReport
from hailuo.run.runner import Runner
from hailuo.run.spending import SpendingGrant
from hailuo.settings import Settings
from hailuo.simulator import FaultPlan
from tests.support.factories import AT, BASE_URL, JOB
from tests.support.processes import new_scene
from tests.support.worlds import World

ROOT = Path(__file__).parents[2]
MONEY = {"price_usd", "amount_usd"}
IDS = {"task_id", "base_url"}
UNPRICED = Quote(price_usd=None, basis=Basis.NO_PRICE)


def named(node: ast.AST) -> str | None:
    match node:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case _:
            return None


def is_zero(node: ast.expr) -> bool:
    """0, Decimal(0), Decimal("0"), _ZERO."""
    match node:
        case ast.Constant(value=0 | "0") | ast.Name(id="_ZERO" | "ZERO"):
            return True
        case ast.Call(func=ast.Name(id="Decimal"), args=[argument]):
            return is_zero(argument)
        case _:
            return False


def hides(value: ast.expr, other: ast.expr) -> bool:
    """Whether `other` is the nothing that takes the place of a price or an id."""
    is_price = any(named(part) in MONEY for part in ast.walk(value))
    is_id = named(value) in IDS and isinstance(other, ast.Constant) and other.value == ""
    return is_id or (is_price and is_zero(other))


def made_up(tree: ast.AST) -> Iterator[int]:
    """Lines on which a price or an id that may be missing is replaced by nothing."""
    for node in ast.walk(tree):
        if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or):
            if any(hides(value, node.values[-1]) for value in node.values[:-1]):
                yield node.lineno
        elif isinstance(node, ast.IfExp) and (hides(node.body, node.orelse) or hides(node.orelse, node.body)):
            yield node.lineno


@pytest.mark.parametrize(
    "text",
    [
        "x.price_usd or Decimal(0)",
        "sum((p.quote.price_usd or _ZERO for p in jobs), _ZERO)",
        "price_usd if price_usd is not None else Decimal(0)",
        "outcome.task_id or ''",
        "a.intent.price_usd if a.intent else _ZERO",
    ],
)
def test_the_search_finds_what_stood_in_the_code(text: str) -> None:
    """The ways in which an unknown price became 0, and an unknown task id an empty one."""
    assert list(made_up(ast.parse(text)))


def test_no_code_writes_nothing_for_an_unknown_price_or_task() -> None:
    """In the rooms that buy, record and count money, and what shows it."""
    rooms = ("plan", "run", "ledger", "reconcile", "vendor", "night", "cli", "campaign", "flows")
    files = [path for room in rooms for path in (ROOT / "hailuo" / room).rglob("*.py")]
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in files
        for line in made_up(ast.parse(path.read_text(encoding="utf-8")))
    ]

    assert found == []


async def unpriced_plan(world: World, ledger: Ledger) -> Plan:
    """Two jobs to buy, the first without a price."""
    plan = await world.plan(ledger)
    first, *others = plan.jobs
    return replace(plan, jobs=(replace(first, quote=UNPRICED), *others))


def test_a_plan_with_an_unknown_price_is_refused_and_shows_no_sum(tmp_path: Path) -> None:
    """Also where the other jobs have a price."""
    world = new_scene(tmp_path, FaultPlan(), jobs=2).world
    plan = world.clock.run(unpriced_plan(world, world.ledger()))

    (problem,) = admission_problems(plan, balance_usd=None)
    assert problem.reason == "no price is known for MiniMax-Hailuo-02 at 6 s, 512p"
    assert usd_or_unknown(price_of_all(plan.jobs)) == "unknown"
    assert price_of_all(plan.jobs[1:]) == Decimal("0.10")


def test_a_run_buys_only_what_has_a_price(tmp_path: Path) -> None:
    """Even where admission was passed by: one of two jobs is bought, and granted."""
    scene = new_scene(tmp_path, FaultPlan(), jobs=2)
    world, ledger = scene.world, scene.world.ledger()

    async def drive() -> tuple[RunReport, Mapping[str, Decimal]]:
        plan = await unpriced_plan(world, ledger)
        async with world.client() as client:
            tools = world.tools(ledger, client, tmp_path)
            spending = SpendingGrant(tools, Settings(), run="run")
            assert await spending.take(plan) == []
            return await Runner(plan, tools, spending=spending).run(), await spending.prices()

    report, granted = world.clock.run(drive())

    first, second = world.jobs
    assert [ending.state for ending in report.endings] == [JobState.NEW, JobState.STORED]
    assert granted == {second.creative_id: Decimal("0.1")}
    assert scene.charges == 1
    assert first.creative_id not in ledger.records


def test_an_attempt_that_was_not_read_has_no_price() -> None:
    """An error, where 0 would hide a charge."""
    late = Orphan(task_id="task_9", base_url=BASE_URL, at=AT)
    unread = Attempt(number=1, recorded_at=AT, orphans=(late,))

    with pytest.raises(LedgerError, match=r"attempt 1 .* was not read"):
        _ = LateTask(attempt=unread, orphan=late).price_usd
    with pytest.raises(LedgerError, match="has no task at the vendor"):
        JobRecord(creative_id=JOB.creative_id, attempts=(unread,)).require_paid_task()

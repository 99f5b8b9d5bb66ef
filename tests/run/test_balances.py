"""When a balance is believed: only where nothing but the one job can have changed it."""

import json
from collections.abc import Callable, Coroutine
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import cast

import httpx
import pytest

from hailuo.campaign.files import load_catalog
from hailuo.campaign.job import Job
from hailuo.ledger.facts import Doubt, End, JobState, Submitted
from hailuo.ledger.grants import Grant, Grants
from hailuo.ledger.ledger import Ledger
from hailuo.run.balances import Balances
from hailuo.run.runner import Runner
from hailuo.simulator import FaultName, FaultPlan, Pricing, Profile, ScriptedFault, SimulatorTransport
from hailuo.store.layout import Edition
from tests.run.test_charges import admitted_run, spent, world_with
from tests.support.factories import make_job
from tests.support.worlds import BASE_URL, World, granted, world_of

LIST = Decimal("0.10")
CATALOG = load_catalog()
BALANCE = "user-balance"


class BesideTheJob(httpx.AsyncBaseTransport):
    """The simulator, and another user of the account: `moves_usd` on the balance once `after` was seen in an answer."""

    def __init__(self, world: World, *, after: str, moves_usd: Decimal) -> None:
        self._vendor = SimulatorTransport(world.simulator.app)
        self._after = after
        self._moves_usd = moves_usd
        self._has_moved = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self._vendor.handle_async_request(request)
        if answer.headers.get("content-type") != "application/json":
            return answer
        document = json.loads(await answer.aread())
        if BALANCE in request.url.path and self._has_moved:
            document["data"]["balance_usd"] = float(
                Decimal(str(document["data"]["balance_usd"])) + self._moves_usd
            )
        self._has_moved = self._has_moved or self._after in json.dumps(document).lower()
        return httpx.Response(answer.status_code, json=document)


async def bought(world: World, ledger: Ledger, job: Job) -> None:
    await ledger.intend(job, price_usd=LIST, request_sha256="5e" * 32, base_url=BASE_URL)
    task = Submitted(at=world.clock.now(), task_id=f"task_of_{job.edition}", base_url=BASE_URL)
    await ledger.close(job.creative_id, task)


async def doubted(world: World, ledger: Ledger, job: Job) -> None:
    await ledger.intend(job, price_usd=LIST, request_sha256="5e" * 32, base_url=BASE_URL)
    doubt = Doubt(at=world.clock.now(), http_status=502, code=None, message="bad gateway", request_id=None)
    await ledger.doubt(job.creative_id, doubt)


async def failed(world: World, ledger: Ledger, job: Job) -> None:
    await bought(world, ledger, job)
    end = End(at=world.clock.now(), code="x", message="y", moderated=False, refunded=None)
    await ledger.end(job.creative_id, end)


Fact = Callable[[World, Ledger, Job], Coroutine[object, object, None]]
LEFT: dict[str, tuple[Fact, Edition]] = {
    "a task of this edition that is overdue": (bought, Edition("rehearsal", "main")),
    "an unknown submit of this edition": (doubted, Edition("rehearsal", "main")),
    "a failed task of this edition without a word of a refund": (failed, Edition("rehearsal", "main")),
    "a task of another edition": (bought, Edition("rehearsal", "other")),
    "an unknown submit of another edition": (doubted, Edition("rehearsal", "other")),
    "a task of another campaign": (bought, Edition("shoe", "main")),
    "an unknown submit of another campaign": (doubted, Edition("shoe", "main")),
}
OTHER_RUN = "another run"
KILLED = "a killed run of this edition"


def leave(world: World, left: str | None) -> None:
    """What was there before the run, two hours ago; None: nothing."""
    if left in {OTHER_RUN, KILLED}:
        own = world.campaign.this_edition if left == KILLED else Edition("c", "e")
        grant = Grant(
            run="other",
            campaign=own.campaign,
            edition=own.name,
            month="2026-11",
            at=world.clock.now(),
            prices={"X": LIST},
        )
        world.clock.run(Grants(world.store).take(grant, ()))
    elif left:
        record, edition = LEFT[left]
        job = world.jobs[1] if edition == world.campaign.this_edition else make_job(edition="other")
        ledger = Ledger(world.store, world.clock, edition, worker="earlier")
        world.clock.run(record(world, ledger, job))
    world.clock.advance(7_200)


@pytest.mark.parametrize("left", [None, KILLED, OTHER_RUN, *LEFT])
def test_a_refund_of_another_task_is_not_taken_for_this_jobs(left: str | None) -> None:
    """The task failed and was not refunded; the balance rises by a price. Only where nothing else can be the cause is it believed."""
    script = (ScriptedFault(fault=FaultName.FAILED_OBJECT),)
    pricing = Pricing(refunds=False)
    world = world_of(
        CATALOG, jobs=2, profile=Profile.NEWAPI, pricing=pricing, faults=FaultPlan(script=script)
    )
    world.chosen = frozenset({world.jobs[0].creative_id})
    leave(world, left)
    world.wire = lambda: BesideTheJob(world, after="fail", moves_usd=LIST)

    report = world.run()

    assert len(world.simulator.invoice().lines) == (2 if left in {None, KILLED} else 1)
    (own,) = [e for e in report.endings if e.creative_id == world.jobs[0].creative_id]
    assert own.state is (JobState.STORED if left in {None, KILLED} else JobState.FAILED)


@pytest.mark.parametrize("left", [None, KILLED, OTHER_RUN, *LEFT])
def test_a_charge_of_another_task_is_not_taken_for_this_jobs(left: str | None) -> None:
    """The balance falls by more than the clip's price: that is its price only where nothing else can be the cause."""
    world = world_of(CATALOG, jobs=2, profile=Profile.NEWAPI)
    world.chosen = frozenset({world.jobs[0].creative_id})
    leave(world, left)
    world.wire = lambda: BesideTheJob(world, after="task_2", moves_usd=-LIST)

    world.run()

    ledger = world.ledger("auditor")
    world.clock.run(ledger.load())
    done = ledger.record(world.jobs[0].creative_id).done
    assert done
    assert done.amount_usd == (2 * LIST if left in {None, KILLED} else None)
    assert len(world.simulator.invoice().lines) == 1


def test_another_run_of_the_edition_that_buys_meanwhile_disturbs_the_reading() -> None:
    """Its attempt is in the ledger before its submit is sent."""
    script = (ScriptedFault(fault=FaultName.FAILED_OBJECT),)
    pricing = Pricing(refunds=False)
    world = world_of(
        CATALOG, jobs=2, profile=Profile.NEWAPI, pricing=pricing, faults=FaultPlan(script=script)
    )
    world.chosen = frozenset({world.jobs[0].creative_id})
    leave(world, KILLED)
    world.wire = lambda: BesideTheJob(world, after="fail", moves_usd=LIST)

    async def buy(_: Runner) -> None:
        await world.clock.sleep(20)
        other = world.ledger("other")
        await other.load()
        await bought(world, other, world.jobs[1])

    world.run(during=buy)

    assert len(world.simulator.invoice().lines) == 1


@pytest.mark.parametrize("left", [KILLED, *LEFT])
def test_what_was_left_hides_no_price_for_more_than_one_clip(left: str) -> None:
    """No reading is believed, but what the balance lost over the run so far is compared before the next clip is bought."""
    world = world_of(CATALOG, jobs=8, profile=Profile.NEWAPI, pricing=Pricing(factor=Decimal(10)))
    leave(world, left)

    report = world.run()

    assert "hailuo price" in (report.stopped or "")
    assert len(world.simulator.invoice().lines) == 1


def test_a_run_that_lent_its_grant_was_not_alone(tmp_path: Path) -> None:
    """What a shard left at the vendor is not known to its lead, also after the shard's account."""
    world = world_with(jobs=1)

    async def ask() -> tuple[bool, bool]:
        ledger = world.ledger()
        plan = await world.plan(ledger)
        async with world.client() as client:
            spending = await granted(plan, world.tools(ledger, client, tmp_path))
            before = await spending.was_alone()
            spending.hold()
            spending.release({})
            return before, await spending.was_alone()

    assert world.clock.run(ask()) == (True, False)


@pytest.mark.parametrize("read", [None, 1, 2, 3], ids=["never", "before", "at the submit", "at the end"])
def test_a_job_that_comes_while_the_balance_is_read_disturbs_the_reading(
    tmp_path: Path, read: int | None
) -> None:
    """Whenever it begins its submit: the answer may hold its price already."""
    world = world_with(jobs=1)
    reads, balances = 0, cast(Balances | None, None)

    def answer(_: httpx.Request) -> httpx.Response:
        nonlocal reads
        reads += 1
        if reads == read:
            assert balances
            balances.disturbed("B")
        return httpx.Response(200, json={"success": True, "data": {"balance_usd": 10 - 0.1 * (reads > 1)}})

    async def go() -> None:
        nonlocal balances
        ledger = world.ledger()
        plan = await world.plan(ledger)
        world.wire = lambda: httpx.MockTransport(answer)
        async with world.client() as client:
            tools = world.tools(ledger, client, tmp_path)
            balances = Balances(tools, await granted(plan, tools))
            balances.disturbed("A")
            await balances.before(replace(world.jobs[0], creative_id="A"))
            await balances.submitted("A")
            taken = await balances.ended("A")
        assert balances.fell_by("A") == (LIST if read in {None, 3} else None)
        assert (taken and taken.price_usd) == (LIST if read is None else None)

    world.clock.run(go())


@pytest.mark.parametrize(
    ("profile", "named_by"), [(Profile.IMAROUTER, "vendor"), (Profile.NEWAPI, "balance")]
)
def test_the_record_says_who_named_the_amount(profile: Profile, named_by: str) -> None:
    """What the balance showed is no amount that the vendor named."""
    world = world_with(jobs=1, profile=profile)

    admitted_run(world, budget="1")

    ledger = world.ledger("auditor")
    world.clock.run(ledger.load())
    (done,) = [record.done for record in ledger.records.values() if record.done]
    assert (done.amount_usd, done.amount_by) == (LIST, named_by)
    assert spent(world) == LIST

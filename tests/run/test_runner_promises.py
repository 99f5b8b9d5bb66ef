"""What a run promises beyond single faults: crashes, interrupts, strays, canaries, pace."""

import asyncio
import hashlib
from collections import Counter
from decimal import Decimal

import pytest

from hailuo.errors import ExitCode, StoreFullError, StoreUnavailableError
from hailuo.ledger.facts import Done, JobState
from hailuo.run.tools import retry_until_recorded
from hailuo.simulator import FaultName, FaultPlan, Profile, ScriptedFault
from hailuo.testing import MemoryStore, VirtualClock
from tests.support.worlds import campaign_of


def scripted(fault: FaultName, *, skip: int = 0, times: int = 1) -> FaultPlan:
    return FaultPlan(script=(ScriptedFault(fault=fault, skip=skip, times=times),))


@pytest.mark.parametrize("profile", list(Profile))
def test_every_dialect_of_the_gateway_is_understood(make_world, profile):
    """Whatever shape the answers have, each clip is bought once and stored."""
    world = make_world(jobs=6, profile=profile)

    report = world.run()

    assert report.exit_code is ExitCode.COMPLETE
    assert len(world.simulator.invoice().lines) == 6


def test_the_bill_in_the_ledger_is_the_vendors_to_the_cent(make_world):
    """What the done facts say was charged is what the invoice says."""
    world = make_world(jobs=8, faults=FaultPlan(rates={FaultName.FAILED_OBJECT: 0.4}))

    world.run()

    ledger = world.ledger()
    world.clock.run(ledger.load())
    dones = [record.done for record in ledger.records.values() if record.done]
    assert sum(done.amount_usd for done in dones) == world.simulator.invoice().net_usd > 0


def test_a_stored_clip_is_the_vendors_byte_for_byte(make_world):
    """The store holds what the sha256 in the ledger says."""
    world = make_world(jobs=2)
    world.run()
    ledger = world.ledger()
    world.clock.run(ledger.load())

    for record in ledger.records.values():
        assert isinstance(record.done, Done)
        content = world.clock.run(world.store.read(record.done.key))
        assert hashlib.sha256(content).hexdigest() == record.done.sha256
        assert len(content) == record.done.bytes


def test_an_interrupt_leaves_a_state_that_the_next_run_completes(make_world):
    """Stopped in the middle: nothing more is submitted, what was bought is collected by the next run."""
    world = make_world()

    async def press_ctrl_c(runner) -> None:
        await world.clock.sleep(240)
        runner.interrupt("Ctrl-C")

    first = world.run(during=press_ctrl_c)
    bought = len(world.simulator.invoice().lines)
    second = world.run()

    assert first.exit_code is ExitCode.INTERRUPTED
    assert 0 < bought < 30
    assert second.exit_code is ExitCode.COMPLETE
    assert len(world.simulator.invoice().lines) == 30


def test_an_interrupt_waits_for_the_answer_to_a_submit_under_way(make_world):
    """A slow answer within the grace is recorded, not thrown away."""
    world = make_world(jobs=1, faults=scripted(FaultName.SLOW_SUBMIT))

    async def press_ctrl_c(runner) -> None:
        await world.clock.sleep(80)  # ten seconds before the answer comes
        runner.interrupt("SIGTERM")

    report = world.run(during=press_ctrl_c)

    assert [ending.state for ending in report.endings] == [JobState.SUBMITTED]


def test_a_cut_off_submit_is_unknown_and_never_repeated(make_world):
    """An answer that does not come within the grace stays without a verdict: in doubt, then unknown."""
    world = make_world(jobs=1, faults=scripted(FaultName.SLOW_SUBMIT))

    async def press_ctrl_c(runner) -> None:
        await world.clock.sleep(10)
        runner.interrupt("SIGTERM")

    cut = world.run(during=press_ctrl_c)
    world.clock.advance(3600)
    later = world.run()

    assert [ending.state for ending in cut.endings] == [JobState.IN_DOUBT]
    assert [ending.state for ending in later.endings] == [JobState.UNKNOWN]
    assert world.simulator.invoice().calls["submits"] == 1


def test_a_job_that_was_bought_and_left_the_file_is_still_collected(make_world):
    """Editing a prompt does not lose the clip that was bought for the old one."""
    world = make_world(jobs=1)

    async def stop_early(runner) -> None:
        await world.clock.sleep(10)
        runner.interrupt("Ctrl-C")

    world.run(during=stop_early)
    world.campaign = campaign_of(1, prompts="Edited prompt")
    report = world.run()

    assert len(world.simulator.invoice().lines) == 2
    assert [ending.state for ending in report.endings] == [JobState.STORED] * 2


@pytest.mark.parametrize("left_out", ["of the file", "by --only"])
def test_what_is_only_to_be_collected_is_never_bought_again(make_world, left_out):
    """Its task failed and was refunded: the plan that was admitted does not buy it, so the run does not."""
    world = make_world(jobs=1, faults=FaultPlan(script=(ScriptedFault(fault=FaultName.FAILED_OBJECT),)))

    async def stop_early(runner) -> None:
        await world.clock.sleep(10)
        runner.interrupt("Ctrl-C")

    world.run(during=stop_early)
    if left_out == "of the file":
        world.campaign = campaign_of(1, prompts="Edited prompt")
    else:
        world.chosen = frozenset()
    report = world.run()

    prompts = [line.prompt for line in world.simulator.invoice().lines]
    old = [ending for ending in report.endings if ending.cause == "not_planned"]
    assert [ending.state for ending in old] == [JobState.NEW]
    assert len(set(prompts)) == len(prompts)


def test_the_first_job_of_a_model_goes_alone(make_world):
    """Until its clip is stored nobody follows."""
    world = make_world(jobs=5)
    seen: list[int] = []

    async def watch(runner) -> None:
        while not seen or runner.progress().stored == 0:
            seen.append(len(world.simulator.invoice().lines))
            await world.clock.sleep(5)

    world.run(during=watch)

    assert max(seen) == 1


def test_when_the_first_jobs_all_fail_for_one_cause_buying_stops(make_world):
    """Three different prompts refused by moderation: thirty would be."""
    world = make_world(faults=FaultPlan(rates={FaultName.SENSITIVE_1026: 1.0}))

    report = world.run()

    assert report.exit_code is ExitCode.STOPPED
    assert "MiniMax-Hailuo-02" in report.stopped
    assert "moderation" in report.stopped
    assert world.simulator.invoice().calls["submits"] == 3


def test_a_slow_canary_lets_the_others_go(make_world):
    """Slow is not broken: after a quarter of the deadline nobody waits any longer."""
    world = make_world(jobs=3, faults=scripted(FaultName.STUCK))

    report = world.run()

    assert Counter(ending.state for ending in report.endings) == {JobState.STORED: 2, JobState.SUBMITTED: 1}


def test_submits_keep_the_pace(make_world):
    """Never more than five in any minute, and never more than eight tasks in flight."""
    world = make_world(submits_per_minute=5)

    report = world.run()

    assert report.exit_code is ExitCode.COMPLETE
    assert world.simulator.invoice().calls["submits"] == 30  # not one was refused for rate


def test_a_vendor_with_a_lower_limit_is_adapted_to(make_world):
    """Two a minute instead of five: a few refusals, no storm, and every clip stored."""
    world = make_world(submits_per_minute=2)

    report = world.run()

    assert report.exit_code is ExitCode.COMPLETE
    assert world.simulator.invoice().calls["submits"] < 30 * 3
    assert len(world.simulator.invoice().lines) == 30


def test_a_vendor_that_only_refuses_stops_the_run(make_world):
    """429 for ever is not waited out for ever."""
    world = make_world(jobs=2, faults=FaultPlan(rates={FaultName.BUSY_429_EMPTY: 1.0}))

    report = world.run()

    assert report.exit_code is ExitCode.STOPPED
    assert "rejected every submit" in report.stopped
    assert not world.simulator.invoice().lines


def test_a_task_the_vendor_has_forgotten_is_kept_for_a_person(make_world):
    """It may have been charged: it is not bought again."""
    world = make_world(jobs=1, faults=scripted(FaultName.TASK_NOT_EXIST, times=999))

    report = world.run()

    [ending] = report.endings
    assert (ending.state, ending.overdue, ending.cause) == (JobState.SUBMITTED, True, "task_not_exist")
    assert len(world.simulator.invoice().lines) == 1


def test_a_clip_that_cannot_be_downloaded_is_collected_by_the_next_run(make_world):
    """A failed download never leads to a submit."""
    world = make_world(jobs=1, faults=scripted(FaultName.DOWNLOAD_502, times=5))

    first = world.run()
    second = world.run()

    assert [(e.state, e.overdue, e.cause) for e in first.endings] == [(JobState.SUBMITTED, True, "download")]
    assert second.exit_code is ExitCode.COMPLETE
    assert len(world.simulator.invoice().lines) == 1


def test_a_task_bought_elsewhere_is_not_asked_for_here(make_world):
    """The receipt names the address it was bought at; another one is not polled with it."""
    world = make_world(jobs=1)

    async def stop_early(runner) -> None:
        await world.clock.sleep(10)
        runner.interrupt("Ctrl-C")

    world.run(during=stop_early)
    ledger = world.ledger()
    world.clock.run(ledger.load())
    [record] = ledger.records.values()

    assert record.last.outcome.base_url == "http://127.0.0.1:9"


def test_polls_per_clip_stay_few(make_world):
    """About ten polls a clip at most; a poll storm buys nothing at a vendor that refreshes every 15 s."""
    world = make_world()

    world.run()

    assert world.simulator.invoice().calls["statuses"] <= 30 * 15


def test_two_runs_at_once_share_the_work_and_buy_once(make_world):
    """Each intent has one winner, so two workers charge each job once and both can collect it."""
    world = make_world(jobs=12)

    async def both() -> list:
        return list(await asyncio.gather(world._run(None), world._run(None)))

    first, second = world.clock.run(both())

    assert len(world.simulator.invoice().lines) == 12
    ledger = world.ledger()
    world.clock.run(ledger.load())
    assert sum(1 for record in ledger.records.values() if record.done) == 12
    assert first.exit_code in {ExitCode.COMPLETE, ExitCode.INCOMPLETE}
    assert second.exit_code in {ExitCode.COMPLETE, ExitCode.INCOMPLETE}


def test_the_ledgers_view_of_money_matches_after_a_mixed_night(make_world):
    """Spent plus held is never less than the vendor's net, and exact but for the unknown."""
    rates = {
        FaultName.CHARGED_THEN_DROPPED: 0.1,
        FaultName.DO_REQUEST_FAILED: 0.1,
        FaultName.FAILED_STRING: 0.1,
    }
    world = make_world(faults=FaultPlan(rates=rates))

    world.run()

    ledger = world.ledger()
    money = world.clock.run(world.plan(ledger)).money
    assert money.spent + money.reserved == world.simulator.invoice().net_usd
    assert money.reserved > Decimal(0)


class FlakyStore(MemoryStore):
    """A store that does not answer for a while; what it did not take is not there."""

    down = False

    async def create(self, key, content):
        if self.down:
            raise StoreUnavailableError("the disk is full")
        return await super().create(key, content)


class FullStore(MemoryStore):
    """A store with room for records, and for so many clips."""

    room = 2

    async def create_file(self, key, path, *, sha256, content_type):
        if self.room == 0:
            raise StoreFullError("no space left")
        self.room -= 1
        return await super().create_file(key, path, sha256=sha256, content_type=content_type)


def test_a_full_store_ends_the_run_in_seconds_and_buys_no_more(make_world):
    """What was bought stays at the vendor, and is collected once there is room; nothing more is bought meanwhile."""
    world = make_world(jobs=30)
    world.store = FullStore(world.clock)

    full = world.run()
    bought = len(world.simulator.invoice().lines)
    world.store.room = 100
    after = world.run()

    assert any(ending.cause == "store_full" for ending in full.endings)
    assert "make room in the store" in str(full.stopped)
    assert bought < 30
    assert after.exit_code is ExitCode.COMPLETE
    assert len(world.simulator.invoice().lines) == 30


@pytest.mark.parametrize(("tries", "seconds"), [(3, 3.0), (None, 181.0)])
def test_a_full_store_is_tried_for_seconds_where_nothing_is_forgotten(tries, seconds):
    """A record that would be forgotten is tried for minutes: a person may make room."""
    clock = VirtualClock()

    async def write() -> None:
        raise StoreFullError("no space left")

    with pytest.raises(StoreFullError):
        clock.run(retry_until_recorded(clock, write, about="a clip", tries_when_full=tries))

    assert clock.monotonic() == pytest.approx(seconds, abs=60 if tries is None else 0.1)


def test_a_task_id_is_recorded_as_soon_as_the_store_answers_again(make_world):
    """The store is down for a minute just when the vendor accepts: the id is kept and written later."""
    world = make_world(jobs=1, faults=scripted(FaultName.SLOW_SUBMIT))
    world.store = FlakyStore(world.clock)

    async def fail_for_a_minute(runner) -> None:
        await world.clock.sleep(60)
        world.store.down = True
        await world.clock.sleep(60)  # the answer comes meanwhile
        world.store.down = False

    report = world.run(during=fail_for_a_minute)

    assert report.exit_code is ExitCode.COMPLETE
    assert len(world.simulator.invoice().lines) == 1


def test_a_store_that_stays_down_loses_no_task_id_from_sight(make_world):
    """Nothing is bought twice, and the reason names the task that was accepted."""
    world = make_world(jobs=1, faults=scripted(FaultName.SLOW_SUBMIT))
    world.store = FlakyStore(world.clock)

    async def fail(runner) -> None:
        await world.clock.sleep(60)
        world.store.down = True

    report = world.run(during=fail)

    [ending] = report.endings
    [line] = world.simulator.invoice().lines
    assert ending.cause == "store"
    assert line.task_id in ending.reason
    world.store.down = False
    world.clock.advance(3600)
    assert [e.state for e in world.run().endings] == [JobState.UNKNOWN]
    assert len(world.simulator.invoice().lines) == 1


def test_a_store_that_refuses_the_intent_costs_nothing(make_world):
    """No intent, no POST."""
    world = make_world(jobs=5)
    world.store = FlakyStore(world.clock)

    async def fail(runner) -> None:
        world.store.down = True  # the grant was taken just before

    report = world.run(during=fail)

    assert report.exit_code is ExitCode.STOPPED
    assert world.simulator.invoice().calls.get("submits", 0) == 0


@pytest.mark.parametrize(
    ("fault", "cause", "next_step"),
    [
        (FaultName.FAILED_OBJECT, "vendor_failure", "run again later"),
        (FaultName.CHARGED_THEN_502, "unknown", "hailuo reconcile"),
        (FaultName.DOWNLOAD_502, "download", "run again to collect"),
        (FaultName.SENSITIVE_1026, "moderation", "change the prompts"),
    ],
)
def test_when_job_after_job_fails_for_one_cause_buying_stops(make_world, fault, cause, next_step):
    """The canary came through, then nothing does: the breaker opens long before thirty are bought."""
    world = make_world(faults=FaultPlan(script=(ScriptedFault(fault=fault, skip=2, times=999),)))

    report = world.run()

    assert report.exit_code is ExitCode.STOPPED
    assert f"({cause})" in report.stopped
    assert next_step in report.stopped
    assert world.simulator.invoice().calls["submits"] < 30


def test_what_ended_badly_last_night_does_not_stop_tonight(make_world):
    """Ten jobs are unknown from yesterday: tonight's buying goes on."""
    world = make_world(
        faults=FaultPlan(script=(ScriptedFault(fault=FaultName.CHARGED_THEN_DROPPED, skip=1, times=5),))
    )
    world.run()

    report = world.run()

    assert Counter(ending.state for ending in report.endings) == {JobState.STORED: 25, JobState.UNKNOWN: 5}
    assert report.exit_code is ExitCode.INCOMPLETE

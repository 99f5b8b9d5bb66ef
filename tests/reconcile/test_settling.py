"""What is settled without asking, what is released by a person, and what stays unknown whatever the balance says."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from hailuo.errors import SettlementError
from hailuo.ledger.facts import Abandoned, JobState
from hailuo.ledger.ledger import HORIZON, Ledger
from hailuo.reconcile.reconciler import Adopted, Reconciler, Released
from hailuo.simulator import FaultName, ScriptedFault
from tests.reconcile.conftest import PRICE, Office

MakeOffice = Callable[..., Office]
NOTHING = Decimal(0)


class TestTheList:
    """Every attempt without a verdict, with what a person needs to find it."""

    def test_a_lost_answer_is_listed_with_what_was_seen(self, make_office: MakeOffice) -> None:
        """Time, request, money, and the answer as far as there was one."""
        office = make_office(FaultName.CHARGED_THEN_502, jobs=3)

        (unknown,) = office.settle().unknown

        assert unknown.job == next(job for job in office.world.jobs if job.creative_id == unknown.creative_id)
        assert (unknown.attempt.number, unknown.price_usd) == (1, PRICE)
        assert unknown.attempt.doubt is not None
        assert unknown.attempt.doubt.http_status == 502

    def test_a_run_that_died_leaves_nothing_seen(self, make_office: MakeOffice) -> None:
        """Unknown once nobody can be sending any more."""
        office = make_office()
        office.intended(office.job)
        office.world.clock.advance(HORIZON.total_seconds())

        (unknown,) = office.settle().unknown

        assert unknown.attempt.doubt is None
        assert unknown.ready_at == office.world.clock.now()

    def test_what_is_perhaps_still_being_sent_stands_apart(self, make_office: MakeOffice) -> None:
        """It is nobody's business yet."""
        office = make_office()
        office.intended(office.job)

        findings = office.settle()

        assert findings.unknown == ()
        assert [unsettled.creative_id for unsettled in findings.in_doubt] == [office.job.creative_id]
        assert findings.in_doubt[0].ready_at - office.world.clock.now() == HORIZON

    def test_nothing_is_unknown_after_a_good_run(self, make_office: MakeOffice) -> None:
        """And nothing is asked of the vendor for it."""
        office = make_office(jobs=2)
        office.world.run()
        calls = office.world.simulator.invoice().calls

        findings = office.settle()

        assert (findings.adopted, findings.unknown, findings.in_doubt, findings.paid_twice) == ((),) * 4
        assert office.world.simulator.invoice().calls == calls


class TestAbandoning:
    """A person has looked, and gives the attempt up."""

    def test_the_job_is_bought_again(self, make_office: MakeOffice) -> None:
        """By the next run, once."""
        office = make_office(FaultName.DROPPED)
        creative_id = office.job.creative_id

        released = office.abandon(creative_id)

        assert released == Released(creative_id=creative_id, number=1, price_usd=PRICE)
        assert office.world.run().exit_code == 0
        assert len(office.world.simulator.invoice().lines) == 1

    def test_the_reason_is_on_record(self, make_office: MakeOffice) -> None:
        """On one line, with who decided."""
        office = make_office(FaultName.DROPPED)

        office.abandon(office.job.creative_id, "asked the vendor:\n  no such task")

        outcome = office.plan().jobs[0].record.attempts[0].outcome
        assert isinstance(outcome, Abandoned)
        assert outcome.by == "person"
        assert outcome.message == "asked the vendor: no such task"

    def test_without_a_reason_nothing_is_abandoned(self, make_office: MakeOffice) -> None:
        """Blanks are none."""
        office = make_office(FaultName.DROPPED)
        before = office.facts()

        with pytest.raises(SettlementError, match="without a reason"):
            office.abandon(office.job.creative_id, " \n")

        assert office.facts() == before

    @pytest.mark.parametrize("creative_id", ["0123456789", None])
    def test_only_what_is_unknown_can_be_abandoned(
        self, make_office: MakeOffice, creative_id: str | None
    ) -> None:
        """A job never bought, a job stored: nothing is written."""
        office = make_office()
        office.world.run()
        before = office.facts()

        with pytest.raises(SettlementError, match=r"was never bought|is not unknown: it is stored as task"):
            office.abandon(creative_id or office.job.creative_id)

        assert office.facts() == before

    def test_the_owners_answer_goes_first(self, make_office: MakeOffice) -> None:
        """It came while the person was typing: the clip is kept, and nothing is released."""
        office = make_office()
        owner = office.intended(office.job)
        office.world.clock.advance(HORIZON.total_seconds())
        creative_id, task_id = office.job.creative_id, office.posted(office.job)

        async def act(desk: Reconciler) -> None:
            assert await owner.close(creative_id, office.submitted(task_id))
            with pytest.raises(
                SettlementError, match=f"settled meanwhile: it is submitted as task {task_id}"
            ):
                await desk.abandon(creative_id, why="not in the list")

        office.at_the_desk(act)

        assert office.states() == ["submitted"]


class TestATaskIdThatComesLate:
    """It answers this very POST: nothing could be surer."""

    @pytest.fixture
    def office(self, make_office: MakeOffice) -> Office:
        return make_office()

    @pytest.fixture
    def owner(self, office: Office) -> Ledger:
        """Has sent, and is asleep; meanwhile a person has given the attempt up."""
        owner = office.intended(office.job)
        office.world.clock.advance(HORIZON.total_seconds())
        office.abandon(office.job.creative_id)
        return owner

    @pytest.fixture
    def late(self, office: Office, owner: Ledger) -> str:
        """The task's id: told at last."""
        task_id = office.posted(office.job)
        office.heard_late(owner, office.job, task_id)
        return task_id

    def test_it_is_adopted_without_asking_anybody(self, office: Office, late: str) -> None:
        """Nothing is sent for it: the next run collects it, and the vendor has one task."""
        calls = office.world.simulator.invoice().calls

        findings = office.settle()

        assert findings.adopted == (Adopted(creative_id=office.job.creative_id, number=2, task_id=late),)
        assert (findings.unknown, findings.paid_twice) == ((), ())
        assert office.world.simulator.invoice().calls == calls
        assert office.world.run().exit_code == 0
        assert [line.task_id for line in office.world.simulator.invoice().lines] == [late]

    def test_till_then_it_holds_its_money_and_nothing_is_bought(self, office: Office, late: str) -> None:
        """A run before reconcile leaves it alone."""
        office.world.run()

        assert office.states() == ["unknown"]
        assert (office.money().reserved, office.money().spent) == (PRICE, NOTHING)
        assert len(office.world.simulator.invoice().lines) == 1

    def test_adopting_twice_is_adopting_once(self, office: Office, late: str) -> None:
        """The second finds nothing to do."""
        office.settle()
        facts = office.facts()

        assert office.settle().adopted == ()
        assert office.facts() == facts

    def test_two_at_once_adopt_it_once(self, office: Office, late: str) -> None:
        """Both have read the same; one attempt is opened, with one outcome."""

        async def act(desk: Reconciler) -> int:
            other = office.world.ledger("other")
            await other.load()
            task = other.record(office.job.creative_id).adoptable
            assert task is not None
            assert await other.take_over(office.job.creative_id, task)
            return len((await desk.settle()).adopted)

        assert office.at_the_desk(act) == 1
        assert office.states() == ["submitted"]
        assert office.plan().jobs[0].record.attempts[-1].number == 2

    def test_what_a_reconcile_that_died_began_is_finished(self, office: Office, late: str) -> None:
        """Opened, and no outcome: nobody POSTs for it, nobody may abandon it, the next one completes it."""
        ledger = office.world.ledger("died")

        async def begin() -> None:
            await ledger.load()
            task = ledger.record(office.job.creative_id).adoptable
            assert task is not None
            await ledger.take_over(office.job.creative_id, task)

        office.world.clock.run(begin())
        office.world.run()
        with pytest.raises(SettlementError, match=f"is paid: task {late} is its own"):
            office.abandon(office.job.creative_id)

        assert len(office.settle().adopted) == 1
        assert office.states() == ["submitted"]

    def test_a_person_may_type_it(self, office: Office, late: str) -> None:
        """And is told when it is another."""
        with pytest.raises(SettlementError, match=f"its own POST was answered with {late}, late"):
            office.adopt(office.job.creative_id, "task_other")

        assert office.adopt(office.job.creative_id, late).number == 2

    def test_it_cannot_be_abandoned(self, office: Office, late: str) -> None:
        """It is paid, and there is a clip."""
        with pytest.raises(SettlementError, match=f"is paid: task {late} is its own"):
            office.abandon(office.job.creative_id)


class TestATaskIdThatComesTooLate:
    """The job was bought again meanwhile: it was paid twice."""

    @pytest.fixture
    def office(self, make_office: MakeOffice) -> Office:
        """Given up, bought again and stored; then the first POST's answer comes."""
        office = make_office()
        owner = office.intended(office.job)
        first = office.posted(office.job)
        office.world.clock.advance(HORIZON.total_seconds())
        office.abandon(office.job.creative_id)
        office.world.run()
        office.heard_late(owner, office.job, first)
        return office

    def test_it_is_listed_with_its_money(self, office: Office) -> None:
        """For a dispute: task, attempt, amount. It stays listed, and is no reason to alarm a script."""
        findings = office.settle()

        (late,) = findings.paid_twice
        first = office.world.simulator.invoice().lines[0].task_id
        assert (late.creative_id, late.task.orphan.task_id) == (office.job.creative_id, first)
        assert (late.task.attempt.number, late.task.price_usd) == (1, PRICE)
        assert (findings.adopted, findings.unknown) == ((), ())

    def test_it_is_counted_as_spent(self, office: Office) -> None:
        """The plan says what the vendor's invoice says, also for a job whose other facts need not be read."""
        plan = office.plan()

        assert plan.money.spent == office.world.simulator.invoice().net_usd == 2 * PRICE
        assert plan.paid_twice_usd == PRICE
        assert plan.jobs[0].state is JobState.STORED


class TestTheBalanceIsNoEvidence:
    """Whatever it says, both fates are possible: an attempt is settled by a person, or not at all."""

    @pytest.mark.parametrize(
        ("lost", "taken"), [(FaultName.DROPPED, NOTHING), (FaultName.CHARGED_THEN_DROPPED, PRICE)]
    )
    def test_neither_unchanged_nor_one_price_lower_settles(
        self, make_office: MakeOffice, lost: FaultName, taken: Decimal
    ) -> None:
        """Not today, and not after a day: a proxy may deliver late, others may use the account."""
        office = make_office(lost)
        office.world.clock.advance(86_400)
        before = office.facts()

        findings = office.settle()

        assert Decimal(1000) - office.world.simulator.invoice().balance_usd == taken
        assert len(findings.unknown) == 1
        assert office.facts() == before

    def test_a_refund_hides_a_charge(self, make_office: MakeOffice) -> None:
        """While one submit was lost another clip failed: the balance is what it was, and a clip was taken."""
        failed = ScriptedFault(fault=FaultName.FAILED_MODERATED_1027)
        office = make_office(jobs=2, script=[failed], run=False)
        other, job = office.world.jobs
        office.posted(other)
        before = office.world.simulator.invoice().balance_usd
        office.intended(job)
        office.posted(job)
        office.world.clock.advance(3600)

        assert office.world.simulator.invoice().balance_usd == before
        assert [unknown.creative_id for unknown in office.settle().unknown] == [job.creative_id]

    def test_a_late_delivery_comes_after_any_reading(self, make_office: MakeOffice) -> None:
        """The balance was unchanged for an hour; then what stood in between delivered the request after all."""
        office = make_office(FaultName.DROPPED)
        office.world.clock.advance(3600)
        assert office.world.simulator.invoice().balance_usd == Decimal(1000)
        assert office.settle().adopted == ()

        office.posted(office.job)

        assert office.world.simulator.invoice().balance_usd == Decimal(1000) - PRICE
        assert office.states() == ["unknown"]

"""A person says which task an unknown attempt bought: believed when nothing speaks against it."""

from collections.abc import Callable, Sequence

import pytest

from hailuo.errors import SettlementError
from hailuo.ledger.facts import JobState, Submitted
from hailuo.ledger.ledger import HORIZON
from hailuo.reconcile.reconciler import Adopted, Reconciler
from hailuo.reconcile.unsettled import CLOCK_SKEW
from hailuo.simulator import FaultName, Profile, ScriptedFault
from hailuo.store.port import Entry
from hailuo.testing import MemoryStore, VirtualClock
from tests.reconcile.conftest import PRICE, Office

MakeOffice = Callable[..., Office]
HOUR = 3600.0


@pytest.fixture
def office(make_office: MakeOffice) -> Office:
    """One job, whose submit the vendor took before the connection was cut."""
    return make_office(FaultName.CHARGED_THEN_DROPPED)


@pytest.fixture
def creative_id(office: Office) -> str:
    return office.job.creative_id


def refused(office: Office, creative_id: str, task_id: str) -> str:
    """What is said to a decision that is not taken: one problem, and nothing is written."""
    before = office.facts()
    with pytest.raises(SettlementError) as caught:
        office.adopt(creative_id, task_id)
    assert office.facts() == before
    (problem,) = caught.value.problems
    return str(problem)


def test_the_task_that_was_lost_is_found_and_its_clip_stored(office: Office, creative_id: str) -> None:
    """Bought once, told late, kept: the vendor's invoice has one line."""
    adopted = office.adopt(creative_id, office.lost_task())

    assert adopted == Adopted(creative_id=creative_id, number=1, task_id=office.lost_task())
    assert office.states() == ["submitted"]
    assert office.world.run().exit_code == 0
    assert len(office.world.simulator.invoice().lines) == 1
    assert office.money().spent == PRICE


def test_the_outcome_says_who_decided_and_when_the_task_was_made(office: Office, creative_id: str) -> None:
    """The ledger remembers a person's word as such."""
    office.world.clock.advance(8 * HOUR)
    office.adopt(creative_id, office.lost_task())

    outcome = office.plan().jobs[0].record.attempts[0].outcome
    (line,) = office.world.simulator.invoice().lines
    assert isinstance(outcome, Submitted)
    assert outcome.by == "person"
    assert abs((outcome.at - line.at).total_seconds()) <= 1


def test_a_task_that_failed_is_adopted_too(make_office: MakeOffice) -> None:
    """Its refund is then known, and the policy decides about another attempt."""
    moderated = ScriptedFault(fault=FaultName.FAILED_MODERATED_1027)
    office = make_office(FaultName.CHARGED_THEN_DROPPED, script=[moderated])
    office.world.clock.advance(HOUR)

    office.adopt(office.job.creative_id, office.lost_task())
    office.world.run()

    assert office.states() == ["failed"]
    assert office.money().total == 0


def test_an_unknown_creative_id_is_told_with_the_nearest(office: Office, creative_id: str) -> None:
    """A slip of the finger."""
    said = refused(office, creative_id[:-1] + "?", office.lost_task())

    assert said == f"{creative_id[:-1]}?: was never bought in this edition; did you mean {creative_id}?"


def test_what_is_not_unknown_is_left_alone(office: Office, creative_id: str) -> None:
    """Adopted already: the task it has is named."""
    office.adopt(creative_id, office.lost_task())

    assert f"is not unknown: it is submitted as task {office.lost_task()}" in refused(
        office, creative_id, office.lost_task()
    )


def test_what_is_perhaps_still_being_sent_is_not_settled(make_office: MakeOffice) -> None:
    """Neither adopted nor abandoned; from when on is said."""
    office = make_office()
    office.intended(office.job)
    office.world.clock.advance(HORIZON.total_seconds() - 1)

    said = refused(office, office.job.creative_id, "task_1")
    with pytest.raises(SettlementError, match="perhaps still being sent"):
        office.abandon(office.job.creative_id)

    assert "is perhaps still being sent; settle it after 2026-11-22 22:07:00 UTC" in said


@pytest.mark.parametrize("task_id", ["", "..", "a task", "task\x1b[2J", "t" * 129])
def test_what_can_be_no_task_id_is_not_asked_about(office: Office, creative_id: str, task_id: str) -> None:
    """It would become a path of the vendor's, or a line on a terminal."""
    calls = office.world.simulator.invoice().calls

    assert "is no task id" in refused(office, creative_id, task_id)
    assert office.world.simulator.invoice().calls == calls


def test_a_task_that_the_vendor_does_not_know_is_refused(office: Office, creative_id: str) -> None:
    """Or that is another account's: the vendor tells no difference."""
    said = refused(office, creative_id, "task_of_nobody")

    assert said.startswith("task 'task_of_nobody': is not known at http://127.0.0.1:9 to this account")


@pytest.mark.parametrize(
    ("fault", "words"),
    [(FaultName.STATUS_DROPPED, "try again in a minute"), (FaultName.DATA_NULL, "reports nothing of it yet")],
)
def test_a_vendor_that_does_not_answer_is_asked_again_later(
    make_office: MakeOffice, fault: FaultName, words: str
) -> None:
    """Nothing is believed that was not seen."""
    office = make_office(FaultName.CHARGED_THEN_DROPPED, script=[ScriptedFault(fault=fault)])

    assert words in refused(office, office.job.creative_id, office.lost_task())
    assert office.adopt(office.job.creative_id, office.lost_task()).number == 1


def test_a_refused_key_is_said(make_office: MakeOffice) -> None:
    """Not that the task is unknown."""
    office = make_office(FaultName.CHARGED_THEN_DROPPED, keys=frozenset({"sk-test"}))
    office.key = "sk-revoked"

    assert "check the key" in refused(office, office.job.creative_id, office.lost_task())


def test_a_task_of_another_model_is_refused(office: Office, creative_id: str) -> None:
    """The vendor tells the model, and it is not this request's."""
    other = office.posted(office.job, model="MiniMax-Hailuo-2.3", size="768p")

    assert "is of model MiniMax-Hailuo-2.3" in refused(office, creative_id, other)


@pytest.mark.parametrize("seconds", [-1.0, 1.0])
def test_a_task_of_another_time_is_refused(make_office: MakeOffice, seconds: float) -> None:
    """Made before the attempt was, or after its POST must have ended, by more than clocks can differ."""
    office = make_office()
    creative_id = office.job.creative_id
    early, late = CLOCK_SKEW.total_seconds() + 2, (HORIZON + CLOCK_SKEW).total_seconds() + 2
    if seconds < 0:
        task_id = office.posted(office.job)
        office.world.clock.advance(early)
    office.intended(office.job)
    office.world.clock.advance(late)
    if seconds > 0:
        task_id = office.posted(office.job)

    assert f"{creative_id} was sent within minutes of" in refused(office, creative_id, task_id)


@pytest.mark.parametrize("seconds", [-CLOCK_SKEW.total_seconds() + 2, HORIZON.total_seconds()])
def test_clocks_may_differ(make_office: MakeOffice, seconds: float) -> None:
    """A vendor's clock that is minutes wrong loses no clip."""
    office = make_office()
    if seconds < 0:
        task_id = office.posted(office.job)
        office.world.clock.advance(-seconds)
    office.intended(office.job)
    office.world.clock.advance(HORIZON.total_seconds())
    if seconds > 0:
        task_id = office.posted(office.job)

    assert office.adopt(office.job.creative_id, task_id).task_id == task_id


class TestATaskThatIsKnownAlready:
    """One task is one attempt's, in the whole store."""

    @pytest.mark.parametrize(
        "place", ["rehearsal/second", "another/main"], ids=["another edition", "another campaign"]
    )
    @pytest.mark.parametrize("name", ["a001/outcome", "a001/orphan-00", "done"])
    def test_it_is_refused_with_the_key_that_names_it(
        self, office: Office, creative_id: str, place: str, name: str
    ) -> None:
        """Told in time, told late, or stored."""
        key = f"{place}/ledger/v1/0123456789/{name}"
        office.planted(key, f'{{"task_id":"{office.lost_task()}"}}'.encode())

        assert f"is known already: {key}; look for the right one" in refused(
            office, creative_id, office.lost_task()
        )

    def test_another_jobs_task_of_this_edition_is_refused(self, make_office: MakeOffice) -> None:
        """Three jobs, two stored in the same minutes: their tasks are theirs."""
        office = make_office(FaultName.CHARGED_THEN_DROPPED, jobs=3)
        (unknown,) = office.settle().unknown
        others = [line.task_id for line in office.world.simulator.invoice().lines if line.answered]

        for task_id in others[1:]:
            assert "is known already: rehearsal/main/ledger/v1/" in refused(
                office, unknown.creative_id, task_id
            )

    def test_only_facts_of_the_attempts_own_time_are_read(self, make_office: MakeOffice) -> None:
        """One listing, whatever else the store holds: no older fact can name a task that was not made yet."""
        office = make_office()
        office.world.store = store = CountingStore(office.world.clock)
        for number in range(50):
            office.planted(f"old/main/ledger/v1/{number:010}/a001/outcome", b'{"task_id":"task_old"}')
        office.world.clock.advance(2 * HOUR)
        office.intended(office.job)
        task_id = office.posted(office.job)
        office.world.clock.advance(HORIZON.total_seconds())

        office.adopt(office.job.creative_id, task_id)

        assert store.listed.count("") == 1
        assert not [key for key in store.told if key.startswith("old/")]

    def test_where_the_vendor_tells_no_time_every_fact_is_read(self, make_office: MakeOffice) -> None:
        """Nothing else would show that the task is an old one."""
        office = make_office(profile=Profile.SEED)
        old = office.posted(office.job)
        key = "old/main/ledger/v1/0123456789/a001/outcome"
        office.planted(key, f'{{"task_id":"{old}"}}'.encode())
        office.world.clock.advance(2 * HOUR)
        office.intended(office.job)
        office.world.clock.advance(HORIZON.total_seconds())

        assert f"is known already: {key}" in refused(office, office.job.creative_id, old)


class CountingStore(MemoryStore):
    """Remembers what was asked."""

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__(clock)
        self.told: list[str] = []
        self.listed: list[str] = []

    async def read(self, key: str) -> bytes:
        self.told.append(key)
        return await super().read(key)

    async def listing(self, prefix: str) -> Sequence[Entry]:
        self.listed.append(prefix)
        return await super().listing(prefix)


def test_a_vendor_that_tells_little_is_believed_with_a_warning(make_office: MakeOffice) -> None:
    """No model, no time: the person is told what could not be checked, and every ledger fact was read."""
    office = make_office(FaultName.CHARGED_THEN_DROPPED, profile=Profile.SEED)
    office.world.clock.advance(60)

    adopted = office.adopt(office.job.creative_id, office.lost_task())

    assert [warning.partition(" does not report ")[2] for warning in adopted.warnings] == [
        "the task's model",
        "when the task was made",
    ]


def test_twins_are_named(make_office: MakeOffice) -> None:
    """Two unknown attempts of one model and minute: the API cannot tell them apart, a person can."""
    office = make_office(jobs=2, script=[ScriptedFault(fault=FaultName.CHARGED_THEN_DROPPED, times=2)])
    first, second = (unknown.creative_id for unknown in office.settle().unknown)

    adopted = office.adopt(first, office.world.simulator.invoice().lines[0].task_id)

    assert adopted.warnings == (
        f"by model and time it could also be the task of {second}: compare the prompt at the vendor",
    )


def test_a_charge_of_another_amount_is_told(make_office: MakeOffice) -> None:
    """A clip of another size costs something else: is it the right one?"""
    office = make_office(FaultName.DROPPED)
    task_id = office.posted(office.job, size="768p")
    office.world.clock.advance(HOUR / 4)

    adopted = office.adopt(office.job.creative_id, task_id)

    assert adopted.warnings == ("the vendor charged $0.28 for it, $0.10 was expected",)


def test_the_owners_answer_goes_before_a_persons_word(make_office: MakeOffice) -> None:
    """It came while the person was typing: what the person said is not written, not even as an orphan."""
    office = make_office()
    creative_id = office.job.creative_id
    owner = office.intended(office.job)
    own, other = office.posted(office.job), office.posted(office.job)
    office.world.clock.advance(HORIZON.total_seconds())

    async def act(desk: Reconciler) -> None:
        assert await owner.close(creative_id, office.submitted(own))
        with pytest.raises(SettlementError, match=f"settled meanwhile: it is submitted as task {own}"):
            await desk.adopt(creative_id, other)

    office.at_the_desk(act)

    assert not [key for key in office.facts() if "orphan" in key]


def test_a_persons_word_that_the_owner_confirms_costs_nothing_more(office: Office, creative_id: str) -> None:
    """The answer comes hours late and says the same."""
    owner = office.world.ledger("owner")
    office.world.clock.run(owner.load())
    office.adopt(creative_id, office.lost_task())

    office.heard_late(owner, office.job, office.lost_task())

    findings = office.settle()
    assert (findings.unknown, findings.paid_twice) == ((), ())
    assert office.plan().jobs[0].state is JobState.SUBMITTED
    assert office.money().total == PRICE

"""Two runs of one edition overlap, without a lock: every fact has one author."""

import asyncio
from dataclasses import replace

import pytest

from hailuo.errors import IllegalMoveError, StoreUnavailableError
from hailuo.ledger.facts import JobState, Outcome
from hailuo.ledger.ledger import Ledger
from hailuo.store import Store
from hailuo.store.layout import Edition
from hailuo.testing import MemoryStore, VirtualClock
from tests.ledger.conftest import MakeLedger
from tests.support.factories import (
    ABANDONED,
    BUSY,
    DONE,
    DOUBT,
    JOB,
    REFUNDED,
    SUBMITTED,
    UNSENT,
    bought,
    tell,
)

CID = JOB.creative_id


@pytest.fixture
def ann(make_ledger: MakeLedger) -> Ledger:
    return make_ledger("ann")


@pytest.fixture
def bea(make_ledger: MakeLedger) -> Ledger:
    return make_ledger("bea")


def test_one_worker_gets_the_right_to_post(clock: VirtualClock, make_ledger: MakeLedger) -> None:
    """However many runs want the same job, one of them may POST."""
    workers = [make_ledger(f"worker {number}") for number in range(20)]

    async def race() -> list[bool]:
        return await asyncio.gather(*map(bought, workers))

    won = clock.run(race())

    winner = f"worker {won.index(True)}"
    assert won.count(True) == 1
    assert {w.record(CID).attempts[-1].intent.worker for w in workers} == {winner}  # type: ignore[union-attr]  # all have read it


def test_the_loser_sees_what_the_winner_wrote(clock: VirtualClock, ann: Ledger, bea: Ledger) -> None:
    """And does not try again."""
    clock.run(bea.load())
    clock.run(bought(ann))

    won = clock.run(bought(bea))

    assert not won
    assert bea.state(CID, failed_retries=1) is JobState.IN_DOUBT
    with pytest.raises(IllegalMoveError, match=CID):
        clock.run(bought(bea))


def test_a_worker_that_knows_of_an_intent_does_not_ask(clock: VirtualClock, ann: Ledger, bea: Ledger) -> None:
    """Nobody POSTs for an intent found lying there."""
    clock.run(bought(ann))
    clock.run(bea.load())

    with pytest.raises(IllegalMoveError, match="without outcome"):
        clock.run(bought(bea))


@pytest.mark.parametrize("closed", [ABANDONED, UNSENT, BUSY], ids=lambda outcome: outcome.kind)
def test_the_next_attempt_has_one_owner_too(
    clock: VirtualClock, ann: Ledger, bea: Ledger, closed: Outcome
) -> None:
    """An attempt that came to nothing may be followed by one other."""
    clock.run(bought(ann))
    clock.run(tell(ann, JOB, closed))
    clock.run(bea.load())

    async def race() -> tuple[bool, bool]:
        return await asyncio.gather(bought(ann), bought(bea))

    assert sorted(clock.run(race())) == [False, True]
    assert [attempt.number for attempt in bea.record(CID).attempts] == [1, 2]


def test_an_outcome_is_written_once(clock: VirtualClock, ann: Ledger, bea: Ledger) -> None:
    """Submitted and abandoned cannot both be true; who comes second is told."""
    clock.run(bought(ann))
    clock.run(bea.load())

    assert clock.run(ann.close(CID, SUBMITTED))
    assert not clock.run(bea.close(CID, ABANDONED))
    assert bea.record(CID).attempts[0].outcome == SUBMITTED
    assert bea.state(CID, failed_retries=1) is JobState.SUBMITTED


def test_a_task_id_that_comes_too_late_is_kept(clock: VirtualClock, ann: Ledger, bea: Ledger) -> None:
    """Its clip may have been paid for: it becomes an orphan of the attempt, never nothing."""
    clock.run(bought(ann))
    clock.run(bea.load())
    clock.run(bea.close(CID, ABANDONED))

    assert not clock.run(ann.close(CID, SUBMITTED))

    clock.run(bea.load())
    (attempt,) = bea.record(CID).attempts
    assert attempt.outcome == ABANDONED
    assert [orphan.task_id for orphan in attempt.orphans] == [SUBMITTED.task_id]
    assert ann.record(CID) == bea.record(CID)  # both as the store tells it


def test_a_late_refusal_leaves_no_orphan(clock: VirtualClock, ann: Ledger, bea: Ledger) -> None:
    """Only a task id is worth keeping."""
    clock.run(bought(ann))
    clock.run(bea.load())
    clock.run(bea.close(CID, ABANDONED))

    assert not clock.run(ann.close(CID, BUSY))
    assert ann.record(CID).attempts[0].orphans == ()


def test_two_workers_finish_a_job_once(clock: VirtualClock, ann: Ledger, bea: Ledger, store: Store) -> None:
    """Both have stored the same bytes; one fact says so, and both believe it."""
    clock.run(bought(ann))
    clock.run(ann.close(CID, SUBMITTED))
    clock.run(bea.load())

    async def race() -> tuple[bool, bool]:
        return await asyncio.gather(ann.finish(CID, DONE), bea.finish(CID, replace(DONE, bytes=999)))

    won = clock.run(race())
    facts = clock.run(store.listing(f"shoe/main/ledger/v1/{CID}/done"))

    assert sorted(won) == [False, True]
    assert len(facts) == 1
    assert ann.record(CID).done == bea.record(CID).done
    assert bea.state(CID, failed_retries=1) is JobState.STORED


def test_a_stored_job_is_not_bought_again_by_who_has_not_heard(
    clock: VirtualClock, ann: Ledger, bea: Ledger
) -> None:
    """A worker with an old view loses at the store: the attempt's number is taken."""
    clock.run(bea.load())
    clock.run(bought(ann))
    clock.run(tell(ann, JOB, SUBMITTED, DONE))

    assert bea.state(CID, failed_retries=1) is JobState.NEW
    assert not clock.run(bought(bea))
    assert bea.state(CID, failed_retries=1) is JobState.STORED


def test_a_refunded_failure_is_followed_once(clock: VirtualClock, ann: Ledger, bea: Ledger) -> None:
    """Two workers that both saw it fail still open one attempt."""
    clock.run(bought(ann))
    clock.run(tell(ann, JOB, SUBMITTED, REFUNDED))
    clock.run(bea.load())

    assert clock.run(bought(ann))
    assert not clock.run(bought(bea))


class FailingStore(MemoryStore):
    """Does not answer the first create of a key that ends in, or contains, a certain word."""

    def __init__(self, clock: VirtualClock, word: str, *, landed: bool) -> None:
        super().__init__(clock)
        self._word: str | None = word
        self._landed = landed

    async def create(self, key: str, content: bytes) -> bool:
        if self._word and self._word in key:
            self._word = None
            if self._landed:
                await super().create(key, content)
            raise StoreUnavailableError("no answer")
        return await super().create(key, content)


def _two_on(store: Store, clock: VirtualClock) -> tuple[Ledger, Ledger]:
    return (
        Ledger(store, clock, Edition("shoe", "main"), worker="ann"),
        Ledger(store, clock, Edition("shoe", "main"), worker="bea"),
    )


@pytest.mark.parametrize("landed", [True, False])
def test_a_late_task_id_survives_a_store_that_fails(clock: VirtualClock, landed: bool) -> None:
    """The same call made again keeps it, once, with the attempt it belongs to, whoever has gone on since."""
    ann, bea = _two_on(FailingStore(clock, "orphan", landed=landed), clock)
    clock.run(bought(ann))
    clock.run(bea.load())
    clock.run(bea.close(CID, ABANDONED))
    clock.run(bought(bea))

    with pytest.raises(StoreUnavailableError):
        clock.run(ann.close(CID, SUBMITTED))
    assert not clock.run(ann.close(CID, SUBMITTED))

    first, second = ann.record(CID).attempts
    assert [orphan.task_id for orphan in first.orphans] == ["task_1"]
    assert (second.outcome, second.orphans) == (None, ())


@pytest.mark.parametrize("landed", [True, False])
def test_an_outcome_may_be_told_again(clock: VirtualClock, landed: bool) -> None:
    """After a store that did not answer: whether the write landed or not, it is ours."""
    ann, bea = _two_on(FailingStore(clock, "outcome", landed=landed), clock)
    clock.run(bought(ann))

    with pytest.raises(StoreUnavailableError):
        clock.run(ann.close(CID, SUBMITTED))

    assert clock.run(ann.close(CID, SUBMITTED))
    clock.run(bea.load())
    assert bea.record(CID).attempts[0].outcome == SUBMITTED
    assert bea.record(CID).attempts[0].orphans == ()


def test_an_intent_whose_write_got_no_answer_gives_no_right(clock: VirtualClock) -> None:
    """It may have landed: nobody POSTs for it, and it is held until somebody settles it."""
    ann, _ = _two_on(FailingStore(clock, "intent", landed=True), clock)

    with pytest.raises(StoreUnavailableError):
        clock.run(bought(ann))

    assert not clock.run(bought(ann))
    assert ann.state(CID, failed_retries=1) is JobState.IN_DOUBT


def test_a_doubt_is_written_once_and_may_still_be_settled(
    clock: VirtualClock, ann: Ledger, bea: Ledger
) -> None:
    """What was seen stays on record for the person who decides."""
    clock.run(bought(ann))
    clock.run(tell(ann, JOB, DOUBT))
    clock.run(bea.load())

    with pytest.raises(IllegalMoveError):
        clock.run(bea.doubt(CID, DOUBT))
    assert clock.run(bea.close(CID, ABANDONED))

    (attempt,) = bea.record(CID).attempts
    assert (attempt.doubt, attempt.outcome and attempt.outcome.kind) == (DOUBT, "abandoned")

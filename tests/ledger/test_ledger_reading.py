"""One listing tells where every job stands; only what is open is read."""

from collections.abc import Sequence

import pytest

from hailuo.errors import LedgerError
from hailuo.ledger.facts import Done, Doubt, End, JobState, Outcome
from hailuo.ledger.ledger import Ledger
from hailuo.store import Entry, Store
from hailuo.store.layout import Edition
from hailuo.testing import MemoryStore, VirtualClock
from tests.ledger.conftest import MakeLedger
from tests.support.factories import (
    ABANDONED,
    BUSY,
    DONE,
    DOUBT,
    JOB,
    KEPT,
    MODERATED,
    REFUNDED,
    REFUSED,
    SUBMITTED,
    UNSENT,
    bought,
    make_done,
    make_job,
    tell,
)

CID = JOB.creative_id
FOLDER = f"shoe/main/ledger/v1/{CID}"
Fact = Outcome | Doubt | End | Done


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        ([], JobState.IN_DOUBT),
        ([DOUBT], JobState.UNKNOWN),
        ([UNSENT], JobState.NEW),
        ([ABANDONED], JobState.NEW),
        ([BUSY], JobState.NEW),
        ([REFUSED], JobState.REFUSED),
        ([SUBMITTED], JobState.SUBMITTED),
        ([SUBMITTED, REFUNDED], JobState.NEW),
        ([SUBMITTED, KEPT], JobState.FAILED),
        ([SUBMITTED, MODERATED], JobState.FAILED),
        ([SUBMITTED, DONE], JobState.STORED),
        ([DOUBT, SUBMITTED, DONE], JobState.STORED),
    ],
    ids=str,
)
def test_a_new_process_sees_where_a_job_stands(
    clock: VirtualClock, make_ledger: MakeLedger, facts: Sequence[Fact], state: JobState
) -> None:
    """Everything the last one knew is in the store."""
    ann, bea = make_ledger("ann"), make_ledger("bea")
    clock.run(bought(ann))
    clock.run(tell(ann, JOB, *facts))

    clock.run(bea.load())

    assert bea.state(CID, failed_retries=1) is state
    assert ann.state(CID, failed_retries=1) is state


def test_a_job_without_facts_is_new(clock: VirtualClock, make_ledger: MakeLedger) -> None:
    """A store that never saw the campaign is an empty ledger."""
    ledger = make_ledger()
    clock.run(ledger.load())

    assert dict(ledger.records) == {}
    assert ledger.state(CID, failed_retries=1) is JobState.NEW


def test_editions_do_not_share_a_ledger(clock: VirtualClock, make_ledger: MakeLedger) -> None:
    """A new edition buys anew, whatever it is called."""
    clock.run(bought(make_ledger()))
    others = [make_ledger(edition=edition) for edition in ("main2", "mai", "other")]

    for other in others:
        clock.run(other.load())

    assert [dict(other.records) for other in others] == [{}, {}, {}]


class CountingStore(MemoryStore):
    """Remembers which keys were read."""

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__(clock)
        self.reads: list[str] = []
        self.listings = 0

    async def read(self, key: str) -> bytes:
        self.reads.append(key)
        return await super().read(key)

    async def listing(self, prefix: str) -> Sequence[Entry]:
        self.listings += 1
        return await super().listing(prefix)


@pytest.fixture
def counting(clock: VirtualClock) -> CountingStore:
    """A stored job after one failure, a stray of the same kind, and one that is at the vendor."""
    store = CountingStore(clock)
    writer = Ledger(store, clock, Edition("shoe", "main"), worker="ann")
    for job in (JOB, make_job(take=2)):
        clock.run(bought(writer, job))
        clock.run(tell(writer, job, SUBMITTED, REFUNDED))
        clock.run(bought(writer, job))
        clock.run(tell(writer, job, SUBMITTED, make_done(job, attempt=2)))
    clock.run(bought(writer, make_job(take=3)))
    clock.run(tell(writer, make_job(take=3), SUBMITTED))
    store.reads, store.listings = [], 0
    return store


def _names(store: CountingStore, take: int) -> list[str]:
    folder = f"shoe/main/ledger/v1/{make_job(take=take).creative_id}/"
    return sorted(key.removeprefix(folder) for key in store.reads if key.startswith(folder))


def test_of_a_finished_job_only_done_is_read(clock: VirtualClock, counting: CountingStore) -> None:
    """A second run over 10,000 stored clips costs one small read each, and one listing."""
    ledger = Ledger(counting, clock, Edition("shoe", "main"), worker="bea")

    clock.run(ledger.load({JOB.creative_id, make_job(take=3).creative_id}))

    assert counting.listings == 2  # the facts, and the rollups
    assert _names(counting, take=1) == ["done"]
    assert _names(counting, take=3) == ["a001/intent", "a001/outcome"]
    assert ledger.state(CID, failed_retries=0) is JobState.STORED
    assert [attempt.number for attempt in ledger.record(CID).attempts] == [1, 2]


def test_of_a_stray_everything_is_read(clock: VirtualClock, counting: CountingStore) -> None:
    """A job that is no longer in the file is known only from its intent."""
    ledger = Ledger(counting, clock, Edition("shoe", "main"), worker="bea")

    clock.run(ledger.load({JOB.creative_id}))

    stray = make_job(take=2)
    facts = ["a001/end", "a001/intent", "a001/outcome", "a002/intent", "a002/outcome", "done"]
    assert _names(counting, take=2) == facts
    assert ledger.record(stray.creative_id).job == stray


def test_refresh_reads_one_job(clock: VirtualClock, counting: CountingStore) -> None:
    """Looking again at what another worker had in hand does not read the whole ledger."""
    ledger = Ledger(counting, clock, Edition("shoe", "main"), worker="bea")

    record = clock.run(ledger.refresh(make_job(take=3).creative_id))

    assert record.attempts[0].outcome == SUBMITTED
    assert len(counting.reads) == 2


@pytest.mark.parametrize(
    "lost",
    ["a001/intent", "a002/intent"],
)
def test_a_torn_ledger_is_refused(
    clock: VirtualClock, make_ledger: MakeLedger, store: Store, lost: str
) -> None:
    """Somebody deleted keys: what was bought is no longer known, so nothing is."""
    names = ["a001/intent", "a001/outcome", "a002/intent", "a002/outcome"]
    for name in sorted({*names} - {lost}):
        clock.run(store.create(f"{FOLDER}/{name}", b"{}"))

    with pytest.raises(LedgerError, match=rf"{CID}.*keys are missing.*restore"):
        clock.run(make_ledger().load())


@pytest.mark.parametrize("number", ["a000", "a002", "a999"])
def test_attempts_count_from_one(
    clock: VirtualClock, make_ledger: MakeLedger, store: Store, number: str
) -> None:
    """A first attempt of another number is a gap."""
    clock.run(store.create(f"{FOLDER}/{number}/intent", b"{}"))

    with pytest.raises(LedgerError, match="keys are missing"):
        clock.run(make_ledger().load())


@pytest.mark.parametrize(
    "key",
    [
        "notes.txt",
        "short/a001/intent",
        f"{CID.lower()}/a001/intent",
        f"{CID}/notes",
        f"{CID}/intent",
        f"{CID}/orphan-1a",
        f"{CID}/done-2",
        f"{CID}/a001/done",
        f"{CID}/a001/notes",
        f"{CID}/a001/intent-2",
        f"{CID}/a001/orphan",
        f"{CID}/a1/intent",
        f"{CID}/a001/intent/x",
        f"{CID}/a001/intent.bak",
    ],
)
def test_a_foreign_key_is_refused(
    clock: VirtualClock, make_ledger: MakeLedger, store: Store, key: str
) -> None:
    """Nobody else writes here: a backup copy or a note may hide a lost fact."""
    clock.run(store.create(f"shoe/main/ledger/v1/{key}", b"{}"))

    with pytest.raises(LedgerError, match="is an unexpected key in the ledger"):
        clock.run(make_ledger().load())


def test_a_fact_about_another_job_is_not_taken_over(clock: VirtualClock, make_ledger: MakeLedger) -> None:
    """Records are kept apart by creative id."""
    ledger, other = make_ledger(), make_job(take=2)
    clock.run(bought(ledger))
    clock.run(tell(ledger, JOB, SUBMITTED))
    clock.run(bought(ledger, other))

    clock.run(ledger.load())

    assert ledger.state(CID, failed_retries=1) is JobState.SUBMITTED
    assert ledger.state(other.creative_id, failed_retries=1) is JobState.IN_DOUBT
    assert ledger.record(CID).attempts[0].outcome == SUBMITTED

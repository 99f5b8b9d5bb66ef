"""One listing tells where every job stands; only what is open is read."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from hailuo.errors import IllegalMoveError
from hailuo.ledger.fact_json import dump_fact
from hailuo.ledger.facts import Done, Doubt, End, JobState, Outcome
from hailuo.ledger.ledger import Ledger
from hailuo.store import Entry, FolderStore, Store
from hailuo.store.layout import Edition
from hailuo.testing import MemoryStore, VirtualClock
from tests.ledger.conftest import MakeLedger
from tests.support.factories import (
    ABANDONED,
    BUSY,
    DONE,
    DOUBT,
    INTENT,
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


OTHER = make_job(take=2)


@pytest.fixture
def beside(clock: VirtualClock, make_ledger: MakeLedger) -> Callable[[], Ledger]:
    """A second job, at the vendor, whose state nothing may change; `beside()` reads the ledger anew."""
    writer = make_ledger()
    clock.run(bought(writer, OTHER))
    clock.run(tell(writer, OTHER, SUBMITTED))

    def read() -> Ledger:
        ledger = make_ledger()
        clock.run(ledger.load())
        assert ledger.state(OTHER.creative_id, failed_retries=1) is JobState.SUBMITTED
        return ledger

    return read


def found(ledger: Ledger) -> list[str]:
    """The keys that the findings name, below the ledger; each finding has a remedy."""
    assert all(problem.remedy for problem in ledger.findings)
    return [problem.place.file.removeprefix("shoe/main/ledger/v1/") for problem in ledger.findings]


@pytest.mark.parametrize("lost", ["a001/intent", "a002/intent"])
def test_a_torn_job_is_held(
    clock: VirtualClock, store: Store, beside: Callable[[], Ledger], lost: str
) -> None:
    """Somebody deleted keys: what was bought is no longer known, so nothing is bought for this job."""
    contents = {"a001/intent": dump_fact(INTENT), "a001/outcome": dump_fact(UNSENT)}
    contents |= {"a002/intent": dump_fact(INTENT), "a002/outcome": dump_fact(SUBMITTED)}
    for name in sorted({*contents} - {lost}):
        clock.run(store.create(f"{FOLDER}/{name}", contents[name]))

    ledger = beside()

    assert found(ledger) == [f"{CID}/{lost}"]
    assert "is missing" in ledger.findings[0].reason
    assert ledger.state(CID, failed_retries=1) is JobState.UNKNOWN
    with pytest.raises(IllegalMoveError):
        clock.run(bought(ledger))


@pytest.mark.parametrize("number", ["a000", "a002", "a999"])
def test_attempts_count_from_one(
    clock: VirtualClock, store: Store, beside: Callable[[], Ledger], number: str
) -> None:
    """A first attempt of another number is a gap."""
    clock.run(store.create(f"{FOLDER}/{number}/intent", dump_fact(INTENT)))

    ledger = beside()

    assert len(found(ledger)) == 1
    assert ledger.state(CID, failed_retries=1) is JobState.UNKNOWN


@pytest.mark.parametrize(
    ("key", "held"),
    [
        (".DS_Store", False),
        ("notes.txt", False),
        ("short/a001/intent", False),
        (f"{CID.lower()}/a001/intent", False),
        (f"{CID}/.DS_Store", False),
        (f"{CID}/a001/.nfs0000000000012345", False),
        (f"{CID}/a001/.intent.swp", False),
        (f"{CID}/a001/._intent", False),
        (f"{CID}/a001/Thumbs.db", False),
        (f"{CID}/notes", True),
        (f"{CID}/intent", True),
        (f"{CID}/orphan-1a", True),
        (f"{CID}/done-2", True),
        (f"{CID}/a001/done", True),
        (f"{CID}/a001/lease", True),
        (f"{CID}/a001/intent-2", True),
        (f"{CID}/a001/intent.sync-conflict-20261122-220000-ABCDEFG", True),
        (f"{CID}/a001/orphan", True),
        (f"{CID}/a1/intent", True),
        (f"{CID}/a001/intent/x", True),
        (f"{CID}/a001/intent.bak", True),
    ],
)
def test_a_stranger_is_named_and_holds_one_job_at_most(
    clock: VirtualClock, store: Store, beside: Callable[[], Ledger], key: str, held: bool
) -> None:
    """A backup copy, or a name of a newer version, among a job's facts may hide a lost one; litter does not."""
    clock.run(store.create(f"shoe/main/ledger/v1/{key}", b"{}"))

    ledger = beside()

    assert found(ledger) == [key]
    assert ledger.state(CID, failed_retries=1) is (JobState.UNKNOWN if held else JobState.NEW)


@pytest.mark.parametrize("name", ["sync conflict (ann's copy 2026-11-22)", "a001/intent 2", "a001/ünder"])
def test_a_name_that_no_key_can_have_is_named_too(clock: VirtualClock, tmp_path: Path, name: str) -> None:
    """In a folder anything can write anything."""
    Path(tmp_path, FOLDER, name).parent.mkdir(parents=True)
    Path(tmp_path, FOLDER, name).write_bytes(b"")
    ledger = Ledger(FolderStore(tmp_path), clock, Edition("shoe", "main"), worker="ann")

    clock.run(ledger.load())

    assert found(ledger) == [f"{CID}/{name}"]


UNREADABLE = {
    "empty": (b"", "is empty"),
    "garbage": (b"\x00\x01\x02", "is no JSON"),
    "cut": (b'{"kind": "submitted", "at"', "is no JSON"),
    "of a newer version": (b'{"kind": "leased", "at": "2026-11-22T22:00:00Z"}', "a newer version wrote it"),
    "another shape": (b"[1]", "is no valid fact"),
}


@pytest.mark.parametrize(("content", "reason"), UNREADABLE.values(), ids=UNREADABLE)
@pytest.mark.parametrize(
    "name", ["a001/intent", "a001/doubt", "a001/outcome", "a001/end", "a001/orphan-1a", "done"]
)
def test_a_fact_that_cannot_be_read_holds_its_own_job(
    clock: VirtualClock, store: Store, beside: Callable[[], Ledger], name: str, content: bytes, reason: str
) -> None:
    """It may have said that something was bought. Whatever can be read is read."""
    facts = {"a001/intent": dump_fact(INTENT), name: content}
    for place, fact in facts.items():
        clock.run(store.create(f"{FOLDER}/{place}", fact))

    ledger = beside()

    assert found(ledger) == [f"{CID}/{name}"]
    assert reason in ledger.findings[0].reason
    assert ledger.state(CID, failed_retries=1) is JobState.UNKNOWN
    with pytest.raises(IllegalMoveError):
        clock.run(bought(ledger))


def test_a_stored_job_stays_stored_whatever_lies_beside(
    clock: VirtualClock, store: Store, make_ledger: MakeLedger
) -> None:
    """Nothing more can be bought for it: the findings name what is wrong, and its clip is kept."""
    ledger = make_ledger()
    clock.run(bought(ledger))
    clock.run(tell(ledger, JOB, SUBMITTED, DONE))
    clock.run(store.create(f"{FOLDER}/a001/outcome.bak", b"{}"))

    again = make_ledger()
    clock.run(again.load())

    assert found(again) == [f"{CID}/a001/outcome.bak"]
    assert again.state(CID, failed_retries=1) is JobState.STORED


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

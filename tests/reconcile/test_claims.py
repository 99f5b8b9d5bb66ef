"""One task is adopted for one job, however many people adopt it, and whenever one of them crashes."""

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hailuo.errors import SettlementError, StoreUnavailableError
from hailuo.ledger.claims import Claim, claim_task
from hailuo.ledger.ledger import HORIZON
from hailuo.reconcile.reconciler import Adopted
from hailuo.simulator import FaultName, ScriptedFault
from hailuo.store import FolderStore
from hailuo.store.layout import claims_of
from hailuo.store.port import Entry
from hailuo.testing import MemoryStore, VirtualClock
from tests.reconcile.conftest import PRICE, Office
from tests.support.factories import BASE_URL

MakeOffice = Callable[..., Office]


class MeetingMemory(MemoryStore):
    """Whoever has looked for the task in all ledgers waits until everybody has."""

    barrier: asyncio.Barrier | None = None

    async def listing(self, prefix: str) -> Sequence[Entry]:
        return await _met(await super().listing(prefix), prefix, self.barrier)


class MeetingFolder(FolderStore):
    """The same, on a disk."""

    barrier: asyncio.Barrier | None = None

    async def listing(self, prefix: str) -> Sequence[Entry]:
        return await _met(await super().listing(prefix), prefix, self.barrier)


async def _met(found: Sequence[Entry], prefix: str, barrier: asyncio.Barrier | None) -> Sequence[Entry]:
    if barrier and not prefix:
        await barrier.wait()
    return found


class FailingMemory(MemoryStore):
    """Takes no outcome while `failing`: as if the process had died just before."""

    failing = False

    async def create(self, key: str, content: bytes) -> bool:
        if self.failing and key.endswith("/outcome"):
            raise StoreUnavailableError("the lights went out")
        return await super().create(key, content)


@pytest.fixture
def twins(make_office: MakeOffice) -> Callable[[Callable[[VirtualClock], MemoryStore | FolderStore]], Office]:
    """Two jobs of one model on this store, both unknown since the same minute; the vendor has a task for each."""

    def make(new_store: Callable[[VirtualClock], MemoryStore | FolderStore]) -> Office:
        office = make_office(
            jobs=2, script=[ScriptedFault(fault=FaultName.CHARGED_THEN_DROPPED, times=2)], run=False
        )
        office.world.store = new_store(office.world.clock)
        office.world.run()
        assert office.states() == ["unknown"] * 2
        return office

    return make


def a_task(office: Office) -> str:
    return office.world.simulator.invoice().lines[0].task_id


def attempts_with(office: Office, task_id: str) -> list[str]:
    """Ledger keys that name the task."""
    return [key for key, fact in office.facts().items() if task_id.encode() in fact]


@pytest.mark.parametrize("kind", [MeetingMemory, MeetingFolder])
def test_of_two_who_adopt_one_task_at_once_for_two_jobs_one_is_refused(twins, kind, tmp_path: Path):
    """Both have looked, and nobody had it: the claim decides, and the other job stays unknown."""
    office = twins(lambda clock: MeetingFolder(tmp_path) if kind is MeetingFolder else MeetingMemory(clock))
    store = office.world.store
    task_id, (first, second) = a_task(office), (job.creative_id for job in office.world.jobs)

    async def both() -> list[Adopted | BaseException]:
        store.barrier = asyncio.Barrier(2)
        adopting = (
            office._at_the_desk(lambda desk, cid=cid: desk.adopt(cid, task_id)) for cid in (first, second)
        )
        told: list[Adopted | BaseException] = await asyncio.gather(*adopting, return_exceptions=True)
        store.barrier = None
        return told

    told = office.world.clock.run(both())

    refused = [one for one in told if isinstance(one, SettlementError)]
    assert [type(one) for one in told if one not in refused] == [Adopted]
    assert f"task '{task_id}': is claimed for rehearsal/main/ledger/v1/" in str(refused[0])
    assert len(attempts_with(office, task_id)) == 1
    assert office.states() == ["submitted", "unknown"]


def test_two_who_adopt_one_task_at_once_for_the_same_job_agree(twins):
    """Their words are one: nobody is refused, and it is recorded once."""
    office = twins(MeetingMemory)
    store = office.world.store
    task_id, job = a_task(office), office.job

    async def both() -> list[Adopted | BaseException]:
        store.barrier = asyncio.Barrier(2)
        adopting = (office._at_the_desk(lambda desk: desk.adopt(job.creative_id, task_id)) for _ in range(2))
        told: list[Adopted | BaseException] = await asyncio.gather(*adopting, return_exceptions=True)
        store.barrier = None
        return told

    told = office.world.clock.run(both())

    assert [type(one) for one in told] == [Adopted, Adopted]
    assert len(attempts_with(office, task_id)) == 1


class TestACrashBetweenClaimAndOutcome:
    """The claim lies there, and nothing else was written."""

    @pytest.fixture
    def office(self, twins) -> Office:
        office: Office = twins(FailingMemory)
        office.world.store.failing = True  # type: ignore[attr-defined]  # the store made in the line before
        with pytest.raises(StoreUnavailableError):
            office.adopt(office.job.creative_id, a_task(office))
        office.world.store.failing = False  # type: ignore[attr-defined]
        return office

    def test_the_same_adoption_goes_through(self, office: Office) -> None:
        """Said again, it finds its own claim."""
        assert office.adopt(office.job.creative_id, a_task(office)).task_id == a_task(office)

    def test_the_next_reconcile_finishes_it(self, office: Office) -> None:
        """The claim names the task, and nothing says otherwise; the other unknown job is left as it is."""
        found = office.settle()

        assert [(one.creative_id, one.task_id) for one in found.adopted] == [
            (office.job.creative_id, a_task(office))
        ]
        assert office.states() == ["submitted", "unknown"]
        assert office.settle().adopted == ()

    def test_for_another_job_it_is_refused(self, office: Office) -> None:
        """Somebody has said otherwise, and that is told with the attempt."""
        other = office.world.jobs[1].creative_id

        with pytest.raises(
            SettlementError, match=f"is claimed for .*{office.job.creative_id}/a001; if that is"
        ):
            office.adopt(other, a_task(office))

    def test_once_that_attempt_is_settled_otherwise_it_is_free(self, office: Office) -> None:
        """The way back from a slip: abandon, or adopt the right task, and adopt this one where it belongs."""
        office.abandon(office.job.creative_id, "that was the wrong one")
        other = office.world.jobs[1].creative_id

        assert office.adopt(other, a_task(office)).creative_id == other


def test_a_run_that_dies_between_claim_and_outcome_loses_no_task(make_office: MakeOffice) -> None:
    """The vendor's answer is in the claim alone; the next reconcile adopts it, and the next run stores the clip."""
    office = make_office(run=False)
    office.world.store = store = FailingMemory(office.world.clock)
    ledger = office.intended(office.job, "run")
    task_id = office.posted(office.job)
    claim = Claim(task_id=task_id, base_url=BASE_URL, attempt=ledger.attempt_key(office.job.creative_id))
    office.world.clock.run(claim_task(store, claim))  # and here the run dies
    assert office.settle().adopted == ()  # it may be at work
    office.world.clock.advance(HORIZON.total_seconds())

    found = office.settle()

    assert [(one.number, one.task_id) for one in found.adopted] == [(1, task_id)]
    assert office.states() == ["submitted"]


def test_two_claims_for_one_attempt_settle_nothing(make_office: MakeOffice) -> None:
    """Which task is its own is then a person's decision."""
    office = make_office()
    ledger = office.intended(office.job)
    attempt = ledger.attempt_key(office.job.creative_id)
    for task_id in ("task_1", "task_2"):
        claim = Claim(task_id=task_id, base_url=BASE_URL, attempt=attempt)
        office.world.clock.run(claim_task(office.world.store, claim))
    office.world.clock.advance(HORIZON.total_seconds())

    assert office.settle().adopted == ()
    assert office.states() == ["unknown"]


@given(delays=st.lists(st.lists(st.integers(0, 3), min_size=8, max_size=8), min_size=2, max_size=4))
def test_whatever_the_order_everybody_sees_the_same_claim(delays: list[list[int]]) -> None:
    """Each call to the store takes its own time; one claim stands, and its attempt is told to all."""
    clock = VirtualClock()
    shared = MemoryStore(clock)

    class Slow(MemoryStore):
        def __init__(self, waits: list[int]) -> None:
            super().__init__(clock)
            self._objects, self._waits = shared._objects, iter(waits)

        async def create(self, key: str, content: bytes) -> bool:
            await clock.sleep(next(self._waits))
            return await super().create(key, content)

        async def read(self, key: str) -> bytes:
            await clock.sleep(next(self._waits))
            return await super().read(key)

    def wanted(number: int) -> Claim:
        return Claim(task_id="task_1", base_url=BASE_URL, attempt=f"shoe/main/ledger/v1/{number:010}/a001")

    async def holder(number: int, waits: list[int]) -> str:
        return await claim_task(Slow(waits), wanted(number)) or wanted(number).attempt

    async def all_of_them() -> list[str]:
        return await asyncio.gather(*(holder(n, waits) for n, waits in enumerate(delays)))

    assert len(set(clock.run(all_of_them()))) == 1


BAD_CLAIMS = {
    "empty": b"",
    "no JSON": b"{",
    "of a newer version": b'{"task_id": "t", "base_url": "u", "holder": "somebody"}',
    "for no attempt": b'{"task_id": "t", "base_url": "u", "attempt": "shoe/main copy/ledger/v1/0123456789/a001"}',
    "for no key at all": b'{"task_id": "t", "base_url": "u", "attempt": "../../etc"}',
}


@pytest.mark.parametrize("content", BAD_CLAIMS.values(), ids=BAD_CLAIMS)
def test_a_claim_that_cannot_be_read_holds_its_task(make_office: MakeOffice, content: bytes) -> None:
    """Whose it is, is not known: a person cannot adopt the task, and sees which record is damaged."""
    office = make_office(FaultName.CHARGED_THEN_DROPPED)
    office.world.clock.advance(HORIZON.total_seconds())
    task_id = office.lost_task()
    about = hashlib.sha256(f"{office.world.client().base_url}\n{task_id}".encode()).hexdigest()
    office.planted(f"{claims_of(about)}c001", content)

    with pytest.raises(SettlementError, match=rf"is claimed in tasks/v1/{about}/c001, which cannot be read"):
        office.adopt(office.job.creative_id, task_id)
    assert office.settle().adopted == ()


def test_a_task_that_a_submit_under_way_may_have_made_is_not_adopted_yet(make_office: MakeOffice) -> None:
    """A run and a person at once: the run's answer may be on its way, and it is evidence."""
    office = make_office(jobs=2)
    mine, theirs = office.world.jobs
    office.intended(mine)
    office.world.clock.advance(HORIZON.total_seconds())
    run = office.intended(theirs, "run")
    task_id = office.posted(theirs)

    with pytest.raises(SettlementError, match=f"still under way: .*{theirs.creative_id}/a001"):
        office.adopt(mine.creative_id, task_id)
    assert office.world.clock.run(run.close(theirs.creative_id, office.submitted(task_id)))
    with pytest.raises(SettlementError, match="is known already"):
        office.adopt(mine.creative_id, task_id)


def test_a_submit_under_way_that_began_after_the_task_was_made_stops_nobody(make_office: MakeOffice) -> None:
    """It cannot have made it, whatever clocks say: adopting need not wait for a night's run to end."""
    office = make_office(FaultName.CHARGED_THEN_DROPPED)
    office.world.clock.advance(timedelta(hours=1).total_seconds())
    other = office.world.store.create("other/main/ledger/v1/0123456789/a001/intent", b"{}")
    assert office.world.clock.run(other)

    assert office.adopt(office.job.creative_id, office.lost_task()).warnings == ()


def test_an_attempt_is_adopted_only_where_it_was_sent(make_office: MakeOffice) -> None:
    """A simulator's task is not the vendor's: the address is told, and how to get back to it."""
    office = make_office(jobs=1)
    ledger = office.world.ledger()

    async def intend() -> None:
        await ledger.load()
        await ledger.intend(office.job, price_usd=PRICE, request_sha256="5e" * 32, base_url=BASE_URL)

    office.world.clock.run(intend())
    task_id = office.posted(office.job)
    office.world.clock.advance(HORIZON.total_seconds())
    before = office.facts()

    with pytest.raises(SettlementError) as caught:
        office.adopt(office.job.creative_id, task_id)

    assert f"was sent to {BASE_URL}, and the vendor is now http://127.0.0.1:9; set IMAROUTER_BASE_URL" in str(
        caught.value
    )
    assert office.facts() == before


def test_a_run_records_where_it_sends(make_office: MakeOffice) -> None:
    """Before the POST: a run that dies has told the address."""
    office = make_office(FaultName.DROPPED)

    intent = office.plan().jobs[0].record.attempts[0].intent
    assert intent is not None
    assert intent.base_url == "http://127.0.0.1:9"

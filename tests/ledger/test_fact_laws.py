"""Every fact comes back as it was written, and holds nothing of the machine that wrote it."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from hailuo.campaign.job import Job
from hailuo.campaign.variant import FirstFrame, Variant
from hailuo.ledger.facts import Abandoned, Done, Doubt, End, JobRecord, Outcome, Refused, Submitted, Unsent
from hailuo.ledger.ledger import Ledger
from hailuo.store.layout import Edition
from hailuo.testing import MemoryStore, VirtualClock
from tests.support.factories import BASE_URL, SUBMITTED

CID = "7KQ2M9X4TD"
PREFIX = f"shoe/main/ledger/v1/{CID}/a001/"

texts = st.text(max_size=40)
perhaps = st.none() | texts
times = st.datetimes(timezones=st.just(UTC))
amounts = st.decimals(min_value=0, max_value=9999, places=4)
counts = st.integers(min_value=0, max_value=2**53)
labels = st.dictionaries(texts, texts, max_size=4)
frames = st.builds(
    FirstFrame,
    label=texts,
    sha256=texts,
    path=st.none(),
    url=perhaps,
    width=st.none() | counts,
    height=st.none() | counts,
    suffix=texts,
)
variants = st.builds(
    Variant,
    model=texts,
    prompt=texts,
    duration=counts,
    size=texts,
    first_frame=st.none() | frames,
    parameters=labels,
)
jobs = st.builds(
    Job,
    creative_id=st.just(CID),
    campaign=texts,
    edition=texts,
    variant=variants,
    take=counts,
    levels=labels,
    is_control=st.booleans(),
)
doubts = st.builds(
    Doubt, at=times, http_status=st.none() | counts, code=perhaps, message=texts, request_id=perhaps
)
outcomes = st.one_of(
    st.builds(
        Submitted, at=times, task_id=texts, base_url=texts, request_id=perhaps, message=perhaps, by=perhaps
    ),
    st.builds(
        Refused,
        at=times,
        request_id=perhaps,
        cause=perhaps,
        code=perhaps,
        message=perhaps,
        repeatable=st.booleans(),
    ),
    st.builds(Unsent, at=times, message=perhaps),
    st.builds(Abandoned, at=times, message=perhaps, by=perhaps),
)
ends = st.builds(
    End,
    at=times,
    code=perhaps,
    message=perhaps,
    moderated=st.booleans(),
    refunded=st.none() | st.booleans(),
)
finishes = st.builds(
    Done,
    attempt=st.just(1),
    task_id=texts,
    key=texts,
    sha256=texts,
    bytes=counts,
    price_usd=amounts,
    amount_usd=st.none() | amounts,
    submitted_at=times,
    completed_at=st.none() | times,
    stored_at=times,
)


def _ledger(store: MemoryStore, clock: VirtualClock) -> Ledger:
    return Ledger(store, clock, Edition("shoe", "main"), worker="ann")


async def _written_and_read(
    job: Job, price_usd: Decimal, doubt: Doubt | None, outcome: Outcome | None, verdict: End | Done | None
) -> tuple[JobRecord, JobRecord]:
    """The job's record as its writer knows it, and as a new process reads it."""
    clock = VirtualClock()
    store = MemoryStore(clock)
    writer, reader = _ledger(store, clock), _ledger(store, clock)
    await writer.intend(job, price_usd=price_usd, request_sha256="5e")
    if doubt:
        await writer.doubt(CID, doubt)
    if outcome:
        await writer.close(CID, outcome)
    if isinstance(verdict, End):
        await writer.end(CID, verdict)
    if isinstance(verdict, Done):
        await writer.finish(CID, verdict)
    await reader.load()
    return writer.record(CID), reader.record(CID)


@given(job=jobs, price_usd=amounts, doubt=st.none() | doubts, outcome=st.none() | outcomes)
def test_an_attempt_is_read_as_it_was_written(
    job: Job, price_usd: Decimal, doubt: Doubt | None, outcome: Outcome | None
) -> None:
    """Every text, amount and time of intent, doubt and outcome, to the last digit."""
    written, read = VirtualClock().run(_written_and_read(job, price_usd, doubt, outcome, None))

    assert read == written
    assert read.job == job.as_recorded()


@given(job=jobs, price_usd=amounts, verdict=ends | finishes)
def test_a_verdict_is_read_as_it_was_written(job: Job, price_usd: Decimal, verdict: End | Done) -> None:
    """What was charged, and where the clip lies."""
    written, read = VirtualClock().run(_written_and_read(job, price_usd, None, SUBMITTED, verdict))

    assert read == written
    assert verdict in {read.done, read.attempts[0].end}


@given(task_id=texts, at=times)
def test_an_orphan_is_read_as_it_was_written(task_id: str, at: datetime) -> None:
    """The late task id is what a person adopts."""
    clock = VirtualClock()
    store = MemoryStore(clock)
    ann, bea, reader = (_ledger(store, clock) for _ in range(3))
    late = Submitted(at=at, task_id=task_id, base_url=BASE_URL)

    async def story() -> None:
        await ann.intend(JOB, price_usd=Decimal(1), request_sha256="5e")
        await bea.load()
        await bea.close(CID, Abandoned(at=late.at))
        await ann.close(CID, late)
        await reader.load()

    clock.run(story())

    (orphan,) = reader.record(CID).attempts[0].orphans
    assert (orphan.task_id, orphan.base_url, orphan.at) == (task_id, BASE_URL, at)


FRAME = FirstFrame(label="hero", sha256="fa" * 32, path=Path("homes/ann/frames/hero.png"), suffix=".png")
JOB = Job(
    creative_id=CID,
    campaign="shoe",
    edition="main",
    take=1,
    variant=Variant(
        model="MiniMax-Hailuo-2.3-Fast", prompt="Sneaker", duration=6, size="768p", first_frame=FRAME
    ),
)


def test_no_path_of_this_machine_gets_into_the_store() -> None:
    """The frame is known by its bytes; where it lay on somebody's disk is nobody's business."""
    clock = VirtualClock()
    store = MemoryStore(clock)
    clock.run(_ledger(store, clock).intend(JOB, price_usd=Decimal("0.19"), request_sha256="5e"))

    content = clock.run(store.read(PREFIX + "intent"))

    assert b"homes" not in content
    assert FRAME.sha256.encode() in content


def test_an_intent_of_version_0_1_is_still_read() -> None:
    """It did not say where it was sent."""
    clock = VirtualClock()
    store = MemoryStore(clock)
    writer, reader = _ledger(store, clock), _ledger(store, clock)
    clock.run(writer.intend(JOB, price_usd=Decimal("0.19"), request_sha256="5e", base_url=BASE_URL))
    intent = json.loads(clock.run(store.read(PREFIX + "intent")))
    assert intent.pop("base_url") == BASE_URL
    clock.run(store.put(PREFIX + "intent", json.dumps(intent).encode(), content_type="application/json"))

    clock.run(reader.load())

    read = reader.record(CID).attempts[0].intent
    assert read is not None
    assert (read.base_url, read.job) == (None, JOB.as_recorded())


def test_facts_are_plain_json() -> None:
    """A person, or another program in ten years, can read them: money as digits, times in UTC."""
    clock = VirtualClock()
    store = MemoryStore(clock)
    clock.run(_ledger(store, clock).intend(JOB, price_usd=Decimal("0.19"), request_sha256="5e"))

    fact = json.loads(clock.run(store.read(PREFIX + "intent")))

    assert (fact["worker"], fact["price_usd"], fact["request_sha256"]) == ("ann", "0.19", "5e")
    assert fact["at"] == "2026-11-22T22:00:00Z"
    assert len(fact["nonce"]) == 32
    assert fact["job"]["creative_id"] == CID


def test_every_intent_has_a_nonce_of_its_own() -> None:
    """Equal wishes of one worker, started twice, stay two: else both would be told yes."""
    clock = VirtualClock()
    stores = [MemoryStore(clock), MemoryStore(clock)]

    async def nonce(store: MemoryStore) -> str:
        await _ledger(store, clock).intend(JOB, price_usd=Decimal(1), request_sha256="5e")
        return str(json.loads(await store.read(PREFIX + "intent"))["nonce"])

    assert clock.run(nonce(stores[0])) != clock.run(nonce(stores[1]))

"""Ledgers of versions that wrote no claims: a task that they name is still one clip's, in the whole store."""

import json
from collections.abc import Callable, Coroutine
from dataclasses import replace

import httpx
import pytest

from hailuo.campaign.files import load_catalog
from hailuo.campaign.job import Job
from hailuo.ledger.facts import Abandoned, End, JobState, Submitted
from hailuo.ledger.ledger import Ledger
from hailuo.run.events import Event, EventKind
from hailuo.simulator import SimulatorTransport
from hailuo.store.layout import Edition
from hailuo.testing import MemoryStore
from tests.support.factories import make_done, make_job
from tests.support.worlds import BASE_URL, World, world_of

OLD_TASK = "task_20260101000000old"
CATALOG = load_catalog()
Record = Callable[[World, Ledger, Job], Coroutine[object, object, None]]


async def submitted(world: World, ledger: Ledger, job: Job, task_id: str = OLD_TASK) -> None:
    await ledger.intend(job, price_usd=make_done().price_usd, request_sha256="5e" * 32, base_url=BASE_URL)
    await ledger.close(job.creative_id, Submitted(at=world.clock.now(), task_id=task_id, base_url=BASE_URL))


async def stored(world: World, ledger: Ledger, job: Job) -> None:
    await submitted(world, ledger, job)
    await world.store.put(job.clip_key, b"film", content_type="video/mp4")
    await ledger.finish(job.creative_id, replace(make_done(job), task_id=OLD_TASK))


async def failed(world: World, ledger: Ledger, job: Job) -> None:
    await submitted(world, ledger, job)
    end = End(at=world.clock.now(), code="x", message="y", moderated=False, refunded=True)
    await ledger.end(job.creative_id, end)


async def failed_then_stored(world: World, ledger: Ledger, job: Job) -> None:
    await failed(world, ledger, job)
    await submitted(world, ledger, job, "task_20260101000000new")
    await ledger.finish(job.creative_id, replace(make_done(job), attempt=2, task_id="task_20260101000000new"))


async def late(world: World, ledger: Ledger, job: Job) -> None:
    await ledger.intend(job, price_usd=make_done().price_usd, request_sha256="5e" * 32, base_url=BASE_URL)
    person = Ledger(world.store, world.clock, ledger.edition, worker="person")
    await person.load()
    await person.settle(job.creative_id, Abandoned(at=world.clock.now(), by="person", message="no task"))
    await ledger.close(job.creative_id, Submitted(at=world.clock.now(), task_id=OLD_TASK, base_url=BASE_URL))


RECORDS: dict[str, Record] = {
    "at the vendor": submitted,
    "stored": stored,
    "failed": failed,
    "failed, and stored by another attempt": failed_then_stored,
    "late": late,
}
EDITIONS = [Edition("rehearsal", "main"), Edition("rehearsal", "older"), Edition("shoe", "main")]


class Repeats(httpx.AsyncBaseTransport):
    """The simulator, which answers every submit with a task that it made long ago."""

    def __init__(self, world: World) -> None:
        self._vendor = SimulatorTransport(world.simulator.app)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self._vendor.handle_async_request(request)
        if request.method != "POST":
            return answer
        body = json.loads(await answer.aread()) | {"id": OLD_TASK, "task_id": OLD_TASK}
        return httpx.Response(answer.status_code, json=body)


@pytest.mark.parametrize("edition", EDITIONS, ids=str)
@pytest.mark.parametrize("record", RECORDS)
def test_a_task_of_an_old_ledger_is_held_with_an_alarm(record: str, edition: Edition) -> None:
    """Whatever became of it, and in whichever campaign: the new submit is unknown, and is not repeated."""
    world = world_of(CATALOG, jobs=2)
    own = edition == world.campaign.this_edition
    old = world.jobs[1] if own else make_job(edition=edition.name)
    world.chosen = frozenset({world.jobs[0].creative_id})
    ledger = Ledger(world.store, world.clock, edition, worker="older version")
    world.clock.run(RECORDS[record](world, ledger, old))
    world.clock.advance(86_400)
    events: list[Event] = []
    world.observe = events.append
    world.wire = lambda: Repeats(world)

    report = world.run()

    [state] = [e.state for e in report.endings if e.creative_id == world.jobs[0].creative_id]
    assert state is JobState.UNKNOWN
    assert any(event.kind is EventKind.ALARM and OLD_TASK in event.text for event in events)


def test_what_has_claims_is_not_read_again() -> None:
    """A run of this version leaves nothing to look up but the claims."""
    world = world_of(CATALOG, jobs=3)
    assert isinstance(world.store, MemoryStore)
    world.run()
    world.campaign = replace(world.campaign, edition="next")
    reads: list[str] = []
    read = world.store.read

    async def counted(key: str) -> bytes:
        reads.append(key)
        return await read(key)

    world.store.read = counted  # type: ignore[method-assign]
    world.run()

    assert [key for key in reads if "/main/ledger/" in key] == []

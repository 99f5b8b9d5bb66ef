"""The manifest of a finished edition says what the ledger's facts say, though a run reads only `done` of each job."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from hailuo.ledger.ledger import Ledger
from hailuo.plan.file import read_plan
from hailuo.publish import manifest
from hailuo.publish.evidence import gather
from hailuo.publish.publish import publish
from hailuo.simulator import FaultName, FaultPlan, ScriptedFault
from hailuo.testing import MemoryStore
from tests.support.processes import Scene, new_scene

EVERY_LIFE = FaultPlan(
    script=(
        ScriptedFault(fault=FaultName.RATE_LIMIT_1002),
        ScriptedFault(fault=FaultName.CHARGED_THEN_DROPPED, skip=1),
        ScriptedFault(fault=FaultName.FAILED_OBJECT, skip=1),
    )
)
"""Refused, lost and adopted by a person, failed and refunded, bought again; at the end all are stored."""


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    scene = new_scene(tmp_path, EVERY_LIFE, jobs=4)
    scene.world.clock.run(scene.finish())
    return scene


async def published(scene: Scene) -> Mapping[str, Mapping[str, object]]:
    """The rows in the store, by creative id."""
    world = scene.world
    await publish(world.store, world.clock, world.campaign.this_edition)
    key = f"{world.campaign.this_edition.manifest}manifest.jsonl"
    lines = (await world.store.read(key)).decode().splitlines()
    return {row["creative_id"]: row for row in map(json.loads, lines)}


async def by_all_facts(scene: Scene) -> Mapping[str, Mapping[str, object]]:
    """The rows as they are when every fact of every attempt is read."""
    world, ledger = scene.world, await scene.ledger()
    plan = await read_plan(world.store, world.campaign.this_edition)
    assert plan
    evidence = await gather(world.store, world.campaign.this_edition)
    entries = [
        manifest.ManifestEntry(
            job=line.job,
            record=ledger.record(line.job.creative_id),
            state=ledger.state(line.job.creative_id, failed_retries=plan.failed_retries),
            price_usd=line.price_usd,
            in_plan=True,
            measured=evidence.measured(line.job, ledger.record(line.job.creative_id).done),
        )
        for line in plan.lines
    ]
    files = manifest.bundle(
        manifest.build(entries, store_uri="", is_simulated=True),
        name="rehearsal-main",
        built_at=world.clock.now(),
    )
    lines = files["manifest.jsonl"].decode().splitlines()
    return {row["creative_id"]: row for row in map(json.loads, lines)}


async def request_ids(ledger: Ledger) -> Mapping[str, str | None]:
    """What the attempts say that bought the clips."""
    return {
        cid: record.attempts[record.done.attempt - 1].request_id
        for cid, record in ledger.records.items()
        if record.done
    }


def test_every_column_is_what_all_facts_say(scene: Scene) -> None:
    """Also what only an attempt in between holds: the vendor's id of the request."""

    async def check() -> None:
        rows, expected = await published(scene), await by_all_facts(scene)
        told = await request_ids(await scene.ledger())
        for cid, row in rows.items():
            assert {c: (row[c], expected[cid][c]) for c in row if row[c] != expected[cid][c]} == {}
        assert {cid: row["request_id"] for cid, row in rows.items()} == told
        assert sum(1 for request_id in told.values() if request_id) >= 3

    scene.world.clock.run(check())


def test_done_facts_of_earlier_versions_get_their_request_id_from_the_outcome(scene: Scene) -> None:
    """They do not hold it themselves, and facts never change."""
    world = scene.world

    async def check() -> None:
        told = await request_ids(await scene.ledger())
        old = MemoryStore(world.clock)
        for entry in await world.store.listing(""):
            content = await world.store.read(entry.key)
            if entry.key.endswith("/done"):
                fact = json.loads(content)
                del fact["request_id"]
                content = json.dumps(fact).encode()
            await old.create(entry.key, content)
        world.store = old
        assert {cid: row["request_id"] for cid, row in (await published(scene)).items()} == told

    world.clock.run(check())

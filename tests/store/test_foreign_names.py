"""Any program can write into a store: what it leaves under names that are no keys is passed over or listed as a finding."""

import shutil
from collections.abc import Callable, Coroutine
from pathlib import Path

import pytest

from hailuo.ledger.claims import claims_for, traces_of
from hailuo.ledger.leftovers import bought_editions, find_leftovers
from hailuo.ledger.statement import read_statement
from hailuo.media.inspection import read_inspections
from hailuo.publish.picks import judgements_of
from hailuo.publish.publish import publish
from hailuo.publish.verify import verify
from hailuo.run.shards import ShardNotes
from hailuo.settings import Settings
from hailuo.store import FolderStore
from hailuo.store.layout import ClipKey, Edition, RecordKey
from tests.support.worlds import World

FOREIGN = {
    "a sync copy": "{} copy",
    "a second download": "{} (1)",
    "a conflicted copy": "{} (Ann's conflicted copy 2026-11-22)",
    "another alphabet": "{}-копия",
    "digits of another alphabet": "{}٣",
    "a line break": "{}\n",
    "a backup": "{}~",
}
MAIN = Edition("rehearsal", "main")


@pytest.fixture
def world(make_world: Callable[..., World], tmp_path: Path) -> World:
    """Two stored clips, in a folder, with the notes of a shard and an inspection."""
    world = make_world(jobs=2)
    world.store = FolderStore(tmp_path / "store")
    world.run()
    for key in (f"{MAIN.shards('run')}shard-001.json", f"{MAIN.judgements}ann.json", f"{MAIN.checks}x.json"):
        world.clock.run(world.store.put(key, b"{}", content_type="application/json"))
    return world


READERS: tuple[Callable[[World], Coroutine[object, object, object]], ...] = (
    lambda world: find_leftovers(world.store, world.clock),
    lambda world: bought_editions(world.store),
    lambda world: world.ledger().load(),
    lambda world: world.plan(world.ledger()),
    lambda world: traces_of(world.store, "task_x", since=None, until=None),
    lambda world: claims_for(world.store, {"x": world.clock.now().replace(year=2020)}),
    lambda world: ShardNotes(world.store, world.clock, edition=MAIN, run="run").silent(),
    lambda world: judgements_of(world.store, MAIN),
    lambda world: read_inspections(world.store, MAIN),
    lambda world: publish(world.store, world.clock, MAIN),
    lambda world: verify(world.store, world.clock, MAIN),
    lambda world: read_statement(MAIN.campaign, Settings(store=str(world.store.uri)), clock=world.clock),
)


@pytest.mark.slow
@pytest.mark.parametrize("name", FOREIGN.values(), ids=FOREIGN)
def test_a_copy_under_a_foreign_name_stops_no_reader(world: World, name: str) -> None:
    """Of every file, of every folder of an edition, of the edition, and of the campaign."""
    root = Path(world.store.uri)
    for path in sorted(root.rglob("*"), reverse=True):
        if ".scratch" not in path.parts and "money" not in path.parts:
            copy = shutil.copytree if path.is_dir() else shutil.copy
            copy(path, path.with_name(name.format(path.name)))

    for read in READERS:
        world.clock.run(read(world))

    assert world.clock.run(bought_editions(world.store)) == (MAIN,)


@pytest.mark.parametrize("name", FOREIGN.values(), ids=FOREIGN)
@pytest.mark.slow
def test_a_foreign_name_among_the_records_of_a_job_is_a_finding(world: World, name: str) -> None:
    """It may be a record of a newer version: it is listed, and not read."""
    job = world.jobs[0]
    root = Path(world.store.uri)
    fact = root / f"{MAIN.ledger}{job.creative_id}/a001/intent"
    shutil.copy(fact, fact.with_name(name.format("intent")))
    ledger = world.ledger()

    world.clock.run(ledger.load())

    assert [problem.place.file.rpartition("/")[2] for problem in ledger.findings] == [name.format("intent")]


@pytest.mark.parametrize("part", ["..", ".", ".scratch", "main copy", "", "a\n"])
def test_no_edition_has_a_name_that_no_key_has(part: str) -> None:
    """What is read of an edition must be readable."""
    keys = [
        template.format(part=part)
        for tail in ("ledger/v1/0123456789/done", "clips/0123456789.mp4")
        for template in (f"shoe/{{part}}/{tail}", f"{{part}}/main/{tail}")
    ]

    assert [found for key in keys if (found := RecordKey.of(key) or ClipKey.of(key))] == []

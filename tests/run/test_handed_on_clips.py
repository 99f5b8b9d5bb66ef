"""The file of a stored clip is offered to the observers before it is deleted."""

import hashlib
from pathlib import Path

from hailuo.run.events import Event, EventKind
from hailuo.run.runner import Runner
from tests.support.worlds import granted


def test_a_stored_event_has_the_clip_as_a_file(make_world, tmp_path: Path):
    """Its bytes are those of `done`; an observer that leaves it alone finds it deleted afterwards."""
    world = make_world(jobs=2)
    ledger, files, sums = world.ledger(), list[Path](), set[str]()

    def observe(event: Event) -> None:
        if event.kind is EventKind.STORED:
            assert event.file
            files.append(event.file)
            sums.add(hashlib.sha256(event.file.read_bytes()).hexdigest())

    async def run() -> None:
        plan = await world.plan(ledger)
        async with world.client() as client:
            tools = world.tools(ledger, client, tmp_path)
            await Runner(plan, tools, observe=observe, spending=await granted(plan, tools)).run()

    world.clock.run(run())

    assert sums == {record.done.sha256 for record in ledger.records.values() if record.done}
    assert len(sums) == 2
    assert [file for file in files if file.exists()] == []

"""Whatever arrives: no exception, no hang, nothing paid twice, no task id lost, and no state that no answer justifies.

`make fuzz` looks at 5,000 changed answers and more.
"""

import re
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hailuo.campaign.catalog import Catalog
from hailuo.ledger.facts import JobState, Submitted
from hailuo.run.events import RunReport
from tests.support.mutations import MUTATIONS, Delivered, MutatingWire, Mutation
from tests.support.worlds import World, world_of

ANSWERS = 6
"""So many answers are changed in each example."""

_FAILED = re.compile(r"fail|error|cancel|reject", re.IGNORECASE)
_TASK = re.compile(r"task_[A-Za-z0-9]{8,}")
_REFUSING = re.compile(r'"(code|error|base_resp)"')


class Night:
    """Two jobs, one run with changed answers, and one without."""

    def __init__(self, catalog: Catalog, mutations: list[Mutation]) -> None:
        self.world: World = world_of(catalog, jobs=2)
        self.wire = MutatingWire(simulator=self.world.simulator, mutations=mutations)
        self.world.wire = lambda: self.wire
        self.first: RunReport = self.world.run()
        self.seconds = self.world.clock.monotonic()
        self.wire.stop_changing()
        self.second: RunReport = self.world.run()
        ledger = self.world.ledger()
        self.world.clock.run(ledger.load())
        self.records = ledger.records
        self.facts = self.world.clock.run(self._everything())

    async def _everything(self) -> bytes:
        entries = await self.world.store.listing("")
        return b"\n".join([await self.world.store.read(entry.key) for entry in entries])

    @property
    def submits(self) -> list[Delivered]:
        return [one for one in self.wire.delivered if one.method == "POST"]

    def answered(self, prompt: str) -> set[str]:
        """The task ids that arrived in answers to submits of the prompt."""
        return {
            found for one in self.submits if one.sent["prompt"] == prompt for found in _TASK.findall(one.text)
        }

    def said_failed(self, task_id: str) -> bool:
        """Whether an answer to a poll of the task, or one that any poll got, can be read as its failure."""
        polls = (one for one in self.wire.delivered if one.path.endswith(task_id))
        return any(_FAILED.search(poll.text) for poll in polls)


def refuses(answer: Delivered) -> bool:
    """Whether an answer to a submit can be read as a refusal: in the vendor's shape, and naming no task."""
    if answer.arrived is None or _TASK.search(answer.text):
        return False
    return bool(_REFUSING.search(answer.text)) or (answer.status == 429 and not answer.text.strip())


@example(mutations=[Mutation(refused=("flat", "1002"), naming=True, status=400)])
@example(mutations=[Mutation(other=True, after=number) for number in (9, 0, 0, 0, 0, 0)])
@given(mutations=st.lists(MUTATIONS, min_size=ANSWERS, max_size=ANSWERS))
def test_no_answer_does_harm(catalog: Catalog, mutations: list[Mutation]) -> None:
    """Six answers in a row are changed at will; then one run goes on without."""
    night = Night(catalog, mutations)

    endings = [*night.first.endings, *night.second.endings]
    assert not [ending for ending in endings if ending.cause == "defect"]
    assert night.seconds < 4 * 1800
    assert_nothing_is_paid_twice(night)
    assert_no_task_id_is_lost(night)
    assert_states_are_justified(night)


def assert_nothing_is_paid_twice(night: Night) -> None:
    """A prompt is submitted anew only after an answer that can be read as a refusal or a failure."""
    by_prompt: dict[str, list[Delivered]] = {}
    for submit in night.submits:
        by_prompt.setdefault(submit.sent["prompt"], []).append(submit)
    for submits in by_prompt.values():
        for earlier in submits[:-1]:
            task_id = earlier.meant.get("task_id", "")
            assert refuses(earlier) or "task_id" not in earlier.meant or night.said_failed(task_id)
    assert night.world.simulator.invoice().net_usd >= Decimal(0)


def assert_no_task_id_is_lost(night: Night) -> None:
    """An id that arrived, and no other with it, is in the ledger."""
    for submit in night.submits:
        arrived = set(_TASK.findall(submit.text))
        if arrived == {submit.meant.get("task_id")}:
            assert arrived.pop().encode() in night.facts


def assert_states_are_justified(night: Night) -> None:
    """Stored is the job's own clip; what is at the vendor is collected; failed and refused were said."""
    made = {line.task_id: line.prompt for line in night.world.simulator.invoice().lines}
    states = {ending.creative_id: ending.state for ending in night.second.endings}
    for job in night.world.jobs:
        record = night.records.get(job.creative_id)
        outcome = record.last.outcome if record and record.last else None
        task_id = outcome.task_id if isinstance(outcome, Submitted) else ""
        match states[job.creative_id]:
            case JobState.STORED:
                assert record
                assert record.done
                clip = night.world.clock.run(night.world.store.read(record.done.key))
                [own] = [name for name in made if name.encode() in clip]
                assert made[own] == job.variant.prompt or own in night.answered(job.variant.prompt)
            case JobState.SUBMITTED:
                assert task_id not in made
            case JobState.FAILED:
                assert night.said_failed(task_id)
            case JobState.REFUSED:
                assert any(refuses(s) for s in night.submits if s.sent["prompt"] == job.variant.prompt)
            case JobState.NEW | JobState.UNKNOWN | JobState.IN_DOUBT:
                pass


@pytest.mark.parametrize("status", [200, 400, 402, 429, 500])
def test_the_judge_sees_a_refusal(status: int) -> None:
    """The properties would notice: a task id, or a page, is no refusal to them."""
    real = '{"code": "1002", "task_id": "task_202603131631387ETKUBM91MTD72X9"}'

    def answer(text: str) -> Delivered:
        return Delivered(method="POST", path="", sent={}, meant={}, status=status, arrived=text.encode())

    assert refuses(answer('{"code": "1002", "message": "no"}'))
    assert not refuses(answer(real))
    assert not refuses(answer("<html>no</html>"))

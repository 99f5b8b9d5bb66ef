"""Two workers on one ledger, with crashes, late answers and people who settle: money moves once."""

import asyncio
import json
from collections import Counter
from collections.abc import Coroutine, Mapping
from dataclasses import replace
from typing import TypeVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from hailuo.ledger.facts import End, JobState, Outcome, Submitted
from hailuo.ledger.ledger import HORIZON, Ledger
from hailuo.store.layout import Edition
from hailuo.testing import MemoryStore, VirtualClock
from tests.support.examples import examples
from tests.support.factories import (
    ABANDONED,
    BUSY,
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
)

T = TypeVar("T")
CID = JOB.creative_id
FOLDER = f"shoe/main/ledger/v1/{CID}/"
RETRIES = 2
STEPS = 40

which = st.sampled_from([0, -1])  # the first or the last of those to whom it may happen
workers = st.sampled_from(["ann", "bea"])
answers = st.sampled_from([SUBMITTED, SUBMITTED, BUSY, REFUSED, UNSENT])
verdicts = st.sampled_from([None, None, REFUNDED, KEPT, MODERATED])


class TwoWorkers(RuleBasedStateMachine):
    """One job, two workers with views of their own; the vendor gives every task one verdict."""

    @initialize()
    def open(self) -> None:
        self.loop = asyncio.Runner()
        self.clock = VirtualClock()
        self.store = MemoryStore(self.clock)
        self.view = {name: self.new_ledger(name) for name in ("ann", "bea")}
        self.posting: dict[str, int] = {}  # worker -> the attempt whose POST is under way
        self.posts: Counter[int] = Counter()
        self.verdict: dict[int, End | None] = {}
        self.seen: Mapping[str, bytes] = {}
        self.tasks: set[int] = set()

    def teardown(self) -> None:
        self.loop.close()

    def run(self, what: Coroutine[object, object, T]) -> T:
        return self.loop.run(what)

    def new_ledger(self, worker: str) -> Ledger:
        return Ledger(self.store, self.clock, Edition("shoe", "main"), worker=worker)

    def state(self, worker: str) -> JobState:
        return self.view[worker].state(CID, failed_retries=RETRIES)

    def attempts(self, worker: str) -> int:
        return len(self.view[worker].record(CID).attempts)

    def facts(self) -> dict[str, bytes]:
        """What lies in the store, by name below the job's folder."""

        async def read() -> dict[str, bytes]:
            entries = await self.store.listing(FOLDER)
            return {e.key.removeprefix(FOLDER): await self.store.read(e.key) for e in entries}

        return self.run(read())

    def in_state(self, state: JobState) -> list[str]:
        """The workers that see the job there and have no POST under way."""
        return [name for name in self.view if name not in self.posting and self.state(name) is state]

    # What a run does

    @precondition(lambda self: self.in_state(JobState.NEW))
    @rule(which=which)
    def buy(self, which: int) -> None:
        worker = self.in_state(JobState.NEW)[which]
        number = self.attempts(worker) + 1
        if self.run(bought(self.view[worker])):
            self.posts[number] += 1
            self.posting[worker] = number

    @precondition(lambda self: self.posting)
    @rule(which=which, answer=answers)
    def hear(self, which: int, answer: Outcome) -> None:
        """The POST's answer comes, perhaps hours late, perhaps after somebody abandoned the attempt."""
        worker = list(self.posting)[which]
        number = self.posting.pop(worker)
        if isinstance(answer, Submitted):
            answer = replace(answer, task_id=f"task_{number}")
            self.tasks.add(number)
        self.run(self.view[worker].close(CID, answer))

    @precondition(lambda self: self.posting)
    @rule(which=which)
    def doubt(self, which: int) -> None:
        """The POST ends without a verdict; the vendor may have taken it."""
        worker = list(self.posting)[which]
        del self.posting[worker]
        self.run(self.view[worker].doubt(CID, DOUBT))

    @precondition(lambda self: self.in_state(JobState.SUBMITTED))
    @rule(which=which, verdict=verdicts)
    def collect(self, which: int, verdict: End | None) -> None:
        """Poll: the vendor's first answer stands for every other worker too."""
        worker = self.in_state(JobState.SUBMITTED)[which]
        number = self.attempts(worker)
        verdict = self.verdict.setdefault(number, verdict)
        if verdict is None:
            self.run(self.view[worker].finish(CID, make_done(attempt=number)))
        else:
            self.run(self.view[worker].end(CID, verdict))

    # What people and machines do

    @rule()
    def abandon(self) -> None:
        """A person reads the ledger, and releases what is unknown."""
        cleo = self.reader()
        if self.awaits_a_decision(cleo):
            self.run(cleo.settle(CID, ABANDONED))

    @rule()
    def name_the_task(self) -> None:
        """A person has found the task at the vendor; the worker's own answer may still come."""
        cleo = self.reader()
        if self.awaits_a_decision(cleo):
            number = len(cleo.record(CID).attempts)
            self.run(cleo.settle(CID, replace(SUBMITTED, task_id=f"task_{number}", by="person")))

    @rule(dies=st.booleans())
    def adopt_late(self, dies: bool) -> None:
        """Reconcile takes over a task id that came late, or finishes what one that died began."""
        cleo = self.reader()
        late = cleo.record(CID).adoptable
        if late:
            assert self.run(cleo.take_over(CID, late))
        last = cleo.record(CID).last
        if last and last.intent and last.intent.adopts and last.outcome is None and not dies:
            self.run(cleo.settle(CID, replace(SUBMITTED, task_id=last.intent.adopts, by="reconcile")))

    def reader(self) -> Ledger:
        """Cleo's, who has just read everything."""
        cleo = self.new_ledger("cleo")
        self.run(cleo.load())
        return cleo

    def awaits_a_decision(self, ledger: Ledger) -> bool:
        last = ledger.record(CID).last
        sent = last is not None and last.intent is not None and last.intent.adopts is None
        unknown = ledger.state(CID, failed_retries=RETRIES) is JobState.UNKNOWN
        return sent and last is not None and last.outcome is None and unknown

    @rule(worker=workers)
    def look_again(self, worker: str) -> None:
        if worker not in self.posting:
            self.run(self.view[worker].refresh(CID))

    @rule(worker=workers, planned=st.booleans())
    def crash(self, worker: str, planned: bool) -> None:
        """Everything in memory is gone, the answer under way too."""
        self.posting.pop(worker, None)
        self.view[worker] = self.new_ledger(worker)
        self.run(self.view[worker].load({CID} if planned else ()))

    @precondition(lambda self: self.posting)
    @rule()
    def wait(self) -> None:
        """The night goes on, and no answer."""
        self.clock.advance(HORIZON.total_seconds())

    # What must never happen

    @invariant()
    def the_ledger_keeps_its_promises(self) -> None:
        facts = self.facts()
        bought = sorted(int(name[1:4]) for name in facts if name.endswith("/intent"))
        assert facts.items() >= self.seen.items(), "a fact never changes and never goes"
        self.seen = facts
        self.check_posts(bought, facts)
        self.check_order(facts, bought)
        self.check_tasks(facts)

    def check_posts(self, bought: list[int], facts: Mapping[str, bytes]) -> None:
        adopting = {number for number in bought if json.loads(facts[f"a{number:03}/intent"])["adopts"]}
        assert set(self.posts.values()) <= {1}, "an attempt is posted at most once"
        assert self.posts.keys() == set(bought) - adopting, (
            "only after its intent; for one that adopts, never"
        )
        assert max(map(self.attempts, self.view)) <= len(bought), "no view is ahead of the store"

    def check_order(self, facts: Mapping[str, bytes], bought: list[int]) -> None:
        assert bought == list(range(1, len(bought) + 1))
        open_ones = [number for number in bought if f"a{number:03}/outcome" not in facts]
        assert open_ones in ([], bought[-1:]), "nothing is bought while an attempt is open"
        if "done" in facts:
            assert f'"attempt":{bought[-1]},'.encode() in facts["done"], "nothing is bought after done"

    def check_tasks(self, facts: Mapping[str, bytes]) -> None:
        for number in self.tasks:
            about = b"".join(facts[name] for name in facts if name.startswith(f"a{number:03}/o"))
            assert f'"task_{number}"'.encode() in about, "a task id is kept with its own attempt"
        outcomes = [json.loads(facts[name])["task_id"] for name in facts if name.endswith("/outcome")]
        held = [task_id for task_id in outcomes if task_id]
        assert len(held) == len(set(held)), "a task is one attempt's"


TwoWorkers.TestCase.settings = settings(max_examples=examples(200), stateful_step_count=STEPS)
TestTwoWorkers = pytest.mark.slow(TwoWorkers.TestCase)

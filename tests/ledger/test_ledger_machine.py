"""Two workers on one ledger, with crashes, late answers and people who abandon: money moves once."""

import asyncio
from collections import Counter
from collections.abc import Coroutine, Mapping
from dataclasses import replace
from typing import TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from hailuo.job import JobState, Outcome, OutcomeKind
from hailuo.ledger import HORIZON, Ledger
from hailuo.testing import MemoryStore, VirtualClock
from tests.factories import (
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
        self.verdict: dict[int, object] = {}
        self.seen: Mapping[str, bytes] = {}
        self.tasks: set[int] = set()

    def teardown(self) -> None:
        self.loop.close()

    def run(self, what: Coroutine[object, object, T]) -> T:
        return self.loop.run(what)

    def new_ledger(self, worker: str) -> Ledger:
        return Ledger(self.store, self.clock, campaign="shoe", edition="main", worker=worker)

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

    # What a run does

    @rule(worker=workers)
    def buy(self, worker: str) -> None:
        if self.state(worker) is JobState.NEW and worker not in self.posting:
            number = self.attempts(worker) + 1
            if self.run(bought(self.view[worker])):
                self.posts[number] += 1
                self.posting[worker] = number

    @precondition(lambda self: self.posting)
    @rule(worker=workers, answer=answers)
    def hear(self, worker: str, answer: Outcome) -> None:
        """The POST's answer comes, perhaps hours late, perhaps after somebody abandoned the attempt."""
        number = self.posting.pop(worker, None)
        if number is not None:
            if answer.kind is OutcomeKind.SUBMITTED:
                answer = replace(answer, task_id=f"task_{number}")
                self.tasks.add(number)
            self.run(self.view[worker].close(CID, answer))

    @precondition(lambda self: self.posting)
    @rule(worker=workers)
    def doubt(self, worker: str) -> None:
        """The POST ends without a verdict; the vendor may have taken it."""
        if self.posting.pop(worker, None) is not None:
            self.run(self.view[worker].doubt(CID, DOUBT))

    @rule(worker=workers, verdict=verdicts)
    def collect(self, worker: str, verdict: object) -> None:
        """Poll: the vendor's first answer stands for every other worker too."""
        if self.state(worker) is JobState.SUBMITTED:
            number = self.attempts(worker)
            verdict = self.verdict.setdefault(number, verdict)
            if verdict is None:
                self.run(self.view[worker].finish(CID, make_done(attempt=number)))
            else:
                self.run(self.view[worker].end(CID, verdict))  # type: ignore[arg-type]  # an End

    # What people and machines do

    @rule()
    def abandon(self) -> None:
        """A person reads the ledger, and releases what is unknown."""
        cleo = self.new_ledger("cleo")
        self.run(cleo.load())
        if cleo.state(CID, failed_retries=RETRIES) is JobState.UNKNOWN:
            self.run(cleo.close(CID, ABANDONED))

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

    @precondition(lambda self: self.clock.seconds < 10 * HORIZON.total_seconds())
    @rule()
    def wait(self) -> None:
        self.clock.advance(HORIZON.total_seconds())

    # What must never happen

    @invariant()
    def the_ledger_keeps_its_promises(self) -> None:
        facts = self.facts()
        bought = sorted(int(name[1:4]) for name in facts if name.endswith("/intent"))
        assert facts.items() >= self.seen.items(), "a fact never changes and never goes"
        self.seen = facts
        self.check_posts(bought)
        self.check_order(facts, bought)
        self.check_tasks(facts)

    def check_posts(self, bought: list[int]) -> None:
        assert set(self.posts.values()) <= {1}, "an attempt is posted at most once"
        assert self.posts.keys() == set(bought), "only after its intent"
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


TwoWorkers.TestCase.settings = settings(max_examples=150, stateful_step_count=STEPS)
TestTwoWorkers = TwoWorkers.TestCase

"""When buying stops because jobs fail: the first jobs of one model (canary), or several jobs in a row (breaker).

Either stops the family of the jobs; the other families go on. What the next job would meet whatever its family stops the
whole run: the store, the network, the key. A run also stops where a charge is not as granted (charges.py), where
the vendor refuses it or its grant expires (submit.py), where the key is refused while polling (collect.py), and when you
interrupt it (runner.py).
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from hailuo.campaign.job import Job
from hailuo.clock import Clock
from hailuo.ledger.facts import Attempt, JobState
from hailuo.run.events import Ending
from hailuo.run.lanes import Lanes
from hailuo.vendor import is_about_people

CANARY_FAILURES: Final = 3
"""So many different first jobs of a model must fail for one cause."""

FAILURES_TO_BREAK: Final = 5
"""So many different jobs must fail for one cause with no clip stored in between."""

_NO_FAILURE: Final = frozenset({None, "stopped", "in_doubt", "not_bought", "base_url", "people"})
"""Causes of an ending that say nothing of the next job: no failure of vendor or store, or one picture refused, for free."""

_STOPS_AT_ONCE: Final = frozenset({"store_full"})
"""Causes that the next job would meet too."""

_OF_EVERY_FAMILY: Final = frozenset(
    {"store", "store_full", "network", "download", "key", "balance", "first_frame"}
)
"""Causes that a job of another family would meet, too: they are counted together, and stop the whole run."""

REMEDIES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "moderation": "change the prompts or first frames that were refused, then run again",
        "invalid_request": "the catalog and the vendor disagree: correct the campaign or the catalog, then run again",
        "vendor_failure": "a failure without a reported refund counts as spent: compare `hailuo money` with the vendor's bill, then run again later",
        "vendor_fault": "the vendor has trouble of its own; run again later",
        "network": "look at the network, then run again",
        "key": "set IMAROUTER_API_KEY to a valid key, then run again",
        "balance": "top the balance up, then run again",
        "configuration": "the vendor has not set this model up; leave it out with --only, or ask its support",
        "unknown": "check the network, settle the unknown jobs with hailuo reconcile, then run again",
        "overdue": "what was bought is kept; run again later to collect it",
        "download": "the vendor keeps the clips that you bought; check the network and the disk, then run again to collect them",
        "completed_without_url": "what was bought is kept at the vendor; run again later to collect it",
        "polls_missed": "what was bought is kept at the vendor; look at its status page, then run again to collect it",
        "unknown_status": "set HAILUO_STATUS_WORDS if the vendor's word means an end, then run again to collect it",
        "task_not_exist": "ask the vendor's support about these tasks before anything more is bought",
        "store": "look at the store (full, read-only, unreachable), then run again",
        "store_full": "make room in the store, or make it writable, then run again: the clips are collected then",
        "picture": "look at the first frames that the vendor did not register, then run again",
        "people": "change the pictures of people that were refused, or leave them out with --only, then run again",
        "first_frame": "use a store that the vendor can fetch from, or https URLs",
    }
)
"""For every cause that can stop a run: what a person does about it."""


@dataclass(slots=True)
class _Model:
    """What is known of one model in this run."""

    proven: bool = False
    out: int = 0
    alive: int = 0
    at_risk_usd: Decimal = Decimal(0)
    waiting: int = 0
    failures: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))


class Canary:
    """Holds the jobs of a model back until one of them came through.

    One goes first. While the vendor shows them at work, more may go: 2, 4, 8 in all. Those that are out and those that
    failed cost `exposure_usd` together at most, but for the one that may always go.
    While `alone` says so, a canary goes without any other job beside it, of whatever model.
    """

    def __init__(
        self, *, exposure_usd: Decimal = Decimal(0), alone: Callable[[], bool] = lambda: False
    ) -> None:
        self._models: defaultdict[str, _Model] = defaultdict(_Model)
        self._exposure_usd = exposure_usd
        self._alone = alone
        self._changed = asyncio.Event()

    async def turn(self, model: str, price_usd: Decimal = Decimal(0)) -> bool:
        """Wait until the model is proven (False), or it is this job's turn to go before that (True).

        A canary's turn ends with `prove`, `fail`, `lose` or `pass_on`.
        """
        known = self._models[model]
        known.waiting += 1
        try:
            while self._must_wait(known, price_usd):
                await self._changed.wait()
        finally:
            known.waiting -= 1
        if not known.proven:
            known.out += 1
            known.at_risk_usd += price_usd
        return not known.proven

    def _must_wait(self, known: _Model, price_usd: Decimal) -> bool:
        others = [other for other in self._models.values() if other is not known and not other.proven]
        if known.proven:
            return self._alone() and any(other.out or other.waiting for other in others)
        if self._alone() and (known.out or any(other.out for other in others)):
            return True
        is_too_much = known.at_risk_usd + price_usd > self._exposure_usd
        return known.out > 0 and (known.out >= 2 * known.alive or is_too_much)

    def is_only_one(self, model: str) -> bool:
        """Whether no other canary of the model is out beside this one."""
        return self._models[model].out == 1

    def at_work(self, model: str) -> None:
        """The vendor shows one more canary at work. Once for each."""
        self._models[model].alive += 1
        self._wake()

    def risk(self, model: str, price_usd: Decimal) -> None:
        """A canary is bought again after a failure."""
        self._models[model].at_risk_usd += price_usd

    def prove(self, model: str) -> None:
        """The model works, as a stored clip (or a render that is only slow) has shown: everybody may go."""
        self._models[model].proven = True
        self._wake()

    def fail(self, model: str, *, cause: str, witness: str) -> bool:
        """This canary failed. True when enough different witnesses failed for this one cause.

        `witness` is what the failure speaks against: a prompt refused by moderation speaks for
        itself only once, however many takes of it there are.
        """
        failures = self._models[model].failures[cause]
        failures.add(witness)
        self.lose(model)
        return len(failures) >= CANARY_FAILURES

    def lose(self, model: str) -> None:
        """This canary's turn is over: it failed. What it cost stays at risk, and the next ones go one by one again."""
        self._models[model].alive = 0
        self.pass_on(model)

    def pass_on(self, model: str, price_usd: Decimal = Decimal(0)) -> None:
        """This canary's turn is over without a verdict; the next one may go. Nothing of `price_usd` was spent."""
        known = self._models[model]
        known.out = max(0, known.out - 1)
        known.at_risk_usd -= price_usd
        self._wake()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


class Breaker:
    """Counts the jobs that ended badly for each cause since the last clip was stored."""

    def __init__(self) -> None:
        self._since_stored: defaultdict[str, set[str]] = defaultdict(set)

    def stored(self) -> None:
        """A clip came through: the count begins anew."""
        self._since_stored.clear()

    def failed(self, cause: str, *, witness: str) -> bool:
        """True when so many different witnesses fell to this cause that buying should stop.

        `witness` is what the failure speaks against: all takes of a prompt that moderation refused are one.
        """
        self._since_stored[cause].add(witness)
        return len(self._since_stored[cause]) >= FAILURES_TO_BREAK


class StopPolicy:
    """Lets the first jobs of each model go before the others, and stops a lane or the run when failures pass a limit.

    They may cost `exposure_usd` before a clip is stored, by what `price_usd` says of each.
    """

    def __init__(  # noqa: PLR0913 (a part of the run each)
        self,
        clock: Clock,
        *,
        patience_seconds: Callable[[Job], float],
        state: Callable[[Job], JobState],
        lanes: Lanes,
        stop: Callable[[str], None],
        alone: Callable[[], bool] = lambda: False,
        exposure_usd: Decimal = Decimal(0),
        price_usd: Callable[[Job], Decimal] = lambda _: Decimal(0),
    ) -> None:
        self._clock = clock
        self._state = state
        self._patience_seconds = patience_seconds
        self._lanes = lanes
        self._stop = stop
        self._canary = Canary(exposure_usd=exposure_usd, alone=alone)
        self._price_usd = price_usd
        self._at_work: set[str] = set()
        self._failed: set[str] = set()
        self._breaker = Breaker()
        self._breakers = defaultdict[str, Breaker](Breaker)
        self._out_alone: dict[str, asyncio.Task[None]] = {}

    def proven(self, model: str) -> None:
        """A clip of the model is stored already."""
        self._canary.prove(model)

    async def turn(self, job: Job) -> None:
        """Wait until the job's model is proven, or it is this job's turn to go before that.

        A canary that failed is bought again at once where it is the only one; beside others it waits like any other.
        """
        creative_id, model, price_usd = job.creative_id, job.variant.model, self._price_usd(job)
        has_failed = creative_id in self._failed
        self._failed.discard(creative_id)
        if creative_id in self._out_alone and has_failed:
            if self._canary.is_only_one(model):
                self._canary.risk(model, price_usd)
            else:
                self._out_alone.pop(creative_id).cancel()
                self._canary.lose(model)
        if creative_id not in self._out_alone and await self._canary.turn(model, price_usd):
            self._out_alone[creative_id] = asyncio.create_task(self._release_when_slow(job))

    def at_work(self, job: Job) -> None:
        """The vendor shows the job's task at work: if others wait for it, more of them may go."""
        if job.creative_id in self._out_alone and job.creative_id not in self._at_work:
            self._at_work.add(job.creative_id)
            self._canary.at_work(job.variant.model)

    def taken_by_another(self, job: Job) -> None:
        """A canary that another worker sends proves nothing here: the next one need not wait for it."""
        patience = self._out_alone.pop(job.creative_id, None)
        if patience:
            patience.cancel()
            self._canary.pass_on(job.variant.model, self._price_usd(job))

    def attempt_failed(self, job: Job, attempt: Attempt) -> None:
        """The vendor failed an attempt: that counts at once, also when the job is bought again."""
        if attempt.end is None or is_about_people(attempt.end.code):
            return
        self._failed.add(job.creative_id)
        cause = "moderation" if attempt.end.moderated else "vendor_failure"
        witness = job.variant.prompt if attempt.end.moderated else f"{job.creative_id}/{attempt.number}"
        self._count(job, cause, witness, attempt.end.message or "without a reason")

    def job_ended(self, job: Job, ending: Ending, *, moved: bool) -> None:
        """The job got as far as it goes in this run; `moved` says that this run worked on it."""
        patience = self._out_alone.pop(job.creative_id, None)
        if patience:
            patience.cancel()
        if ending.state is JobState.STORED:
            self._canary.prove(job.variant.model)
            self._breaker.stored()
            self._breakers[self._lanes.of(job).family].stored()
        elif moved and ending.cause not in _NO_FAILURE:
            self._job_failed(job, ending, was_canary=patience is not None)
        elif patience:
            self._canary.pass_on(job.variant.model, self._price_usd(job))

    def _job_failed(self, job: Job, ending: Ending, *, was_canary: bool) -> None:
        cause = ending.cause or ending.state.value
        witness = job.variant.prompt if cause == "moderation" else job.creative_id
        if cause in _STOPS_AT_ONCE:
            self._stop(f"{ending.reason}; {_remedy(cause)}")
        if was_canary and self._canary.fail(job.variant.model, cause=cause, witness=witness):
            what = f"the first jobs of {job.variant.model} all failed for one cause ({cause})"
            self._stop_for(job, cause, f"{what}: {ending.reason}; {_remedy(cause)}")
        if ending.state is not JobState.FAILED:  # failed attempts were counted one by one
            self._count(job, cause, witness, ending.reason or "")

    def _count(self, job: Job, cause: str, witness: str, reason: str) -> None:
        breaker = self._breaker if cause in _OF_EVERY_FAMILY else self._breakers[self._lanes.of(job).family]
        if breaker.failed(cause, witness=witness):
            what = f"several jobs failed for the same cause ({cause}), and no clip was stored in between"
            self._stop_for(job, cause, f"{what}: {reason}; {_remedy(cause)}")

    def _stop_for(self, job: Job, cause: str, reason: str) -> None:
        if cause in _OF_EVERY_FAMILY:
            self._stop(reason)
        else:
            self._lanes.stop(job, reason)

    async def _release_when_slow(self, job: Job) -> None:
        """A canary that only renders slowly is no dead one; one that was not taken yet proves nothing."""
        patience_seconds = self._patience_seconds(job)
        await self._clock.sleep(patience_seconds)
        while self._state(job) is not JobState.SUBMITTED:
            await self._clock.sleep(patience_seconds)
        self._canary.prove(job.variant.model)


def _remedy(cause: str) -> str:
    return REMEDIES.get(cause, "fix the cause, then run again")

"""What endings say about the models and the run: canaries first, then the circuit breaker."""

import asyncio
from collections.abc import Callable
from typing import Final

from hailuo.campaign.job import Job
from hailuo.clock import Clock
from hailuo.ledger.facts import Attempt, JobState
from hailuo.run.breaker import WAY_BACK, Breaker
from hailuo.run.canary import Canaries
from hailuo.run.events import Ending

_NO_FAILURE: Final = frozenset({None, "stopped", "in_doubt", "not_bought", "base_url"})
"""Causes of an ending that speak against nothing."""


class Judge:
    """Lets the first job of each model go alone, and calls `stop` when failures pass a limit."""

    def __init__(
        self,
        clock: Clock,
        *,
        patience_seconds: float,
        state: Callable[[Job], JobState],
        stop: Callable[[str], None],
    ) -> None:
        self._clock = clock
        self._state = state
        self._patience_seconds = patience_seconds
        self._stop = stop
        self._canaries = Canaries()
        self._breaker = Breaker()
        self._out_alone: dict[str, asyncio.Task[None]] = {}

    def proven(self, model: str) -> None:
        """A clip of the model is stored already."""
        self._canaries.prove(model)

    async def turn(self, job: Job) -> None:
        """Wait until the job's model is proven, or it is this job's turn to go alone."""
        if job.creative_id not in self._out_alone and await self._canaries.turn(job.variant.model):
            self._out_alone[job.creative_id] = asyncio.create_task(self._lose_patience(job))

    def taken_by_another(self, job: Job) -> None:
        """A canary that another worker sends proves nothing here: the next one need not wait for it."""
        patience = self._out_alone.pop(job.creative_id, None)
        if patience:
            patience.cancel()
            self._canaries.pass_on(job.variant.model)

    def attempt_failed(self, job: Job, attempt: Attempt) -> None:
        """The vendor failed an attempt: that counts at once, also when the job is bought again."""
        if attempt.end is None:
            return
        cause = "moderation" if attempt.end.moderated else "vendor_failure"
        witness = job.variant.prompt if attempt.end.moderated else f"{job.creative_id}/{attempt.number}"
        self._count(cause, witness, attempt.end.message or "without a reason")

    def job_ended(self, job: Job, ending: Ending, *, moved: bool) -> None:
        """The job got as far as it goes in this run; `moved` says that this run worked on it."""
        patience = self._out_alone.pop(job.creative_id, None)
        if patience:
            patience.cancel()
        if ending.state is JobState.STORED:
            self._canaries.prove(job.variant.model)
            self._breaker.stored()
        elif moved and ending.cause not in _NO_FAILURE:
            self._job_failed(job, ending, was_canary=patience is not None)
        elif patience:
            self._canaries.pass_on(job.variant.model)

    def _job_failed(self, job: Job, ending: Ending, *, was_canary: bool) -> None:
        cause = ending.cause or ending.state.value
        witness = job.variant.prompt if cause == "moderation" else job.creative_id
        if was_canary and self._canaries.fail(job.variant.model, cause=cause, witness=witness):
            what = f"the first jobs of {job.variant.model} all failed for one cause ({cause})"
            self._stop(f"{what}: {ending.reason}; {_way_back(cause)}")
        if ending.state is not JobState.FAILED:  # failed attempts were counted one by one
            self._count(cause, witness, ending.reason or "")

    def _count(self, cause: str, witness: str, reason: str) -> None:
        if self._breaker.failed(cause, witness=witness):
            what = f"job after job fails for one cause ({cause}), and nothing comes through"
            self._stop(f"{what}: {reason}; {_way_back(cause)}")

    async def _lose_patience(self, job: Job) -> None:
        """A canary that only renders slowly is no dead one; one that was not taken yet proves nothing."""
        await self._clock.sleep(self._patience_seconds)
        while self._state(job) is not JobState.SUBMITTED:
            await self._clock.sleep(self._patience_seconds)
        self._canaries.prove(job.variant.model)


def _way_back(cause: str) -> str:
    return WAY_BACK.get(cause, "mend the cause, then run again")

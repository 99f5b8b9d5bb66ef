"""Worker processes: started, killed, and what they said before."""

import multiprocessing
import signal
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from benchmarks.proof.assignment import Assignment
from benchmarks.proof.worker import Driving, Ended, Found, Message, work
from hailuo.clock import Clock, SystemClock

# Processes are forked from a server that has only imported the library: a start costs 20 ms, not 1 s.
_CONTEXT: Final = multiprocessing.get_context("forkserver")
_PRELOADED: Final = ["hailuo.run.session", "hailuo.run.runner", "hailuo.store", "boto3"]
_LONGEST_LIFE_SECONDS: Final = 240.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """One worker process, from its start to its end."""

    pid: int
    exit_code: int
    messages: tuple[Message, ...]

    @property
    def was_killed(self) -> bool:
        return self.exit_code == -signal.SIGKILL

    @property
    def found(self) -> Found | None:
        return next((word for word in self.messages if isinstance(word, Found)), None)

    @property
    def was_driving(self) -> bool:
        return any(isinstance(word, Driving) for word in self.messages)

    @property
    def is_finished(self) -> bool:
        """Nothing was left to buy or to collect."""
        return self.found is not None and self.found.is_finished

    @property
    def broke_down(self) -> bool:
        """Neither killed nor ended by its own will: a defect."""
        return not (
            self.was_killed or self.is_finished or any(isinstance(word, Ended) for word in self.messages)
        )


class Worker:
    """A running worker process."""

    def __init__(self, assignment: Assignment, clock: Clock) -> None:
        self._clock = clock
        self._messages: list[Message] = []
        self._pipe, theirs = _CONTEXT.Pipe(duplex=False)
        self._process = _CONTEXT.Process(target=work, args=(assignment, theirs), daemon=True)
        self._process.start()
        theirs.close()

    @property
    def messages(self) -> tuple[Message, ...]:
        return tuple(self._messages)

    def words(self, *, until_seconds: float) -> Iterator[Message]:
        """What it says, as it says it, until then (monotonic) or until its end."""
        while (left := until_seconds - self._clock.monotonic()) > 0:
            if not self._pipe.poll(left):
                return
            try:
                word = self._pipe.recv()
            except (EOFError, OSError):
                return
            self._messages.append(word)
            yield word

    def has_ended(self) -> bool:
        return self._process.exitcode is not None

    def kill(self) -> None:
        """SIGKILL, wherever it is just now."""
        self._process.kill()

    def life(self) -> Life:
        """Wait for the end. Raises: TimeoutError when none comes."""
        for _ in self.words(until_seconds=self._clock.monotonic() + _LONGEST_LIFE_SECONDS):
            pass
        self._process.join(timeout=10)
        if self._process.exitcode is None or self._process.pid is None:
            self._process.kill()
            raise TimeoutError(
                f"a worker came to no end and is killed now; it said last: {self.messages[-3:]}"
            )
        self._pipe.close()
        return Life(pid=self._process.pid, exit_code=self._process.exitcode, messages=self.messages)


@dataclass(kw_only=True)
class Crew:
    """Starts workers and remembers every life."""

    clock: Clock = field(default_factory=SystemClock)
    lives: list[Life] = field(default_factory=list)

    def __post_init__(self) -> None:
        _CONTEXT.set_forkserver_preload(_PRELOADED)

    def start(self, assignment: Assignment) -> Worker:
        return Worker(assignment, self.clock)

    def end(self, worker: Worker) -> Life:
        life = worker.life()
        self.lives.append(life)
        return life

    def live(self, assignment: Assignment) -> Life:
        """A worker from its start to its end."""
        return self.end(self.start(assignment))

    def finish(self, assignment: Assignment, *, runs_at_most: int = 20) -> None:
        """Run after run, as a person would, until nothing is left to buy or to collect."""
        for _ in range(runs_at_most):
            life = self.live(assignment)
            if life.is_finished or life.broke_down:
                return

    @property
    def killed(self) -> frozenset[int]:
        """The process ids of those that were killed."""
        return frozenset(life.pid for life in self.lives if life.was_killed)

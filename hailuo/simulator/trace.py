"""What happened at the simulated vendor, and when, in simulated seconds: what a rehearsal draws and a benchmark counts."""

from dataclasses import dataclass, field

from hailuo.simulator.tasks import Task, next_tick


@dataclass(slots=True, kw_only=True)
class TaskTimes:
    """One task: accepted, rendered (`ready`), visible as ended from the tick at `visible`, asked for `polls` times.

    `seen` is when a poll was first answered with the end; None while none was.
    """

    model: str
    duration: int
    size: str
    accepted: float
    ready: float
    visible: float
    polls: int = 0
    seen: float | None = None


@dataclass(slots=True)
class Trace:
    """Every accepted submit and every poll of a simulator. `refused` are the times of submits that met a limit."""

    refused: list[float] = field(default_factory=list)
    tasks: dict[str, TaskTimes] = field(default_factory=dict)

    def accepted(self, task: Task) -> None:
        self.tasks[task.task_id] = TaskTimes(
            model=task.order.model,
            duration=task.order.duration,
            size=task.order.size,
            accepted=task.accepted,
            ready=task.ready,
            visible=next_tick(task.ready),
        )

    def polled(self, task: Task, at: float, *, ended: bool) -> None:
        times = self.tasks[task.task_id]
        times.polls += 1
        if ended and times.seen is None:
            times.seen = at

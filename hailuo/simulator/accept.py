"""Accepts orders: checks the rate limit, fetches the first frame, takes the price and makes the task."""

import heapq
import random
from collections import Counter, deque
from dataclasses import dataclass, field, replace

import httpx

from hailuo.simulator.answers import AnswerError, flat
from hailuo.simulator.assets import SCHEME, AssetShelf
from hailuo.simulator.charges import Charges
from hailuo.simulator.fault_plan import FaultDice, Occasion
from hailuo.simulator.faults import FAULTS, FaultName, FaultRow, Strikes
from hailuo.simulator.frames import Frame, FrameRefusedError, FrameUnreachableError, fetch_frame
from hailuo.simulator.options import SimulatorOptions
from hailuo.simulator.orders import VideoOrder, invalid_params
from hailuo.simulator.scaled_clock import ScaledClock
from hailuo.simulator.tasks import Task, drawn_seconds, pixels, render_seconds, task_id
from hailuo.simulator.trace import Trace

_MINUTE_SECONDS = 60.0


@dataclass(slots=True, kw_only=True)
class TaskMaker:
    """Makes tasks from legal orders and charges them. When and how a task will end is decided here."""

    options: SimulatorOptions
    time: ScaledClock
    charges: Charges
    dice: FaultDice
    frames: httpx.AsyncBaseTransport | None
    assets: AssetShelf
    trace: Trace | None = None
    _tasks: dict[str, Task] = field(default_factory=dict)
    _takes: Counter[str] = field(default_factory=Counter)
    _recent: deque[float] = field(default_factory=deque)
    _rendering: list[float] = field(default_factory=list)

    def task(self, name: str) -> Task | None:
        """The task with this id, or None."""
        return self._tasks.get(name)

    @property
    def first_task_id(self) -> str:
        """The id of the first task that was made."""
        return next(iter(self._tasks))

    async def accept(self, order: VideoOrder, *, answered: bool) -> Task:
        """Charge the order and make its task. `answered` says whether the client will get the task id.

        Raises AnswerError: 400 with MiniMax's "1002" or "2013", or 403 where the balance is too low.
        """
        self._check_rate()
        frame, fault = await self._frame(order)
        priced = self.options.pricing.price_usd(order.price_usd, number=len(self._tasks) + 1)
        order = replace(order, price_usd=priced)
        if order.price_usd > self.charges.balance_usd(self.time.seconds()):
            raise AnswerError(flat(403, "insufficient_user_quota", "用户额度不足"))
        task = self._new_task(order, frame, fault)
        self._tasks[task.task_id] = task
        heapq.heappush(self._rendering, task.ready)
        self.charges.charge(task, answered=answered)
        if self.trace:
            self.trace.accepted(task)
        return task

    def _render_seconds(self, order: VideoOrder, dice: random.Random) -> float:
        known, slow = self.options.render_seconds.get(order.cell), self.options.slow.get(order.cell, 1.0)
        if known:
            return slow * drawn_seconds(known, dice=dice)
        median, p95 = self.options.median_render_seconds, self.options.p95_render_seconds
        return slow * render_seconds(order, dice=dice, median=median, p95=p95)

    def _check_rate(self) -> None:
        """Refuse the order where a limit is reached, of submits per minute or of tasks at once: HTTP 400."""
        now = self.time.seconds()
        limit, at_once = self.options.submits_per_minute_at(now), self.options.tasks_at_once
        while self._recent and self._recent[0] <= now - _MINUTE_SECONDS:
            self._recent.popleft()
        while self._rendering and self._rendering[0] <= now:
            heapq.heappop(self._rendering)
        over_rate = limit is not None and len(self._recent) >= limit
        if over_rate or (at_once is not None and len(self._rendering) >= at_once):
            if self.trace:
                self.trace.refused.append(now)
            code, what = ("1002", "rate limit") if over_rate else ("1041", "conn limit")
            raise AnswerError(flat(400, code, f"hailuo api error: {what}"))
        self._recent.append(now)

    async def _frame(self, order: VideoOrder) -> tuple[Frame | None, FaultRow | None]:
        """The first frame, or the fault of a task whose first frame cannot be fetched."""
        if order.frame_url is None:
            return None, None
        if order.frame_url.startswith(SCHEME):
            now = self.time.seconds()
            return self.assets.ordered(order.frame_url, order.model, self.options.catalog, now=now), None
        try:
            return await fetch_frame(order.frame_url, self.frames), None
        except FrameRefusedError as error:
            raise AnswerError(invalid_params(str(error))) from error
        except FrameUnreachableError as error:
            return None, replace(FAULTS[FaultName.FAILED_FRAME_DOWNLOAD], message=str(error))

    def _new_task(self, order: VideoOrder, frame: Frame | None, fault: FaultRow | None) -> Task:
        self._takes[order.request_sha256] += 1
        take, seed = self._takes[order.request_sha256], self.options.seed
        at, now = self.time.now(), self.time.seconds()
        width, height = pixels(order.size, frame if order.follows_frame else None, order.box, order.ratio)
        occasion = Occasion(place=Strikes.TASK, key=f"{order.request_sha256}:{take}", model=order.model)
        rendering = self._render_seconds(order, random.Random(f"{seed}:{order.request_sha256}:{take}"))  # noqa: S311 (a simulation)
        return Task(
            task_id=task_id(order, take=take, seed=seed, at=at),
            order=order,
            take=take,
            number=len(self._tasks) + 1,
            accepted=now,
            accepted_at=at,
            ready=now + rendering,
            speed=self.time.speed,
            width=width,
            height=height,
            frame=frame,
            fault=fault or self.dice.strike(occasion),
        )

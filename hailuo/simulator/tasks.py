"""The vendor's tasks. How a task will go is fixed when it is accepted; its state changes only at the ticks.

Source: docs/reference/vendor.md#freshness (15 s refresh) and docs/reference/vendor.md#limits-and-times (render times).
"""

import hashlib
import math
import random
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from hailuo.simulator.faults import FaultName, FaultRow
from hailuo.simulator.frames import Frame
from hailuo.simulator.orders import VideoOrder

TICK_SECONDS = 15.0
_P95 = statistics.NormalDist().inv_cdf(0.95)
_QUEUED_SHARE = 0.3  # of the render time, before MiniMax says Processing
_URL_LATE_SECONDS = 2 * TICK_SECONDS
_FAST_FACTOR, _LONG_FACTOR, _LARGE_FACTOR = 0.6, 1.6, 1.5
_WIDTHS_16X9 = {512: 912, 768: 1366, 1080: 1920}  # what T2V comes out as; Comfy's docs for 768p and 1080p
_DEFAULT_SHORT_SIDE = 768


class Phase(StrEnum):
    """What the gateway's database says of a task."""

    ACCEPTED = "accepted"
    QUEUED = "queued"
    RENDERING = "rendering"
    COMPLETED = "completed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskState:
    """What is visible of a task at one moment. `updated_at` is when the database last changed it."""

    phase: Phase
    updated_at: datetime
    has_url: bool = False

    @property
    def progress(self) -> int:
        """0, 30, 50 or 100, the gateway's mapping for Hailuo."""
        return {Phase.ACCEPTED: 0, Phase.QUEUED: 30, Phase.RENDERING: 50}.get(self.phase, 100)


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One accepted order, and how and when it will end.

    `accepted` and `ready` are simulated seconds; `fault` is the fault that strikes the task, or None.
    `take` counts the acceptances of the very same body from 1.
    """

    task_id: str
    order: VideoOrder
    take: int
    number: int
    accepted: float
    accepted_at: datetime
    ready: float
    speed: float
    width: int
    height: int
    frame: Frame | None = None
    fault: FaultRow | None = None

    @property
    def failed_at_tick(self) -> float | None:
        """The tick at which the failure becomes visible and the price is refunded; None for a success."""
        fails = self.fault is not None and self.fault.failure is not None
        return next_tick(self.ready) if fails else None

    @property
    def is_refundable(self) -> bool:
        """Whether the price comes back with the failure: not where the task has a clip all the same."""
        return self.failed_at_tick is not None and not self.meets(FaultName.FAILED_WITH_URL)

    def state(self, now: float) -> TaskState:
        """What a GET shows at `now` (simulated seconds): the state at the last tick."""
        tick = tick_of(now)
        phase = self._phase(tick)
        late = _URL_LATE_SECONDS if self.meets(FaultName.URL_LATE) else 0.0
        has_url = self.has_clip(now) and tick >= next_tick(self.ready) + late
        changed_at = self.accepted_at + timedelta(seconds=(self._changed(phase) - self.accepted) / self.speed)
        return TaskState(phase=phase, updated_at=changed_at, has_url=has_url)

    def has_clip(self, now: float) -> bool:
        """Whether the task has ended with a clip by `now` (simulated seconds)."""
        phase = self._phase(tick_of(now))
        return phase is Phase.COMPLETED or (phase is Phase.FAILED and not self.is_refundable)

    def _phase(self, tick: float) -> Phase:
        if tick <= self.accepted:
            return Phase.ACCEPTED
        if tick < self._rendering_from:
            return Phase.QUEUED
        if tick < self.ready or self.meets(FaultName.STUCK):
            return Phase.RENDERING
        return Phase.FAILED if self.failed_at_tick is not None else Phase.COMPLETED

    @property
    def _rendering_from(self) -> float:
        return self.accepted + _QUEUED_SHARE * (self.ready - self.accepted)

    def _changed(self, phase: Phase) -> float:
        """When this phase began. The vendor's completed_at is this time, whatever the phase."""
        match phase:
            case Phase.ACCEPTED:
                return self.accepted
            case Phase.QUEUED:
                return tick_of(self.accepted) + TICK_SECONDS
            case Phase.RENDERING:
                return next_tick(self._rendering_from)
            case Phase.COMPLETED | Phase.FAILED:
                return next_tick(self.ready)

    def meets(self, fault: FaultName) -> bool:
        """Whether the task has this fault."""
        return self.fault is not None and self.fault.fault is fault


def tick_of(now: float) -> float:
    """The last refresh of the gateway's database at or before `now`."""
    return math.floor(now / TICK_SECONDS) * TICK_SECONDS


def next_tick(seconds: float) -> float:
    return math.ceil(seconds / TICK_SECONDS) * TICK_SECONDS


def render_seconds(order: VideoOrder, *, dice: random.Random, median: float, p95: float) -> float:
    """A lognormal render time with this median and 95th percentile: longer for 10 s and 1080p, shorter for Fast."""
    drawn = median * math.exp(dice.gauss(0, math.log(p95 / median) / _P95))
    drawn *= _LONG_FACTOR if order.duration >= 10 else 1
    drawn *= _LARGE_FACTOR if order.size == "1080p" else 1
    return drawn * (_FAST_FACTOR if order.model.endswith("-Fast") else 1)


def drawn_seconds(known: Sequence[float], *, dice: random.Random) -> float:
    """One of the known render times, or a value between two neighbours: their order decides how likely."""
    ordered = sorted(known)
    place = dice.random() * (len(ordered) - 1)
    below = ordered[int(place)]
    return below + (place % 1) * (ordered[min(int(place) + 1, len(ordered) - 1)] - below)


def pixels(
    size: str, frame: Frame | None, box: tuple[int, int] | None = None, ratio: str | None = None
) -> tuple[int, int]:
    """Width and height: the family's `box`, else `ratio` or 16:9 at the tier, or the first frame's aspect with the tier
    as the short side.
    """
    if frame is None and box is not None:
        return box
    digits = "".join(character for character in size if character.isdigit())
    short = int(digits) if digits else _DEFAULT_SHORT_SIDE
    if frame is None and ratio not in (None, "16:9"):
        across, down = map(int, ratio.split(":"))
        scale = short / min(across, down)
        return _even(across * scale), _even(down * scale)
    if frame is None:
        return _WIDTHS_16X9.get(short, _even(short * 16 / 9)), short
    scale = short / min(frame.width, frame.height)
    return _even(frame.width * scale), _even(frame.height * scale)


def _even(pixels_: float) -> int:
    return 2 * round(pixels_ / 2)


def task_id(order: VideoOrder, *, take: int, seed: int, at: datetime) -> str:
    """`task_`, the second of acceptance and 16 letters: the shape ImaRouter shows."""
    digest = hashlib.sha256(f"{seed}:{order.request_sha256}:{take}".encode()).hexdigest().upper()
    return f"task_{at:%Y%m%d%H%M%S}{digest[:16]}"

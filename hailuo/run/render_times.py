"""How long clips take to render, learned from those that ended: when the next one is worth asking for.

The samples of a cell (model, duration, size) are its newest clips. A clip that is under way is like those that took
longer than it has, and that were as far at its age: what the vendor says of its progress tells them apart. A cell that
is new begins with a broad guess.
"""

import math
import statistics
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from hailuo.campaign.job import Job
from hailuo.campaign.pricing import PriceKey, price_key_of

MEDIAN_SECONDS: Final = 90.0
_P95_SECONDS: Final = 240.0
_LONG_FACTOR, _LARGE_FACTOR, _LARGE_HEIGHT = 1.6, 1.5, 1080
"""Source of the four: docs/reference/vendor.md#limits-and-times."""

_SAMPLES: Final = 64
_GUESSES: Final = 12
_GUESS_WEIGHT: Final = 0.15
_UNLIKE_WEIGHT: Final = 0.02
_ENTERED_SECONDS: Final = 8.0
_SPREAD_SECONDS, _SPREAD_SHARE = 8.0, 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Render:
    """One clip that ended: its age in seconds when it did, and the age at which the vendor first showed each progress."""

    seconds: float
    entered: Mapping[int, float] = field(default_factory=dict)
    weight: float = 1.0


class RenderTimes:
    """The render times of a run, by cell."""

    def __init__(self) -> None:
        self._renders: defaultdict[PriceKey, deque[Render]] = defaultdict(lambda: deque(maxlen=_SAMPLES))
        self._guesses: dict[PriceKey, tuple[Render, ...]] = {}

    def ended(self, job: Job, render: Render) -> None:
        self._renders[price_key_of(job.variant)].append(render)

    def typical_seconds(self, job: Job) -> float:
        """The median of what is known."""
        known = self._renders.get(price_key_of(job.variant)) or self._guessed(job)
        return statistics.median(render.seconds for render in known)

    def outlook(self, job: Job, *, age: float, progress: int, entered: float | None) -> "Outlook":
        """When a clip that has not ended at this `age` may end. It shows `progress` since the age `entered`."""
        known = [*self._renders[price_key_of(job.variant)], *self._guessed(job)]
        weights = [(_likeness(render, age, progress, entered), render.seconds) for render in known]
        return Outlook(age=age, weights=[(weight, seconds) for weight, seconds in weights if weight])

    def _guessed(self, job: Job) -> tuple[Render, ...]:
        key = price_key_of(job.variant)
        if key not in self._guesses:
            factor = (_LONG_FACTOR if key.duration >= 10 else 1) * (
                _LARGE_FACTOR if _height(key.size) >= _LARGE_HEIGHT else 1
            )
            sigma = math.log(_P95_SECONDS / MEDIAN_SECONDS) / statistics.NormalDist().inv_cdf(0.95)
            normal = statistics.NormalDist(math.log(factor * MEDIAN_SECONDS), sigma)
            ages = (math.exp(normal.inv_cdf((n + 0.5) / _GUESSES)) for n in range(_GUESSES))
            self._guesses[key] = tuple(Render(seconds=seconds, weight=_GUESS_WEIGHT) for seconds in ages)
        return self._guesses[key]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """Ages at which a clip may end, with their weights; the clip has not ended at `age`."""

    age: float
    weights: list[tuple[float, float]]

    def chance(self, by: float) -> float:
        """The chance that it has ended at the age `by`; 1 where nothing is known of so old a clip."""
        left = total = 0.0
        for weight, seconds in self.weights:
            spread = _SPREAD_SECONDS + _SPREAD_SHARE * seconds
            before = min(1.0, max(0.0, 0.5 + (self.age - seconds) / (2 * spread)))
            total += weight * (1 - before)
            left += weight * (1 - min(1.0, max(before, 0.5 + (by - seconds) / (2 * spread))))
        return 1 - left / total if total > 1e-9 else 1.0


def _likeness(render: Render, age: float, progress: int, entered: float | None) -> float:
    """How much a clip that ended says of one that has not: 0 where it had ended before, or was further at that age."""
    if render.seconds + _SPREAD_SECONDS + _SPREAD_SHARE * render.seconds <= age:
        return 0.0
    if not render.entered or entered is None:
        return render.weight * (_UNLIKE_WEIGHT if entered is not None else 1)
    if any(stage > progress and since <= age for stage, since in render.entered.items()):
        return 0.0
    then = render.entered.get(progress)
    if then is None:
        return render.weight * _UNLIKE_WEIGHT
    return render.weight * math.exp(-(((then - entered) / _ENTERED_SECONDS) ** 2))


def _height(size: str) -> int:
    digits = "".join(filter(str.isdigit, size))
    return int(digits) if digits else 0

"""How a report says numbers of one platform: in the metric's unit, with the words for what was counted."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from hailuo.report import numbers
from hailuo.report.findings import Difference, Interval
from hailuo.report.metrics import (
    COUNTS,
    HOOK_COUNTS,
    METRICS,
    PLATFORM_NAMES,
    AdPlatform,
    Design,
    Metric,
    MetricKind,
)

_EVENTS: Final = {
    Metric.HOOK: "early views",
    Metric.CTR: "clicks",
    Metric.CVR: "conversions",
    Metric.CPA: "conversions",
}
_TRIALS: Final = {
    Metric.HOOK: "impressions",
    Metric.CTR: "impressions",
    Metric.CVR: "clicks",
}
_LONGEST_NAME: Final = 36
_VENDOR: Final = "MiniMax-"  # in every model's name: it tells no level from another


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """The decision metric on a platform, in the account's currency (None: not told), after a design."""

    metric: Metric
    platform: AdPlatform
    design: Design
    currency: str | None

    @property
    def label(self) -> str:
        """The metric's name within a sentence."""
        label = METRICS[self.metric].label
        return label if label.isupper() else label.lower()

    @property
    def where(self) -> str:
        """The platform's name."""
        return PLATFORM_NAMES[self.platform]

    @property
    def best(self) -> str:
        """The superlative that is good news."""
        return "best" if METRICS[self.metric].higher_is_better else "lowest"

    @property
    def events(self) -> str:
        """What is counted."""
        return _EVENTS[self.metric]

    def counted(self, events: float, trials: float) -> str:
        """`2,904 clicks of 240,000 impressions`; conversions are bought, not drawn from anything."""
        if METRICS[self.metric].kind is MetricKind.COST:
            return f"{numbers.count(events)} {self.events} for {self.money(trials)}"
        return f"{numbers.count(events)} {self.events} of {numbers.count(trials)} {_TRIALS[self.metric]}"

    def value(self, value: float | None) -> str:
        """The metric: `1.42 %` or `$12.30`."""
        if value is None:
            return "not known"
        return self.money(value) if METRICS[self.metric].kind is MetricKind.COST else numbers.percent(value)

    def between(self, interval: Interval) -> str:
        """`1.31 % to 1.55 %`, or `more than $12.30` where the other end is open."""
        return _between(interval, self.value)

    def estimate(self, value: float | None, interval: Interval | None) -> str:
        """`1.42 % (1.31 % to 1.55 %)`."""
        return self.value(value) + (f" ({self.between(interval)})" if interval else "")

    def money(self, amount: float) -> str:
        """With its currency; without one it is said whose money it is."""
        text = numbers.money(amount, self.currency)
        return text if self.currency else f"{text} of the account's currency"

    def about(self, amount: float) -> str:
        """An amount of money that is an estimate itself."""
        return self.money(_rounded(amount))

    @staticmethod
    def roughly(number: float) -> str:
        """A count that is an estimate itself: three digits of it matter."""
        return numbers.count(_rounded(number))

    @staticmethod
    def level(axis: str, level: str) -> str:
        """A level's name: a model without its vendor, a length with its unit."""
        return f"{level} s" if axis == "duration" else level.removeprefix(_VENDOR)

    def hook(self) -> str:
        """What the platform counts that is called hook here."""
        count = HOOK_COUNTS[self.platform]
        return COUNTS[count] if count else ""

    @staticmethod
    def size(lift: float) -> str:
        """`10 %`, without a sign."""
        return _signed(lift).lstrip("+")

    @staticmethod
    def lift(lift: float | None, interval: Interval | None) -> str:
        """`+18 % (+6 % to +31 %)`."""
        if lift is None:
            return "not known"
        return _signed(lift) + (f" ({_between(interval, _signed)})" if interval else "")

    @staticmethod
    def beside(difference: Difference, reference: str) -> str:
        """`25 % above the average model (+12 % to +41 %)`."""
        lift, interval = difference.lift, difference.lift_interval
        if lift is None:
            return f"other than {reference}"
        size = numbers.percent(abs(lift), digits=0 if abs(lift) >= 0.1 else 1)
        spread = f" ({_between(interval, _signed)})" if interval else ""
        return f"{size} {'above' if lift > 0 else 'below'} {reference}{spread}"

    @staticmethod
    def name(label: str) -> str:
        """A clip's or level's name in quotes, cut where it would fill the sentence."""
        text = " ".join(label.split())
        cut = text if len(text) <= _LONGEST_NAME else text[: _LONGEST_NAME - 1].rstrip(" ·") + "…"
        return f"“{cut}”"

    @staticmethod
    def likely(probability: float | None) -> str:
        """A chance to be the best: `97 %`, `more than 99 %`; no finite data gives 0 % or 100 %."""
        text = numbers.chance(probability)
        return text.replace("<", "less than").replace(">", "more than")

    @staticmethod
    def chance(p: float) -> str:
        """A small chance: `0.3 %`, `less than 0.1 %`."""
        return "less than 0.1 %" if p < 0.001 else numbers.percent(p, digits=1)


def _rounded(number: float) -> float:
    return float(f"{number:.3g}")


def _signed(lift: float | None) -> str:
    return (
        "not known"
        if lift is None
        else numbers.percent(lift, digits=0 if abs(lift) >= 0.1 else 1, signed=True)
    )


def _between(interval: Interval, said: Callable[[float | None], str]) -> str:
    if interval.low is None:
        return f"less than {said(interval.high)}"
    return (
        f"more than {said(interval.low)}"
        if interval.high is None
        else f"{said(interval.low)} to {said(interval.high)}"
    )

"""The unit of the decision metric: rates as they are, costs as the inverse of events per bit of spend, returns as
average conversions per bit of spend times what an average conversion is worth.
"""

from dataclasses import dataclass, replace

from hailuo.report.findings import Difference, Interval
from hailuo.report.metrics import METRICS, Metric, MetricKind


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricScale:
    """Everything is judged as a rate, more being better; this turns rates into the metric. `bits` are the bits of
    spend in one unit of currency where the metric is a cost or a return (see `measures.spend_bits`), else 1. `worth` is
    the value of an average conversion where the metric is a return, else 1.
    """

    metric: Metric
    bits: float = 1.0
    worth: float = 1.0

    @property
    def is_cost(self) -> bool:
        """Whether less is better."""
        return METRICS[self.metric].kind is MetricKind.COST

    def value(self, rate: float | None) -> float | None:
        """The metric at a rate; None where there is none, such as a cost without events."""
        if rate is None:
            return None
        if not self.is_cost:
            return rate * self.bits * self.worth
        return 1 / (rate * self.bits) if rate > 0 else None

    def interval(self, rates: Interval) -> Interval:
        """The metric's interval; that of a cost is turned around."""
        low, high = self.value(rates.low), self.value(rates.high)
        return Interval(high, low) if self.is_cost else Interval(low, high)

    def counted(self, events: float, trials: float) -> tuple[float, float]:
        """Events and trials as people count them: conversions and spend, or their value and spend."""
        return events * self.worth, trials / self.bits

    def cost(self, rate: float) -> float:
        """The metric at a rate that is not 0."""
        return self.value(max(rate, 1e-300)) or 0.0

    def difference(self, found: Difference, ref_rate: float) -> Difference:
        """A difference of rates as one of the metric: for costs at the reference's cost, which is taken as known.

        Monotone, so it leaves out 0 exactly where the rates' interval does. Lifts are turned around: 25 % more
        events for the money are 20 % less money for an event.
        """
        if not self.is_cost:
            return replace(
                found, value=self.value(found.value) or 0.0, interval=self.interval(found.interval)
            )
        low, high = (self._gap(end, ref_rate) for end in (found.interval.high, found.interval.low))
        lifts = found.lift_interval
        return Difference(
            value=self._gap(found.value, ref_rate) or 0.0,
            interval=Interval(low, high),
            lift=_turned(found.lift),
            lift_interval=lifts and Interval(_turned(lifts.high), _turned(lifts.low)),
            p_value=found.p_value,
            p_adjusted=found.p_adjusted,
        )

    def loss(self, rate: float, shortfall: float) -> float:
        """An expected shortfall of the rate in the metric's unit: how much dearer, or how much lower."""
        if self.is_cost:
            return self.cost(rate) - self.cost(rate + shortfall)
        return self.value(shortfall) or 0.0

    def _gap(self, away: float | None, ref_rate: float) -> float | None:
        there, here = self.value(None if away is None else ref_rate + away), self.value(ref_rate)
        return None if there is None or here is None else there - here


def _turned(lift: float | None) -> float | None:
    return None if lift is None or lift <= -1 else 1 / (1 + lift) - 1

"""The unit of the decision metric: rates as they are, costs as the inverse of events per bit of spend."""

from dataclasses import dataclass

from hailuo.report.findings import Difference, Interval
from hailuo.report.metrics import METRICS, Metric, MetricKind


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricScale:
    """Everything is judged as a rate, more being better; this turns rates into the metric. `bits` are the bits of
    spend in one unit of currency where the metric is a cost (see `measures.spend_bits`), else 1.
    """

    metric: Metric
    bits: float = 1.0

    @property
    def is_cost(self) -> bool:
        """Whether less is better."""
        return METRICS[self.metric].kind is MetricKind.COST

    def value(self, rate: float | None) -> float | None:
        """The metric at a rate; None where there is none, such as a cost without events."""
        if not self.is_cost or rate is None:
            return rate
        return 1 / (rate * self.bits) if rate > 0 else None

    def interval(self, rates: Interval) -> Interval:
        """The metric's interval; that of a cost is turned around."""
        return Interval(self.value(rates.high), self.value(rates.low)) if self.is_cost else rates

    def cost(self, rate: float) -> float:
        """The metric at a rate that is not 0."""
        return self.value(max(rate, 1e-300)) or 0.0

    def difference(self, found: Difference, ref_rate: float) -> Difference:
        """A difference of rates as one of the metric: for costs at the reference's cost, which is taken as known.

        Monotone, so it leaves out 0 exactly where the rates' interval does. Lifts are turned around: 25 % more
        events for the money are 20 % less money for an event.
        """
        if not self.is_cost:
            return found
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
        return self.cost(rate) - self.cost(rate + shortfall) if self.is_cost else shortfall

    def _gap(self, away: float | None, ref_rate: float) -> float | None:
        there, here = self.value(None if away is None else ref_rate + away), self.value(ref_rate)
        return None if there is None or here is None else there - here


def _turned(lift: float | None) -> float | None:
    return None if lift is None or lift <= -1 else 1 / (1 + lift) - 1

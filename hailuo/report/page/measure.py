"""How the values of one metric are written: value, interval, difference, unit and what its n counts."""

from dataclasses import dataclass
from math import ceil, log10

from hailuo.report import numbers
from hailuo.report.findings import Interval
from hailuo.report.metrics import METRICS, Metric, MetricKind, MetricSpec


@dataclass(frozen=True, slots=True)
class Measure:
    """One metric in the account's currency; None where the exports do not tell the currency."""

    metric: Metric
    currency: str | None

    @property
    def spec(self) -> MetricSpec:
        return METRICS[self.metric]

    @property
    def name(self) -> str:
        return self.spec.label

    @property
    def unit(self) -> str:
        """For captions: never empty."""
        match self.spec.unit:
            case "money":
                return self.currency or "money (the exports do not tell the currency)"
            case "x":
                return "times the spend"
            case unit:
                return unit

    @property
    def difference_unit(self) -> str:
        """Rates differ by points: "10 % more" could mean two things."""
        return "percentage points" if self.spec.unit == "%" else self.unit

    @property
    def trials(self) -> str:
        """What n counts."""
        match self.spec.kind:
            case MetricKind.COST:
                return "conversions"
            case MetricKind.RATIO:
                return "days"
            case MetricKind.RATE:
                return _TRIALS.get(self.metric, "impressions")

    def rests_on(self, trials: float) -> str:
        """What a level or a pair rests on: `96,000 impressions`; a cost rests on what was spent."""
        if self.spec.kind is MetricKind.COST:
            return f"{numbers.money(trials, self.currency)} spent"
        return f"{numbers.count(trials)} {self.trials}"

    def value(self, number: float | None) -> str:
        """`1.23 %`, `$12.30`, `2.10×`, `4.2 s`; a dash where it is not known."""
        return numbers.UNKNOWN if number is None else self._with_unit(number, self._digits(number))

    def interval(self, interval: Interval | None) -> str:
        """`1.10–1.37 %`; an open end is told in words, a missing interval too."""
        if interval is None or (interval.low is None and interval.high is None):
            return "no interval"
        if interval.high is None:
            return f"more than {self.value(interval.low)}"
        if interval.low is None:
            return f"less than {self.value(interval.high)}"
        digits = self._digits(max(abs(interval.low), abs(interval.high)))
        return f"{self._bare(interval.low, digits)}–{self._with_unit(interval.high, digits)}"

    def difference(self, number: float, interval: Interval) -> str:
        """With its sign: `+0.21 points`; as fine as its interval is told."""
        return self._signed(number, self._end_digits(interval))

    def size(self, number: float) -> str:
        """A difference without its sign."""
        return self._with_points(abs(number), self._fine(number))

    def difference_interval(self, interval: Interval) -> str:
        """`−0.02 to +0.21 points`; an open end is told in words."""
        low, high, digits = interval.low, interval.high, self._end_digits(interval)
        if low is None or high is None:
            end = low if low is not None else high
            word = "more" if high is None else "less"
            return "no interval" if end is None else f"{word} than {self._signed(end, digits)}"
        first = self._signed(low, digits).removesuffix(" points")
        return f"{first} to {self._signed(high, digits)}"

    def tick(self, number: float, step: float) -> str:
        """A value on an axis whose ticks are `step` apart."""
        return self._with_unit(number, self._step_digits(step))

    def difference_tick(self, number: float, step: float) -> str:
        """The same for an axis of differences; points go without their unit, which the head of the axis tells."""
        digits = self._step_digits(step)
        if self.spec.unit == "%":
            return numbers.plain(number * 100, digits, signed=True)
        return self._with_unit(number, digits, signed=True)

    def _step_digits(self, step: float) -> int:
        scaled = step * 100 if self.spec.unit == "%" else step
        digits = max(0, ceil(-log10(scaled) - 1e-9))
        is_whole = abs(scaled * 10**digits - round(scaled * 10**digits)) < 1e-6
        if self.spec.unit == "money":
            return max(2, digits) if digits or not is_whole else 0
        return digits if is_whole else digits + 1  # steps of 0.25 need one more

    def _signed(self, number: float, digits: int) -> str:
        return self._with_points(number, digits, signed=True)

    def _with_points(self, number: float, digits: int, *, signed: bool = False) -> str:
        if self.spec.unit == "%":
            return f"{numbers.plain(number * 100, digits, signed=signed)} points"
        return self._with_unit(number, digits, signed=signed)

    def _end_digits(self, interval: Interval) -> int:
        ends = [abs(end) for end in (interval.low, interval.high) if end is not None]
        return self._fine(max(ends, default=0.0))

    def _fine(self, number: float) -> int:
        """Differences are small, and stand in columns: two digits, more only where two would show nothing."""
        if self.spec.unit != "%":
            return self._digits(number)
        points = abs(number * 100)
        return 1 if points >= 10 else 2 if points >= 0.02 or points == 0 else 3 if points >= 0.002 else 4

    def _digits(self, number: float) -> int:
        match self.spec.unit:
            case "%":
                return numbers.digits_of(number * 100)
            case "money":
                return 0 if abs(number) >= 1000 else 2
            case _:
                return 1 if self.spec.unit == "s" else 2

    def _with_unit(self, number: float, digits: int, *, signed: bool = False) -> str:
        match self.spec.unit:
            case "%":
                return numbers.percent(number, digits=digits, signed=signed)
            case "money":
                return numbers.money(number, self.currency, digits=digits, signed=signed)
            case "x":
                return f"{numbers.plain(number, digits, signed=signed)}×"
            case unit:
                return f"{numbers.plain(number, digits, signed=signed)} {unit}"

    def _bare(self, number: float, digits: int) -> str:
        if self.spec.unit == "money":
            return numbers.money(number, self.currency, digits=digits)
        return numbers.plain(number * 100 if self.spec.unit == "%" else number, digits)


_TRIALS = {Metric.CVR: "link clicks", Metric.HOLD: "views that passed the hook"}

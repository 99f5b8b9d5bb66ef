"""How a report writes numbers: grouped thousands, as many digits as matter, a real minus, units that never wrap."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from math import ceil, log10
from typing import Final

from hailuo.report.findings import Difference, Interval
from hailuo.report.metrics import METRICS, Metric, MetricKind, MetricSpec

UNKNOWN: Final = "–"
GAP: Final = "\N{NO-BREAK SPACE}"
_SIGNS: Final[Mapping[str, str]] = {"USD": "$", "EUR": "€", "GBP": "£"}
_LONGEST_NAME: Final = 72


def plain(number: float, digits: int, *, signed: bool = False) -> str:
    """`-1234.5` with one digit is "−1,234.5"; what rounds to zero has no sign."""
    text = f"{abs(number):,.{digits}f}"
    sign = "" if not text.strip("0.,") else "−" if number < 0 else "+" if signed else ""
    return sign + text


def count(number: float) -> str:
    """Whole where it is whole; conversions often are not, and keep one digit."""
    return plain(number, 0 if number >= 1000 or round(number, 1) == round(number) else 1)


def rounded(number: float) -> float:
    """An estimate to three digits: more would promise what no forecast keeps."""
    return float(f"{number:.3g}")


def digits_of(number: float) -> int:
    """Digits after the point: 12.3, 1.23, 0.87, 0.053; two for most, so that a column reads well."""
    size = abs(number)
    if size >= 10:
        return 1 if size < 1000 else 0
    return 2 if size >= 0.1 or size == 0 else 3 if size >= 0.01 else 4


def percent(fraction: float, *, digits: int | None = None, signed: bool = False) -> str:
    """0.0123 is "1.23 %"."""
    value = fraction * 100
    return f"{plain(value, digits_of(value) if digits is None else digits, signed=signed)}{GAP}%"


def money(
    amount: float | None, currency: str | None, *, digits: int | None = None, signed: bool = False
) -> str:
    """Cents below a thousand; a currency without a sign of its own is named by its code before the amount."""
    if amount is None:
        return "not known"
    places = (0 if abs(amount) >= 1000 else 2) if digits is None else digits
    text = plain(amount, places, signed=signed)
    sign = _SIGNS.get(currency or "")
    if sign is None:
        return f"{currency}{GAP}{text}" if currency else text
    return f"{text[0]}{sign}{text[1:]}" if text[0] in "−+" else sign + text


def share(part: float, whole: float) -> str:
    """Part of a whole; never rounded up to all of it."""
    if not whole:
        return UNKNOWN
    value = part / whole * 100
    return f"100{GAP}%" if value >= 100 else f"{min(value, 99.9):.1f}{GAP}%"


def chance(probability: float | None) -> str:
    """In whole per cent; never "0 %" or "100 %", which no finite data gives."""
    if probability is None:
        return UNKNOWN
    if probability < 0.01:
        return f"<{GAP}1{GAP}%"
    return f">{GAP}99{GAP}%" if probability > 0.99 else f"{probability * 100:.0f}{GAP}%"


def chance_in_words(probability: float | None) -> str:
    """`97 %`, `more than 99 %`."""
    return chance(probability).replace("<", "less than").replace(">", "more than")


def small_chance(p: float) -> str:
    """`0.3 %`, `less than 0.1 %`."""
    return "less than 0.1 %" if p < 0.001 else percent(p, digits=1)


def lift(value: float | None, *, signed: bool = True) -> str:
    """A relative difference: `+18 %`, `+4.2 %`."""
    if value is None:
        return "not known"
    return percent(value, digits=0 if abs(value) >= 0.1 else 1, signed=signed)


def in_words(interval: Interval, say: Callable[[float | None], str]) -> str:
    """`1.31 % to 1.55 %`, or `more than $12.30` where the other end is open."""
    if interval.low is None:
        return f"less than {say(interval.high)}"
    if interval.high is None:
        return f"more than {say(interval.low)}"
    return f"{say(interval.low)} to {say(interval.high)}"


def lift_with_interval(value: float | None, interval: Interval | None) -> str:
    """`+18 % (+6 % to +31 %)`."""
    return lift(value) + (f" ({in_words(interval, lift)})" if interval and value is not None else "")


def compared(difference: Difference, reference: str) -> str:
    """`25 % above the average model (+12 % to +41 %)`."""
    if difference.lift is None:
        return f"other than {reference}"
    interval = difference.lift_interval
    size = f"{lift(abs(difference.lift), signed=False)} {'above' if difference.lift > 0 else 'below'} {reference}"
    return size + (f" ({in_words(interval, lift)})" if interval else "")


def name_in_quotes(label: str, among: Collection[str] = ()) -> str:
    """A clip's or level's name; one that would fill the sentence loses its middle, but only as long as it still reads
    unlike every other name `among` those it may be mistaken for.
    """
    text, others = " ".join(label.split()), {" ".join(one.split()) for one in among}
    for longest in range(_LONGEST_NAME, len(text), 12):
        cut = _without_middle(text, longest)
        if all(_without_middle(other, longest) != cut for other in others if other != text):
            return f"“{cut}”"
    return f"“{text}”"


def _without_middle(text: str, longest: int) -> str:
    """The take and the id are at the end, so more is kept of it than of the beginning."""
    if len(text) <= longest:
        return text
    head = longest // 3
    return f"{text[:head].rstrip(' ·')}…{text[len(text) - (longest - head - 1) :].lstrip(' ·')}"


def combination_name(factors: Mapping[str, str]) -> str:
    """The levels of a combination as people say them: `orbit · Hailuo-02 · 10 s`."""
    named = [level_name(axis, level) for axis, level in factors.items() if level != "none"]
    return " · ".join(named) or "none"


def plural(number: int, one: str, many: str | None = None) -> str:
    """`1 clip`, `2 clips`, `1,000 rows have`."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def axis_name(axis: str) -> str:
    """`first_frame` is "First frame"."""
    return axis.replace("_", " ").capitalize()


def model_name(model: str) -> str:
    """Without the vendor's prefix, which every model has."""
    return model.removeprefix("MiniMax-").replace("Hailuo-", "Hailuo ")


def level_name(axis: str, level: str) -> str:
    """A model without its vendor, a length with its unit."""
    return f"{level} s" if axis == "duration" and level.isdecimal() else model_name(level)


def date_range(first: date | None, last: date | None) -> str:
    """`1–14 Nov 2026`; a month or year that both share is written once."""
    if first is None or last is None:
        return "no dates"
    end = f"{last.day} {last:%b %Y}"
    if first == last:
        return end
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{end}"
    return f"{first.day} {first:%b}{'' if first.year == last.year else f' {first.year}'} – {end}"


@dataclass(frozen=True, slots=True)
class MetricFormatter:
    """The numbers of one metric in the account's currency; None where the exports do not name the currency."""

    metric: Metric
    currency: str | None

    @property
    def spec(self) -> MetricSpec:
        return METRICS[self.metric]

    @property
    def name(self) -> str:
        return self.spec.label

    @property
    def label(self) -> str:
        """The metric's name within a sentence."""
        return self.name if self.name.isupper() else self.name.lower()

    @property
    def unit(self) -> str:
        """For captions: never empty."""
        match self.spec.unit:
            case "money":
                return self.currency or "money (the exports do not name the currency)"
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
        return self.spec.events if self.spec.kind is MetricKind.COST else self.spec.trials

    def based_on(self, trials: float) -> str:
        """`96,000 impressions`; a cost or a return is based on what was spent."""
        if self.spec.kind in {MetricKind.COST, MetricKind.RETURN}:
            return f"{money(trials, self.currency)} spent"
        return f"{count(trials)} {self.trials}"

    def counted(self, events: float, trials: float) -> str:
        """`2,904 clicks of 240,000 impressions`, `42 conversions for $512`, `$1,024 earned for $512`."""
        if self.spec.kind is MetricKind.RETURN:
            return f"{self.amount(events)} earned for {self.amount(trials)}"
        if self.spec.kind is MetricKind.COST:
            return f"{count(events)} {self.spec.events} for {self.amount(trials)}"
        return f"{count(events)} {self.spec.events} of {count(trials)} {self.spec.trials}"

    def amount(self, amount: float) -> str:
        """Money within a sentence: without a known currency it says whose it is."""
        text = money(amount, self.currency)
        return text if self.currency else f"{text} of the account's currency"

    def value_in_words(self, number: float | None) -> str:
        """The value within a sentence: `1.42 %`, `$12.30`, `12.30 of the account's currency`."""
        if number is None:
            return "not known"
        return self.amount(number) if self.spec.unit == "money" else self.value(number)

    def estimate(self, number: float | None, interval: Interval | None) -> str:
        """`1.42 % (1.31 % to 1.55 %)`."""
        around = f" ({in_words(interval, self.value_in_words)})" if interval else ""
        return self.value_in_words(number) + around

    def value(self, number: float | None) -> str:
        """`1.23 %`, `$12.30`, `2.10×`, `4.2 s`; a dash where it is not known."""
        return UNKNOWN if number is None else self._with_unit(number, self._digits(number))

    def interval(self, interval: Interval | None) -> str:
        """`1.10–1.37 %`; an open end or a missing interval in words."""
        if interval is None or (interval.low is None and interval.high is None):
            return "no interval"
        if interval.high is None or interval.low is None:
            return in_words(interval, self.value)
        digits = self._digits(max(abs(interval.low), abs(interval.high)))
        if self.spec.unit == "money":
            low = money(interval.low, self.currency, digits=digits)
        else:
            low = plain(interval.low * 100 if self.spec.unit == "%" else interval.low, digits)
        return f"{low}–{self._with_unit(interval.high, digits)}"

    def difference(self, number: float, interval: Interval) -> str:
        """With its sign: `+0.21 points`; as fine as its interval."""
        return self._with_points(number, self._end_digits(interval), signed=True)

    def size(self, number: float) -> str:
        """A difference without its sign."""
        return self._with_points(abs(number), self._difference_digits(number))

    def difference_interval(self, interval: Interval) -> str:
        """`−0.02 to +0.21 points`; an open end in words."""
        low, high, digits = interval.low, interval.high, self._end_digits(interval)
        if low is None or high is None:
            end = low if low is not None else high
            word = "more" if high is None else "less"
            if end is None:
                return "no interval"
            return f"{word} than {self._with_points(end, digits, signed=True)}"
        first = self._with_points(low, digits, signed=True).removesuffix(" points")
        return f"{first} to {self._with_points(high, digits, signed=True)}"

    def tick(self, number: float, step: float) -> str:
        """A value on an axis whose ticks are `step` apart."""
        return self._with_unit(number, self._step_digits(step))

    def difference_tick(self, number: float, step: float) -> str:
        """The same for an axis of differences; points go without their unit, which the axis title names."""
        digits = self._step_digits(step)
        if self.spec.unit == "%":
            return plain(number * 100, digits, signed=True)
        return self._with_unit(number, digits, signed=True)

    def _step_digits(self, step: float) -> int:
        scaled = step * 100 if self.spec.unit == "%" else step
        digits = max(0, ceil(-log10(scaled) - 1e-9))
        is_whole = abs(scaled * 10**digits - round(scaled * 10**digits)) < 1e-6
        if self.spec.unit == "money":
            return max(2, digits) if digits or not is_whole else 0
        return digits if is_whole else digits + 1  # steps of 0.25 need one more

    def _with_points(self, number: float, digits: int, *, signed: bool = False) -> str:
        if self.spec.unit == "%":
            return f"{plain(number * 100, digits, signed=signed)} points"
        return self._with_unit(number, digits, signed=signed)

    def _end_digits(self, interval: Interval) -> int:
        ends = [abs(end) for end in (interval.low, interval.high) if end is not None]
        return self._difference_digits(max(ends, default=0.0))

    def _difference_digits(self, number: float) -> int:
        """Differences are small: two digits, more only where two would show nothing."""
        if self.spec.unit != "%":
            return self._digits(number)
        points = abs(number * 100)
        return 1 if points >= 10 else 2 if points >= 0.02 or points == 0 else 3 if points >= 0.002 else 4

    def _digits(self, number: float) -> int:
        match self.spec.unit:
            case "%":
                return digits_of(number * 100)
            case "money":
                return 0 if abs(number) >= 1000 else 2
            case unit:
                return 1 if unit == "s" else 2

    def _with_unit(self, number: float, digits: int, *, signed: bool = False) -> str:
        match self.spec.unit:
            case "%":
                return percent(number, digits=digits, signed=signed)
            case "money":
                return money(number, self.currency, digits=digits, signed=signed)
            case "x":
                return f"{plain(number, digits, signed=signed)}×"
            case unit:
                return f"{plain(number, digits, signed=signed)} {unit}"

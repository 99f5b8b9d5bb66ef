"""Charts as SVG: one axis for all rows, so that they can be compared, and a caption under every chart.

A strict content policy forbids style attributes, so shapes carry classes and the style sheet does the rest. Across,
positions are per cent of the width: a drawing then fits a phone and a page of A4 with its text at full size.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from math import ceil, floor, log10
from typing import Final

from markupsafe import Markup, escape

from hailuo.report.findings import Estimate, Interval

_SHAPES: Final = {"diamond": "M0-5 5 0 0 5-5 0z", "left": "M-1 0 5-4V4z", "right": "M1 0-5-4V4z"}
_EDGE: Final = 4.0
"""Per cent kept free at both ends, for marks and the text of the outer ticks."""
_CALM: Final = 0.9
"""The share of interval ends that the axis always shows; the widest tenth may run off its edge, with an arrow."""
_FAR: Final = 1.6
"""They do where showing them would stretch the axis by more than this."""
_HEIGHT: Final = 28
_MIDDLE: Final = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Caption:
    """The words under one chart: no chart without a unit, an n and an interval. Raises: ValueError if one is empty."""

    title: str
    unit: str
    n: str
    interval: str

    def __post_init__(self) -> None:
        if empty := [field.name for field in fields(self) if not getattr(self, field.name).strip()]:
            raise ValueError(f"a chart without {', '.join(empty)}: {self.title or 'untitled'}")


@dataclass(frozen=True, slots=True)
class ChartAxis:
    """From `low` to `high`, in the unit of the values."""

    low: float
    high: float

    def at(self, value: float) -> float:
        """The position in per cent of the width; what is beyond an end is put at its edge."""
        share = (value - self.low) / (self.high - self.low)
        return _EDGE + (100 - 2 * _EDGE) * min(1.0, max(0.0, share))

    def ticks(self) -> tuple[float, ...]:
        """Round values within the axis, about four."""
        step = self.step()
        first, last = ceil(self.low / step - 1e-9), floor(self.high / step + 1e-9)
        return tuple(number * step for number in range(first, last + 1))

    def step(self) -> float:
        """The distance of the ticks: 1, 2, 2.5 or 5 times a power of ten."""
        rough = (self.high - self.low) / 4
        power = 10 ** floor(log10(rough))
        steps = (size * power for size in (1, 2, 2.5, 5, 10))
        return float(next(step for step in steps if step >= rough - 1e-12 * power))


def axis_of(
    intervals: Iterable[Interval | None], values: Sequence[float | None], *, around: float | None = None
) -> ChartAxis:
    """An axis that shows all values and nearly all of the intervals; `around` is a value that it must contain.

    One creative with ten impressions has an interval across the page, and would press all others together.
    """
    known = [interval for interval in intervals if interval is not None]
    lows = sorted(i.low for i in known if i.low is not None)
    highs = sorted((i.high for i in known if i.high is not None), reverse=True)
    always = [value for value in (*values, around) if value is not None]

    def most(ends: Sequence[float]) -> Sequence[float]:
        """Without the outermost tenth, from eight on."""
        return ends[floor(len(ends) * (1 - _CALM) + 1e-9) if len(ends) >= 8 else 0 :]

    inner, whole = [*always, *most(lows), *most(highs)], [*always, *lows, *highs]
    if not whole:
        return ChartAxis(0.0, 1.0)
    ends = whole if max(whole) - min(whole) <= _FAR * (max(inner) - min(inner)) else inner
    low, high = min(ends), max(ends)
    spare = (high - low) * 0.04 or abs(high) * 0.1 or 1.0
    return ChartAxis(max(0.0, low - spare) if low >= 0 else low - spare, high + spare)


def axis_of_estimates(estimates: Sequence[Estimate]) -> ChartAxis:
    """The axis of their values and intervals."""
    return axis_of([one.interval for one in estimates], [one.value for one in estimates])


def element(name: str, *children: str, **attributes: str | float | None) -> Markup:
    """One element; text is escaped, `class_` is `class`, `text_anchor` is `text-anchor`, None is left out."""
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_short(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    inside = "".join(str(escape(child)) for child in children)
    return Markup(f"<{name}{given}>{inside}</{name}>" if inside else f"<{name}{given}/>")  # noqa: S704 (escaped above)


def picture(*shapes: Markup, title: str, desc: str, height: int, class_: str) -> Markup:
    """A drawing as wide as its container, `height` CSS px high, which a screen reader reads as title and description."""
    texts = (element("title", title), element("desc", desc))
    return element("svg", *texts, *shapes, class_=class_, role="img", height=height, width="100%")


def across(percent: float) -> str:
    """A position as per cent of the width."""
    return f"{_short(percent)}%"


def _short(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:.2f}".rstrip("0").rstrip(".")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What one row shows; `tone` colours it (`better`, `worse`, `even`), and position says the same without colour."""

    title: str
    desc: str
    value: float | None
    interval: Interval | None
    shrunk: float | None = None
    tone: str = "even"


def strip(axis: ChartAxis, mark: Mark, *, reference: float | None = None) -> Markup:
    """One row: a value, its interval and the dashed `reference` line, such as zero or the mean."""
    lines = [(tick, "grid") for tick in axis.ticks()]
    lines += [] if reference is None else [(reference, "against")]
    shapes = [
        element("line", x1=across(axis.at(at)), x2=across(axis.at(at)), y1=0, y2=_HEIGHT, class_=name)
        for at, name in lines
    ]
    shapes += _bar(axis, mark.interval)
    value = mark.value
    if value is not None and axis.low <= value <= axis.high:
        shapes.append(element("circle", cx=across(axis.at(value)), cy=_MIDDLE, r=4.5, class_="point"))
    elif value is not None:
        shapes.append(_symbol("left" if value < axis.low else "right", axis.at(value), "far"))
    if mark.shrunk is not None and axis.low <= mark.shrunk <= axis.high:
        shapes.append(_symbol("diamond", axis.at(mark.shrunk), "shrunk"))
    return picture(*shapes, title=mark.title, desc=mark.desc, height=_HEIGHT, class_=f"strip {mark.tone}")


def scale(axis: ChartAxis, tick_text: Callable[[float, float], str], *, title: str) -> Markup:
    """The ticks with their values, for the head of the column."""
    texts = [
        element("text", tick_text(tick, axis.step()), x=across(axis.at(tick)), y=13, text_anchor="middle")
        for tick in axis.ticks()
    ]
    return picture(*texts, title=title, desc="the scale of the rows below", height=18, class_="scale")


def _symbol(shape: str, percent: float, class_: str) -> Markup:
    """A diamond, or an arrow head `left` or `right` for what is beyond the edge."""
    path = element("path", d=_SHAPES[shape], class_=class_)
    return element("svg", path, x=across(percent), y=_MIDDLE, overflow="visible")


def _bar(axis: ChartAxis, interval: Interval | None) -> list[Markup]:
    if interval is None:
        return []
    low = axis.low - 1 if interval.low is None else interval.low
    high = axis.high + 1 if interval.high is None else interval.high
    if high < axis.low or low > axis.high:
        return []
    left, right = axis.at(low), axis.at(high)
    shapes = [element("line", x1=across(left), x2=across(right), y1=_MIDDLE, y2=_MIDDLE, class_="reach")]
    shapes += [_symbol("left", left, "beyond")] if low < axis.low else []
    return shapes + ([_symbol("right", right, "beyond")] if high > axis.high else [])

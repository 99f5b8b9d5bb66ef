"""One row of a chart: a value, its interval and what it is measured against, on the axis that all rows share."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from hailuo.report.findings import Interval
from hailuo.report.page.axis import ChartAxis
from hailuo.report.page.svg import element, picture, place, symbol

_HEIGHT: Final = 28
_MIDDLE: Final = 14


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
    """The row as a drawing; `reference` is the dashed line, such as zero or the mean."""
    shapes = [_line(axis.at(tick), "grid") for tick in axis.ticks()]
    if reference is not None:
        shapes.append(_line(axis.at(reference), "against"))
    shapes += _bar(axis, mark.interval)
    shapes += _point(axis, mark.value)
    if mark.shrunk is not None and axis.low <= mark.shrunk <= axis.high:
        shapes.append(symbol("diamond", axis.at(mark.shrunk), _MIDDLE, "shrunk"))
    return picture(*shapes, title=mark.title, desc=mark.desc, height=_HEIGHT, class_=f"strip {mark.tone}")


def scale(axis: ChartAxis, tick_text: Callable[[float, float], str], *, title: str) -> Markup:
    """The ticks with their values, for the head of the column."""
    step = axis.step()
    texts = [
        element("text", tick_text(tick, step), x=place(axis.at(tick)), y=13, text_anchor="middle")
        for tick in axis.ticks()
    ]
    return picture(*texts, title=title, desc="the scale of the rows below", height=18, class_="scale")


def _line(at: float, class_: str) -> Markup:
    return element("line", x1=place(at), x2=place(at), y1=0, y2=_HEIGHT, class_=class_)


def _bar(axis: ChartAxis, interval: Interval | None) -> list[Markup]:
    if interval is None:
        return []
    low = axis.low - 1 if interval.low is None else interval.low
    high = axis.high + 1 if interval.high is None else interval.high
    if high < axis.low or low > axis.high:
        return []
    left, right = axis.at(low), axis.at(high)
    shapes = [element("line", x1=place(left), x2=place(right), y1=_MIDDLE, y2=_MIDDLE, class_="reach")]
    shapes += [symbol("left", left, _MIDDLE, "beyond")] if low < axis.low else []
    shapes += [symbol("right", right, _MIDDLE, "beyond")] if high > axis.high else []
    return shapes


def _point(axis: ChartAxis, value: float | None) -> list[Markup]:
    if value is None:
        return []
    if value < axis.low or value > axis.high:
        return [symbol("left" if value < axis.low else "right", axis.at(value), _MIDDLE, "far")]
    return [element("circle", cx=place(axis.at(value)), cy=_MIDDLE, r=4.5, class_="point")]

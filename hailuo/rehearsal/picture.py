"""The curve of a rehearsed night as a picture: clips stored, tasks in flight, and which limit binds when."""

from collections.abc import Iterator, Sequence
from typing import Final
from xml.sax.saxutils import escape

from hailuo.rehearsal.figures import CurvePoint, Figures
from hailuo.rehearsal.waits import LimitUse
from hailuo.run.pace import LimitName

_WIDTH, _LEFT, _RIGHT = 860, 170, 30
_PANEL, _GAP, _TOP, _ROW = 150, 40, 60, 24
_TICKS: Final = (1, 2, 5, 10, 15, 30, 60, 120, 180, 240, 360, 720, 1440, 2880)
"""Minutes between two ticks."""
_MOST_TICKS: Final = 8

LIMIT_WORDS: Final = {
    LimitName.FIRST_JOBS: "first clip of a model",
    LimitName.PRICES: "price of a cell",
    LimitName.IN_FLIGHT: "in flight",
    LimitName.SUBMITS: "submits a minute",
    LimitName.SLOWED: "slowed by the vendor",
    LimitName.POLLS: "polls a minute",
}

_STYLE: Final = """
  text { font: 13px system-ui, sans-serif; fill: #1d2330; }
  .title { font-size: 16px; font-weight: 600; }
  .soft { fill: #4d515c; }
  .grid { stroke: #d7dae2; }
  .stored { fill: none; stroke: #1d4ed8; stroke-width: 2; }
  .flight { fill: #86a9ec; stroke: none; }
  .held { fill: #9a4a00; }
  .ground { fill: #ffffff; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6e8ee; }
    .soft { fill: #b9bdc8; }
    .grid { stroke: #3a3f4c; }
    .stored { stroke: #93b4ff; }
    .flight { fill: #2f57a4; }
    .held { fill: #ffb075; }
    .ground { fill: #14171f; }
  }
"""


def picture_of(figures: Figures, *, title: str) -> str:
    """An SVG document, readable in light and dark."""
    across = _Across(max(figures.seconds, 1.0))
    flight_top = _TOP + _PANEL + _GAP
    rows_top = flight_top + _PANEL + _GAP + 6
    height = rows_top + _ROW * len(figures.notable_limits) + 34
    stored, flight = max(1, figures.curve[-1].stored), max(1, figures.most_in_flight)
    shapes = [
        _text(_LEFT, 28, title, class_="title"),
        *across.grid(rows_top + _ROW * len(figures.notable_limits)),
        *_panel("stored", stored, _TOP),
        _stored(figures.curve, across, most=stored),
        *_panel("in flight", flight, flight_top),
        _flight(figures.curve, across, most=flight, top=flight_top),
        *(
            shape
            for n, use in enumerate(figures.notable_limits)
            for shape in _limit(use, across, rows_top + _ROW * n)
        ),
    ]
    desc = f"{stored} clips stored; {flight} tasks in flight at most; the bars show when each limit binds"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}"'
        f' role="img"><title>{escape(title)}</title><desc>{desc}</desc><style>{_STYLE}</style>\n'
        f'<rect class="ground" width="{_WIDTH}" height="{height}"/>\n' + "\n".join(shapes) + "\n</svg>\n"
    )


class _Across:
    """Seconds of the night as places across the picture."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def at(self, seconds: float) -> float:
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * min(1.0, seconds / self._seconds)

    def grid(self, bottom: float) -> Iterator[str]:
        minutes = self._seconds / 60
        step = next((tick for tick in _TICKS if minutes / tick <= _MOST_TICKS), _TICKS[-1])
        for number in range(int(minutes / step) + 1):
            x = self.at(60 * step * number)
            yield f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{bottom}"/>'
            yield _text(x, bottom + 20, f"{step * number:g} min", anchor="middle", class_="soft")


def _panel(name: str, most: int, top: float) -> Iterator[str]:
    yield _text(_LEFT - 12, top + 12, f"{most:,}", anchor="end", class_="soft")
    yield _text(_LEFT - 12, top + _PANEL, "0", anchor="end", class_="soft")
    yield _text(_LEFT - 12, top + _PANEL / 2, name, anchor="end")
    for y in (top, top + _PANEL):
        yield f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y}" y2="{y}"/>'


def _stored(curve: Sequence[CurvePoint], across: _Across, *, most: int) -> str:
    points = (f"{across.at(p.seconds):.1f},{_TOP + _PANEL * (1 - p.stored / most):.1f}" for p in curve)
    return f'<polyline class="stored" points="{" ".join(points)}"/>'


def _flight(curve: Sequence[CurvePoint], across: _Across, *, most: int, top: float) -> str:
    floor = top + _PANEL
    points = [f"{across.at(p.seconds):.1f},{floor - _PANEL * p.in_flight / most:.1f}" for p in curve]
    ends = (f"{_LEFT},{floor}", f"{across.at(curve[-1].seconds):.1f},{floor}")
    return f'<polygon class="flight" points="{" ".join([ends[0], *points, ends[1]])}"/>'


def _limit(use: LimitUse, across: _Across, top: float) -> Iterator[str]:
    name = LIMIT_WORDS[use.limit] + (f", {use.of}" if use.of else "")
    yield _text(_LEFT - 12, top + 13, name, anchor="end")
    for since, until in use.spans:
        x, width = across.at(since), max(1.0, across.at(until) - across.at(since))
        yield f'<rect class="held" x="{x:.1f}" y="{top + 2}" width="{width:.1f}" height="{_ROW - 10}"/>'


def _text(x: float, y: float, words: str, *, anchor: str = "start", class_: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" class="{class_}">{escape(words)}</text>'

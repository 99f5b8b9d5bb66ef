"""Holdout and lift studies as an input: what people who were split by chance did, beside what a platform counts.

A table has a row for each cell (a group that could see the ads, and its holdout that could not): either people and
conversions of both, or the vendor's lift with its interval. docs/reference/exports.md has the columns.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import combinations
from statistics import NormalDist
from typing import Final

from hailuo.errors import Place, Problem
from hailuo.report.exports.export import sheet_of
from hailuo.report.exports.fields import ExportError
from hailuo.report.findings import Interval, PlatformFindings, ReportFindings, StudyCell
from hailuo.report.formatting import count, date_range, percent
from hailuo.report.metrics import PLATFORM_NAMES, AdPlatform
from hailuo.report.texts import say
from hailuo.sheets import as_text, key_of
from hailuo.text import quoted, suggestion

STUDY_COLUMNS: Final = (
    "platform",
    "cell",
    "clip",
    "date_start",
    "date_end",
    "people",
    "conversions",
    "holdout_people",
    "holdout_conversions",
    "lift_percent",
    "low_percent",
    "high_percent",
    "confidence_percent",
)
_COUNTS: Final = ("people", "conversions", "holdout_people", "holdout_conversions")
_LIFT: Final = ("lift_percent", "low_percent", "high_percent")


def is_study_file(content: bytes, *, name: str) -> bool:
    """Whether the file is the table of a study; False for one that cannot be read."""
    try:
        header = _header(sheet_of(content, name, _KNOWN, most=1).rows())
    except ExportError:
        return False
    return {"platform", "cell"} <= set(header) and bool({"holdout_people", "lift_percent"} & set(header))


_KNOWN: Final = frozenset(map(key_of, STUDY_COLUMNS))


def _header(rows: Sequence[object]) -> list[str]:
    cells = getattr(rows[0], "cells", ()) if rows else ()
    return [as_text(cell).strip().lstrip("\ufeff").casefold() for cell in cells]


def read_study(content: bytes, name: str, *, confidence: float) -> tuple[StudyCell, ...]:
    """The cells of a study. Where a row has counts, the interval of its lift is computed, at this confidence.

    Raises: ExportError with every row that cannot be used.
    """
    rows = sheet_of(content, name, _KNOWN).rows()
    header = _header(rows)
    cells: list[StudyCell] = []
    problems: list[Problem] = []
    for row in rows[1:]:
        texts = dict(zip(header, (as_text(cell).strip() for cell in row.cells), strict=False))
        found = list(_problems(texts, Place(name, row.line)))
        problems += found
        if not found:
            cells.append(_cell(texts, confidence))
    if not problems and not cells:
        problems.append(Problem(Place(name), "has no row", "give a row for each cell of the study"))
    if problems:
        raise ExportError(problems)
    return tuple(cells)


def _problems(row: Mapping[str, str], place: Place) -> Iterator[Problem]:
    platforms = tuple(platform.value for platform in AdPlatform)
    platform = row.get("platform", "")
    if platform.casefold() not in platforms:
        yield Problem(place, f"platform is {quoted(platform)}", suggestion(platform, platforms))
    if not row.get("cell"):
        yield Problem(place, "has no cell", "name the group, such as a prompt, or `all`")
    for column in ("date_start", "date_end"):
        if row.get(column) and _day(row[column]) is None:
            yield Problem(place, f"{column} is {quoted(row[column])}", "write it as 2026-11-30")
    given = [column for column in (*_COUNTS, *_LIFT, "confidence_percent") if row.get(column)]
    bad = [column for column in given if _number(row[column]) is None]
    for column in bad:
        yield Problem(place, f"{column} is {quoted(row[column])}", "give a number without units")
    if not bad:
        yield from _number_problems(row, place)


def _number_problems(row: Mapping[str, str], place: Place) -> Iterator[Problem]:
    if all(row.get(column) for column in _COUNTS):
        yield from _count_problems({column: _number(row[column]) or 0.0 for column in _COUNTS}, place)
    elif all(row.get(column) for column in _LIFT):
        lift, low, high = (_number(row[column]) or 0.0 for column in _LIFT)
        if not -100 < low <= lift <= high:
            reason = f"the lift {lift:g} % is not between {low:g} % and {high:g} %"
            yield Problem(place, reason, "copy lift and interval from the study; all are above -100 %")
    else:
        reason = "has neither all counts nor a lift with its interval"
        yield Problem(place, reason, f"fill in {', '.join(_COUNTS)}; or {', '.join(_LIFT)}")
    confidence = _number(row["confidence_percent"]) if row.get("confidence_percent") else None
    if confidence is not None and not 50 <= confidence < 100:
        yield Problem(place, f"confidence_percent is {confidence:g}", "give a number such as 90 or 95")


def _count_problems(counts: Mapping[str, float], place: Place) -> Iterator[Problem]:
    for people, conversions in (("people", "conversions"), ("holdout_people", "holdout_conversions")):
        if not 0 < counts[conversions] < counts[people]:
            reason = f"{conversions} is {counts[conversions]:g} of {counts[people]:g} people"
            yield Problem(place, reason, "count people who converted: more than none, and fewer than all")


def _cell(row: Mapping[str, str], confidence: float) -> StudyCell:
    numbers = {column: _number(row[column]) for column in _COUNTS if row.get(column)}
    if len(numbers) == len(_COUNTS):
        people, conversions, held, converted = (numbers[column] or 0.0 for column in _COUNTS)
        log = math.log(conversions / people / (converted / held))
        error = math.sqrt(1 / conversions - 1 / people + 1 / converted - 1 / held)
        caused = conversions - people * converted / held
    else:
        lift, low, high = (1 + (_number(row[column]) or 0.0) / 100 for column in _LIFT)
        given = _number(row["confidence_percent"]) if row.get("confidence_percent") else None
        log, error, caused = math.log(lift), math.log(high / low) / 2 / _z((given or 90.0) / 100), None
    reach = _z(confidence) * error
    return StudyCell(
        platform=AdPlatform(row["platform"].casefold()),
        name=row["cell"],
        clip=row.get("clip") or None,
        first_day=_day(row.get("date_start", "")),
        last_day=_day(row.get("date_end", "")),
        lift=math.expm1(log),
        interval=Interval(math.expm1(log - reach), math.expm1(log + reach)),
        error=error,
        caused=caused,
    )


def _z(confidence: float) -> float:
    return NormalDist().inv_cdf(0.5 + confidence / 2)


def _number(text: str) -> float | None:
    try:
        number = float(text.replace(",", "").removesuffix("%"))
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def with_studies(found: ReportFindings, cells: Sequence[StudyCell]) -> ReportFindings:
    """The findings with the studies beside each platform's decision, and what they change about it."""
    platforms = tuple(
        _beside(one, [cell for cell in cells if cell.platform is one.platform]) for one in found.platforms
    )
    return replace(found, platforms=platforms)


def _beside(found: PlatformFindings, cells: Sequence[StudyCell]) -> PlatformFindings:
    if not cells:
        return found
    words = tuple(_in_words(cell) for cell in cells)
    return replace(found, studies=tuple(cells), study_says=(*words, *_meaning(found, cells)))


def _in_words(cell: StudyCell) -> str:
    low, high = cell.interval.low or 0.0, cell.interval.high or 0.0
    return say(
        "study.cell",
        name=cell.name,
        platform=PLATFORM_NAMES[cell.platform],
        days=f", {date_range(cell.first_day, cell.last_day)}" if cell.first_day and cell.last_day else "",
        lift=percent(cell.lift, signed=True),
        low=percent(low, signed=True),
        high=percent(high, signed=True),
        caused=say("study.caused", number=count(round(cell.caused)))
        if cell.caused and cell.caused > 0
        else "",
    )


def _meaning(found: PlatformFindings, cells: Sequence[StudyCell]) -> Iterator[str]:
    for cell in cells:
        low, high = cell.interval.low or 0.0, cell.interval.high or 0.0
        if high < 0:
            yield say("study.harms", name=cell.name)
        elif low <= 0:
            yield say("study.not_shown", name=cell.name)
    if all((cell.interval.low or 0.0) > 0 for cell in cells):
        yield say("study.shown")
    of_clips = [cell for cell in cells if cell.clip]
    if len(of_clips) < 2:
        yield say("study.not_of_clips")
        return
    yield _between(found, of_clips)


def _between(found: PlatformFindings, cells: Sequence[StudyCell]) -> str:
    """What cells of single clips say about the clip that leads by the platform's own counts."""
    best = max(cells, key=lambda cell: cell.lift)
    level = 1 - 0.05 / len(list(combinations(cells, 2)))  # every pair may be looked at
    clear = all(_is_ahead(best, other, level) for other in cells if other is not best)
    labels = {one.creative_id: one.label for one in found.creatives}
    name = labels.get(best.clip or "", best.name)
    leader = found.verdict.creative_id
    if not clear:
        return say("study.open")
    if leader is None:
        return say("study.decides", name=name)
    return (
        say("study.confirms", name=name)
        if leader == best.clip
        else say("study.against", name=name, leader=labels.get(leader, leader))
    )


def _is_ahead(one: StudyCell, other: StudyCell, confidence: float) -> bool:
    error = math.hypot(one.error, other.error)
    return math.log1p(one.lift) - math.log1p(other.lift) > _z(confidence) * error

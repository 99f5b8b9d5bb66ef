"""Records of an API or a connector (JSON, JSON lines) as a sheet: nested values become columns of their own."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from hailuo.errors import Place, Problem
from hailuo.report.exports.fields import ExportError
from hailuo.report.exports.pages import refuse_error, refuse_part
from hailuo.report.exports.sheet import ExportSheet, sheet_of_rows
from hailuo.sheets import SheetCell

_WRAPPERS = ("data", "list", "elements", "results")  # around the records: Meta and TikTok, LinkedIn, Google
# What has one of these is a record, not wrapped around some.
_OF_A_RECORD = ("impressions", "metrics", "dimensions")
_SERIES: Final = ("timeseries_stats", "total_stats", "lifetime_stats")  # Snap's answers
_IN_SERIES: Final = ("timeseries_stat", "total_stat", "lifetime_stat")
_NO_AD: Final = frozenset({"objective", "buying_type", "optimization_goal", "targeting"})
"""Fields of Meta's campaigns and ad sets: the id of such a parent is not an ad's."""

_DAY: Final = frozenset({"year", "month", "day"})
_LOOKS_LIKE = "records look like [{...}, {...}] or one {...} a line"


def is_json(text: str) -> bool:
    """Whether the text begins as JSON does."""
    return text.lstrip().startswith(("{", "["))


def sheet_of_records(text: str, name: str) -> ExportSheet:
    """One row per record, a header in front; numbers in text are written as in JSON. Raises: ExportError."""
    flat = [(line, dict(_flat("", _merged(record)))) for line, record in _records(text, name)]
    columns = list(dict.fromkeys(column for _, record in flat for column in record))
    rows = ((line, [record.get(column) for column in columns]) for line, record in flat)
    return sheet_of_rows([(0, columns), *rows], name, decimal=".")


def _records(text: str, name: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    try:
        whole = json.loads(text)
    except json.JSONDecodeError:
        yield from _lines(text, name)
    except RecursionError as error:
        raise ExportError([Problem(Place(name), "is nested too deeply", _LOOKS_LIKE)]) from error
    else:
        refuse_error(whole, name)
        refuse_part(whole if isinstance(whole, list) else [whole], name)
        for number, value in enumerate(_unwrapped(whole), start=1):
            yield from _rows(number, _record(value, Place(name, number)))


def _unwrapped(value: Any) -> list[Any]:
    """The records inside an answer of an API, or inside several of them, or the one record there is."""
    if isinstance(value, list):
        return [record for one in value for record in _unwrapped(one)]
    if not isinstance(value, dict) or any(key in value for key in _OF_A_RECORD):
        return [value]
    if series := next((value[key] for key in _SERIES if isinstance(value.get(key), list)), None):
        return [row for one in series for key in _IN_SERIES if key in one for row in _of_snap(one[key])]
    inner = next((value[key] for key in _WRAPPERS if isinstance(value.get(key), dict | list)), None)
    return [value] if inner is None else _unwrapped(inner)


def _of_snap(stat: Any) -> list[Any]:
    """One record for each span of each ad: those of the breakdown, which repeat the campaign around them."""
    if not isinstance(stat, dict):
        return [stat]
    if isinstance(inner := stat.get("breakdown_stats"), dict):
        return [row for some in inner.values() for one in some for row in _of_snap(one)]
    spans = stat.get("timeseries", [stat])
    about = {key: one for key, one in stat.items() if key not in ("timeseries", "stats")}
    return [
        {**about, **{key: one for key, one in span.items() if key != "stats"}, **span.get("stats", {})}
        for span in spans
    ]


def _rows(number: int, record: Mapping[str, Any]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """The record; or the insights inside it, each with what is around them: Meta's ads carry theirs so."""
    insights = record.get("insights")
    rows = insights.get("data") if isinstance(insights, dict) else None
    if not isinstance(rows, list):
        yield number, record
        return
    around = {key: one for key, one in record.items() if key != "insights"}
    if not _NO_AD & around.keys():
        around = {{"id": "ad_id", "name": "ad_name"}.get(key, key): one for key, one in around.items()}
    for row in rows:
        if isinstance(row, dict):
            yield number, {**around, **row}


def _record(value: Any, place: Place) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ExportError([Problem(place, "is no record", _LOOKS_LIKE)])
    return value


def _merged(record: Mapping[str, Any]) -> dict[str, Any]:
    """TikTok keeps what a row is about in `dimensions`, and its numbers in `metrics`."""
    if not isinstance(record.get("dimensions"), dict):
        return dict(record)
    inner = {key: record.get(key) or {} for key in ("dimensions", "metrics")}
    rest = {key: value for key, value in record.items() if key not in inner}
    return {**rest, **inner["dimensions"], **inner["metrics"]}


def _lines(text: str, name: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    pages: list[Any] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except json.JSONDecodeError as error:
            raise ExportError(
                [Problem(Place(name, number), f"is no JSON: {error.msg}", _LOOKS_LIKE)]
            ) from error
        except RecursionError as error:
            raise ExportError([Problem(Place(name, number), "is nested too deeply", _LOOKS_LIKE)]) from error
        pages.append(value)
        for record in _unwrapped(value):  # a line may be a page of them
            yield from _rows(number, _record(record, Place(name, number)))
    refuse_part(pages, name)


def _flat(prefix: str, value: Any) -> Iterator[tuple[str, SheetCell]]:
    match value:
        case dict() if value.keys() == _DAY:
            yield prefix, f"{value['year']:04}-{value['month']:02}-{value['day']:02}"
        case dict():
            for key, inner in value.items():
                yield from _flat(f"{prefix}.{key}" if prefix else key, inner)
        case list() if value and not any(isinstance(one, dict | list) for one in value):
            ads = [one for one in value if ":sponsoredCreative:" in str(one)]  # LinkedIn's pivots
            yield prefix, ", ".join(map(str, ads or value))
        case list():
            yield from actions(prefix, value).items()
        case bool():
            yield prefix, str(value)
        case _:
            yield prefix, value  # text, a number or nothing


def actions(prefix: str, values: list[Any]) -> dict[str, SheetCell]:
    """Meta's lists of {action_type, value}: one column per type, parts of one type added up."""
    found: dict[str, SheetCell] = {}
    for one in values:
        if isinstance(one, dict) and "action_type" in one:
            column, value = f"{prefix}:{one['action_type']}", one.get("value")
            found[column] = _sum(found[column], value) if column in found else value
    return found


def _sum(one: SheetCell, other: SheetCell) -> SheetCell:
    try:
        return float(str(one)) + float(str(other))
    except ValueError:
        return other  # no number: the reader of numbers will say so

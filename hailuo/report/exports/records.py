"""Records of an API or a connector (JSON, JSON lines) as a sheet: nested values become columns of their own."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from hailuo.errors import Place, Problem
from hailuo.report.exports.fields import ExportError
from hailuo.report.exports.sheet import ExportSheet, sheet_of_rows
from hailuo.sheets import SheetCell

_WRAPPERS = ("data", "list", "elements", "results")  # around the records: Meta and TikTok, LinkedIn, Google
# What has one of these is a record, not wrapped around some.
_OF_A_RECORD = ("impressions", "metrics", "dimensions")
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
        for number, value in enumerate(_unwrapped(whole), start=1):
            yield number, _record(value, Place(name, number))


def _unwrapped(value: Any) -> list[Any]:
    """The records inside an answer of an API, or inside several of them, or the one record there is."""
    if isinstance(value, list):
        return [record for one in value for record in _unwrapped(one)]
    if not isinstance(value, dict) or any(key in value for key in _OF_A_RECORD):
        return [value]
    inner = next((value[key] for key in _WRAPPERS if isinstance(value.get(key), dict | list)), None)
    return [value] if inner is None else _unwrapped(inner)


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
        for record in _unwrapped(value):  # a line may be a page of them
            yield number, _record(record, Place(name, number))


def _flat(prefix: str, value: Any) -> Iterator[tuple[str, SheetCell]]:
    match value:
        case dict():
            for key, inner in value.items():
                yield from _flat(f"{prefix}.{key}" if prefix else key, inner)
        case list():
            yield from _actions(prefix, value).items()
        case bool():
            yield prefix, str(value)
        case _:
            yield prefix, value  # text, a number or nothing


def _actions(prefix: str, values: list[Any]) -> dict[str, SheetCell]:
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

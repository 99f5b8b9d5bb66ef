"""The manifest as JSON lines, which lose nothing, and as a CSV that no spreadsheet executes."""

import json
import math
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

import pandas as pd

from hailuo.errors import HailuoError
from hailuo.publish.manifest.columns import COLUMNS, MONEY_COLUMNS
from hailuo.text import is_formula

_READABLE = re.compile(r"hailuo\.manifest/1\.\d+")


class ManifestError(HailuoError):
    """A file is not a manifest this version can read; rebuild it with `hailuo manifest FILE`."""


def to_jsonl(frame: pd.DataFrame) -> bytes:
    """One JSON object per row, keys in the frame's order, UTF-8. Missing is null; money keeps its digits.

    Raises: ValueError for a number that is infinite.
    """
    rows = [
        ",".join(f"{_json(name)}:{_json(value)}" for name, value in row.items()) for row in plain_rows(frame)
    ]
    lines = "".join(f"{{{row}}}\n" for row in rows)
    return lines.encode(errors="backslashreplace")  # a lone surrogate becomes the escape that JSON has for it


def read_jsonl(content: bytes) -> pd.DataFrame:
    """What `to_jsonl` wrote: the same values, types and order; columns of later versions are kept.

    Raises: ManifestError naming the line.
    """
    try:
        lines = content.decode("utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ManifestError(f"manifest line {line} is not UTF-8 text") from error
    rows = [_read_row(line, number) for number, line in enumerate(lines, start=1) if line.strip()]
    seen = {column: None for row in rows for column in row}
    columns = [*COLUMNS, *(column for column in seen if column not in COLUMNS)]
    complete = [{column: row.get(column) for column in columns} for row in rows]
    return pd.DataFrame(complete, columns=columns, dtype=object)


def numbers_in(content: bytes) -> dict[str, int]:
    """creative id -> clip number, of the rows of `manifest.jsonl` that have one. What cannot be read has none."""
    found = {}
    for line in content.splitlines():
        try:
            row = json.loads(line)
        except ValueError:
            continue
        if isinstance(row, dict) and isinstance(row.get("clip_number"), int):
            found[str(row.get("creative_id"))] = row["clip_number"]
    return found


def to_csv(frame: pd.DataFrame) -> bytes:
    """RFC 4180 in UTF-8 with a byte order mark; objects and lists as JSON text, factors and further columns one each.

    Text that a spreadsheet would run as a formula gets an apostrophe in front. That loses the original
    spelling: tools read the JSON lines.
    """
    rows = [_flattened(row, _names_in(frame)) for row in plain_rows(frame)]
    cells = [{_safe(column): _cell(value) for column, value in row.items()} for row in rows]
    table = pd.DataFrame(cells, columns=csv_header(frame), dtype=object)
    text = table.to_csv(index=False, lineterminator="\r\n")
    return text.encode("utf-8-sig", errors="backslashreplace")


def csv_header(frame: pd.DataFrame) -> list[str]:
    """The columns of `to_csv`, as they are written."""
    return [_safe(column) for column in _flattened(dict.fromkeys(frame.columns), _names_in(frame))]


def plain_rows(frame: pd.DataFrame) -> list[dict[str, object]]:
    """Its rows, of plain values, every kind of missing as None."""
    plain = frame.astype(object)
    columns = [str(column) for column in plain.columns]
    values = plain.where(plain.notna(), None).to_numpy().tolist()
    return [dict(zip(columns, row, strict=True)) for row in values]


def _json(value: object) -> str:
    """Decimals go digit by digit: a detour over float would turn some amounts into others."""
    if isinstance(value, Decimal):
        return _digits(value)
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _digits(amount: Decimal) -> str:
    if not amount.is_finite():
        raise ValueError(f"{amount} is not an amount")
    return format(amount, "f")


def _read_row(line: str, number: int) -> dict[str, object]:
    def refuse(word: str) -> object:
        raise ValueError(f"{word} is no JSON number")

    try:
        row = json.loads(line, parse_float=Decimal, parse_constant=refuse)
    except ValueError as error:
        raise ManifestError(f"manifest line {number} is not JSON: {error}") from error
    checked_schema(row.get("schema") if isinstance(row, dict) else None, f"line {number}")
    return {
        name: Decimal(value) if name in MONEY_COLUMNS and isinstance(value, int | Decimal) else floats(value)
        for name, value in row.items()
    }


def checked_schema(schema: object, where: str) -> None:
    """Raises: ManifestError for a row of a version that cannot be read here."""
    if not _READABLE.fullmatch(str(schema)):
        raise ManifestError(f"manifest {where} is not of schema hailuo.manifest/1.x")


def floats(value: object) -> object:
    """Every Decimal within as a float: only money is exact."""
    match value:
        case Decimal():
            return float(value)
        case list():
            return [floats(member) for member in value]
        case dict():
            return {key: floats(member) for key, member in value.items()}
        case _:
            return value


ONE_EACH: Final = {"factors": "factor_", "columns": "column_"}
"""Objects that become one CSV column for each of their names, with this before it."""


def _names_in(frame: pd.DataFrame) -> Mapping[str, Sequence[str]]:
    """For each object that is flattened, every name in it in any row, in order of appearance."""
    found = {}
    for column in ONE_EACH:
        objects = [value for value in frame.get(column, ()) if isinstance(value, dict)]
        found[column] = list(dict.fromkeys(name for value in objects for name in value))
    return found


def _flattened(row: Mapping[str, object], names: Mapping[str, Sequence[str]]) -> dict[str, object]:
    """An object of `names` gives way, in its place, to one column per name."""
    flat: dict[str, object] = {}
    for column, value in row.items():
        if column not in names:
            flat[column] = value
            continue
        cells = value if isinstance(value, dict) else {}
        flat |= {f"{ONE_EACH[column]}{name}": cells.get(name) for name in names[column]}
    return flat


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            return _safe(value)
        case Decimal():
            return _digits(value)
        case float() if not math.isfinite(value):
            raise ValueError(f"{value} is not a number a spreadsheet can hold")
        case _:
            return _json(value)


def _safe(text: str) -> str:
    return f"'{text}" if is_formula(text) else text

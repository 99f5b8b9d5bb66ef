"""The manifest as one typed Parquet file, from which the JSON lines can be made again."""

import io
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Context, Decimal
from typing import Final, cast

import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]  # has no types
import pyarrow.parquet as pq  # type: ignore[import-untyped]  # has no types

from hailuo.publish.manifest.columns import COLUMN_TABLE, COLUMNS, SCHEMA, Kind
from hailuo.publish.manifest.files import ONE_EACH, ManifestError, checked_schema, floats, plain_rows

_KIND: Final = b"hailuo.kind"
_PART_OF: Final = b"hailuo.part_of"
_FLAT: Final = b"hailuo.flat"  # which objects became columns: one without any name leaves no other trace
_JSON: Final = b"json"
_AS_JSON: Final = (Kind.OBJECT, Kind.LIST)
_TYPES: Final = {
    Kind.TIME: pa.timestamp("us", tz="UTC"),
    Kind.INTEGER: pa.int64(),
    Kind.NUMBER: pa.float64(),
    Kind.BOOLEAN: pa.bool_(),
    Kind.TEXTS: pa.list_(pa.string()),
}
"""Of the other kinds all but money are texts."""
_KEEPS_NULL: Final = {"factors": True, "columns": False}
"""Objects that become one column for each of their names, and whether null is a value in them."""
_LEAST_SCALE: Final = 12
_MOST_DIGITS: Final = 76  # of decimal256
_EXACT: Final = Context(prec=2 * _MOST_DIGITS)
_USUAL_DIGITS: Final = 38  # of decimal128, which every reader knows
_BY_NAME: Final = {column.name: column for column in COLUMN_TABLE}


def to_parquet(frame: pd.DataFrame) -> bytes:
    """The same values, typed and compressed (zstd); objects, and columns that we do not know, as JSON text.

    Times are timestamps in UTC. `factors` and `columns` become one column for each name in them, as in the CSV. Money is
    a double where no amount of the column changes by it, else a decimal: nothing is rounded, but an amount may lose
    zeros at its end. Half a surrogate pair, which no Parquet text can hold, becomes its escape.
    Raises: ManifestError for a value that is not of its column's kind.
    """
    rows = plain_rows(frame)
    arrays: dict[str, pa.Array] = {}
    fields, flat = [], []
    for column in map(str, frame.columns):
        values = [row[column] for row in rows]
        parts = _parts(column, values, taken=frame.columns)
        if parts is None:
            arrays[column] = _array(column, values)
            fields.append(_field(column, arrays[column].type))
            continue
        flat.append(column)
        for name, texts in parts.items():
            arrays[name] = pa.array([_storable(text) for text in texts], pa.string())
            fields.append(pa.field(name, pa.string(), metadata={_PART_OF: column.encode()}))
    about = {b"hailuo.schema": SCHEMA.encode(), _FLAT: ",".join(flat).encode()}
    schema = pa.schema(fields, metadata=about)
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_arrays(list(arrays.values()), schema=schema), sink, compression="zstd")
    return sink.getvalue()


def read_parquet(content: bytes) -> pd.DataFrame:
    """What `to_parquet` wrote, as `read_jsonl` gives it; columns of later versions are kept. Raises: ManifestError."""
    try:
        table = pq.read_table(pa.BufferReader(content))
    except (pa.ArrowInvalid, OSError) as error:
        raise ManifestError(f"this is no Parquet file: {error}") from error
    read = {field.name: _read(field, table.column(field.name).to_pylist()) for field in table.schema}
    for column in filter(None, (table.schema.metadata or {}).get(_FLAT, b"").decode().split(",")):
        own = [
            field.name for field in table.schema if (field.metadata or {}).get(_PART_OF) == column.encode()
        ]
        read[column] = _joined(
            {name.removeprefix(ONE_EACH[column]): read.pop(name) for name in own}, column, table.num_rows
        )
    for number, schema in enumerate(read.get("schema", [None] * table.num_rows), start=1):
        checked_schema(schema, f"row {number}")
    names = [*COLUMNS, *(name for name in read if name not in COLUMNS)]
    nothing: list[object] = [None] * table.num_rows
    return pd.DataFrame({name: pd.Series(read.get(name, nothing), dtype=object) for name in names})


def _parts(
    column: str, values: Sequence[object], *, taken: Iterable[str]
) -> dict[str, list[str | None]] | None:
    """The texts of an object by the columns they become; None where that loses something, and it stays one column."""
    if column not in ONE_EACH or not all(isinstance(value, dict) for value in values):
        return None
    objects = cast("Sequence[dict[str, str | None]]", values)
    names = list(dict.fromkeys(name for value in objects for name in value))
    parts = {f"{ONE_EACH[column]}{name}": [value.get(name) for value in objects] for name in names}
    is_text = all(isinstance(text, str | None) for texts in parts.values() for text in texts)
    safe = is_text and not parts.keys() & set(taken)
    same = safe and _joined(dict(zip(names, parts.values(), strict=True)), column, len(objects)) == objects
    return parts if same else None


def _joined(parts: Mapping[str, Sequence[object]], column: str, rows: int) -> list[object]:
    """One object per row, of its parts by name."""
    kept = _KEEPS_NULL[column]
    return [
        {name: texts[at] for name, texts in parts.items() if kept or texts[at] is not None}
        for at in range(rows)
    ]


def _array(name: str, values: Sequence[object]) -> pa.Array:
    column = _BY_NAME.get(name)
    if column is None or column.kind in _AS_JSON:
        texts = (
            None if value is None else json.dumps(value, allow_nan=False, separators=(",", ":"))
            for value in values
        )
        return pa.array(texts, pa.string())
    kind = _TYPES.get(column.kind, pa.string())
    try:
        if column.kind is Kind.TIME:
            return pa.array([None if at is None else datetime.fromisoformat(str(at)) for at in values], kind)
        if column.kind is Kind.MONEY:
            return _money(values)
        return pa.array([_storable(value) for value in values], kind)
    except (pa.ArrowInvalid, pa.ArrowTypeError, ValueError) as error:
        raise ManifestError(f"{name} holds a value that is no {column.kind}: {error}") from error


def _money(values: Sequence[object]) -> pa.Array:
    """Doubles, which every reader divides by numbers; decimals where a double would be another amount."""
    amounts = [value for value in values if isinstance(value, Decimal)]
    exact = _decimal_for(amounts)
    is_money = all(value is None or isinstance(value, Decimal) for value in values)
    if is_money and all(Decimal(repr(float(amount))) == amount for amount in amounts):
        return pa.array(
            [float(value) if isinstance(value, Decimal) else None for value in values], pa.float64()
        )
    return pa.array(values, exact)


def _decimal_for(amounts: Sequence[Decimal]) -> pa.DataType:
    """Wide enough for every amount: nothing is rounded."""
    scale = max([_LEAST_SCALE, *(-int(amount.as_tuple().exponent) for amount in amounts)])
    whole = max([1, *(amount.adjusted() + 1 for amount in amounts)])
    digits = scale + whole
    if digits > _MOST_DIGITS:
        raise ManifestError(f"an amount of money has {digits} digits; Parquet holds {_MOST_DIGITS}")
    return pa.decimal128(_USUAL_DIGITS, scale) if digits <= _USUAL_DIGITS else pa.decimal256(digits, scale)


def _field(name: str, kind: pa.DataType) -> pa.Field:
    column = _BY_NAME.get(name)
    stored_as = _JSON if column is None or column.kind in _AS_JSON else column.kind.encode()
    about = {b"description": column.about.encode(), b"unit": column.unit.encode()} if column else {}
    return pa.field(name, kind, metadata={_KIND: stored_as, **about})


def _read(field: pa.Field, values: Sequence[object]) -> list[object]:
    if (field.metadata or {}).get(_KIND) == _JSON:
        return [
            None if value is None else floats(json.loads(str(value), parse_float=Decimal)) for value in values
        ]
    column = _BY_NAME.get(field.name)
    if column and column.kind is Kind.MONEY:
        return [_bare(Decimal(repr(value)) if isinstance(value, float) else value) for value in values]
    if pa.types.is_timestamp(field.type):
        return [_as_text(at) if isinstance(at, datetime) else None for at in values]
    return list(values)


def _as_text(at: datetime) -> str:
    """RFC 3339 in UTC, as the JSON lines have it: with milliseconds, and more only where there is more."""
    precision = "microseconds" if at.microsecond % 1000 else "milliseconds"
    return at.astimezone(UTC).isoformat(timespec=precision).replace("+00:00", "Z")


def _bare(value: object) -> object:
    """As prices are written: without the zeros that the column's scale added, but with the cents."""
    if not isinstance(value, Decimal):
        return value
    bare = value.normalize(_EXACT)
    exponent = int(bare.as_tuple().exponent)
    digits = Decimal(1) if exponent >= 0 else Decimal((0, (1,), min(exponent, -2)))
    return bare.quantize(digits, context=_EXACT)


def _storable(value: object) -> object:
    match value:
        case str():
            return value.encode(errors="backslashreplace").decode()
        case list():
            return [_storable(member) for member in value]
        case _:
            return value

"""The manifest as one typed Parquet file, from which the JSON lines can be made again."""

import io
import json
from collections.abc import Sequence
from decimal import Context, Decimal
from typing import Final

import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]  # has no types
import pyarrow.parquet as pq  # type: ignore[import-untyped]  # has no types

from hailuo.publish.manifest.columns import COLUMN_TABLE, COLUMNS, SCHEMA, Kind
from hailuo.publish.manifest.files import ManifestError, checked_schema, floats, plain_rows

_KIND: Final = b"hailuo.kind"
_JSON: Final = b"json"
_AS_JSON: Final = (Kind.OBJECT, Kind.LIST)
_TYPES: Final = {
    Kind.INTEGER: pa.int64(),
    Kind.NUMBER: pa.float64(),
    Kind.BOOLEAN: pa.bool_(),
    Kind.TEXTS: pa.list_(pa.string()),
}
"""Of the other kinds all but money are texts."""
_LEAST_SCALE: Final = 12
_MOST_DIGITS: Final = 76  # of decimal256
_EXACT: Final = Context(prec=2 * _MOST_DIGITS)
_USUAL_DIGITS: Final = 38  # of decimal128, which every reader knows
_BY_NAME: Final = {column.name: column for column in COLUMN_TABLE}


def to_parquet(frame: pd.DataFrame) -> bytes:
    """The same values, typed and compressed (zstd); objects, and columns that we do not know, as JSON text.

    Money is a decimal, so an amount may lose zeros at its end. Half a surrogate pair, which no Parquet text can
    hold, becomes its escape. Raises: ManifestError for a value that is not of its column's kind.
    """
    rows = plain_rows(frame)
    names = [str(name) for name in frame.columns]
    arrays = [_array(name, [row[name] for row in rows]) for name in names]
    fields = [_field(name, array.type) for name, array in zip(names, arrays, strict=True)]
    schema = pa.schema(fields, metadata={b"hailuo.schema": SCHEMA.encode()})
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_arrays(arrays, schema=schema), sink, compression="zstd")
    return sink.getvalue()


def read_parquet(content: bytes) -> pd.DataFrame:
    """What `to_parquet` wrote, as `read_jsonl` gives it; columns of later versions are kept. Raises: ManifestError."""
    try:
        table = pq.read_table(pa.BufferReader(content))
    except (pa.ArrowInvalid, OSError) as error:
        raise ManifestError(f"this is no Parquet file: {error}") from error
    read = {field.name: _read(field, table.column(field.name).to_pylist()) for field in table.schema}
    for number, schema in enumerate(read.get("schema", [None] * table.num_rows), start=1):
        checked_schema(schema, f"row {number}")
    names = [*COLUMNS, *(name for name in read if name not in COLUMNS)]
    nothing: list[object] = [None] * table.num_rows
    return pd.DataFrame({name: pd.Series(read.get(name, nothing), dtype=object) for name in names})


def _array(name: str, values: Sequence[object]) -> pa.Array:
    column = _BY_NAME.get(name)
    if column is None or column.kind in _AS_JSON:
        texts = (
            None if value is None else json.dumps(value, allow_nan=False, separators=(",", ":"))
            for value in values
        )
        return pa.array(texts, pa.string())
    kind = _TYPES.get(column.kind, pa.string())
    if column.kind is Kind.MONEY:
        kind = _decimal_for([value for value in values if isinstance(value, Decimal)])
    try:
        return pa.array([_storable(value) for value in values], kind)
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise ManifestError(f"{name} holds a value that is no {column.kind}: {error}") from error


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
    if pa.types.is_decimal(field.type):
        return [_bare(value) for value in values]
    return list(values)


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

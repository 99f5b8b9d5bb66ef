"""What every row must be, made from the table of columns: a check before writing, and JSON Schema 2020-12."""

from collections import Counter
from decimal import Decimal
from functools import cache
from typing import Annotated, Final, Literal

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, WithJsonSchema, create_model

from hailuo.publish.manifest.columns import COLUMN_TABLE, SCHEMA, Column, Kind
from hailuo.publish.manifest.files import ManifestError, plain_rows

_SHOWN: Final = 5
_TIME: Final = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$"
_SCHEMA: Final = r"^hailuo\.manifest/1\.\d+$"
_HALF_A_PAIR: Final = "string_unicode"  # a lone surrogate: no UTF-8, but text all the same


def check(frame: pd.DataFrame) -> None:
    """Check that every row is valid by `json_schema`, and that no creative has two. Other columns are not checked.

    Raises: ManifestError naming the first rows and columns that are wrong: a defect of what made the rows.
    """
    rows = plain_rows(frame)
    counted = Counter(row.get("creative_id") for row in rows)
    wrong = [f"creative_id {creative_id} is in {n} rows" for creative_id, n in counted.items() if n > 1]
    try:
        TypeAdapter(list[_row_model()]).validate_python(rows)  # type: ignore[misc, arg-type]  # made at run time
    except ValidationError as error:
        for one in error.errors(include_url=False):
            row, column = one["loc"][:2]
            if one["type"] != _HALF_A_PAIR:
                wrong.append(f"row {int(row) + 1}, {column}: {one['msg']}")
    if wrong:
        raise ManifestError(f"not written, {len(wrong)} values break {SCHEMA}: " + "; ".join(wrong[:_SHOWN]))


def json_schema() -> dict[str, object]:
    """JSON Schema 2020-12 of one row of `manifest.jsonl`."""
    dialect = "https://json-schema.org/draft/2020-12/schema"
    return {"$schema": dialect, **_row_model().model_json_schema(), "title": SCHEMA}


@cache
def _row_model() -> type[BaseModel]:
    fields = {}
    for column in COLUMN_TABLE:
        about = f"{column.about} ({column.unit})" if column.unit else column.about
        kind: object = Literal[column.words] if column.words else _type_of(column)
        fields[f"c_{column.name}"] = (
            kind if column.required else kind | None,  # type: ignore[operator]  # types are values here
            Field(alias=column.name, description=about, title=column.name),
        )
    config = ConfigDict(strict=True, extra="allow", ser_json_inf_nan="null")
    made: type[BaseModel] = create_model("Row", __config__=config, **fields)  # type: ignore[call-overload]  # by name
    return made


def _type_of(column: Column) -> object:
    if column.name == "schema":
        return Annotated[str, Field(pattern=_SCHEMA)]
    least, most = column.bounds or (None, None)
    types: dict[Kind, object] = {
        Kind.TEXT: str,
        Kind.TIME: Annotated[str, Field(pattern=_TIME, json_schema_extra={"format": "date-time"})],
        Kind.INTEGER: Annotated[int, Field(ge=least, le=most)],
        Kind.NUMBER: Annotated[float, Field(allow_inf_nan=False)],
        Kind.BOOLEAN: bool,
        Kind.MONEY: Annotated[Decimal, Field(allow_inf_nan=False), WithJsonSchema({"type": "number"})],
        Kind.TEXTS: list[str],
        Kind.LIST: list[object],
        Kind.OBJECT: dict[str, object],
    }
    return types[column.kind]

"""All files of one publication, and `datapackage.json`, which describes them (Data Package 1).

Source: https://specs.frictionlessdata.io (table-schema: field types and constraints).
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import pandas as pd

from hailuo.extras import Extra, is_installed
from hailuo.publish.manifest.columns import COLUMN_TABLE, SCHEMA, Kind
from hailuo.publish.manifest.contract import check, json_schema
from hailuo.publish.manifest.files import csv_header, to_csv, to_jsonl

_TYPES: Final[Mapping[Kind, str]] = {
    Kind.TEXT: "string",
    Kind.TIME: "datetime",
    Kind.INTEGER: "integer",
    Kind.NUMBER: "number",
    Kind.BOOLEAN: "boolean",
    Kind.MONEY: "number",
    Kind.TEXTS: "array",
    Kind.LIST: "array",
    Kind.OBJECT: "object",
}
_TABLE: Final = "manifest.csv"  # the one resource: validators take the other files for tables of their own


CONTENT_TYPES: Final[Mapping[str, str]] = {
    "manifest.jsonl": "application/x-ndjson",
    "manifest.parquet": "application/vnd.apache.parquet",
    "manifest.csv": "text/csv; charset=utf-8",
    "manifest.schema.json": "application/schema+json",
    "datapackage.json": "application/json",
}
"""File name -> content type, in the order in which they are written: the one that describes the others is last."""


def bundle(frame: pd.DataFrame, *, name: str, built_at: datetime) -> dict[str, bytes]:
    """Every file by name, in the order of `CONTENT_TYPES`; `name` names the package.

    Without the extra `report` there is no Parquet file.

    Raises: ManifestError if a row breaks the contract: then write nothing.
    """
    check(frame)
    files = {
        "manifest.jsonl": to_jsonl(frame),
        **_parquet(frame),
        "manifest.csv": to_csv(frame),
        "manifest.schema.json": json.dumps(json_schema(), ensure_ascii=False, indent=1).encode(),
    }
    # The hashes show a reader whether all files are of one publication.
    described: dict[str, dict[str, object]] = {
        path: {
            "path": path,
            "bytes": len(content),
            "hash": f"sha256:{hashlib.sha256(content).hexdigest()}",
        }
        for path, content in files.items()
    }
    package = {
        "profile": "data-package",
        "name": name,
        "title": f"Manifest of {name}",
        "created": built_at.isoformat(),
        "hailuo:schema": SCHEMA,
        "hailuo:files": [about for path, about in described.items() if path != _TABLE],
        "resources": [{"name": "manifest", **described[_TABLE], **_table(csv_header(frame))}],
    }
    return {**files, "datapackage.json": json.dumps(package, ensure_ascii=False, indent=1).encode()}


def _parquet(frame: pd.DataFrame) -> dict[str, bytes]:
    """The Parquet file, where what writes it is installed."""
    if not is_installed(Extra.REPORT):
        return {}
    from hailuo.publish.manifest.parquet import to_parquet  # noqa: PLC0415 (of an extra)

    return {"manifest.parquet": to_parquet(frame)}


def _table(header: Sequence[str]) -> dict[str, object]:
    return {
        "profile": "tabular-data-resource",
        "mediatype": "text/csv",
        "encoding": "utf-8-sig",
        "description": "For spreadsheets: text that one would run as a formula has an apostrophe in front.",
        "csv_escaping": "apostrophe",
        "dialect": {"delimiter": ",", "lineTerminator": "\r\n", "doubleQuote": True},
        "schema": {
            "fields": [_field(name) for name in header],
            "primaryKey": "creative_id",
            "missingValues": [""],
        },
    }


def _field(name: str) -> dict[str, object]:
    column = next((one for one in COLUMN_TABLE if one.name == name), None)
    if column is None:
        return {"name": name, "type": "string", "description": "a factor, or a column of a later version"}
    constraints: dict[str, object] = {"required": True} if column.required else {}
    if column.words:
        constraints["enum"] = [*column.words]
    if column.bounds:
        constraints["minimum"], constraints["maximum"] = column.bounds
    about = {"name": name, "type": _TYPES[column.kind], "description": column.about}
    unit = {"unit": column.unit} if column.unit else {}
    return {**about, **unit, "constraints": constraints}

"""`datapackage.json`: what the manifest's files are, column by column, and the hash of each (Data Package 1).

Source: https://specs.frictionlessdata.io (table-schema: field types and constraints).
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from hailuo.publish.manifest.columns import COLUMN_TABLE, SCHEMA, Column, Kind

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
_ESCAPING: Final = "apostrophe"
_TABLE: Final = "manifest.csv"  # the one resource: validators take the other files for tables of their own


def datapackage(files: Mapping[str, bytes], *, name: str, header: Sequence[str], built_at: datetime) -> bytes:
    """The description of the files given by name; `header` are the columns of `manifest.csv` as written.

    The hashes tell a reader whether all files are of one publication.
    """
    described = {path: _described(path, content) for path, content in files.items()}
    package = {
        "profile": "data-package",
        "name": name,
        "title": f"Manifest of {name}",
        "created": built_at.isoformat(),
        "hailuo:schema": SCHEMA,
        "hailuo:files": [about for path, about in described.items() if path != _TABLE],
        "resources": [{"name": "manifest", **described[_TABLE], **_table(header)}],
    }
    return json.dumps(package, ensure_ascii=False, indent=1).encode()


def _described(path: str, content: bytes) -> dict[str, object]:
    digest = hashlib.sha256(content).hexdigest()
    return {"path": path, "bytes": len(content), "hash": f"sha256:{digest}"}


def _table(header: Sequence[str]) -> dict[str, object]:
    return {
        "profile": "tabular-data-resource",
        "mediatype": "text/csv",
        "encoding": "utf-8-sig",
        "description": "For spreadsheets: text that one would run as a formula has an apostrophe in front.",
        "csv_escaping": _ESCAPING,
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
    about = {"name": name, "type": _TYPES[column.kind], "description": column.about}
    unit = {"unit": column.unit} if column.unit else {}
    return {**about, **unit, "constraints": _constraints(column)}


def _constraints(column: Column) -> dict[str, object]:
    constraints: dict[str, object] = {"required": True} if column.required else {}
    if column.words:
        constraints["enum"] = [*column.words]
    if column.bounds:
        constraints["minimum"], constraints["maximum"] = column.bounds
    return constraints

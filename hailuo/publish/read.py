"""A manifest by its place, as a table: for notebooks and reports."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import pandas as pd

from hailuo.errors import Place, StoreError
from hailuo.extras import Extra, require
from hailuo.publish import manifest
from hailuo.settings import Settings
from hailuo.store.open import open_store

_NAMES: Final = (".jsonl", ".parquet")
_TYPES: Final = {
    manifest.Kind.TEXT: "string",
    manifest.Kind.INTEGER: "Int64",
    manifest.Kind.NUMBER: "Float64",
    manifest.Kind.BOOLEAN: "boolean",
}


def read_manifest(place: Path | str, *, typed: bool = False) -> pd.DataFrame:
    """One row per job and copy, with every column of this version; those of later versions are kept.

    `place` is a `manifest.jsonl` or `.parquet`, or the folder of an edition: a path, or `s3://bucket/...` (with the
    settings of the environment). Values are plain (str, int, float, bool, Decimal for money, list, dict, None), of
    dtype object; `typed` gives text, numbers, truth values and times pandas' own types, and leaves money exact.

    Raises: ManifestError for what is no manifest of version 1; MissingKeyError, OSError where there is nothing.
    """
    name = str(place).rstrip("/")
    if not name.endswith(_NAMES):
        name = f"{name}/manifest/manifest.jsonl"
    if name.endswith(".parquet"):
        require(Extra.REPORT, Place(name), "a Parquet file")
    content = _from_bucket(name) if "://" in name else Path(name).read_bytes()
    rows = manifest.read_parquet(content) if name.endswith(".parquet") else manifest.read_jsonl(content)
    if not typed:
        return rows
    types = {column.name: _TYPES[column.kind] for column in manifest.COLUMN_TABLE if column.kind in _TYPES}
    times = [column.name for column in manifest.COLUMN_TABLE if column.kind is manifest.Kind.TIME]
    parsed = {name: pd.to_datetime(rows[name], utc=True, format="ISO8601") for name in times}
    return rows.astype(types).assign(**parsed)


def _from_bucket(uri: str) -> bytes:
    """In a thread of its own: a notebook has an event loop already."""
    folder, _, name = uri.rpartition("/")
    if folder.count("/") < 2:
        raise StoreError(f"{uri} names no object in a bucket")
    store = open_store(Settings(store=folder))
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(store.read(name))).result()

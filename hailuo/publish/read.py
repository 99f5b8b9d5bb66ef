"""A manifest by its place, as a table: for notebooks and reports."""

import asyncio
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeVar

import pandas as pd
from pydantic import TypeAdapter, ValidationError

from hailuo.errors import Place, Problem, RefusedError, StoreError
from hailuo.publish import manifest
from hailuo.settings import Settings
from hailuo.store.open import open_store

_T = TypeVar("_T")
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


def read_named(path: Path, *, refuse: type[RefusedError], remedy: str) -> bytes:
    """The bytes of a file that a person named. Raises: `refuse`, with the remedy."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise refuse([Problem(Place(str(path)), f"cannot be read ({error.strerror})", remedy)]) from error


def read_toml(
    adapter: TypeAdapter[_T], content: bytes, *, name: str, remedy: str, refuse: type[RefusedError]
) -> _T:
    """A TOML file as a value. Raises: `refuse` naming every place that is wrong."""
    try:
        return adapter.validate_python(tomllib.loads(content.decode("utf-8-sig")))
    except ValidationError as error:
        places = [(".".join(map(str, one["loc"])), one["msg"]) for one in error.errors(include_url=False)]
        raise refuse([Problem(Place(name), f"{at}: {why}", remedy) for at, why in places]) from error
    except ValueError as error:  # no TOML, or no UTF-8
        raise refuse([Problem(Place(name), f"is no TOML: {error}", remedy)]) from error

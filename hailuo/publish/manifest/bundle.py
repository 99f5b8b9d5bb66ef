"""All files of one publication, checked and made before the first is written."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Final

import pandas as pd

from hailuo.publish.manifest.contract import check, json_schema
from hailuo.publish.manifest.files import csv_header, to_csv, to_jsonl
from hailuo.publish.manifest.package import datapackage
from hailuo.publish.manifest.parquet import to_parquet

CONTENT_TYPES: Final[Mapping[str, str]] = {
    "manifest.jsonl": "application/x-ndjson",
    "manifest.parquet": "application/vnd.apache.parquet",
    "manifest.csv": "text/csv; charset=utf-8",
    "manifest.schema.json": "application/schema+json",
    "datapackage.json": "application/json",
}
"""File name -> content type, in the order they are to be written: the one that vouches for the others is last."""


def bundle(frame: pd.DataFrame, *, name: str, built_at: datetime) -> dict[str, bytes]:
    """Every file by name, in the order of `CONTENT_TYPES`; `name` is the edition's.

    Raises: ManifestError where a row breaks the contract: then nothing is to be written.
    """
    check(frame)
    files = {
        "manifest.jsonl": to_jsonl(frame),
        "manifest.parquet": to_parquet(frame),
        "manifest.csv": to_csv(frame),
        "manifest.schema.json": json.dumps(json_schema(), ensure_ascii=False, indent=1).encode(),
    }
    package = datapackage(files, name=name, header=csv_header(frame), built_at=built_at)
    return {**files, "datapackage.json": package}

"""The comparison as data: one row per job of an edition, in a stable order, whatever became of the job.

`manifest.jsonl` is the truth; Parquet is the same for analysts, `manifest.csv` for spreadsheets, made safe for them.
Bytes in, bytes out: the store is written by `hailuo.publish.publish`.
"""

from typing import TYPE_CHECKING

from hailuo.lazy import lazy_names
from hailuo.publish.manifest.columns import (
    COLUMN_TABLE,
    COLUMNS,
    MONEY_COLUMNS,
    SCHEMA,
    Column,
    Kind,
    Pick,
    Status,
)
from hailuo.publish.manifest.contract import check, json_schema
from hailuo.publish.manifest.files import ManifestError, numbers_in, plain_rows, read_jsonl, to_csv, to_jsonl
from hailuo.publish.manifest.judgements import (
    Judgement,
    JudgementError,
    JudgementFile,
    PairChoice,
    folded,
    is_one_person,
    judgement_key,
    judgement_schema,
    judgements_json,
    newest,
    newest_pairs,
    read_judgements,
)
from hailuo.publish.manifest.package import CONTENT_TYPES, bundle
from hailuo.publish.manifest.rows import SIMULATOR, ClipCopy, CopyFinish, ManifestEntry, build

if TYPE_CHECKING:
    from hailuo.publish.manifest.parquet import read_parquet, to_parquet

__all__ = [
    "COLUMNS",
    "COLUMN_TABLE",
    "CONTENT_TYPES",
    "MONEY_COLUMNS",
    "SCHEMA",
    "SIMULATOR",
    "ClipCopy",
    "Column",
    "CopyFinish",
    "Judgement",
    "JudgementError",
    "JudgementFile",
    "Kind",
    "ManifestEntry",
    "ManifestError",
    "PairChoice",
    "Pick",
    "Status",
    "build",
    "bundle",
    "check",
    "folded",
    "is_one_person",
    "json_schema",
    "judgement_key",
    "judgement_schema",
    "judgements_json",
    "newest",
    "newest_pairs",
    "numbers_in",
    "plain_rows",
    "read_jsonl",
    "read_judgements",
    "read_parquet",
    "to_csv",
    "to_jsonl",
    "to_parquet",
]

__getattr__ = lazy_names(__name__, {"read_parquet": "parquet", "to_parquet": "parquet"})

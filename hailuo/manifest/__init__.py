"""The comparison as data: one row per job of an edition, in a stable order, whatever became of the job.

`manifest.jsonl` is the truth; `manifest.csv` is the same for spreadsheets, made safe for them.
"""

from hailuo.manifest.columns import COLUMNS, SCHEMA
from hailuo.manifest.files import ManifestError, read_jsonl, to_csv, to_jsonl
from hailuo.manifest.keys import manifest_csv_key, manifest_jsonl_key
from hailuo.manifest.rows import Entry, Status, build

__all__ = [
    "COLUMNS",
    "SCHEMA",
    "Entry",
    "ManifestError",
    "Status",
    "build",
    "manifest_csv_key",
    "manifest_jsonl_key",
    "read_jsonl",
    "to_csv",
    "to_jsonl",
]

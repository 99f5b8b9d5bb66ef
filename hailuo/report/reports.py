"""Reports in the store: a folder each, named by when it was made; no report overwrites another."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from hailuo.errors import MissingKeyError, RefusedError
from hailuo.report.archive import from_json
from hailuo.report.findings import ReportFindings
from hailuo.store import Store
from hailuo.store.layout import Edition

PAGE: Final = "report.html"
FINDINGS: Final = "findings.json"
NEXT: Final = "next.yaml"
CONTENT_TYPES: Final[Mapping[str, str]] = {
    PAGE: "text/html; charset=utf-8",
    "estimates.csv": "text/csv",
    "estimates.parquet": "application/vnd.apache.parquet",
    "results.parquet": "application/vnd.apache.parquet",
    NEXT: "application/yaml",
    FINDINGS: "application/json",
}
"""The files of a report in the order in which they are written: findings.json last, so what has one is complete."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class PastReport:
    """A report made before: where it lies, and what it found."""

    folder: str
    findings: ReportFindings


def report_folder(at: datetime, *, edition: Edition, taken: str | None) -> str:
    """The folder of a report made at a time (aware, UTC), ending in "/"; it sorts after the one that is `taken`."""
    folder = edition.report(at)
    if taken is None or folder > taken:
        return folder
    return f"{taken.removesuffix('/')}_2/"  # of the same second, or of a machine whose clock is ahead


async def newest_report(store: Store, *, edition: Edition) -> PastReport | None:
    """The newest report that is complete and can be read; one of a foreign version counts as none, and is logged."""
    entries = await store.listing(edition.reports)
    keys = [entry.key for entry in entries if entry.key.endswith(f"/{FINDINGS}")]
    if not keys:
        return None
    try:
        findings = from_json(await store.read(max(keys)))
    except (MissingKeyError, RefusedError) as error:
        _log.warning("hailuo.report.not_readable", extra={"key": max(keys), "why": str(error)})
        return None
    return PastReport(folder=max(keys).removesuffix(FINDINGS), findings=findings)


async def put_report(store: Store, folder: str, files: Mapping[str, bytes]) -> None:
    """Write the files of one report, each atomically, the findings last. Raises: StoreUnavailableError."""
    for name, content_type in CONTENT_TYPES.items():
        if name in files:
            await store.put(f"{folder}{name}", files[name], content_type=content_type)

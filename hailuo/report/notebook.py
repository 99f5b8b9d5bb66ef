"""The ad report's steps for notebooks: tables in, tables out, and nothing is written."""

import asyncio
from collections.abc import Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from pathlib import Path
from typing import TypedDict, TypeVar, Unpack

import pandas as pd

from hailuo.errors import Place, Problem
from hailuo.publish.read import read_manifest
from hailuo.report import inputs
from hailuo.report.analysis.options import AnalysisOptions, ReportOptionsError
from hailuo.report.inputs import FoundFile, FoundFiles, InputError, files_named, named_apart
from hailuo.report.metrics import Design, Metric
from hailuo.report.run_analysis import AnalysedResults, analyse_results
from hailuo.run.environment import run_environment

_T = TypeVar("_T")
_Known = TypeVar("_Known", bound=StrEnum)

ResultSource = Path | str | pd.DataFrame
"""A file, a folder, `s3://bucket/prefix`, or a table with the headers of an export."""


class JudgeOptions(TypedDict, total=False):
    """How else to judge, as `hailuo.report.analysis.options.AnalysisOptions` has it."""

    confidence: float
    seed: int
    sequential: bool
    planned_split: Mapping[str, float]
    relevant_lift: float
    power: float
    target_cpa: float
    target_roas: float


def read_results(*sources: ResultSource) -> pd.DataFrame:
    """The rows of ad platforms' exports, each ad's every day once: whose ad, which days, and a column per count.

    The sources are exports and mapping files (`.toml`), or folders of them, as for `hailuo report`. A table counts as an
    export with its columns as header; messages name it by `table.attrs["name"]`, if it has one.

    Raises: ExportError with every problem of the exports; InputError for what cannot be read, or where there is none.
    """
    files = _sorted(sources)
    return _awaited(inputs.read_results(files))[0]


def read_ads(*sources: ResultSource) -> pd.DataFrame:
    """The rows of every filled `ads.csv` among the sources, which may be those of the exports.

    Raises: ExportError for rows that cannot be meant; InputError where there is no `ads.csv`.
    """
    files = _sorted(sources)
    if not files.ads:
        remedy = "`hailuo upload-plan` writes one; or leave it out, and ads are found by their names"
        raise InputError([Problem(Place(", ".join(files.where)), "has no ads.csv", remedy)])
    return inputs.ads_rows(files)


def judge_results(
    results: pd.DataFrame,
    manifest: pd.DataFrame | Path | str,
    *,
    ads: pd.DataFrame | None = None,
    design: str = Design.AUCTION,
    metric: str | None = None,
    **options_given: Unpack[JudgeOptions],
) -> AnalysedResults:
    """Join results with a manifest and analyse them, as `hailuo report` does; the same seed gives the same numbers.

    `results` and `ads` are as `read_results` and `read_ads` give them, rows taken out at will; `manifest` is what
    `read_manifest` gives (not typed) or reads. Designs and metrics are those of `hailuo report`; without a metric, the
    deepest one with enough events decides.

    Of what comes back, `findings` is everything that the report's page says, `estimates` every number as a tidy table,
    `joined` the results with the creative of each row, how it was found, or why none was.

    Raises: JudgementError for options that cannot be used; ManifestError, MissingKeyError, OSError of `read_manifest`.
    """
    variants = manifest if isinstance(manifest, pd.DataFrame) else read_manifest(manifest)
    options = AnalysisOptions(
        design=_one_of(Design, design, "design"),
        metric=None if metric is None else _one_of(Metric, metric, "metric"),
        **options_given,
    )
    return analyse_results(results, variants, ads, options=options, at=run_environment().clock.now())


def _one_of(known: type[_Known], given: str, name: str) -> _Known:
    try:
        return known(given)
    except ValueError:
        remedy = f"choose one of {', '.join(one.value for one in known)}"
        raise ReportOptionsError(
            [Problem(Place("the report's options"), f"{given!r} is no {name}", remedy)]
        ) from None


def _sorted(sources: tuple[ResultSource, ...]) -> inputs.InputFiles:
    tables = [one for one in sources if isinstance(one, pd.DataFrame)]
    places = [str(one) for one in sources if not isinstance(one, pd.DataFrame)]
    named: list[Mapping[str, FoundFile]] = []
    for number, table in enumerate(tables, start=1):
        has_index = any(name is not None for name in table.index.names)  # days and ads often are the index
        name = str(table.attrs.get("name") or f"table {number}")
        named.append({name: FoundFile(table.to_csv(index=has_index).encode())})
    files = named_apart([_awaited(files_named(run_environment().settings, places)), *named])
    return inputs.by_kind(FoundFiles.of(files, where=places or list(files)))


def _awaited(coroutine: Coroutine[object, object, _T]) -> _T:
    """In a thread of its own: a notebook has an event loop already."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()

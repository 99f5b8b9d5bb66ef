"""From results to findings: join, check, analyse, and compare with the last report."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Final

import pandas as pd

from hailuo.report.analysis.analyse import analyse
from hailuo.report.analysis.options import AnalysisOptions
from hailuo.report.changes import changes
from hailuo.report.estimates import estimates_table
from hailuo.report.findings import ReportFindings
from hailuo.report.health import health
from hailuo.report.join import join
from hailuo.report.metrics import Design

_PACKAGE: Final = "hailuo-campaigns"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysedResults:
    """The findings, and the joined rows that they rest on."""

    findings: ReportFindings
    joined: pd.DataFrame

    @property
    def estimates(self) -> pd.DataFrame:
        """Every number of the findings as one tidy table, a row each (`hailuo.report.estimates`)."""
        return estimates_table(self.findings)


def analyse_results(
    results: pd.DataFrame,
    variants: pd.DataFrame,
    ads: pd.DataFrame | None,
    *,
    options: AnalysisOptions,
    at: datetime,
) -> AnalysedResults:
    """The findings, made at a time (aware), of results and ads as `hailuo.report.exports` reads them, and the manifest.

    Raises: RefusedError for options that cannot be used.
    """
    joined = join(results, variants, ads)
    duplicates = int(results.attrs.get("duplicates", 0))
    findings = analyse(
        joined,
        variants,
        options=with_split(options, ads),
        health=health(joined, variants, duplicates=duplicates),
        made_at=at,
        version=version(_PACKAGE),
    )
    return AnalysedResults(findings=findings, joined=joined)


def compared(findings: ReportFindings, before: ReportFindings | None) -> ReportFindings:
    """The findings with what is different since the last report."""
    if before is None:
        return findings
    made_at = before.made_at.astimezone(UTC)
    return replace(findings, changes=changes(findings, before), previous=f"{made_at:%Y-%m-%d %H:%M} UTC")


def with_split(options: AnalysisOptions, ads: pd.DataFrame | None) -> AnalysisOptions:
    """The shares planned in ads.csv, if the design splits people and the options have no split."""
    if options.design is not Design.RANDOMISED_SPLIT or options.planned_split is not None or ads is None:
        return options
    shares = ads.assign(share=pd.to_numeric(ads["planned_split"].str.rstrip("% "), errors="coerce"))
    planned = shares[shares["share"].notna() & shares["creative_id"].notna()]
    split = {str(name): float(share) for name, share in planned.groupby("creative_id")["share"].sum().items()}
    return replace(options, planned_split=split) if split else options

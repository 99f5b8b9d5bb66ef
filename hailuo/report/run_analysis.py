"""From results to findings: join, check, analyse, and compare with the last report."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Final

import pandas as pd

from hailuo.report.analysis.analyse import analyse
from hailuo.report.analysis.options import AnalysisOptions
from hailuo.report.changes import changes
from hailuo.report.estimates import estimates_table
from hailuo.report.findings import Change, ReportFindings
from hailuo.report.formatting import plural
from hailuo.report.health import health
from hailuo.report.join import clip_of, join
from hailuo.report.metrics import Design
from hailuo.report.texts import say

CHOICE: Final = "choice"
"""The label of findings that are about chosen clips only: what was asked of them."""

_PACKAGE: Final = "hailuo-campaigns"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The clips that people chose, by creative id, and what was asked of them, such as "picked and rated 4+"."""

    creative_ids: frozenset[str]
    words: str

    def rows(self, variants: pd.DataFrame) -> pd.DataFrame:
        """The rows of the manifest about these clips and their copies."""
        original = variants["derived_from"].where(variants["derived_from"].notna(), variants["creative_id"])
        return variants[original.isin(self.creative_ids)].reset_index(drop=True)

    def split(self, options: AnalysisOptions, clips: Mapping[str, str]) -> AnalysisOptions:
        """The planned shares of these clips and their copies; none where fewer than two of them have one."""
        planned = options.planned_split or {}
        own = {name: share for name, share in planned.items() if clips.get(name) in self.creative_ids}
        return replace(options, planned_split=own if len(own) > 1 else None)

    def note(self, found: "pd.Series[str]") -> str:
        """How many clips with results are compared, and how many are not."""
        known = set(found.dropna())
        return say(
            "caution.chosen",
            clips=plural(len(known & self.creative_ids), "clip"),
            choice=self.words,
            others=plural(len(known - self.creative_ids), "clip"),
        )


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
    only: Chosen | None = None,
) -> AnalysedResults:
    """The findings, made at a time (aware), of results and ads as `hailuo.report.exports` reads them, and the manifest.

    `only` leaves out the results of all other clips; the data before the verdict is still that of all. Raises: RefusedError for options that cannot be used.
    """
    joined = join(results, variants, ads)
    duplicates = int(results.attrs.get("duplicates", 0))
    sound, options = health(joined, variants, duplicates=duplicates), with_split(options, ads)
    if only:
        clips = clip_of(variants)
        sound = replace(sound, notes=(*sound.notes, only.note(joined["creative_id"].map(clips))))
        options = only.split(options, clips)
    findings = analyse(
        joined,
        only.rows(variants) if only else variants,
        options=options,
        health=sound,
        made_at=at,
        version=version(_PACKAGE),
    )
    if only:
        findings = replace(findings, labels={**findings.labels, CHOICE: only.words})
    return AnalysedResults(findings=findings, joined=joined)


def compared(findings: ReportFindings, before: ReportFindings | None) -> ReportFindings:
    """The findings with what is different since the last report."""
    if before is None:
        return findings
    made_at = before.made_at.astimezone(UTC)
    same_clips = findings.labels.get(CHOICE) == before.labels.get(CHOICE)
    found = changes(findings, before) if same_clips else (Change(sentence=say("change.other_clips")),)
    return replace(findings, changes=found, previous=f"{made_at:%Y-%m-%d %H:%M} UTC")


def with_split(options: AnalysisOptions, ads: pd.DataFrame | None) -> AnalysisOptions:
    """The shares planned in ads.csv, if the design splits people and the options have no split."""
    if options.design is not Design.RANDOMISED_SPLIT or options.planned_split is not None or ads is None:
        return options
    shares = ads.assign(share=pd.to_numeric(ads["planned_split"].str.rstrip("% "), errors="coerce"))
    planned = shares[shares["share"].notna() & shares["creative_id"].notna()]
    split = {str(name): float(share) for name, share in planned.groupby("creative_id")["share"].sum().items()}
    return replace(options, planned_split=split) if split else options

"""The parts of a platform's delivery that its exports tell apart, such as placements, ages and genders."""

from dataclasses import replace
from math import isnan
from typing import Final

from hailuo.report.analysis.measures import estimates
from hailuo.report.analysis.observations import Observed
from hailuo.report.analysis.options import AnalysisOptions, ReportThresholds
from hailuo.report.findings import DeliveryPart
from hailuo.report.metrics import COUNTS, Count

MOST_PARTS: Final = 40
"""Rows of one table: those with most spend, then most impressions."""
NO_PART: Final = "not broken down"


def parts_of(
    observed: Observed, options: AnalysisOptions, limits: ReportThresholds
) -> tuple[DeliveryPart, ...]:
    """One entry per dimension and value, all clips together, most spend first; empty where no row names a part.

    Each dimension by itself adds up to the platform's total: rows of two dimensions count in both.
    """
    given = observed.rows["breakdown"]
    splits = [dict(one.split("=", 1) for one in text.split("; ") if "=" in one) for text in given.fillna("")]
    found: list[DeliveryPart] = []
    for dimension in dict.fromkeys(name for split in splits for name in split):
        rows = observed.rows.assign(creative_id=[split.get(dimension, NO_PART) for split in splits])
        of_parts = replace(observed, rows=rows)
        measured = estimates(
            of_parts,
            options,
            horizon_events=limits.peeking_horizon_events.value,
        )
        totals = of_parts.totals()
        parts = [
            DeliveryPart(
                dimension=dimension,
                name=str(name),
                counts={
                    count: float(row[count.value])
                    for count in COUNTS
                    if count is not Count.REACH and not isnan(row[count.value])
                },
                estimates=measured[str(name)],
            )
            for name, row in totals.iterrows()
        ]
        parts.sort(
            key=lambda one: (-one.counts.get(Count.SPEND, 0.0), -one.counts.get(Count.IMPRESSIONS, 0.0))
        )
        found += parts[:MOST_PARTS]
    return tuple(found)

"""Many exports as one frame in which nothing is counted twice."""

from collections.abc import Mapping, Sequence

import pandas as pd

from hailuo.errors import Problem
from hailuo.report.exports.deduplicate import (
    ad_days_of,
    contradictions,
    mixed_attributions,
    mixtures,
    overlaps,
    repetitions,
    twins,
)
from hailuo.report.exports.export import frame_of, read_export
from hailuo.report.exports.fields import RESULT_COLUMNS, ExportError, refuse
from hailuo.report.exports.mapping import ExportMapping
from hailuo.report.metrics import Count


def read_exports(files: Mapping[str, bytes], *, mappings: Sequence[ExportMapping] = ()) -> pd.DataFrame:
    """The rows of all files, in order of their names; each ad's every day is in it once.

    Where a platform's rows differ in their attribution setting, its conversions and revenue are left out: they cannot be
    compared. `attrs` has `duplicates` (number of rows that repeat another, left out), `totals` (number of rows of sums,
    left out) and `unread` (unknown columns, by file).
    Raises: ExportError with every problem of every file: unreadable cells, currencies that differ on one platform, the
    same ad and day with other numbers, overlapping days, several breakdowns of the same days.
    """
    frames: dict[str, pd.DataFrame] = {}
    problems: list[Problem] = []
    for name in sorted(files):
        try:
            frames[name] = read_export(files[name], name=name, mappings=mappings)
        except ExportError as error:
            problems.extend(error.every)
    refuse(problems)
    empty = frame_of({name: [] for name in RESULT_COLUMNS})
    filled = [one for one in frames.values() if len(one)] or [empty]
    merged = filled[0] if len(filled) == 1 else pd.concat(filled, ignore_index=True)
    table = ad_days_of(merged)
    again = repetitions(merged, table)
    once = merged
    if again.any():
        once = merged[~again].reset_index(drop=True)
        table = ad_days_of(once)
    attributions = mixed_attributions(once)
    refuse([*mixtures(once, table), *contradictions(once, table), *overlaps(table), *twins(table)])
    if attributions:
        once = once.copy(deep=False)
        for count in (Count.CONVERSIONS.value, Count.REVENUE.value):
            once[count] = once[count].where(~once["platform"].isin(attributions))
    once.attrs = {
        "duplicates": int(again.sum()) + sum(one.attrs["repeated"] for one in frames.values()),
        "totals": sum(one.attrs["totals"] for one in frames.values()),
        "unread": {name: one.attrs["unread"] for name, one in frames.items()},
    }
    return once

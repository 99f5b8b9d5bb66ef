"""Many exports as one frame in which nothing is counted twice."""

from collections.abc import Mapping, Sequence

import pandas as pd

from hailuo.errors import Problem
from hailuo.report.exports.deduplicate import (
    ad_days_of,
    contradictions,
    mixed_attributions,
    mixed_conversions,
    mixtures,
    overlaps,
    repetitions,
    set_apart,
    twins,
)
from hailuo.report.exports.export import frame_of, read_export
from hailuo.report.exports.fields import RESULT_COLUMNS, ExportError, refuse
from hailuo.report.exports.mapping import ExportMapping
from hailuo.report.metrics import Count


def read_exports(files: Mapping[str, bytes], *, mappings: Sequence[ExportMapping] = ()) -> pd.DataFrame:
    """The rows of all files, in order of their names; each ad's every day is in it once.

    Where a platform's rows differ in their attribution setting, or in what counts as a conversion, its conversions and
    revenue are left out: they cannot be compared. A few rows in another currency than the rest of their platform are set
    apart. `attrs` has `duplicates` (number of rows that repeat another, left out), `nameless` (those of them that are of
    one file and have no ad id), `totals` (number of rows of sums, left out), `set_apart` (platform -> currency -> number
    of rows), `unread` (unknown columns, by file) and `unread_money` (those of money or conversions).
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
    apart, foreign = set_apart(once)
    if apart.any():
        once = once[~apart].reset_index(drop=True)
        table = ad_days_of(once)
    withheld = mixed_attributions(once).keys() | mixed_conversions(once).keys()
    refuse([*mixtures(once, table), *contradictions(once, table), *overlaps(table), *twins(table)])
    if withheld:
        once = once.copy(deep=False)
        for count in (Count.CONVERSIONS.value, Count.REVENUE.value):
            once[count] = once[count].where(~once["platform"].isin(withheld))
    once.attrs = {
        "duplicates": int(again.sum()) + sum(one.attrs["repeated"] for one in frames.values()),
        "totals": sum(one.attrs["totals"] for one in frames.values()),
        "nameless": sum(one.attrs["nameless"] for one in frames.values()),
        "set_apart": foreign,
        "unread": {name: one.attrs["unread"] for name, one in frames.items()},
        "unread_money": {name: one.attrs["unread_money"] for name, one in frames.items()},
    }
    return once

"""Many exports as one frame in which nothing is counted twice."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

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
from hailuo.report.exports.pulls import Pull, restated, time_in_name
from hailuo.report.metrics import COUNT_NAMES, Count


def read_exports(
    files: Mapping[str, bytes],
    *,
    mappings: Sequence[ExportMapping] = (),
    times: Mapping[str, datetime] | None = None,
) -> pd.DataFrame:
    """The rows of all files, in order of their names; each ad's every day is in it once.

    Where a platform's rows differ in their attribution setting, or in what counts as a conversion, its conversions and
    revenue are left out: they cannot be compared. A few rows in another currency than the rest of their platform are set
    apart. Pulls of one report that restate a day are read together, and the newest of each ad's day counts (see
    `hailuo.report.exports.pulls`); `times` are when the files changed last.

    `attrs` has `duplicates` (number of rows that repeat another, left out), `nameless` (those of them that are of one
    file and have no ad id), `totals` (number of rows of sums, left out), `set_apart` (platform -> currency -> number of
    rows), `restated` (number of rows that a newer pull replaces), `unread` (unknown columns, by file), `unread_money`
    (those of money or conversions) and `blank` (headers of counts of which no file has a number, by file).
    Raises: ExportError with every problem of every file: unreadable cells, currencies that differ on one platform, the
    same ad and day with other numbers, overlapping days, several breakdowns of the same days.
    """
    frames: dict[str, pd.DataFrame] = {}
    problems: list[Problem] = []
    for name in sorted(files):
        try:
            frames[name] = read_export(
                files[name], name=name, mappings=mappings, until=_last_day((times or {}).get(name))
            )
        except ExportError as error:
            problems.extend(error.every)
    refuse(problems)
    blank = _known_zeros(frames)
    empty = frame_of({name: [] for name in RESULT_COLUMNS})
    filled = [one for one in frames.values() if len(one)] or [empty]
    merged = filled[0] if len(filled) == 1 else pd.concat(filled, ignore_index=True)
    table = ad_days_of(merged)
    replaced = restated(merged, table, _pulls(frames, times or {}))
    if replaced.any():
        merged = merged[~replaced].reset_index(drop=True)
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
        "restated": int(replaced.sum()),
        "unread": {name: one.attrs["unread"] for name, one in frames.items()},
        "unread_money": {name: one.attrs["unread_money"] for name, one in frames.items()},
        "blank": blank,
    }
    return once


def _known_zeros(frames: Mapping[str, pd.DataFrame]) -> Mapping[str, Sequence[str]]:
    """Write 0 for a blank column where another file of its platform has numbers of it: there it is counted, and nothing
    happened. Returns the headers of those that no file has numbers of, by file.
    """
    counted = {
        (platform, name)
        for frame in frames.values()
        for platform, rows in frame.groupby("platform", sort=False)
        for name in COUNT_NAMES
        if rows[name].notna().any()
    }
    unknown: dict[str, list[str]] = {}
    for file, frame in frames.items():
        for platform, names in frame.attrs["blank"].items():
            for name, headers in names.items():
                if (platform, name) in counted:
                    frame.loc[frame["platform"] == platform, name] = 0.0
                else:
                    unknown.setdefault(file, []).extend(headers)
    return unknown


def _pulls(frames: Mapping[str, pd.DataFrame], times: Mapping[str, datetime]) -> Mapping[str, Pull]:
    return {
        name: Pull(
            said=frame.attrs["exported_at"],
            named=time_in_name(name),
            changed=times.get(name),
            columns=frame.attrs["columns"],
        )
        for name, frame in frames.items()
    }


def _last_day(changed_at: datetime | None) -> date | None:
    """No day of a file is after the day on which it was written, anywhere on earth."""
    return changed_at.date() + timedelta(days=1) if changed_at else None

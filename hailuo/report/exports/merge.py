"""Many exports as one frame in which nothing is counted twice."""

from collections.abc import Mapping, Sequence

import pandas as pd

from hailuo.errors import Problem
from hailuo.report.exports.deduplicate import (
    ad_days_of,
    contradictions,
    mixtures,
    overlaps,
    repetitions,
    twins,
)
from hailuo.report.exports.export import read_export
from hailuo.report.exports.formats import Formats, formats_that_ship
from hailuo.report.exports.frame import stacked
from hailuo.report.exports.mapping import ExportMapping
from hailuo.report.exports.refusal import ExportError, refuse


def read_exports(
    files: Mapping[str, bytes],
    *,
    mapping: ExportMapping | Sequence[ExportMapping] | None = None,
    formats: Formats | None = None,
) -> pd.DataFrame:
    """The rows of all files, in order of their names; each ad's every day is in it once.

    `attrs` tells `duplicates` (the same row again, left out), `totals` (rows of sums, left out) and `unread` (columns
    that mean nothing to us, by file).
    Raises: ExportError with every problem of every file: unreadable cells, currencies or attributions that differ on one
    platform, the same ad and day with other numbers, overlapping days, several breakdowns of the same days.
    """
    frames = _read_all(files, mapping, formats or formats_that_ship())
    everything = stacked([one for one in frames.values() if len(one)])
    lines = ad_days_of(everything)
    again = repetitions(everything, lines)
    once = everything[~again].reset_index(drop=True)
    lines = [line for line, said in zip(lines, again, strict=True) if not said]
    refuse([*mixtures(once, lines), *contradictions(once, lines), *overlaps(lines), *twins(lines)])
    once.attrs = {
        "duplicates": int(again.sum()) + sum(one.attrs["repeated"] for one in frames.values()),
        "totals": sum(one.attrs["totals"] for one in frames.values()),
        "unread": {name: one.attrs["unread"] for name, one in frames.items()},
    }
    return once


def _read_all(
    files: Mapping[str, bytes], mapping: ExportMapping | Sequence[ExportMapping] | None, formats: Formats
) -> dict[str, pd.DataFrame]:
    frames: dict[str, pd.DataFrame] = {}
    problems: list[Problem] = []
    for name in sorted(files):
        try:
            frames[name] = read_export(files[name], name=name, mapping=mapping, formats=formats)
        except ExportError as error:
            problems.extend(error.every)
    refuse(problems)
    return frames

"""Golden exports: a small file per platform and dialect, and the numbers that are in them (G10)."""

from collections.abc import Iterator

import numpy as np

from benchmarks.judge.lines import Line, at_least
from hailuo.report.exports import read_export
from tests.support.report.golden import GOLDEN, Golden


def golden_exports() -> Iterator[Line]:
    """Every number, day and currency of every file; a file that is off has a line of its own."""
    wrong = {golden.file: words for golden in GOLDEN if (words := ", ".join(_wrong(golden)))}
    for file, words in wrong.items():
        yield Line(
            goal="G10",
            what=f"golden export {file}",
            expected="every number",
            found=f"other {words}",
            held=False,
        )
    platforms = len({golden.platform for golden in GOLDEN})
    what = f"golden exports of {platforms} platforms read to the last number (currencies, totals, nulls, %, languages, UTF-16)"
    yield at_least("G10", what, len(GOLDEN) - len(wrong), len(GOLDEN), unit="files")


def _wrong(golden: Golden) -> Iterator[str]:
    """The columns that are not as they should be."""
    frame = read_export(golden.content(), name=golden.file, mappings=golden.mappings())
    if set(frame["platform"]) != {golden.platform.value}:
        yield "platform"
    if set(frame["currency"]) != {golden.currency}:
        yield "currency"
    if [None if day is None else day.isoformat() for day in frame["date_start"]] != list(golden.days):
        yield "days"
    for name, told in golden.counts.items():
        expected = np.array([np.nan if one is None else one for one in told], dtype=float)
        found = frame[name].to_numpy(dtype=float)
        if len(found) != len(expected) or not np.allclose(found, expected, rtol=1e-9, equal_nan=True):
            yield name

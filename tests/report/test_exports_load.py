"""A large export: what is done for each row is done by pandas and numpy, not in Python."""

import sys
from collections import Counter
from pathlib import Path
from types import FrameType

import pandas as pd
import pytest

from benchmarks.export_load import write_export
from hailuo.report.cells import ValueColumn, earliest, groups, together
from hailuo.report.exports import read_exports
from hailuo.report.join import join


def _python_calls(folder: Path, *, rows: int, ads: int) -> int:
    """Calls of Python functions while an export is read and joined, but for the one that gives the rows of its CSV."""
    path = folder / f"meta-{rows}.csv"
    write_export(path, rows=rows, ads=ads, figures=50)
    content = path.read_bytes()
    variants = pd.DataFrame({"creative_id": ["7KQ2M9X4TD"], "derived_from": [None], "s3_uri": [None]})
    calls: Counter[str] = Counter()

    def count(frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        if (
            event == "call"
            and "hailuo/report" in code.co_filename
            and not code.co_filename.endswith("sheet.py")
        ):
            calls[code.co_name] += 1

    sys.setprofile(count)
    try:
        joined = join(read_exports({path.name: content}), variants)
    finally:
        sys.setprofile(None)
    assert len(joined) == rows
    return calls.total()


@pytest.mark.slow
def test_the_calls_follow_the_different_values_not_the_rows(tmp_path: Path) -> None:
    """Ten times the rows of ten times the ads, for the same days: less than one call for each row that is added."""
    _python_calls(tmp_path, rows=100, ads=10)  # what is read once for each process
    few = _python_calls(tmp_path, rows=4_000, ads=20)
    many = _python_calls(tmp_path, rows=40_000, ads=200)

    assert many - few < 36_000


def test_rows_are_equal_exactly_if_their_codes_are() -> None:
    """Also of several columns together, and after rows were taken out or values mapped to one."""
    column = ValueColumn.of(["a", "b", "a", "B", "b"])
    lower: ValueColumn[str | int] = column.map(str.lower)
    numbers: ValueColumn[str | int] = ValueColumn.of([1, 1, 1, 2, 1])

    assert lower.codes.tolist() == [0, 1, 0, 1, 1]
    assert groups([lower, numbers], 5).tolist() == [0, 1, 0, 2, 1]
    assert earliest(groups([lower, numbers], 5)).tolist() == [0, 1, 0, 3, 1]
    both = together([lower, numbers], 5)
    assert [both[row] for row in range(5)] == [("a", 1), ("b", 1), ("a", 1), ("b", 2), ("b", 1)]
    assert column.taken(lower.where("b".__eq__)).distinct == ("b", "B")

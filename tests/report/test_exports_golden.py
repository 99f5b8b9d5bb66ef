"""What every platform hands out is read, in whatever dialect."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from hailuo.report.exports import RESULT_COLUMNS, read_export, read_exports
from hailuo.report.metrics import COUNT_NAMES, AdPlatform
from tests.support.report.golden import FOLDER, GOLDEN, Golden


@pytest.fixture(scope="module", params=GOLDEN, ids=lambda golden: golden.file)
def golden(request: pytest.FixtureRequest) -> Golden:
    """Each of the files, and what it holds."""
    one: Golden = request.param
    return one


@pytest.fixture(scope="module")
def frame(golden: Golden) -> pd.DataFrame:
    """The file as it is read."""
    return read_export(golden.content(), name=golden.file, mappings=golden.mappings())


def test_a_golden_export_reads_to_its_numbers(golden: Golden, frame: pd.DataFrame) -> None:
    """Counts and money are those that were written, in every encoding, separator, language and number style."""
    expected = pd.DataFrame(golden.counts, dtype="float64")

    pd.testing.assert_frame_equal(frame[list(golden.counts)], expected, rtol=1e-12)


def test_a_golden_export_says_whose_days_they_are(golden: Golden, frame: pd.DataFrame) -> None:
    """Platform, currency, days and the line of the file come along."""
    assert set(frame["platform"]) == {golden.platform.value}
    assert set(frame["currency"]) == {golden.currency}
    assert [day.isoformat() if day else None for day in frame["date_start"]] == list(golden.days)
    assert frame["source_row"][0] == golden.first_line
    assert frame.attrs["totals"] == golden.totals


def test_every_results_frame_has_the_same_columns(frame: pd.DataFrame) -> None:
    """Columns and their types do not depend on the platform."""
    assert tuple(frame.columns) == RESULT_COLUMNS
    assert {str(frame[name].dtype) for name in COUNT_NAMES} == {"float64"}
    assert {
        str(frame[name].dtype) for name in RESULT_COLUMNS if name not in (*COUNT_NAMES, "source_row")
    } == {"object"}
    assert not any(isinstance(cell, float) for cell in frame["ad_id"])  # None, never NaN


def test_every_platform_has_a_golden_export() -> None:
    """A platform is not supported without a file that shows it."""
    assert {golden.platform for golden in GOLDEN} == set(AdPlatform)


def test_every_golden_file_is_expected() -> None:
    """No file lies there unread."""
    named = {golden.file for golden in GOLDEN} | {golden.mapping_file for golden in GOLDEN}

    assert {path.name for path in FOLDER.iterdir()} == named - {None}


def test_a_span_reaches_to_its_last_day() -> None:
    """A report without days is about the days in its preamble."""
    golden = next(one for one in GOLDEN if one.file == "google_range.tsv")

    frame = read_export(golden.content(), name=golden.file)

    assert set(frame["date_end"]) == {date(2026, 11, 2)}


def test_counts_an_export_does_not_tell_are_nan() -> None:
    """Google has no 3-second views: unknown is not zero."""
    golden = next(one for one in GOLDEN if one.file == "google.csv")

    frame = read_export(golden.content(), name=golden.file)

    assert np.isnan(frame["v3s"]).all()


def test_all_platforms_read_together() -> None:
    """One frame of all files, nothing lost."""
    chosen = [
        golden for golden in GOLDEN if golden.file in ("meta_en.csv", "tiktok.csv", "google.csv", "snap.csv")
    ]

    frame = read_exports({golden.file: golden.content() for golden in chosen})

    assert frame["impressions"].sum() == 4 * (12345 + 980 + 10200)
    assert frame.attrs["duplicates"] == 0
    assert frame.attrs["totals"] == 4

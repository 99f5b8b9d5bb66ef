"""How the totals of the Kaggle file are looked at, held on a file made up in its form: the data is not part of the project."""

from pathlib import Path

import pytest

from benchmarks.judge.kaggle import kaggle_totals

HEADER = (
    "Date,ad_id,xyz_campaign_id,fb_campaign_id,age,gender,interest,Impressions,Clicks,Spent,"
    "Total_Conversion,Approved_Conversion\n"
)


@pytest.mark.parametrize(("clicks", "held"), [(38_000, [True, True, True]), (37_999, [True, False, True])])
def test_a_total_that_is_off_by_one_is_missed(tmp_path: Path, clicks: int, held: list[bool]) -> None:
    """Every number is read, with the digits that floats have left in it, and none twice."""
    rows = (
        "31-08-2023,708746,916,103916,30-34,M,15,213000000,165,58704.230000004,2,1\n"
        f"31-08-2023,708749,916,103917,35-39,F,16,434828,{clicks},0.999999996,2,0\n"
    )
    path = tmp_path / "KAG_conversion_data.csv"
    path.write_text(HEADER + rows, encoding="utf-8")

    assert [line.held for line in kaggle_totals(path)] == held


def test_without_the_file_it_is_not_run() -> None:
    """Nobody fails for data that is not here."""
    assert [line.held for line in kaggle_totals(None)] == [None]

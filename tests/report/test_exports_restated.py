"""Pulls of a schedule overlap, and platforms restate the last days: the newest numbers of each day count."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

import hailuo
from hailuo.report.exports import ExportError, read_exports

_HEADER = "Reporting starts,Reporting ends,Ad ID,Ad name,Impressions,Amount spent (USD),Link clicks"


def pull(day: int, *, days: int = 3, ads: str = "ab", header: str = _HEADER, preamble: str = "") -> bytes:
    """What was exported on the morning after a day of November: of each day 10 impressions more than the day before."""
    rows = [
        f"2026-11-{one:02},2026-11-{one:02},{ad},{ad},{1000 + 10 * (day - one)},5,10"
        for one in range(day - days + 1, day + 1)
        for ad in ads
    ]
    return "\n".join([*([preamble] if preamble else []), header, *rows]).encode()


def by_day(frame: pd.DataFrame) -> list[float]:
    found: list[float] = frame.groupby("date_start")["impressions"].sum().tolist()
    return found


def at(day: int) -> datetime:
    return datetime(2026, 11, day, 7, tzinfo=UTC)


PULLS = {
    "named": ({f"meta-2026-11-0{day}.csv": pull(day) for day in (4, 5)}, {}),
    "named, other order": ({f"{6 - day} meta {day:02}.11.2026 20261{100 + day}.csv": pull(day) for day in (4, 5)}, {}),
    "said": ({f"{6 - day}.csv": pull(day, preamble=f"Report data as of: 2026-11-0{day + 1} 06:00") for day in (4, 5)}, {}),
    "file time": ({"b.csv": pull(4), "a.csv": pull(5)}, {"b.csv": at(5), "a.csv": at(6)}),
}  # fmt: skip


@pytest.mark.parametrize("case", PULLS)
def test_the_newest_pull_of_each_day_counts(case: str) -> None:
    """In order of the export's own time, the name of the file, or its time; the oldest day is in one pull alone."""
    files, times = PULLS[case]

    frame = read_exports(files, times=times)

    assert by_day(frame) == [2040, 2040, 2020, 2000]
    assert frame.attrs["restated"] == 4


def test_an_ad_that_the_newest_pull_does_not_list_keeps_its_numbers() -> None:
    """It was archived, or its campaign is not in the pull."""
    frame = read_exports({"2026-11-04.csv": pull(4, ads="abcd"), "2026-11-05.csv": pull(5, ads="abc")})

    assert frame[frame["ad_id"] == "d"]["impressions"].tolist() == [1020, 1010, 1000]


UNCLEAR = {
    "no time": ({"a.csv": pull(4), "b.csv": pull(5)}, {}),
    "copied together": ({"a.csv": pull(4), "b.csv": pull(5)}, {"a.csv": at(5), "b.csv": at(5).replace(second=3)}),
    "other columns": ({"2026-11-04.csv": pull(4), "2026-11-05.csv": pull(5, header=_HEADER.replace("Link clicks", "Clicks (all)"))}, {}),
    "mostly other ads": ({"2026-11-04.csv": pull(4, ads="abcde"), "2026-11-05.csv": pull(5, ads="avwxyz")}, {}),
    "without days": ({f"2026-11-0{day}.csv": f"Ad ID,Ad name,Impressions,Amount spent (USD),Link clicks\n1,a,{1000 * day},5,10".encode() for day in (4, 5)}, {}),
}  # fmt: skip


@pytest.mark.parametrize("case", UNCLEAR)
def test_other_numbers_are_refused_where_it_is_unclear_which_are_newer(case: str) -> None:
    """Or where the files are no pulls of one report."""
    files, times = UNCLEAR[case]

    with pytest.raises(ExportError, match="has other numbers in"):
        read_exports(files, times=times)


def test_a_folder_of_daily_pulls_is_read(tmp_path: Path) -> None:
    """By the times of its files."""
    for name, day in (("x.csv", 5), ("y.csv", 4)):
        (tmp_path / name).write_bytes(pull(day))
        os.utime(tmp_path / name, (at(day + 1).timestamp(),) * 2)

    assert by_day(hailuo.read_results(tmp_path)) == [2040, 2040, 2020, 2000]


def test_no_day_is_after_the_file(tmp_path: Path) -> None:
    """03/11 in a file of the 5th of November is no 11th of March of the next year, nor one to come."""
    path = tmp_path / "meta.csv"
    path.write_text(f"{_HEADER}\n05/11/2026,05/11/2026,1,a,1000,5,10\n04/11/2026,04/11/2026,1,a,1000,5,10")
    os.utime(path, (datetime(2026, 5, 20, tzinfo=UTC).timestamp(),) * 2)

    assert [day.month for day in hailuo.read_results(path)["date_start"]] == [5, 4]

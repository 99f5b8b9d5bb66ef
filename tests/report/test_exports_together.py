"""Many exports make one frame in which nothing is counted twice."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hailuo.report.exports import ExportError, read_export, read_exports
from hailuo.report.metrics import COUNT_NAMES
from tests.support.examples import examples
from tests.support.report.golden import GOLDEN

_HEADER = "Reporting starts,Reporting ends,Ad name,Ad ID,Currency,Attribution setting,Amount spent,Impressions,Link clicks,Age,Gender"
_GOLDEN = next(golden for golden in GOLDEN if golden.file == "meta_en.csv")


def _row(
    ad: str = "1",
    *,
    name: str = "ad",
    start: str = "2026-11-01",
    end: str | None = None,
    currency: str = "USD",
    window: str = "7d",
    impressions: int = 100,
    part: str = ",",
) -> str:
    return f"{start},{end or start},{name},{ad},{currency},{window},5,{impressions},1,{part}"


def _file(*rows: str) -> bytes:
    return "\n".join([_HEADER, *rows]).encode()


def _problems(**files: bytes) -> list[str]:
    with pytest.raises(ExportError) as refused:
        read_exports({f"{name}.csv": content for name, content in files.items()})
    return [str(problem) for problem in refused.value.every]


def test_the_same_row_again_is_left_out_and_counted() -> None:
    """Two downloads overlap: the numbers are the same, and counted once."""
    frame = read_exports({"a.csv": _file(_row()), "b.csv": _file(_row(), _row(start="2026-11-02"))})

    assert len(frame) == 2
    assert frame.attrs["duplicates"] == 1


def test_the_same_day_with_other_numbers_is_refused() -> None:
    """Which of the two is right nobody can tell but the user."""
    (found,) = _problems(a=_file(_row(impressions=100)), b=_file(_row(impressions=120)))

    assert found.startswith(
        "b.csv:2: the ad '1' has other numbers in a.csv:2: impressions 120 here, 100 there"
    )
    assert "keep the newer" in found


def test_a_day_and_its_month_are_refused() -> None:
    """The day would be counted twice."""
    (found,) = _problems(
        days=_file(_row(start="2026-11-03")), month=_file(_row(start="2026-11-01", end="2026-11-30"))
    )

    assert "days of the ad '1' (2026-11-03) are in month.csv:2 too (2026-11-01 to 2026-11-30)" in found


def test_a_month_overlaps_with_every_day_in_it() -> None:
    """Not only with the first."""
    days = [_row(start="2026-11-03"), _row(start="2026-11-20")]

    assert len(_problems(days=_file(*days), month=_file(_row(start="2026-11-01", end="2026-11-30")))) == 2


def test_an_export_without_days_overlaps_with_all() -> None:
    """It may be about any."""
    bare = b"Ad name,Ad ID,Amount spent,Impressions,Link clicks\nad,1,5,100,1\n"

    assert len(_problems(bare=bare, days=_file(_row()))) == 1


def test_parts_of_one_breakdown_add_up() -> None:
    """Ages of the same ad and day are different people."""
    frame = read_exports({"a.csv": _file(_row(part="18-24,"), _row(part="25-34,"))})

    assert frame["impressions"].sum() == 200
    assert frame["breakdown"].tolist() == ["age=18-24", "age=25-34"]


def test_two_breakdowns_of_the_same_days_are_refused() -> None:
    """The same people by age and by gender are twice the people."""
    (found,) = _problems(ages=_file(_row(part="18-24,")), genders=_file(_row(part=",female")))

    assert "is broken down in another way" in found


def test_a_breakdown_beside_its_total_is_refused() -> None:
    """A blank part is all parts."""
    assert len(_problems(a=_file(_row(part=","), _row(part="18-24,")))) == 1


def test_rows_that_say_all_beside_their_parts_are_left_out() -> None:
    """A row of all ages repeats the ages."""
    frame = read_exports(
        {"a.csv": _file(_row(part="All,", impressions=200), _row(part="18-24,"), _row(part="25-34,"))}
    )

    assert frame["impressions"].sum() == 200


def test_one_day_twice_in_a_file_asks_for_the_column_that_tells_apart() -> None:
    """An unknown breakdown is not summed on a guess."""
    (found,) = _problems(a=_file(_row(impressions=10), _row(impressions=20)))

    assert "[breakdowns] of a mapping file" in found


def test_ads_of_one_name_without_ids_add_up_within_a_file() -> None:
    """A platform lists every ad once: they are two ads of one creative."""
    frame = read_exports({"a.csv": _file(_row("", impressions=10), _row("", impressions=20))})

    assert frame["impressions"].sum() == 30


def test_ads_of_one_name_with_the_same_numbers_add_up_too() -> None:
    """Hours of one day, say, that no known column tells apart: they differ in a cell that nobody reads."""
    rows = ["Day,Ad name,Hour,Amount spent (USD),Impressions,Link clicks"]
    rows += [f"2026-11-01,ad,{hour},1,10,0" for hour in ("01", "02", "02")]
    content = "\n".join(rows).encode()

    frame = read_exports({"a.csv": content, "b.csv": content})

    assert frame["impressions"].sum() == 20
    assert frame.attrs["duplicates"] == 4  # one pasted in twice in each file, and the second file


@pytest.mark.parametrize(("first", "second"), [(1, 2), (2, 1), (2, 3), (3, 2)])
def test_files_with_equal_rows_do_not_contradict_each_other(first: int, second: int) -> None:
    """One file may list more ads of a name than the other, with the same numbers: the longer one holds them all."""
    header = "Day,Ad name,Hour,Amount spent (USD),Impressions,Link clicks"

    def file(count: int) -> bytes:
        return "\n".join([header, *(f"2026-11-01,ad,{hour},1,10,0" for hour in range(count))]).encode()

    frame = read_exports({"a.csv": file(first), "b.csv": file(second)})

    assert frame["impressions"].sum() == 10 * max(first, second)


def test_clips_of_one_ad_are_parts_of_it() -> None:
    """Meta and Google report an ad with several clips clip by clip: the same numbers are of different clips."""
    rows = ["Day,Ad name,Ad ID,Video ID,Amount spent (USD),Impressions,Link clicks"]
    rows += [f"2026-11-0{day},ad,1,{clip},1,{shown},1" for day, clip, shown in [(1, "v1", 90), (1, "v2", 90)]]
    rows += ["2026-11-02,ad,1,v1,1,70,1", "2026-11-02,ad,1,v2,1,60,1"]

    frame = read_exports({"a.csv": "\n".join(rows).encode()})

    assert frame["impressions"].sum() == 310
    assert frame.attrs["duplicates"] == 0


def test_two_columns_of_one_kind_of_part_are_both_kept() -> None:
    """Meta's device platform and impression device stand side by side: neither hides the other."""
    rows = ["Day,Ad name,Ad ID,Impression device,Device platform,Amount spent (USD),Impressions,Link clicks"]
    rows += [f"2026-11-01,ad,1,{device},mobile,1,90,1" for device in ("iphone", "ipod")]

    frame = read_exports({"a.csv": "\n".join(rows).encode()})

    assert frame["impressions"].sum() == 180
    assert frame["breakdown"].tolist()[0] == "device=iphone; device (Device platform)=mobile"


def test_an_ad_beside_its_clips_is_refused() -> None:
    """Its own row is the sum of theirs."""
    header = "Day,Ad name,Ad ID,Video ID,Amount spent (USD),Impressions,Link clicks"
    rows = [f"2026-11-01,ad,1,{clip},1,90,1" for clip in ("v1", "v2", "")]

    (found,) = _problems(a="\n".join([header, *rows]).encode())

    assert "is broken down in another way" in found


def test_an_ad_by_name_and_by_id_is_refused() -> None:
    """They may be the same."""
    (found,) = _problems(a=_file(_row("")), b=_file(_row("1")))

    assert found.startswith("a.csv:2: the ad 'ad' may be the one in b.csv:2")


@pytest.mark.parametrize(("column", "values"), [("currency", ("USD", "EUR"))])
def test_a_mixed_currency_is_refused_with_the_rows_named(column: str, values: tuple[str, str]) -> None:
    """Their sums would mean nothing."""
    rows = [_row(str(number), **{column: value}) for number, value in enumerate(values)]  # type: ignore[arg-type]

    found = _problems(a=_file(*rows))

    assert [problem.split(":")[1] for problem in found] == ["2", "3"]


def test_currencies_of_two_platforms_may_differ() -> None:
    """Platforms are never pooled."""
    chosen = [golden for golden in GOLDEN if golden.file in ("meta_de.csv", "tiktok.csv")]

    frame = read_exports({golden.file: golden.content() for golden in chosen})

    assert set(frame["currency"]) == {"EUR", "USD"}


def test_problems_of_all_files_are_told_at_once() -> None:
    """Not the first file's only."""
    bad = _file(_row(impressions=-1))

    assert len(_problems(a=bad, b=bad, c=b"")) == 3


def test_no_file_is_an_empty_frame() -> None:
    """With all its columns."""
    frame = read_exports({})

    assert len(frame) == 0
    assert "impressions" in frame


@pytest.mark.slow
@settings(max_examples=examples(30))
@given(order=st.permutations(range(26)))
def test_the_order_of_columns_does_not_matter(order: list[int]) -> None:
    """Shuffled columns, the same frame."""
    rows = [
        ["2026-11-0" + str(day), f"ad{day}", str(day), "5.5", "1000", "7"] + ["x"] * 20 for day in (1, 2, 3)
    ]
    header = [
        "Day",
        "Ad name",
        "Ad ID",
        "Amount spent (USD)",
        "Impressions",
        "Link clicks",
        *(f"more {n}" for n in range(20)),
    ]

    def written(columns: list[int]) -> bytes:
        return "\n".join(",".join(row[index] for index in columns) for row in [header, *rows]).encode()

    plain = read_export(written(list(range(26))), name="meta.csv")
    shuffled = read_export(written(order), name="meta.csv")

    pd.testing.assert_frame_equal(plain, shuffled)


@pytest.mark.slow
@settings(max_examples=examples(30))
@given(impressions=st.lists(st.integers(0, 10**7), min_size=1, max_size=25), data=st.data())
def test_a_file_split_in_two_sums_the_same(impressions: list[int], data: st.DataObject) -> None:
    """Nothing is lost between files, and nothing counted twice where they share rows."""
    rows = [
        _row(str(number), name=f"ad{number}", impressions=max(count, 20))
        for number, count in enumerate(impressions)
    ]
    first = data.draw(st.integers(0, len(rows)))
    shared = data.draw(st.integers(0, len(rows)))

    whole = read_exports({"a.csv": _file(*rows)})
    parts = read_exports({"a.csv": _file(*rows[:first]), "b.csv": _file(*rows[min(first, shared) :])})

    pd.testing.assert_series_equal(parts[list(COUNT_NAMES)].sum(), whole[list(COUNT_NAMES)].sum())


def test_the_same_export_under_two_names_counts_once() -> None:
    """People download twice."""
    frame = read_exports({"a.csv": _GOLDEN.content(), "b.csv": _GOLDEN.content()})

    assert frame["impressions"].sum() == 12345 + 980 + 10200
    assert frame.attrs["duplicates"] == 3

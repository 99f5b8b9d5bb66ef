"""What cannot be told for sure is refused: where, why, and what to do."""

import io
import json

import openpyxl
import pytest

from hailuo.adtest.exports import ExportError, read_export
from hailuo.errors import RefusedError

_HEADER = "Day,Ad name,Ad ID,Amount spent (USD),Impressions,Link clicks"


def _meta(*rows: str, header: str = _HEADER) -> bytes:
    return "\n".join([header, *rows]).encode()


def _reasons(content: bytes, name: str = "meta.csv") -> list[str]:
    with pytest.raises(ExportError) as refused:
        read_export(content, name=name)
    return [str(problem) for problem in refused.value.every]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("2026-11-01,a,1,5,100,12 k", "'Link clicks' is '12 k': no number"),
        ("2026-11-01,a,1,5,-100,1", "'Impressions' is '-100': a count is never negative"),
        ("2026-11-01,a,1,5,100,1.5%", "'Link clicks' is '1.5%': a rate, not a count"),
        ("2026-11-01,a,1,5,100,200", "has 200 link clicks of 100 impressions"),
        ("2026-31-31,a,1,5,100,1", "the day is '2026-31-31': no day"),
        ("03/04/2026,a,1,5,100,1", "the day is '03/04/2026': no day, or one that could be two"),
        ("2026-11-01,a,1.2E+17,5,100,1", "ad_id is '1.2E+17': not all of its digits"),
        ("2026-11-01,a,1,5,100,1,7", "has 7 cells, the header has 6"),
    ],
)
def test_a_cell_that_cannot_be_meant_is_refused(row: str, reason: str) -> None:
    """With the file and the line where it stands."""
    (found,) = _reasons(_meta(row))

    assert found.startswith(f"meta.csv:2: {reason}")


def test_all_problems_are_told_at_once() -> None:
    """In order of the lines, those beyond twenty counted."""
    rows = [f"2026-11-01,a{number},{number},5,many,1" for number in range(30)]

    with pytest.raises(ExportError) as refused:
        read_export(_meta(*rows), name="meta.csv")

    assert len(refused.value.every) == 30
    assert len(refused.value.problems) == 21
    assert "10 more like these" in str(refused.value)


def test_a_refusal_is_one_of_the_house() -> None:
    """It ends a command as every refused input does."""
    assert issubclass(ExportError, RefusedError)


def test_few_impressions_may_have_more_clicks() -> None:
    """Somebody clicked twice."""
    frame = read_export(_meta("2026-11-01,a,1,5,3,4"), name="meta.csv")

    assert frame["clicks_link"].tolist() == [4.0]


def test_ids_that_all_end_in_zeros_were_rounded() -> None:
    """A spreadsheet keeps fifteen digits."""
    rows = [f"2026-11-01,a{number},1202100000{number:05}000,5,100,1" for number in range(3)]

    assert len(_reasons(_meta(*rows))) == 3


def test_days_that_end_before_they_begin_are_refused() -> None:
    """Columns that were mixed up."""
    header = "Reporting starts,Reporting ends,Ad name,Amount spent (USD),Impressions"

    (found,) = _reasons(_meta("2026-11-05,2026-11-01,a,5,100", header=header))

    assert "begins on 2026-11-05 and ends on 2026-11-01" in found


def test_numbers_of_nobody_in_the_middle_are_refused() -> None:
    """They may be somebody's; at the edge, or called a total, they are a total."""
    rows = ["2026-11-01,a,1,5,100,1", "2026-11-01,,,5,100,1", "2026-11-01,b,2,5,100,1"]

    (found,) = _reasons(_meta(*rows))

    assert found.startswith("meta.csv:3: has numbers, and neither an id nor a name of an ad")


def test_a_footnote_is_left_out() -> None:
    """It has no numbers."""
    rows = ["2026-11-01,a,1,5,100,1", "* estimated,,,,,", "2026-11-01,b,2,5,100,1"]

    assert len(read_export(_meta(*rows), name="meta.csv")) == 2


@pytest.mark.parametrize(
    "row", ["Total: glow,1,5,100,1", "Total: HV-7KQ2M9X4TD glow,,5,100,1", "Totally glowing,,5,100,1"]
)
def test_an_ad_that_is_called_total_is_no_total(row: str) -> None:
    """It has an id, the platform's or ours, or a name of its own."""
    header = "Ad name,Ad ID,Amount spent (USD),Impressions,Link clicks"

    assert len(read_export(_meta(row, header=header), name="meta.csv")) == 1


def test_rows_of_all_days_are_left_out() -> None:
    """They repeat the days."""
    frame = read_export(
        _meta("All,a,1,10,300,3", "2026-11-01,a,1,5,100,1", "2026-11-02,a,1,5,200,2"), name="meta.csv"
    )

    assert frame["impressions"].sum() == 300
    assert frame.attrs["totals"] == 1


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"\xd0\xcf\x11\xe0 old", "is a workbook of Excel 97 to 2003"),
        (b"PK\x03\x04 broken", "is no workbook that can be read"),
        (b"a,b\n1,2\n", "is of no platform that is known; its columns are 'a', 'b'"),
        (b'Day,Ad name,"Ad ID\n1,2\n', "cannot be read on"),
        (b'[{"impressions": 1}, 5]', "is no record"),
        (b'{"impressions": 1}\n{"impressions": \n', "is no JSON"),
        (b"Ad name,Impressions,Clicks,Cost\na,1,1,1\n", "could be of"),
        (
            b"Reporting starts,Impressions,Link clicks\n2026-11-01,1,1\n",
            "has no column that says whose row it is",
        ),
        (b"Reporting starts,Ad name,Link clicks\n2026-11-01,a,1\n", "has no column of impressions"),
        (b"Ad name,Link clicks,Impressions,Impressions\na,1,1,1\n", "has the column 'Impressions' twice"),
        (
            b"Ad name,Link clicks,Impressions,Amount spent (USD),Purchases conversion value (EUR)\n",
            "has money in EUR and USD",
        ),
    ],
)
def test_a_file_that_cannot_be_told_is_refused(content: bytes, reason: str) -> None:
    """What was seen is said, and what to write."""
    (found,) = _reasons(content, name="export.csv")

    assert reason in found


def test_the_name_of_the_file_settles_what_is_close() -> None:
    """A platform's own headers go first."""
    content = b"Ad name,Impressions,Clicks,Cost\na,100,1,1\n"

    assert set(read_export(content, name="google-november.csv")["platform"]) == {"google"}


def test_micros_with_a_fraction_are_refused() -> None:
    """Somebody has divided them already: they would come out a million times too small."""
    content = json.dumps(
        [{"ad_id": "1", "swipes": 1, "spend": 12.34, "impressions": 100, "video_views": 5}]
    ).encode()

    (found,) = _reasons(content, name="snap.json")

    assert "money in micros is whole" in found


def test_parts_of_one_action_are_added_up() -> None:
    """Meta splits an action by device or by type; none of the parts is dropped."""
    actions = [{"action_type": "video_view", "value": value} for value in ("30", "12")]
    record = {
        "date_start": "2026-11-01",
        "date_stop": "2026-11-01",
        "ad_id": "1",
        "impressions": "100",
        "actions": actions,
    }

    frame = read_export(json.dumps([record]).encode(), name="meta.json")

    assert frame["v3s"].tolist() == [42.0]


def test_two_sheets_with_ads_are_refused() -> None:
    """Neither is dropped in silence."""
    book = openpyxl.Workbook()
    for title in ("week 1", "week 2"):
        sheet = book.create_sheet(title)
        sheet.append(_HEADER.split(","))
        sheet.append(["2026-11-01", "a", "1", 5, 100, 1])
    content = io.BytesIO()
    book.save(content)

    (found,) = _reasons(content.getvalue(), name="weeks.xlsx")

    assert "several sheets hold ads: week 1, week 2" in found


def test_an_export_without_rows_has_none() -> None:
    """Nothing ran: that is no error."""
    assert len(read_export(_meta(), name="meta.csv")) == 0

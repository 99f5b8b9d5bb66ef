"""What cannot be told for sure is refused: where, why, and what to do."""

import io
import json
import zipfile
from datetime import date

import openpyxl
import pytest

from hailuo.errors import RefusedError
from hailuo.report.exports import ExportError, read_export

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
        ("2026-11-01,a,1,5,100.5,1", "'Impressions' is '100.5': nothing of this is counted in fractions"),
        ("2026-11-01,a,1,5", "has 4 cells and no end, the header has 6"),
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
        (b"\xd0\xcf\x11\xe0 old", "is no workbook that can be read"),
        (b"PK\x03\x04 broken", "is no workbook that can be read"),
        (b"a,b\n1,2\n", "is of no platform that is known; its columns are 'a', 'b'"),
        (b'Day,Ad name,"Ad ID\n1,2\n', "cannot be read"),
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


@pytest.mark.parametrize(
    ("rows", "lines"),
    [
        (["2026-11-01,,,5,100,1", "2026-11-02,,,5,100,1"], ["2", "3"]),  # no ad at all
        (["2026-11-01,a,1,5,100,1", "2026-11-01,,,1,30,1"], ["3"]),  # less than the ads together
    ],
)
def test_numbers_of_nobody_at_the_edge_are_refused_where_they_are_no_total(
    rows: list[str], lines: list[str]
) -> None:
    """A total is a total of something, and as large as that: anything else may be somebody's spend."""
    found = _reasons(_meta(*rows))

    assert [problem.split(":")[1] for problem in found] == lines
    assert all("neither an id nor a name of an ad" in problem for problem in found)


def test_a_total_with_its_days_in_front_is_left_out() -> None:
    """Meta's last row has days like the others and says what it is where the names stand."""
    rows = ["2026-11-01,a,1,5,100,1", "2026-11-01,b,2,5,100,1", "2026-11-01,Results from 2 ads,,10,200,2"]

    frame = read_export(_meta(*rows), name="meta.csv")

    assert frame["ad_id"].tolist() == ["1", "2"]
    assert frame.attrs["totals"] == 1


@pytest.mark.parametrize("row", ["Results,glow,5,100,1", "c,Results of a week of glow,5,100,1"])
def test_an_ad_with_a_name_of_its_own_is_no_total(row: str) -> None:
    """Whatever its campaign is called, and however its name begins."""
    content = _meta(
        row, "c,b,5,100,1", header="Campaign name,Ad name,Amount spent (USD),Impressions,Link clicks"
    )

    assert len(read_export(content, name="meta.csv")) == 2


def test_a_row_of_all_parts_stays_where_its_ad_has_no_parts() -> None:
    """Only what others repeat is left out: a platform may split one ad and keep another whole."""
    header = f"{_HEADER},Age"
    rows = ["2026-11-01,a,1,5,100,1,18-24", "2026-11-01,a,1,5,100,1,All", "2026-11-01,b,2,3,50,1,All"]

    frame = read_export(_meta(*rows, header=header), name="meta.csv")

    assert list(zip(frame["ad_id"], frame["breakdown"], strict=True)) == [("1", "age=18-24"), ("2", None)]


def _workbook(*rows: list[object]) -> bytes:
    book = openpyxl.Workbook()
    for row in [_HEADER.split(","), *rows]:
        book.active.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def _with_part(workbook: bytes, name: str, old: bytes, new: bytes) -> bytes:
    """The workbook with other bytes in one of its parts."""
    content = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as book, zipfile.ZipFile(content, "w") as changed:
        for part in book.namelist():
            data = book.read(part)
            changed.writestr(part, data.replace(old, new) if part == name else data)
    return content.getvalue()


def test_an_id_that_is_a_number_of_a_workbook_was_rounded() -> None:
    """Its numbers are doubles: 1798450000000012288 looks whole, and may have been 1798450000000012345."""
    book = _workbook(["2026-11-01", "a", 77777, 5, 100, 1])

    (found,) = _reasons(_with_part(book, "xl/worksheets/sheet1.xml", b"77777", b"1798450000000012288"))

    assert found.startswith("meta.csv:2: ad_id is '1.79845")


@pytest.mark.parametrize(
    ("part", "old", "new"),
    [
        ("xl/worksheets/sheet1.xml", b"<sheetData>", b"<sheetData><"),
        ("xl/workbook.xml", b"<sheets>", b"<shoots>"),
        ("[Content_Types].xml", b"PartName=", b"CartName="),
    ],
)
def test_a_damaged_workbook_is_refused(part: str, old: bytes, new: bytes) -> None:
    """One plain problem, whatever the library stumbled over."""
    (found,) = _reasons(_with_part(_workbook(["2026-11-01", "a", "1", 5, 100, 1]), part, old, new))

    assert "is no workbook that can be read" in found


def test_a_workbook_with_damaged_bytes_is_refused() -> None:
    """Cut or altered on the way."""
    content = bytearray(_workbook(["2026-11-01", "a", "1", 5, 100, 1]))
    for place in range(60, len(content), 97):
        content[place] ^= 0xFF

    assert len(_reasons(bytes(content))) == 1


def test_days_that_a_spreadsheet_half_turned_are_refused() -> None:
    """Of 03/11 and 13/11 it takes the first for the 11th of March, and leaves the second as it is."""
    book = _workbook([date(2026, 3, 11), "a", "1", 5, 100, 1], ["13/11/2026", "a", "1", 5, 100, 1])

    (found,) = _reasons(book)

    assert found.startswith("meta.csv:3: the day is '13/11/2026', others are written as 2026-11-30")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (_meta('2026-11-01,"' + "open\n" * 30_000), "close every quote"),
        (b"[" * 100_000, "is nested too deeply"),
        (b'{"a": 1}\n' + b"[" * 100_000, "is nested too deeply"),
        (b"[]", "is empty"),
        (b'{"data": []}', "is empty"),
    ],
)
def test_a_broken_file_is_one_plain_problem(content: bytes, reason: str) -> None:
    """Never an error of a library."""
    (found,) = _reasons(content)

    assert reason in found


def test_a_line_of_json_may_be_a_page_of_records() -> None:
    """Answers of an API, written one under the other."""
    row = {"date_start": "2026-11-01", "date_stop": "2026-11-01", "impressions": "100", "spend": "1"}
    pages = [json.dumps({"data": [{**row, "ad_id": ad}], "paging": {}}) for ad in ("1", "2")]

    frame = read_export("\n".join(pages).encode(), name="meta.jsonl")

    assert frame["ad_id"].tolist() == ["1", "2"]


def test_micros_that_never_make_a_cent_are_refused() -> None:
    """A table with whole units of money under the header of micros."""
    content = b"date,ad_name,ad_id,spend,impressions,swipes,video_views\n2026-11-01,a,9a,12,1000,10,300\n"

    (found,) = _reasons(content, name="snap.csv")

    assert "'spend' would be micros of money" in found


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (
            "Gregorian date,Campaign,Ad group,Ad ID,Impressions,Clicks,Avg. CPC,Spend",
            "export of Microsoft Advertising",
        ),
        ("Date,Ad Group Name,Ad Name,Amount Spent (USD),Impressions,Clicks,Video Views", "'Ad Group Name'"),
        ("Content,Video title,Views,Watch time (hours),Impressions", "is of no platform that is known"),
    ],
)
def test_the_table_of_an_unknown_platform_is_not_taken_for_a_known_ones(header: str, reason: str) -> None:
    """Microsoft's looks like Google's without its spend, Reddit's like Snap's, YouTube Studio's counts what nobody paid."""
    (found,) = _reasons(f"{header}\n".encode(), name="november.csv")

    assert reason in found


def test_a_file_is_named_after_a_platform_by_a_word() -> None:
    """A snapshot is not of Snap."""
    content = _meta("2026-11-01,a,1,5,100", header="Day,Ad name,Ad ID,Amount spent (USD),Impressions")

    (found,) = _reasons(content, name="snapshot.csv")

    assert "could be of meta or snap" in found
    assert set(read_export(content, name="snap-november.csv")["platform"]) == {"snap"}

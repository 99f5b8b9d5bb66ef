"""A holdout or lift study beside a report: what is read, what is refused, and what it changes about the verdict."""

import math
from dataclasses import replace

import pytest

from hailuo.report.exports.fields import ExportError
from hailuo.report.findings import VerdictOutcome
from hailuo.report.inputs import FoundFiles, by_kind, study_cells
from hailuo.report.studies import read_study, with_studies
from tests.report.factories import make_findings

FOUND = make_findings()
LEADER, OTHER = (one.creative_id for one in FOUND.platforms[0].creatives[:2])
COUNTS = "platform,cell,clip,date_start,date_end,people,conversions,holdout_people,holdout_conversions\n"
LIFT = "platform,cell,lift_percent,low_percent,high_percent,confidence_percent\n"


def cells(text, confidence=0.95):
    return read_study(text.encode(), "study.csv", confidence=confidence)


def said(text):
    """What the page says of the first platform with this study."""
    return " ".join(with_studies(FOUND, cells(text)).platforms[0].study_says)


def test_counts_become_a_lift_with_its_interval():
    """12 in 1,000 against 10 in 1,000: a fifth more, by the ratio of two shares."""
    (cell,) = cells(f"{COUNTS}meta,all,,2026-11-01,2026-11-21,100000,1200,100000,1000\n")

    assert cell.lift == pytest.approx(0.2)
    assert cell.caused == pytest.approx(200)
    error = math.sqrt(1 / 1200 - 1 / 100000 + 1 / 1000 - 1 / 100000)
    assert cell.interval.low == pytest.approx(1.2 * math.exp(-1.959964 * error) - 1, rel=1e-5)
    assert cell.interval.high == pytest.approx(1.2 * math.exp(1.959964 * error) - 1, rel=1e-5)


def test_a_vendors_interval_is_given_at_the_confidence_of_the_report():
    """Vendors give 90 %: at 90 % it is theirs, at 95 % it is wider."""
    theirs = f"{LIFT}meta,all,20,5,37.142857,90\n"

    (same,), (wider,) = cells(theirs, 0.90), cells(theirs, 0.95)

    assert (same.interval.low, same.interval.high) == (pytest.approx(0.05), pytest.approx(0.37142857))
    assert wider.interval.low < same.interval.low
    assert wider.interval.high > same.interval.high
    assert same.caused is None


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("facebok,all,,,,10,1,10,1", "platform is"),
        ("meta,,,,,10,1,10,1", "has no cell"),
        ("meta,all,,1.11.2026,,10,1,10,1", "date_start is"),
        ("meta,all,,,,10,1,10,", "neither all counts nor a lift"),
        ("meta,all,,,,10,0,10,1", "conversions is 0 of 10 people"),
        ("meta,all,,,,10,11,10,1", "conversions is 11 of 10 people"),
        ("meta,all,,,,ten,1,10,1", "people is"),
        ("meta,all,,,,inf,1,10,1", "people is"),
    ],
)
def test_a_row_that_cannot_be_used_is_named_with_its_line(row, words):
    """Before a report is written."""
    with pytest.raises(ExportError, match=words) as refused:
        cells(f"{COUNTS}{row}\n")

    assert "study.csv:2" in str(refused.value)


@pytest.mark.parametrize("row", ["meta,all,20,25,30,90", "meta,all,20,-100,30,90", "meta,all,20,5,30,101"])
def test_a_lift_outside_its_interval_is_refused(row):
    """A column was taken for another one."""
    with pytest.raises(ExportError):
        cells(f"{LIFT}{row}\n")


def test_a_study_among_the_exports_is_no_export():
    """It is found by its header, as ads.csv is."""
    study = f"{COUNTS}meta,all,,,,100000,1200,100000,1000\n".encode()
    export = b"Ad name,Impressions,Link clicks\nHV-1,10,1\n"

    sorted_files = by_kind(FoundFiles(files={"lift.csv": study, "meta.csv": export}, where=()))

    assert (set(sorted_files.studies), set(sorted_files.exports)) == ({"lift.csv"}, {"meta.csv"})
    assert study_cells(sorted_files, confidence=0.95)[0].name == "all"


def test_a_study_of_all_ads_says_whether_they_cause_conversions():
    """And that it compares no clips."""
    text = said(f"{COUNTS}meta,all,,,,100000,1200,100000,1000\n")

    assert "So the ads cause conversions." in text
    assert "about 200 conversions" in text
    assert "compares no clips" in text


def test_a_study_that_shows_no_effect_warns_of_the_platforms_counts():
    """The conversions may have come anyway."""
    text = said(f"{COUNTS}meta,all,,,,100000,1010,100000,1000\n")

    assert "It is not shown that the ads of all cause conversions" in text
    assert "So the ads cause" not in text


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        (1500, 1000, "The study confirms the verdict"),
        (1000, 1500, "The study decides: it compares the clips on the same people"),
        (1210, 1200, "does not change which clip leads"),
    ],
    ids=["confirms", "against", "open"],
)
def test_cells_of_clips_confirm_the_verdict_or_decide_against_it(first, second, words):
    """Only if one is ahead beyond chance of every other."""
    rows = (
        f"meta,{clip},{clip},,,100000,{number},100000,1000"
        for clip, number in ((LEADER, first), (OTHER, second))
    )

    assert words in said(COUNTS + "\n".join(rows) + "\n")


def test_where_no_clip_leads_a_clear_study_decides():
    """It says which clip gets the budget."""
    verdict = replace(FOUND.platforms[0].verdict, outcome=VerdictOutcome.NOT_ENOUGH_DATA, creative_id=None)
    found = replace(FOUND, platforms=(replace(FOUND.platforms[0], verdict=verdict),))
    rows = (
        f"meta,{clip},{clip},,,100000,{number},100000,1000"
        for clip, number in ((LEADER, 1000), (OTHER, 1500))
    )

    beside = with_studies(found, cells(COUNTS + "\n".join(rows) + "\n"))

    assert "The study decides: give that clip the budget." in " ".join(beside.platforms[0].study_says)


def test_a_platform_without_a_study_says_nothing():
    """Findings stay as they were."""
    assert with_studies(FOUND, cells(f"{COUNTS}pinterest,all,,,,100000,1200,100000,1000\n")) == FOUND

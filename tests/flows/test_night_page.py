"""The page of a night, as people see it: read back by a Markdown parser of others."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from markdown_it import MarkdownIt

from hailuo.campaign.model import Campaign
from hailuo.errors import ExitCode, Place, Problem
from hailuo.flows.ui.night_page import night_page
from hailuo.night.night import (
    CampaignResult,
    DueCampaign,
    InvalidCampaign,
    Night,
    NightReport,
    SkippedCampaign,
)
from hailuo.night.outcome import CampaignOutcome
from hailuo.publish.share import GalleryLink

AT = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
HOSTILE = "a|b`c`<script>alert(1)</script>\n| x |\n# H *b* [l](http://x) ![i](http://x) &amp; \\| \x1b[31m"
OUTCOME = CampaignOutcome(
    jobs=4,
    stored=2,
    failed=1,
    unknown=1,
    unknown_usd=Decimal("0.28"),
    to_buy=4,
    estimate_usd=Decimal("1.12"),
    bought=3,
    spent_usd=Decimal("0.56"),
    reserved_usd=Decimal("0.28"),
)
PROBLEM = Problem(Place("spring.yaml", 3), "takes is '0'", "write a whole number from 1 to 100")


def result(name: str = "spring.yaml", **values: object) -> CampaignResult:
    campaign = Campaign(name="spring", edition="night-2026-11-22", grids=(), place=Place(name))
    due = DueCampaign(name=name, path=Path(name), campaign=campaign)
    return CampaignResult(**{"due": due, "exit_code": ExitCode.COMPLETE, "outcome": OUTCOME, **values})  # type: ignore[arg-type]  # any of its fields


def report(*results: CampaignResult, skipped=(), invalid=(), is_dry_run: bool = False) -> NightReport:
    night = Night(at=AT, due=tuple(r.due for r in results), skipped=skipped, invalid=invalid)
    return NightReport(night=night, results=results, is_dry_run=is_dry_run)


def html_of(page: str) -> str:
    return str(MarkdownIt("commonmark", {"html": True}).enable("table").render(page))


def cells(page: str) -> list[list[str]]:
    rows = re.findall(r"<tr>(.*?)</tr>", html_of(page), flags=re.DOTALL)
    return [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, flags=re.DOTALL) for row in rows]


def test_the_page_is_one_table_with_a_total() -> None:
    """A row per campaign, every row as wide as the header."""
    header, spring, autumn, total = cells(night_page(report(result(), result("autumn.yaml", outcome=None))))

    assert {len(row) for row in (header, spring, autumn, total)} == {9}
    assert spring == [
        "spring · night-2026-11-22",
        "complete",
        "3 of 4",
        "$0.56 + $0.28 reserved",
        "$1.12",
        "1",
        "1 ($0.28)",
        "2 of 4",
        "0",
    ]
    assert autumn[2:] == ["not known"] * 7
    assert total[2:] == spring[2:]


def test_columns_of_nothing_but_0_are_left_out() -> None:
    """The page of the UI is narrow: a night without a fault fits into it."""
    sound = replace(OUTCOME, stored=4, failed=0, unknown=0, unknown_usd=Decimal(0), reserved_usd=Decimal(0))

    header, *rows = cells(night_page(report(result(outcome=sound), result("autumn.yaml", outcome=sound))))

    assert header == ["Campaign", "Ended", "Bought", "Cost", "Estimate", "Stored"]
    assert {len(row) for row in rows} == {6}


def test_the_heading_has_the_hour_at_which_the_night_was_due() -> None:
    """In the zone of its schedule, as the name of its run has it."""
    due = replace(report(result()).night, at=AT.astimezone(ZoneInfo("Europe/Berlin")))

    html = html_of(night_page(replace(report(result()), night=due)))

    assert "<h1>The night of 2026-11-23, 00:30 CET</h1>" in html


@pytest.mark.parametrize(
    "page",
    [
        night_page(report(result(HOSTILE, reasons=(HOSTILE,), gallery=GalleryLink(address=HOSTILE)))),
        night_page(
            report(
                result(),
                skipped=(SkippedCampaign(name=HOSTILE, reason="paused"),),
                invalid=(
                    InvalidCampaign(name=HOSTILE, problems=(Problem(Place(HOSTILE), HOSTILE, HOSTILE),)),
                ),
            )
        ),
    ],
    ids=["parts", "files"],
)
def test_nothing_written_by_others_becomes_markup(page: str) -> None:
    """No tag, link, image, heading, emphasis or cell comes from a file's name, a reason or a path."""
    html = html_of(page)

    assert not re.search(r"<script|<a |<img|<em", html)
    assert html.count("<code") == 1, "the page's own"
    assert "\x1b" not in page
    assert len(re.findall("<h1", html)) == 1
    assert len({len(row) for row in cells(page)}) == 1
    assert "a|b`c`&lt;script&gt;" in html


@pytest.mark.parametrize(("certain", "words"), [(True, "UTC"), (False, "UTC at the latest")])
def test_a_signed_link_says_when_it_ends(certain: bool, words: str) -> None:
    """And that it may end sooner where the signer's session may."""
    link = GalleryLink(address="https://bucket/x.html?a=1&b=2", until=AT, certain=certain)

    html = html_of(night_page(report(result(gallery=link))))

    opened = '<a href="https://bucket/x.html?a=1&amp;b=2">open</a>'
    assert f"<li>Gallery of <strong>spring</strong>: {opened} until 2026-11-22 23:30 {words}</li>" in html


def test_every_thing_to_look_at_has_its_section() -> None:
    """What is missing, what cannot be rendered, what was left out; and the unknown money first of all."""
    page = night_page(
        report(
            result(reasons=("2 x was refused",), exit_code=ExitCode.INCOMPLETE),
            skipped=(SkippedCampaign(name="late.yaml", reason=f"its last night was {date(2026, 11, 1)}"),),
            invalid=(InvalidCampaign(name="broken.yaml", problems=(PROBLEM,)),),
        )
    )
    html = html_of(page)

    assert re.findall("<h[12]>(.*?)</h", html) == [
        "The night of 2026-11-22, 23:30 UTC",
        "What is missing",
        "Files that cannot be rendered",
        "Skipped tonight",
    ]
    assert "<strong>$0.28 may have been spent on 1 unknown submit.</strong>" in html
    assert "<li><strong>spring.yaml</strong>: 2 x was refused</li>" in html
    assert "<li><strong>broken.yaml</strong>: spring.yaml:3: takes is '0'; write a whole number" in html
    assert "<li><strong>late.yaml</strong>: its last night was 2026-11-01</li>" in html


def test_a_quiet_night_has_a_page_too() -> None:
    """One line, no empty table, no empty section."""
    html = html_of(night_page(report()))

    assert "no campaign is due tonight" in html
    assert "<table" not in html
    assert "<h2" not in html


@pytest.mark.parametrize(
    ("endings", "exit_code"),
    [
        ([], ExitCode.COMPLETE),
        ([ExitCode.COMPLETE, ExitCode.COMPLETE], ExitCode.COMPLETE),
        ([ExitCode.COMPLETE, ExitCode.INCOMPLETE], ExitCode.INCOMPLETE),
        ([ExitCode.REFUSED, ExitCode.INCOMPLETE], ExitCode.STOPPED),
        ([ExitCode.COMPLETE, ExitCode.STOPPED], ExitCode.STOPPED),
        ([ExitCode.INTERRUPTED], ExitCode.STOPPED),
    ],
)
def test_a_night_is_as_good_as_its_worst_campaign(endings: list[ExitCode], exit_code: ExitCode) -> None:
    """Complete when all are; stopped when any did not get to its end."""
    assert report(*(result(exit_code=ending) for ending in endings)).exit_code is exit_code


def test_a_file_that_cannot_be_rendered_makes_the_night_red() -> None:
    """It was marked, so people count on it."""
    assert (
        report(result(), invalid=(InvalidCampaign(name="b.yaml", problems=(PROBLEM,)),)).exit_code
        is ExitCode.INCOMPLETE
    )


@pytest.mark.parametrize("ending", ExitCode)
def test_every_ending_has_a_word(ending: ExitCode) -> None:
    """For the table and the headline."""
    assert result(exit_code=ending).word in {"complete", "incomplete", "refused", "stopped"}

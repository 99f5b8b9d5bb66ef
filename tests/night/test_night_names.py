"""`{date}` and the nights follow the schedule's zone, unless the campaign names one of its own."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml

from hailuo.night.night import night_of
from hailuo.settings import Settings

BERLIN = ZoneInfo("Europe/Berlin")
CAMPAIGN = """\
campaign: autumn
edition: "night-{{date}}"
{timezone}
nightly: {{from: 2027-03-01, until: 2027-11-30}}
defaults: {{size: 768p, duration: 6, model: MiniMax-Hailuo-02}}
matrix: {{prompt: [{{id: stone, text: Perfume bottle on black stone}}]}}
budget: {{usd: 5}}
"""
AROUND_A_CHANGE = [date(2027, 3, 28) + timedelta(days=n) for n in (-1, 0, 1)] + [
    date(2027, 10, 31) + timedelta(days=n) for n in (-1, 0, 1)
]


def editions(folder: Path, starts, *, timezone: str = "") -> list[str]:
    """The edition of the campaign in the nights that start then."""
    (folder / "autumn.yaml").write_text(CAMPAIGN.format(timezone=timezone))
    settings = Settings(campaigns=folder)
    return [due.campaign.edition for at in starts for due in night_of(settings, at).due]


@pytest.mark.parametrize("hour", [0, 1, 23])
@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/Los_Angeles", "Pacific/Auckland", "UTC"])
def test_every_night_has_the_date_of_its_schedule(tmp_path, zone, hour):
    """Also the nights around a change of the clocks: each has a name of its own, so each buys."""
    starts = [datetime.combine(night, time(hour), ZoneInfo(zone)) for night in AROUND_A_CHANGE]

    assert editions(tmp_path, starts) == [f"night-{night}" for night in AROUND_A_CHANGE]


def test_a_campaign_may_name_another_zone(tmp_path):
    """The start is the same moment, and the date that of the campaign's own zone."""
    starts = [datetime(2027, 7, 1, 1, tzinfo=BERLIN), datetime(2027, 6, 30, 23, tzinfo=UTC)]

    assert editions(tmp_path, starts, timezone="timezone: UTC") == ["night-2027-06-30"] * 2
    assert editions(tmp_path, starts, timezone="timezone: Europe/Berlin") == ["night-2027-07-01"] * 2


def test_the_first_and_the_last_night_are_of_the_same_zone(tmp_path):
    """01:00 in Berlin on the first of March is the first night, though in UTC it is still February."""
    starts = [datetime(2027, 3, 1, 0, 30, tzinfo=BERLIN), datetime(2027, 12, 1, 0, 30, tzinfo=BERLIN)]

    assert editions(tmp_path, starts) == ["night-2027-03-01"]


def test_the_recipe_and_the_shipped_schedule_name_one_zone():
    """The how-to's recipe, the example campaign, and the schedule of `nightly`."""
    from hailuo.flows.setup import SCHEDULES  # noqa: PLC0415 (imports Prefect)

    zones = {schedule.timezone for schedule in SCHEDULES.values()}

    example = yaml.safe_load(Path("campaigns/lifestyle-reveal.yaml").read_text())["timezone"]

    assert zones == {example}
    assert f"timezone: {example}" in Path("docs/how-to/nightly.md").read_text()

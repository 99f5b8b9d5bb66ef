"""That Prefect's schedules have dates with the versions that are locked: a server starts without them, and nothing fires."""

import asyncio
from datetime import UTC, datetime

import pytest
from prefect.server.schemas.schedules import CronSchedule

pytestmark = pytest.mark.slow  # imports Prefect


@pytest.mark.parametrize(
    ("start", "dates"),
    [
        (datetime(2026, 11, 30, tzinfo=UTC), ["2026-11-30T00:00:00", "2026-12-01T00:00:00"]),
        (datetime(2027, 3, 26, 12, tzinfo=UTC), ["2027-03-27T00:00:00", "2027-03-28T00:00:00"]),
        (datetime(2027, 3, 28, 12, tzinfo=UTC), ["2027-03-28T23:00:00", "2027-03-29T23:00:00"]),
        (datetime(2027, 10, 30, 12, tzinfo=UTC), ["2027-10-30T23:00:00", "2027-11-01T00:00:00"]),
    ],
    ids=["winter", "before summer time", "summer", "before winter time"],
)
def test_a_night_has_a_date_every_day(start: datetime, dates: list[str]) -> None:
    """01:00 in Berlin, once a day, also around the changes of the clock."""
    nightly = CronSchedule(cron="0 1 * * *", timezone="Europe/Berlin")

    found = asyncio.run(nightly.get_dates(2, start=start))

    assert [f"{one.astimezone(UTC):%Y-%m-%dT%H:%M:%S}" for one in found] == dates

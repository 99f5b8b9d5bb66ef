"""A new user's first hour, and a week in which much breaks, typed in a real terminal."""

import tempfile
from pathlib import Path

import pytest

from tests.journeys.first_hour import beginning, broken_week, first_hour, steady, transcript_of, written

TUTORIAL = Path(__file__).parents[2] / "docs" / "tutorial" / "first-campaign.md"

pytestmark = [pytest.mark.slow, pytest.mark.enable_socket]


def test_a_first_hour_and_a_broken_week() -> None:
    """Every command ends as it should, every clip is bought once, and the tutorial shows what is printed now.

    To write the tutorial anew: `python -m tests.journeys.first_hour --write docs/tutorial/first-campaign.md`.
    """
    with (
        tempfile.TemporaryDirectory() as folder,  # its name is short: a long one would be wrapped on the screen
        beginning(Path(folder)) as (journey, rehearsal, vendor),
    ):
        first_hour(journey, rehearsal, vendor)
        broken_week(journey, vendor)

    assert steady(written(journey)) == steady(transcript_of(TUTORIAL.read_text(encoding="utf-8")))

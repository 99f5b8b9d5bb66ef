"""A new user's first hour, and a week in which much breaks, typed in a real terminal."""

from pathlib import Path

import pytest

from tests.journeys.first_hour import beginning, broken_week, first_hour

pytestmark = [pytest.mark.slow, pytest.mark.enable_socket]


def test_a_first_hour_and_a_broken_week(tmp_path: Path) -> None:
    """Every command ends as it should, and every clip is bought once."""
    with beginning(tmp_path) as (journey, rehearsal, vendor):
        first_hour(journey, rehearsal, vendor)
        broken_week(journey, vendor)

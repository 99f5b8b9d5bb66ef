"""Our numbers are the published ones (goals G1 to G4, G7 and G9)."""

import pytest

from tests.support.report.published import ROWS, SAMPLE_SIZES, Row


@pytest.mark.slow
@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.goal} {row.name}")
def test_we_find_what_was_published(row: Row) -> None:
    """Every row of the published tables comes out of our functions to the last digit printed."""
    assert row.find() == pytest.approx(row.expected, rel=0, abs=row.tolerance)


def test_every_goal_has_rows() -> None:
    """No goal is met by having nothing to check."""
    assert {row.goal for row in ROWS} == {"G1", "G2", "G3", "G4", "G7", "G9"}
    assert len(SAMPLE_SIZES) == 5
    assert len({row.name for row in ROWS}) == len(ROWS)

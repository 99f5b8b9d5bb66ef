"""Sums of what a platform counted, by creative, ad and day."""

from dataclasses import replace

import pandas as pd

from hailuo.report.analysis.observations import observe
from hailuo.report.metrics import Count
from tests.report.worlds import joined_rows

CLICKS, IMPRESSIONS = Count.CLICKS_LINK, Count.IMPRESSIONS
TWO = pd.DataFrame({"creative_id": ["A", "B"], "impressions": [100.0, 300.0], "clicks_link": [1.0, 2.0]})


def test_other_rows_have_groups_of_their_own() -> None:
    """Parts of a delivery are summed after its clips were: under their own names, not those of the clips."""
    observed = observe(joined_rows(TWO))[0]
    assert list(observed.sums(CLICKS, IMPRESSIONS)["creative_id"]) == ["A", "B"]

    together = replace(observed, rows=observed.rows.assign(creative_id="feed"))

    assert together.sums(CLICKS, IMPRESSIONS).to_dict("records") == [
        {"creative_id": "feed", "top": 3.0, "bottom": 400.0}
    ]


def test_a_count_in_another_unit_is_of_the_same_rows() -> None:
    """Only the count is another one."""
    observed = observe(joined_rows(TWO))[0]

    scaled = observed.scaled(IMPRESSIONS, 10.0).sums(CLICKS, IMPRESSIONS)

    assert list(scaled["bottom"]) == [1000.0, 3000.0]
    assert list(scaled["creative_id"]) == list(observed.sums(CLICKS, IMPRESSIONS)["creative_id"])

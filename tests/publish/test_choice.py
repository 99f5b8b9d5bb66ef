"""Which judged clips go on."""

from datetime import UTC, datetime

import pytest

from hailuo.publish.manifest import Judgement
from hailuo.publish.picks import Choice


def said(reviewer: str, pick: str = "none", rating: int | None = None, *tags: str) -> Judgement:
    return Judgement.model_validate(
        {
            "creative_id": "7KQ2M9X4TD",
            "pick": pick,
            "rating": rating,
            "tags": tags,
            "reviewer": reviewer,
            "reviewed_at": datetime(2026, 11, 22, tzinfo=UTC),
        }
    )


@pytest.mark.parametrize(
    ("choice", "judgements", "kept"),
    [
        (Choice(), [], True),
        (Choice(picked=True), [], False),
        (Choice(picked=True), [said("ana", "pick")], True),
        (Choice(picked=True), [said("ana", "finalist"), said("ben", "reject")], False),
        (Choice(picked=True), [said("ana", "pick"), said("ben", "none", 1)], True),
        (Choice(picked=True), [said("a", "pick"), said("b", "finalist"), said("c", "reject")], True),
        (Choice(rated=4), [said("ana", "pick")], False),
        (Choice(rated=4), [said("ana", "none", 4), said("ben", "pick")], True),
        (Choice(rated=4), [said("ana", "none", 5), said("ben", "none", 2)], False),
        (Choice(rated=4), [said("ana", "none", 5), said("ben", "none", 3)], True),
        (Choice(tags=("HERO",)), [said("ana", "reject", None, "hero")], True),
        (Choice(tags=("hero", "night")), [said("ana", "none", None, "Night")], True),
        (Choice(tags=("hero",)), [said("ana", "none", None, "heroes")], False),
        (Choice(picked=True, rated=4), [said("ana", "pick", 3)], False),
    ],
)
def test_a_clip_goes_on_where_everything_asked_for_holds(
    choice: Choice, judgements: list[Judgement], kept: bool
) -> None:
    """More people for it than against it; the mean of those who rated it; a tag of anybody."""
    assert choice.keeps(judgements) is kept

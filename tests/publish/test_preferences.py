"""Which level people prefer, what else differs, and whether taste predicts results."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from hailuo.publish.manifest import Judgement, PairChoice, newest_pairs
from hailuo.publish.preferences import Preferences, preferences_of
from hailuo.publish.results import ClipResult, PlatformResults, Results

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
IDS = [f"AAAAAAAA{number:02}" for number in range(12)]


def row(at: int, **changes: object) -> dict[str, object]:
    """Two models, of three prompts; the families are those of the models unless changed."""
    model = ("MiniMax-Hailuo-02", "MiniMax-Hailuo-2.3")[at % 2]
    factors = {"model": model, "prompt": f"p{at // 2 % 3}"}
    return {"creative_id": IDS[at], "model": model, "family": "hailuo", "factors": factors, **changes}


def chose(left: int, right: int, preferred: str, by: str = "ana", minutes: float = 0) -> PairChoice:
    return PairChoice(
        left=IDS[left],
        right=IDS[right],
        preferred=preferred,  # type: ignore[arg-type]  # a test names any side
        reviewer=by,
        reviewed_at=NOON + timedelta(minutes=minutes),
    )


def rated(at: int, rating: int, by: str = "ana") -> Judgement:
    return Judgement(creative_id=IDS[at], rating=rating, reviewer=by, reviewed_at=NOON)


def results(values: Sequence[float], *, higher_is_better: bool = True, compared: bool = True) -> Results:
    clips = [
        ClipResult(
            creative_id=IDS[at],
            value=value,
            low=None,
            high=None,
            corrected=None,
            **dict.fromkeys(("said", "interval", "corrected_said", "rests_on", "standing"), ""),
        )
        for at, value in enumerate(values)
    ]
    metric = PlatformResults(
        platform="meta",
        name="Meta",
        metric="cpa",
        label="CPA",
        unit="$",
        about="",
        higher_is_better=higher_is_better,
        compared=compared,
        clips=tuple(clips),
    )
    return Results(made_at=NOON, report="reports/x/report.html", confidence=0.95, platforms=(metric,))


def found_in(pairs: Sequence[PairChoice], rows: Sequence[dict[str, object]] | None = None) -> Preferences:
    return preferences_of(rows or [row(at) for at in range(12)], pairs, {}, None)


def test_the_preferred_model_comes_first_with_how_sure_that_is() -> None:
    """Two people, six pairs of one prompt each: eleven of twelve choices for the second model."""
    pairs = [chose(at, at + 1, "right", by, at) for at in range(0, 12, 2) for by in ("ana", "ben")]
    pairs[0] = chose(0, 1, "left", "ana")

    (model,) = found_in(pairs).axes

    assert (model.axis, model.choices, model.people, model.also) == ("model", 12, 2, ())
    best, other = model.levels
    assert best.level == "MiniMax-Hailuo-2.3"
    assert (best.won, best.choices, other.won) == (11, 12, 1)
    assert 0.5 < best.low < best.chance < best.high < 1
    assert best.chance + other.chance == pytest.approx(1)


def test_what_else_differs_is_said() -> None:
    """Clips of two prompts: the choice is one between prompts too."""
    found = {axis.axis: axis for axis in found_in([chose(0, 3, "left"), chose(0, 1, "left")]).axes}

    assert found["model"].also == (("prompt", 1),)
    assert found["prompt"].also == (("model", 1),)


def test_a_family_is_an_axis_where_it_has_several_models() -> None:
    """And says of no model that it differs in its family."""
    rows = [row(at, family="wan" if at > 7 else "hailuo") for at in range(12)]

    found = {axis.axis: axis for axis in found_in([chose(0, 8, "right"), chose(0, 1, "left")], rows).axes}

    assert {axis: one.choices for axis, one in found.items() if axis != "prompt"} == {"model": 1, "family": 1}
    assert found["model"].also == ()


def test_choices_of_unknown_clips_count_for_nothing() -> None:
    """Those of another edition, or of a copy."""
    rows = [row(0), row(1, derived_from=IDS[0])]

    assert found_in([chose(0, 1, "left"), chose(4, 5, "left")], rows) == Preferences()


def test_the_newest_choice_of_a_person_between_two_clips_counts() -> None:
    """Whichever side they were on, in any order of files, under any spelling of the name."""
    said = [chose(0, 1, "left"), chose(1, 0, "left", " ANA ", 2), chose(0, 1, "none", "ben", 1)]

    orders = [newest_pairs(order) for order in permutations(said)]

    assert all(order == (said[2], said[1]) for order in orders)


@pytest.mark.parametrize(("higher_is_better", "sign"), [(True, 1), (False, -1)])
def test_taste_is_held_against_results(*, higher_is_better: bool, sign: int) -> None:
    """People like the clips with the higher number: good where more is better, bad where it is a cost."""
    judgements = {IDS[at]: [rated(at, 1 + at // 2), rated(at, 1 + at // 2, "ben")] for at in range(8)}
    pairs = [chose(at, at + 1, "right") for at in range(7)]

    found = preferences_of(
        [row(at) for at in range(12)],
        pairs,
        judgements,
        results([0.01 * at for at in range(10)], higher_is_better=higher_is_better),
    ).agreement

    assert [(one.taste, one.clips) for one in found] == [("blind pairs", 8), ("ratings", 8)]
    for one in found:
        assert sign * one.correlation > 0.9
        assert -1 <= one.low <= one.correlation <= one.high <= 1


@pytest.mark.parametrize("values", [[0.1] * 8, [0.1, 0.2, 0.3, 0.4]])
def test_too_little_says_nothing(values: list[float]) -> None:
    """All alike, or fewer than five clips; nor where clips cannot be compared."""
    judgements = {IDS[at]: [rated(at, 1 + at % 5)] for at in range(8)}
    rows = [row(at) for at in range(12)]

    assert preferences_of(rows, [], judgements, results(values)).agreement == ()
    assert preferences_of(rows, [], judgements, results(range(8), compared=False)).agreement == ()

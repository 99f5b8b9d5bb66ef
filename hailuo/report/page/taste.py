"""What people prefer in blind pairs, and whether it predicts what the ads did."""

from hailuo.publish.preferences import AxisPreference, Preferences, TasteAndResults
from hailuo.report.formatting import GAP, axis_name, chance, level_name, percent, plain, plural
from hailuo.report.page.words import Values
from hailuo.report.texts import say


def taste_of(found: Preferences) -> Values:
    """A table for each axis that was compared, and a sentence for each platform with results."""
    return {
        "axes": [_axis(one) for one in found.axes],
        "agreement": [_agreement(one) for one in found.agreement],
    }


def _axis(found: AxisPreference) -> Values:
    also = (
        say("taste.also", choices=plural(count, "choice"), axis=axis_name(axis).lower())
        for axis, count in found.also
    )
    said = say(
        "taste.choices",
        choices=plural(found.choices, "choice"),
        people=plural(found.people, "person", "people"),
    )
    return {
        "name": axis_name(found.axis),
        "said": " ".join((said, *also)),
        "rows": [
            (
                level_name(found.axis, one.level),
                f"{percent(one.chance, digits=0)} ({100 * one.low:.0f}–{100 * one.high:.0f}{GAP}%)",
                chance(one.p_best),
                f"{one.won:g} of {one.choices}",
            )
            for one in found.levels
        ],
    }


def _agreement(found: TasteAndResults) -> str:
    return say(
        "taste.agreement",
        taste=found.taste.capitalize(),
        label=found.label,
        correlation=plain(found.correlation, 2, signed=True),
        low=plain(found.low, 2, signed=True),
        high=plain(found.high, 2, signed=True),
        clips=plural(found.clips, "clip"),
    )

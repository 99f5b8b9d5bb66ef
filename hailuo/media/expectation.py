"""What can be known of a clip before it is bought, and where it could therefore not run as an ad."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from hailuo.campaign.catalog import Catalog
from hailuo.campaign.job import Job
from hailuo.campaign.model import Campaign
from hailuo.campaign.variant import Variant
from hailuo.errors import Problem
from hailuo.media.inspection import Facts
from hailuo.media.placement_rules import (
    REASONS,
    Finding,
    PlacementReason,
    PlacementVerdict,
    is_aspect,
)
from hailuo.media.placements import FamilyFacts, PlacementBook, placement_book
from hailuo.media.verdict import Verdict

_FORESEEN: Final = frozenset({"aspect", "audio", "duration", "fps", "size"})
"""Kinds of rules that an order decides; bit rate, bytes and codec are seen in the file only."""

_OF_THE_ORDER: Final = frozenset({PlacementReason.TOO_LONG, PlacementReason.TOO_SHORT})
"""What no copy can mend."""

_MOST_TOLD: Final = 3


def expected_facts(variant: Variant, catalog: Catalog, book: PlacementBook | None = None) -> Facts:
    """What a variant's clips will be like, as far as its family is known; the ordered duration stands for the real one."""
    model = catalog.model(variant.model)
    families = (book or placement_book()).families
    family = families.get(model.family) if model else None
    if family is None:
        return Facts(duration_s=float(variant.duration))
    width, height = _size(variant, family)
    return Facts(
        width=width,
        height=height,
        fps=family.fps,
        duration_s=float(variant.duration),
        has_audio=family.has_audio,
    )


def _size(variant: Variant, family: FamilyFacts) -> tuple[int | None, int | None]:
    """The family's own shape, or the first frame's with the tier as its short side."""
    known, frame = family.sizes.get(variant.size), variant.first_frame
    if known is None:
        return None, None
    if frame is None:
        return known
    if not frame.width or not frame.height:
        return None, None
    if is_aspect(frame.width, frame.height, family.aspect):
        return known
    scale = min(known) / min(frame.width, frame.height)
    return _even(frame.width * scale), _even(frame.height * scale)


def _even(pixels: float) -> int:
    return 2 * round(pixels / 2)


def expected_verdicts(
    jobs: Iterable[Job], names: Sequence[str], catalog: Catalog
) -> dict[str, Mapping[str, PlacementVerdict]]:
    """By creative id: whether the job's clip could run in each placement as it is rendered. Raises: KeyError."""
    book = placement_book()
    known: dict[Facts, Mapping[str, PlacementVerdict]] = {}
    found = {}
    for job in jobs:
        clip = expected_facts(job.variant, catalog, book)
        if clip not in known:
            known[clip] = _verdicts(clip, names, book)
        found[job.creative_id] = known[clip]
    return found


def _verdicts(clip: Facts, names: Iterable[str], book: PlacementBook) -> dict[str, PlacementVerdict]:
    foreseen = {name: [r for r in book.placements[name].rules if r.kind in _FORESEEN] for name in names}
    return {
        name: PlacementVerdict(tuple(finding for rule in rules for finding in rule.judge(clip)))
        for name, rules in foreseen.items()
    }


def placement_warnings(campaign: Campaign, jobs: Sequence[Job], catalog: Catalog) -> tuple[Problem, ...]:
    """A warning per placement that the campaign names and some of its variants cannot run in as rendered.

    Nothing is refused for it: `hailuo conform` makes copies of another shape.
    """
    if not campaign.placements or not jobs:
        return ()
    book = placement_book()
    variants = {job.variant.variant_id: job.variant for job in jobs}
    clips = Counter(expected_facts(variant, catalog, book) for variant in variants.values())
    judged = {clip: _verdicts(clip, campaign.placements, book) for clip in clips}
    return tuple(
        problem
        for name in campaign.placements
        for verdict in (Verdict.FAIL, Verdict.UNCLEAR)
        if (problem := _warning(campaign, name, verdict, _of(judged, name, verdict, clips), clips.total()))
    )


def _of(
    judged: Mapping[Facts, Mapping[str, PlacementVerdict]], name: str, verdict: Verdict, clips: Counter[Facts]
) -> list[tuple[PlacementVerdict, int]]:
    """The verdicts of that kind on one placement, each with its number of variants."""
    return [(found[name], clips[clip]) for clip, found in judged.items() if found[name].verdict is verdict]


def _warning(
    campaign: Campaign, name: str, verdict: Verdict, found: Sequence[tuple[PlacementVerdict, int]], total: int
) -> Problem | None:
    if not found:
        return None
    causes = Counter[Finding]()
    for ruling, number in found:
        deciding = {f for f in ruling.findings if REASONS[f.reason][0] is verdict}
        causes.update(dict.fromkeys(sorted(deciding, key=str), number))
    number = sum(count for _, count in found)
    reason = f"placement {name}: {_who(verdict, number, total)}: {_why(causes, number)}"
    return Problem(campaign.place, reason, _remedy(name, verdict, causes))


def _who(verdict: Verdict, number: int, total: int) -> str:
    what = "variant" if total == 1 else "variants"
    if verdict is Verdict.UNCLEAR:
        return f"whether {number:,} of {total:,} {what} can run there cannot be told beforehand"
    whole = (
        f"NONE of the {total:,} {what} can" if number == total else f"{number:,} of {total:,} {what} cannot"
    )
    return f"{whole} run there as rendered"


def _why(causes: Counter[Finding], number: int) -> str:
    told = [
        str(cause) if count == number else f"{cause} ({count:,})"
        for cause, count in causes.most_common(_MOST_TOLD)
    ]
    return ", ".join([*told, "..."] if len(causes) > _MOST_TOLD else told)


def _remedy(name: str, verdict: Verdict, causes: Counter[Finding]) -> str:
    if verdict is Verdict.UNCLEAR:
        return "give a first frame as a file, then its shape is known"
    reasons = {cause.reason for cause in causes}
    remedies = []
    if reasons & _OF_THE_ORDER:
        remedies.append("order another duration for it")
    if reasons - _OF_THE_ORDER:
        remedies.append(f"make copies that can with hailuo conform --placement {name}{_other_ways(reasons)}")
    return ", and ".join(remedies)


def _other_ways(reasons: set[PlacementReason]) -> str:
    shape = PlacementReason.ASPECT_NOT_ACCEPTED in reasons
    sound = " --audio FILE" if PlacementReason.NO_AUDIO in reasons else ""
    return f"{sound}, or start from a first frame of its shape" if shape else sound

"""What can be known of a clip before it is bought, and where it could therefore not run as an ad."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Final

from hailuo.campaign.asked import Asked, ShapeBy, asked_of
from hailuo.campaign.catalog import Catalog
from hailuo.campaign.files import load_catalog
from hailuo.campaign.job import Job
from hailuo.campaign.model import Campaign
from hailuo.campaign.variant import Variant
from hailuo.errors import Problem
from hailuo.media.inspection import Facts, Order
from hailuo.media.placement_rules import Finding, PlacementReason, PlacementVerdict, is_aspect, ratio_of
from hailuo.media.placements import verdicts
from hailuo.media.verdict import Verdict

_FORESEEN: Final = frozenset({"aspect", "audio", "duration", "fps", "size"})
"""Kinds of rules that an order decides; bit rate, bytes and codec are seen in the file only."""

_OF_THE_ORDER: Final = frozenset({PlacementReason.TOO_LONG, PlacementReason.TOO_SHORT})
"""What no copy can fix."""

_MOST_LISTED: Final = 3


def expected_facts(variant: Variant, catalog: Catalog) -> Facts:
    """What a variant's clips will be like, as far as its family is known, with the duration ordered."""
    asked = asked_of(variant, catalog)
    if asked is None:
        return Facts(duration_s=float(variant.duration))
    width, height = _sides(variant, asked)
    return Facts(
        width=width,
        height=height,
        fps=asked.fps,
        duration_s=float(variant.duration),
        has_audio=asked.audio,
    )


def order_of(job: Job) -> Order:
    """What a job ordered: by its own settings, its first frame, and what its model makes (docs/reference/vendor.md#submit).

    A record of an earlier version does not have the facts of its family: then the built-in catalog gives them.
    """
    variant, frame = job.variant, job.variant.first_frame
    asked = job.asked or asked_of(variant, _built_in())
    aspect = ratio_of(asked.shape) if asked and asked.shape else None
    if frame is not None and (asked is None or asked.shape_by is not ShapeBy.SETTING):
        aspect = frame.width / frame.height if frame.width and frame.height else aspect
    return Order(
        duration_s=variant.duration,
        size=variant.size,
        has_first_frame=frame is not None,
        short_side=min(asked.width, asked.height) if asked and asked.width and asked.height else None,
        aspect=aspect,
        fps=asked.fps if asked else None,
        has_audio=asked.audio if asked else None,
        codec=asked.codec if asked else None,
    )


@cache
def _built_in() -> Catalog:
    return load_catalog()


def _sides(variant: Variant, asked: Asked) -> tuple[int | None, int | None]:
    """The family's own pixels, or the first frame's shape with the tier as its short side."""
    frame, (width, height) = variant.first_frame, (asked.width, asked.height)
    if width is None or height is None:
        return None, None
    if frame is None or asked.shape_by is not ShapeBy.FIRST_FRAME:
        return width, height
    if not frame.width or not frame.height:
        return None, None
    if is_aspect(frame.width, frame.height, f"{width}:{height}"):
        return width, height
    scale = min(width, height) / min(frame.width, frame.height)
    return 2 * round(frame.width * scale / 2), 2 * round(frame.height * scale / 2)


def expected_verdicts(
    jobs: Iterable[Job], names: Sequence[str], catalog: Catalog
) -> dict[str, Mapping[str, PlacementVerdict]]:
    """By creative id: whether the job's clip could run in each placement as it is rendered. Raises: KeyError."""
    known: dict[Facts, Mapping[str, PlacementVerdict]] = {}
    found = {}
    for job in jobs:
        clip = expected_facts(job.variant, catalog)
        if clip not in known:
            known[clip] = verdicts(clip, names, kinds=_FORESEEN)
        found[job.creative_id] = known[clip]
    return found


def placement_warnings(campaign: Campaign, jobs: Sequence[Job], catalog: Catalog) -> tuple[Problem, ...]:
    """A warning per placement that the campaign names and some of its variants cannot run in as rendered.

    Nothing is refused for it: `hailuo conform` makes copies of another shape.
    """
    if not campaign.placements or not jobs:
        return ()
    variants = {job.variant.variant_id: job.variant for job in jobs}
    clips = Counter(expected_facts(variant, catalog) for variant in variants.values())
    judged = {clip: verdicts(clip, campaign.placements, kinds=_FORESEEN) for clip in clips}
    warnings = []
    for name in campaign.placements:
        for verdict in (Verdict.FAIL, Verdict.UNCLEAR):
            affected = [
                (found[name], clips[clip]) for clip, found in judged.items() if found[name].verdict is verdict
            ]
            if affected:
                reason, remedy = _warning(name, verdict, affected, clips.total())
                warnings.append(Problem(campaign.place, f"placement {name}: {reason}", remedy))
    return tuple(warnings)


def _warning(
    name: str, verdict: Verdict, affected: Sequence[tuple[PlacementVerdict, int]], total: int
) -> tuple[str, str]:
    """Reason and remedy; `affected` are the verdicts, each with its number of variants, of `total` variants."""
    causes = Counter[Finding]()
    for ruling, number in affected:
        deciding = {found for found in ruling.findings if found.reason.verdict is verdict}
        causes.update(dict.fromkeys(sorted(deciding, key=str), number))
    number = sum(count for _, count in affected)
    listed = [
        str(cause) if count == number else f"{cause} ({count:,})"
        for cause, count in causes.most_common(_MOST_LISTED)
    ]
    why = ", ".join([*listed, "..."] if len(causes) > _MOST_LISTED else listed)
    what = "variant" if total == 1 else "variants"
    if verdict is Verdict.UNCLEAR:
        reason = f"it is not known in advance whether {number:,} of {total:,} {what} can run there: {why}"
        return reason, "give a first frame as a file, then its shape is known"
    whole = (
        f"NONE of the {total:,} {what} can" if number == total else f"{number:,} of {total:,} {what} cannot"
    )
    return f"{whole} run there as rendered: {why}", _remedy(name, {cause.reason for cause in causes})


def _remedy(name: str, reasons: set[PlacementReason]) -> str:
    remedies = ["order another duration for it"] if reasons & _OF_THE_ORDER else []
    if reasons - _OF_THE_ORDER:
        sound = " --audio FILE" if PlacementReason.NO_AUDIO in reasons else ""
        frame = ", or start from a first frame of its shape"
        shape = frame if PlacementReason.ASPECT_NOT_ACCEPTED in reasons else ""
        remedies.append(f"make copies that can with hailuo conform --placement {name}{sound}{shape}")
    return ", and ".join(remedies)

"""What can be seen in a clip: one decode, measured; a verdict on it; small pictures to look at. No clip is changed.

probe          decodes a clip once: every measured column and its previews (imports av and OpenCV: workers only)
inspection     what it found, as a value in the store; what was ordered
verdict        what that amounts to: pass, warn, fail or unclear, with codes; disputes
duplicates     clips of an edition that look the same
playback       which codecs, profiles and tags play in browsers and on platforms
placements     where a clip can run as an ad; expectation: what is known before it is bought
conform        makes a copy by a recipe; conformed: its record in the store

Modules that decode are imported by name, so that reading inspections does not load a decoder.
"""

from typing import TYPE_CHECKING

from hailuo.lazy import lazy_names

if TYPE_CHECKING:
    from hailuo.media.duplicates import NearDuplicate, near_duplicates
    from hailuo.media.expectation import order_of
    from hailuo.media.inspection import (
        PREVIEW_TYPES,
        QA_VERSION,
        Inspection,
        Order,
        Preview,
        keep_inspection,
        read_inspections,
    )
    from hailuo.media.verdict import (
        DISPUTE,
        Code,
        Ruling,
        Thresholds,
        Verdict,
        differences,
        disputes,
        load_thresholds,
    )

__all__ = [
    "DISPUTE",
    "PREVIEW_TYPES",
    "QA_VERSION",
    "Code",
    "Inspection",
    "NearDuplicate",
    "Order",
    "Preview",
    "Ruling",
    "Thresholds",
    "Verdict",
    "differences",
    "disputes",
    "keep_inspection",
    "load_thresholds",
    "near_duplicates",
    "order_of",
    "read_inspections",
]

__getattr__ = lazy_names(
    __name__,
    {
        "Code": "verdict",
        "DISPUTE": "verdict",
        "Inspection": "inspection",
        "NearDuplicate": "duplicates",
        "Order": "inspection",
        "PREVIEW_TYPES": "inspection",
        "Preview": "inspection",
        "QA_VERSION": "inspection",
        "Ruling": "verdict",
        "Thresholds": "verdict",
        "Verdict": "verdict",
        "differences": "verdict",
        "disputes": "verdict",
        "keep_inspection": "inspection",
        "load_thresholds": "verdict",
        "near_duplicates": "duplicates",
        "order_of": "expectation",
        "read_inspections": "inspection",
    },
)

"""What can be seen in a clip: one decode pass, measured; a verdict on it; small pictures to look at.

inspect        one decode of a clip: every measured column, and its previews   (imports av and OpenCV: workers only)
inspection     what it found, as a value; what was ordered
verdict        what that amounts to: pass, warn, fail, unknown, with codes; disputes
duplicates     clips of an edition that nobody could tell apart
checks         inspections in the store

Nothing here changes a clip. `hailuo.media.inspect` is imported by name where clips are decoded, so that
who only reads inspections does not load a decoder.
"""

from hailuo.media.checks import keep_inspection, read_inspections
from hailuo.media.duplicates import NearDuplicate, near_duplicates
from hailuo.media.inspection import QA_VERSION, Inspection, Order, order_of
from hailuo.media.keys import PREVIEW_TYPES, Preview
from hailuo.media.thresholds import Thresholds, load_thresholds
from hailuo.media.verdict import CODES, DISPUTE, Code, Ruling, Verdict, disputes, verdict

__all__ = [
    "CODES",
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
    "disputes",
    "keep_inspection",
    "load_thresholds",
    "near_duplicates",
    "order_of",
    "read_inspections",
    "verdict",
]

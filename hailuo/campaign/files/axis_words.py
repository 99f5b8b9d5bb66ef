"""The axis that a person probably means by a word that is none."""

from collections.abc import Collection
from typing import Final

from hailuo.campaign.model import SETTING_AXES
from hailuo.sheets import key_of
from hailuo.text import nearest

_WORDS: Final = {
    "first_frame": (
        *("frame", "image", "picture", "photo", "startframe", "startimage"),
        *("imageurl", "frameurl", "keyframe", "inputimage"),
    ),
    "duration": ("seconds", "secs", "length", "videolength", "cliplength"),
    "size": ("resolution", "quality", "dimensions", "definition"),
    "prompt": ("text", "promptid", "script"),
}
"""Words of other tools, as `key_of` writes them."""

_NOT_SENT: Final = frozenset(
    {
        *("lastframe", "endframe", "tailframe", "imagetail", "lastframeimage"),
        *("referenceimage", "referenceimages", "references", "subjectreference"),
        *("referencevideo", "referencevideos", "inputvideo", "videourl", "videolist"),
        *("referenceaudio", "referenceaudios", "inputaudio"),
    }
)
"""Inputs that some models take, and of which it is not known how this vendor is asked for them."""

_AXES: Final = {word: axis for axis, words in _WORDS.items() for word in words}


def is_not_sent(name: str) -> bool:
    """Whether it is an input that some models take, and that cannot be ordered here."""
    return key_of(name) in _NOT_SENT


def meant_axis(name: str, known: Collection[str] = SETTING_AXES) -> str | None:
    """The axis of `known` that the name resembles, or that it is called by other tools; None where it is none."""
    other = _AXES.get(key_of(name))
    return other if other in known else nearest(name, known)

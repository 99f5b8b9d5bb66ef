"""The page people look at: every job of an edition, the clips side by side, in one HTML file that needs no server."""

from hailuo.publish.gallery.links import Links, clip_beside, copy_beside, inside, preview_beside, reached
from hailuo.publish.gallery.page import render

__all__ = [
    "Links",
    "clip_beside",
    "copy_beside",
    "inside",
    "preview_beside",
    "reached",
    "render",
]

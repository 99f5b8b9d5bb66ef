"""The page people look at: every job of an edition, the clips side by side, in one HTML file that needs no server."""

from hailuo.publish.gallery.embed import PREVIEWS_LIMIT_BYTES, Embedded, Room, embed, room_for
from hailuo.publish.gallery.links import Links, clip_beside, copy_beside, inside, preview_beside, reached
from hailuo.publish.gallery.page import render

__all__ = [
    "PREVIEWS_LIMIT_BYTES",
    "Embedded",
    "Links",
    "Room",
    "clip_beside",
    "copy_beside",
    "embed",
    "inside",
    "preview_beside",
    "reached",
    "render",
    "room_for",
]

"""The page people look at: every job of an edition, the clips side by side, in one HTML file that needs no server."""

from hailuo.gallery.embed import PREVIEWS_LIMIT_BYTES, Embedded, embed
from hailuo.gallery.page import clip_beside, gallery_key, preview_beside, render

__all__ = [
    "PREVIEWS_LIMIT_BYTES",
    "Embedded",
    "clip_beside",
    "embed",
    "gallery_key",
    "preview_beside",
    "render",
]

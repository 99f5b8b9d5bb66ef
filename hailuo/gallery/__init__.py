"""The page people look at: every job of an edition as a tile, the clips side by side, in one HTML file."""

from hailuo.gallery.page import clip_beside, gallery_key, render

__all__ = ["clip_beside", "gallery_key", "render"]

"""The page that tells a media buyer what won, how sure that is and what to do next, as one HTML file."""

from hailuo.adtest.page.clip import Clip
from hailuo.adtest.page.page import render

__all__ = ["Clip", "render"]

"""The page that shows a media buyer what won, how sure that is and what to do next, as one HTML file."""

from hailuo.report.page.clip import Clip
from hailuo.report.page.page import render

__all__ = ["Clip", "render"]

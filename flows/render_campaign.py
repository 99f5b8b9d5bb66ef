"""The flow of this name as prefect.yaml points at it. Its code is in hailuo/flows/render_campaign.py."""

from hailuo.flows.render_campaign import drive, render_campaign

__all__ = ["drive", "render_campaign"]

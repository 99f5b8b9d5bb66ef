"""The flow of this name as prefect.yaml points at it. Its code is in hailuo/flows/approve_campaign.py."""

from hailuo.flows.approve_campaign import approve_campaign

__all__ = ["approve_campaign"]

"""The flow of this name as prefect.yaml points at it. Its code is in hailuo/flows/reconcile.py."""

from hailuo.flows.reconcile import reconcile

__all__ = ["reconcile"]

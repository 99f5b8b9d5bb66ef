"""The flow of this name as prefect.yaml points at it. Its code is in hailuo/flows/nightly.py."""

from hailuo.flows.nightly import nightly

__all__ = ["nightly"]

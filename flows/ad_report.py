"""The flow of this name as prefect.yaml points at it. Its code is in hailuo/flows/ad_report.py."""

from hailuo.flows.ad_report import ad_report

__all__ = ["ad_report"]

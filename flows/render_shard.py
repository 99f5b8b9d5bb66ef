"""The flow of this name as prefect.yaml points at it. Its code is in hailuo/flows/render_shard.py."""

from hailuo.flows.render_shard import render_shard

__all__ = ["render_shard"]

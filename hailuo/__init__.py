"""Make, compare and learn from AI video ads: one campaign file in, every clip rendered once."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hailuo.publish.read import read_manifest
    from hailuo.report.notebook import judge_results, read_ads, read_results

__all__ = ["judge_results", "read_ads", "read_manifest", "read_results"]


def __getattr__(name: str) -> object:
    """Loaded when asked for: `import hailuo` alone loads nothing."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = "publish.read" if name == "read_manifest" else "report.notebook"
    return getattr(import_module(f"hailuo.{module}"), name)

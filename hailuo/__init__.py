"""Make, compare and learn from AI video ads: one campaign file in, every clip rendered once.

What another program may call; docs/how-to/python.md shows each with an example. `import hailuo` alone loads nothing else.
"""

from typing import TYPE_CHECKING

from hailuo.lazy import lazy_names

if TYPE_CHECKING:
    from hailuo.errors import HailuoError
    from hailuo.ledger.statement import read_statement
    from hailuo.plan.prepare import CampaignRequest, prepare
    from hailuo.publish.read import read_manifest
    from hailuo.report.notebook import judge_results, read_ads, read_results
    from hailuo.run.session import open_session
    from hailuo.settings import Settings

__all__ = [
    "CampaignRequest",
    "HailuoError",
    "Settings",
    "judge_results",
    "open_session",
    "prepare",
    "read_ads",
    "read_manifest",
    "read_results",
    "read_statement",
]

__getattr__ = lazy_names(
    __name__,
    {
        "CampaignRequest": "plan.prepare",
        "HailuoError": "errors",
        "Settings": "settings",
        "judge_results": "report.notebook",
        "open_session": "run.session",
        "prepare": "plan.prepare",
        "read_ads": "report.notebook",
        "read_manifest": "publish.read",
        "read_results": "report.notebook",
        "read_statement": "ledger.statement",
    },
)

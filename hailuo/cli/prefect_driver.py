"""Finds the Prefect flow that runs a campaign, by entry point: the library does not import the flows."""

from importlib.metadata import entry_points
from typing import Protocol

from hailuo.errors import Place, Problem, SettingsError
from hailuo.extras import Extra, require
from hailuo.plan.prepare import CampaignRequest
from hailuo.run.events import RunReport


class Driver(Protocol):
    """Runs a campaign. The user has agreed to the plan with this digest."""

    def __call__(self, request: CampaignRequest, plan_digest: str) -> RunReport: ...


def prefect_driver() -> Driver:
    """The Prefect flow `render-campaign`. Raises: SettingsError where Prefect is not installed."""
    require(Extra.PREFECT, Place("PREFECT_API_URL"), "a run as a flow")
    found = entry_points(group="hailuo.drivers", name="prefect")
    if not found:
        problem = Problem(
            Place("PREFECT_API_URL"),
            "the flow `render-campaign` is not installed",
            "install hailuo-campaigns again, or unset PREFECT_API_URL",
        )
        raise SettingsError([problem])
    driver: Driver = next(iter(found)).load()
    return driver

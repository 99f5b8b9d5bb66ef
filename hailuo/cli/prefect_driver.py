"""Finds the Prefect flow that runs a campaign, by entry point: the library does not import the flows."""

from importlib.metadata import entry_points
from typing import Protocol

from hailuo.errors import Place, Problem, SettingsError
from hailuo.plan.prepare import CampaignRequest
from hailuo.run.events import RunReport


class Driver(Protocol):
    """Runs a campaign. The user has agreed to the plan with this digest."""

    def __call__(self, request: CampaignRequest, plan_digest: str) -> RunReport: ...


def prefect_driver() -> Driver:
    """The Prefect flow `render-campaign`. Raises: SettingsError where it is not installed."""
    found = entry_points(group="hailuo.drivers", name="prefect")
    if not found:
        problem = Problem(
            Place("PREFECT_API_URL"),
            "the package `flows` is not installed",
            "install it, or unset PREFECT_API_URL",
        )
        raise SettingsError([problem])
    driver: Driver = next(iter(found)).load()
    return driver

"""Drivers above the library, found by entry point so that nothing here imports them."""

from importlib.metadata import entry_points
from typing import Protocol

from hailuo.errors import Place, Problem, SettingsError
from hailuo.plan.prepare import CampaignRequest
from hailuo.run.events import RunReport


class Driver(Protocol):
    """Runs a campaign whose plan, by its digest, the user has agreed to."""

    def __call__(self, choice: CampaignRequest, plan_digest: str) -> RunReport: ...


def prefect_driver() -> Driver:
    """The Prefect flow `render-campaign`. Raises: SettingsError where it is not installed."""
    found = entry_points(group="hailuo.drivers", name="prefect")
    if not found:
        problem = Problem(
            Place("PREFECT_API_URL"), "the package `flows` is not installed", "install it, or unset this"
        )
        raise SettingsError([problem])
    driver: Driver = next(iter(found)).load()
    return driver

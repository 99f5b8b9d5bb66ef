"""Where Prefect and the command line find the flows."""

from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path

import pytest
import yaml
from prefect.flows import load_flow_from_entrypoint

pytestmark = pytest.mark.slow

ENTRYPOINTS = [row["entrypoint"] for row in yaml.safe_load(Path("prefect.yaml").read_text())["deployments"]]


@pytest.mark.parametrize("entrypoint", ENTRYPOINTS)
def test_prefect_yaml_points_at_the_flows_of_the_library(entrypoint: str) -> None:
    """Each names a module of the folder flows/, and gets the very flow that the wheel has under our own name."""
    module, _, name = f"hailuo.{entrypoint}".rpartition(".")

    assert Path(*entrypoint.split(".")[:-1]).with_suffix(".py").is_file()
    assert load_flow_from_entrypoint(entrypoint) is getattr(import_module(module), name)


def test_the_driver_is_found_under_our_own_name() -> None:
    """The entry point names no module that could be a user's own."""
    (driver,) = entry_points(group="hailuo.drivers")

    assert driver.module == "hailuo.flows.render_campaign"
    assert callable(driver.load())

"""One embedded Prefect server for all flow tests, and a simulator on a fast clock."""

import contextlib
import gc
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from prefect.testing.utilities import prefect_test_harness
from pydantic import SecretStr
from pytest_socket import enable_socket

from hailuo.campaign.files import load_catalog
from hailuo.clock import RehearsalClock
from hailuo.run.environment import Surroundings, within
from hailuo.settings import Settings
from hailuo.simulator import ClipDetail, FaultPlan, SimulatorOptions, simulating

CAMPAIGN = """\
campaign: flow-test
takes: 2
defaults: {size: 768p, duration: 6}
matrix:
  model: [MiniMax-Hailuo-02, MiniMax-Hailuo-2.3]
  prompt:
    - {id: stone, text: Perfume bottle on black stone}
budget: {usd: 5}
"""


@pytest.fixture(scope="session")
def server() -> Iterator[None]:
    """Prefect's own server in a temporary database."""
    enable_socket()
    with prefect_test_harness(server_startup_timeout=180):
        yield
    _collect_clients()


@pytest.fixture
def campaign(tmp_path: Path) -> Path:
    """Four jobs over two models."""
    path = tmp_path / "flow-test.yaml"
    path.write_text(CAMPAIGN)
    return path


@pytest.fixture
def faults() -> FaultPlan:
    """What goes wrong at the vendor; a test may override it."""
    return FaultPlan()


@pytest.fixture
def rehearsal(server: None, tmp_path: Path, faults: FaultPlan) -> Iterator[Surroundings]:
    """The surroundings of a flow: simulator, folder store, fast clock."""
    clock = RehearsalClock(600)
    options = SimulatorOptions(catalog=load_catalog(), clip_detail=ClipDetail.SMALL, faults=faults)
    with contextlib.ExitStack() as stack:
        base_url = stack.enter_context(simulating(options, clock=clock))
        settings = Settings(
            api_key=SecretStr("sk-test"), base_url=base_url, store=str(tmp_path / "store"), checks="off"
        )
        place = Surroundings(settings=settings, clock=clock)
        stack.enter_context(within(place))
        yield place
    _collect_clients()


def _collect_clients() -> None:
    """Prefect leaves clients open: close them here, not as a warning in whichever test comes next."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()

"""A campaign of four jobs, and a quick simulator that renders it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hailuo.run.environment import RunEnvironment
from hailuo.simulator import FaultPlan
from tests.support.prefect_server import collect_clients
from tests.support.rehearsals import rehearsing

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
def rehearsal(server: None, tmp_path: Path, faults: FaultPlan) -> Iterator[RunEnvironment]:
    """What a flow runs in: a quick simulator and a folder store."""
    with rehearsing(tmp_path / "store", faults=faults) as env:
        yield env
    collect_clients()

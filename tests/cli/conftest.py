"""Commands called in-process, against a quick simulator on loopback."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hailuo.run.environment import RunEnvironment
from tests.support.rehearsals import rehearsing

CAMPAIGN = """\
campaign: small
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
    """A campaign of four jobs over two models, $1.12."""
    path = tmp_path / "small.yaml"
    path.write_text(CAMPAIGN)
    return path


@pytest.fixture
def vendor() -> dict[str, Any]:
    """How the simulated vendor differs from the ordinary one; a test may override it."""
    return {}


@pytest.fixture
def rehearsal(tmp_path: Path, vendor: dict[str, Any]) -> Iterator[RunEnvironment]:
    """A quick simulator and a folder store around every command of the test."""
    with rehearsing(tmp_path / "store", **vendor) as place:
        yield place

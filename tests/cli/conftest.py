"""Commands called in-process, against a simulator on loopback that runs six hundred times as fast."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from hailuo.campaign.files import load_catalog
from hailuo.cli.main import run
from hailuo.clock import RehearsalClock
from hailuo.run.environment import Surroundings, within
from hailuo.settings import Settings
from hailuo.simulator import ClipDetail, SimulatorOptions, simulating

SPEED = 600.0
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


@dataclass(frozen=True)
class Said:
    """What a command said, and how it ended."""

    code: int
    out: str
    err: str


Command = Callable[..., Said]


@pytest.fixture
def hailuo(capsys: pytest.CaptureFixture[str]) -> Command:
    """`hailuo("plan", "file")`: the command in this process."""

    def call(*arguments: str | Path) -> Said:
        capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Said(code=int(code), out=captured.out, err=captured.err)

    return call


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
def rehearsal(tmp_path: Path, vendor: dict[str, Any]) -> Iterator[Surroundings]:
    """A simulator, a folder store and a fast clock around every command of the test."""
    clock = RehearsalClock(SPEED)
    options = replace(SimulatorOptions(catalog=load_catalog(), clip_detail=ClipDetail.SMALL), **vendor)
    with contextlib.ExitStack() as stack:
        base_url = stack.enter_context(simulating(options, clock=clock))
        settings = Settings(
            api_key=SecretStr("sk-test"), base_url=base_url, store=str(tmp_path / "store"), checks="off"
        )
        place = Surroundings(settings=settings, clock=clock)
        stack.enter_context(within(place))
        yield place

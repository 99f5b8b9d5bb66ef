"""`python -m benchmarks.overhead.rehearsal FILE`: the flow on a quicker clock, as in `hailuo demo`, against a vendor as quick."""

import argparse
import asyncio
import sys
from pathlib import Path

from hailuo.cli.prefect_driver import prefect_driver
from hailuo.clock import RehearsalClock
from hailuo.plan.prepare import CampaignRequest, prepare
from hailuo.run.environment import RunEnvironment, within
from hailuo.run.session import open_session
from hailuo.settings import load_settings

__all__: list[str] = []


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.overhead.rehearsal", description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--speed", type=float, required=True, help="60: a minute a second")
    given = parser.parse_args()
    clock = RehearsalClock(given.speed)
    place = RunEnvironment(settings=load_settings(), clock=clock)
    with within(place):
        request = CampaignRequest(path=given.file, at=clock.now())
        report = prefect_driver()(request, asyncio.run(_digest(request, place)))
    return report.exit_code


async def _digest(request: CampaignRequest, place: RunEnvironment) -> str:
    prepared = prepare(request, place.settings)
    async with open_session(prepared, place.settings, clock=place.clock) as session:
        return (await session.plan()).digest


if __name__ == "__main__":
    sys.exit(main())

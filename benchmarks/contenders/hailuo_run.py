"""`hailuo run CAMPAIGN --yes` with its defaults, in simulated time as `hailuo demo` does."""

import sys

from pydantic import SecretStr

from benchmarks.contenders.brief import read_brief
from hailuo.cli.main import run
from hailuo.clock import RehearsalClock
from hailuo.run.environment import RunEnvironment, within
from hailuo.settings import Settings


def main() -> int:
    brief, given = read_brief()
    settings = Settings(
        api_key=SecretStr(brief.key),
        base_url=brief.base_url,
        store=str(brief.folder),
        in_flight=brief.in_flight,
        checks="off",
    )
    with within(RunEnvironment(settings=settings, clock=RehearsalClock(brief.speed))):
        return run(["run", str(given.campaign), "--yes"])


if __name__ == "__main__":
    sys.exit(main())

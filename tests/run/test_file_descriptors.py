"""A large run opens no more files than a small one: the limit of a process is often 1,024. Sockets are not counted here."""

import subprocess
import sys
import textwrap

import pytest

pytestmark = pytest.mark.slow

RUN = """
import resource, sys
from pathlib import Path

jobs, folder = int(sys.argv[1]), Path(sys.argv[2])
from dataclasses import replace
from random import Random
from hailuo.campaign.files import load_catalog
from hailuo.run.pace import Limiter
from hailuo.store import FolderStore
from tests.support import worlds

class AllAtOnce(worlds.World):
    def tools(self, ledger, client, scratch):
        limiter = Limiter(submits_per_minute=1200, in_flight=jobs, clock=self.clock, random=Random(0))
        return replace(super().tools(ledger, client, scratch), limiter=limiter)

worlds.World = AllAtOnce
world = worlds.world_of(load_catalog(), jobs=jobs, median_render_seconds=300.0, p95_render_seconds=400.0)
world.store = FolderStore(folder)
used = len(list(Path("/dev/fd").iterdir()))
resource.setrlimit(resource.RLIMIT_NOFILE, (used + 48, used + 48))
report = world.run()
print(sum(ending.state.value == "stored" for ending in report.endings))
"""


def test_two_hundred_jobs_run_with_forty_eight_files_to_open(tmp_path):
    """All in flight at once, and ready within minutes: polls, downloads and clips keep no file open for each job."""
    command = [sys.executable, "-c", textwrap.dedent(RUN), "200", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)  # noqa: S603

    assert done.stdout.split() == ["200"], done.stderr[-2000:]

"""State on a real S3 server, counted request by request; 10,000 jobs are counted by `make bench-ledger`."""

import secrets
from pathlib import Path

import pytest

from benchmarks.ledger_requests import measure
from hailuo.clock import RehearsalClock
from hailuo.store.s3 import S3Store
from tests.support.servers.s3 import BUCKET, S3Server

pytestmark = [pytest.mark.slow, pytest.mark.enable_socket]

JOBS = 400


@pytest.fixture
def store(seaweedfs: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> S3Store:
    for name, value in seaweedfs.environment(tmp_path).items():
        monkeypatch.setenv(name, value)
    return S3Store(BUCKET, f"tests/{secrets.token_hex(4)}", clock=RehearsalClock(20))


def test_a_resumed_edition_costs_under_one_percent_of_the_first_runs_requests(
    store: S3Store, tmp_path: Path
) -> None:
    """One listing in pages of 1,000 keys, the rollups, and two reads for each job in flight: nothing per clip."""
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"a clip")

    first, resumed, second, again = measure(store, jobs=JOBS, clip=clip)

    run = first.total + second.total
    pages = {"LIST": 1 + 1 + 1, "GET": JOBS // 2 // 100}  # the store's time, the ledger, the rollups
    assert first.requests == {"PUT": JOBS // 2 * 4 + JOBS // 2 // 100, "HEAD": JOBS // 2}
    assert resumed.requests == pages
    assert resumed.total < run / 100
    assert again.requests["LIST"] == 1 + 2 + 1  # 1,192 keys are two pages
    assert again.requests["GET"] <= JOBS // 100 + 8 * 2 + 100

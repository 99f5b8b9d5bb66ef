"""The store of the proof: SeaweedFS, and what was asked of it."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import boto3
import httpx

from benchmarks.proof.assignment import Place
from benchmarks.proof.bucket import seaweedfs
from tests.support.servers.processes import below, free_ports

_COUNT: Final = re.compile(r'^SeaweedFS_s3_request_seconds_count\{.*type="(\w+)"\} (\d+)$', re.MULTILINE)
_PROGRAM: Final = "weed"


@dataclass(slots=True, kw_only=True)
class Bucket:
    """The store as workers reach it; `looks` counts our own requests, which are not theirs."""

    place: Place
    metrics_url: str
    looks: int = 0
    _client: Any = field(default=None)

    @property
    def pids(self) -> list[int]:
        """The server's process."""
        return [pid for pid in below(os.getpid()) if _program_of(pid) == _PROGRAM]

    def stored(self, campaign: str, edition: str = "main") -> int:
        """How many clips lie in it."""
        name, _, prefix = self.place.uri.removeprefix("s3://").partition("/")
        pages = self._s3().get_paginator("list_objects_v2")
        count = 0
        for page in pages.paginate(Bucket=name, Prefix=f"{prefix}/{campaign}/{edition}/clips/"):
            self.looks += 1
            count += sum(1 for entry in page.get("Contents", ()) if entry["Key"].endswith(".mp4"))
        return count

    def requests(self) -> int:
        """What it was asked by everybody else."""
        metrics = httpx.get(self.metrics_url, timeout=30, trust_env=False).raise_for_status().text
        return sum(int(count) for _, count in _COUNT.findall(metrics)) - self.looks

    def _s3(self) -> Any:
        if self._client is None:
            env = self.place.environment
            session = boto3.session.Session(
                env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"], region_name=env["AWS_REGION"]
            )
            self._client = session.client("s3", endpoint_url=env["AWS_ENDPOINT_URL_S3"])
        return self._client


@contextmanager
def bucket(folder: Path) -> Iterator[Bucket]:
    """An empty store while the block runs, its data below the folder."""
    (port,) = free_ports(1)
    with seaweedfs(folder, metrics_port=port) as place:
        yield Bucket(place=place, metrics_url=f"http://127.0.0.1:{port}/metrics")


def _program_of(pid: int) -> str:
    try:
        return Path("/proc", str(pid), "comm").read_text().strip()
    except OSError:  # it has ended meanwhile
        return ""

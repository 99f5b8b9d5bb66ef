"""What every contender is told on its command line, and simulated time."""

import argparse
import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

TIMEOUT_SECONDS: Final = 60.0
"""What a contender gives one HTTP request, in real seconds; nobody's answer takes as long here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """One clip that is wanted: what to call it, and the body that orders it."""

    name: str
    request: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """The job of a contender: these clips, from this vendor, into this folder.

    `speed` is how many seconds pass at the simulated vendor in one of ours; `in_flight` is how many
    clips may be on their way at once. A `transport` takes the place of sockets.
    """

    base_url: str
    key: str
    clips: tuple[Clip, ...]
    folder: Path
    speed: float
    in_flight: int
    transport: httpx.AsyncBaseTransport | None = None

    @property
    def headers(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self.key}"}

    def path_of(self, clip: Clip) -> Path:
        """Where the clip belongs."""
        return self.folder / f"{clip.name}.mp4"

    async def pause(self, seconds: float) -> None:
        """Let so many of the vendor's seconds pass."""
        await asyncio.sleep(seconds / self.speed)  # noqa: TID251 (a script as others write it)

    def sleep(self, seconds: float) -> None:
        """The same in a thread."""
        time.sleep(seconds / self.speed)  # noqa: TID251 (a script as others write it)


def read_brief() -> tuple[Brief, argparse.Namespace]:
    """The brief from this process's arguments; and these, for what only one contender knows."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--base-url", required=True)
    parser.add_argument("--key", required=True)
    parser.add_argument("--wanted", type=Path, required=True, help="a JSON list of {name, request}")
    parser.add_argument("--campaign", type=Path, help="the same as a campaign file")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--speed", type=float, required=True)
    parser.add_argument("--in-flight", type=int, default=8)
    parser.add_argument("--persisted", action="store_true", help="Prefect: keep results, cache by inputs")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    brief = Brief(
        base_url=given.base_url,
        key=given.key,
        clips=tuple(Clip(**line) for line in json.loads(given.wanted.read_text())),
        folder=given.folder,
        speed=given.speed,
        in_flight=given.in_flight,
    )
    return brief, given

"""What a good engineer writes in an afternoon: a limit in flight, retries with back-off, nothing done twice.

A clip whose file lies there is skipped, files appear whole or not at all, and 429, 5xx and connection
errors are repeated with growing, jittered waits: for every request alike, as is the habit.
"""

import asyncio
import random
import sys
from collections.abc import Mapping
from typing import Any, Final

import httpx

from benchmarks.contenders.brief import TIMEOUT_SECONDS, Brief, Clip, read_brief

_TRIES: Final = 5
_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS = 2.0, 60.0
_POLL_SECONDS: Final = 10.0
_POLLS_AT_MOST: Final = 180  # half an hour


class _Script:
    def __init__(self, client: httpx.AsyncClient, brief: Brief) -> None:
        self._client = client
        self._brief = brief

    async def make_clip(self, clip: Clip) -> None:
        path = self._brief.path_of(clip)
        if path.exists():
            return
        task = (await self._ask("POST", "/v1/videos", json=clip.request)).json()
        state = await self._finished(task.get("task_id") or task["id"])
        content = (await self._ask("GET", _url(state))).content
        part = path.with_suffix(".part")
        part.write_bytes(content)
        part.rename(path)

    async def _finished(self, task_id: str) -> Mapping[str, Any]:
        for _ in range(_POLLS_AT_MOST):
            await self._brief.pause(_POLL_SECONDS)
            state: Mapping[str, Any] = (await self._ask("GET", f"/v1/videos/{task_id}")).json()
            if state["status"] == "completed":
                return state
            if state["status"] == "failed":
                raise RuntimeError(f"{task_id} failed: {state.get('error')}")
        raise RuntimeError(f"{task_id} is not finished after half an hour")

    async def _ask(self, method: str, url: str, **body: object) -> httpx.Response:
        """The answer, or the error of the last try."""
        for tries in range(1, _TRIES + 1):
            try:
                response = await self._client.request(method, url, **body)  # type: ignore[arg-type]  # json only
                return response.raise_for_status()
            except httpx.HTTPError as error:
                if tries == _TRIES or not _worth_a_retry(error):
                    raise
            wait = min(_LONGEST_WAIT_SECONDS, _FIRST_WAIT_SECONDS * 2**tries)
            await self._brief.pause(wait * random.uniform(0.5, 1.5))  # noqa: S311 (jitter)
        raise AssertionError("the last try returns or raises")


def _worth_a_retry(error: httpx.HTTPError) -> bool:
    if isinstance(error, httpx.HTTPStatusError):
        return error.response.status_code == 429 or error.response.status_code >= 500
    return isinstance(error, httpx.TransportError)


def _url(state: Mapping[str, Any]) -> str:
    results = state.get("results") or [{}]
    return str(results[0].get("url") or state["metadata"]["url"])


async def make_all(brief: Brief) -> int:
    """Every clip; the exit code."""
    room, failures = asyncio.Semaphore(brief.in_flight), 0
    client = httpx.AsyncClient(
        base_url=brief.base_url,
        headers=brief.headers,
        timeout=TIMEOUT_SECONDS,
        trust_env=False,
        transport=brief.transport,
    )
    script = _Script(client, brief)

    async def one(clip: Clip) -> None:
        nonlocal failures
        async with room:
            try:
                await script.make_clip(clip)
            except (httpx.HTTPError, RuntimeError) as error:
                failures += 1
                print(f"{clip.name}: {type(error).__name__}: {error}")

    async with client:
        await asyncio.gather(*(one(clip) for clip in brief.clips))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(make_all(read_brief()[0])))

"""The loop that the vendor's product page shows for one clip, in Python, for a list of clips.

Submit; ask every 3 seconds; take the URL from where the page looks for it. Whatever goes wrong is an
error that ends the clip; the page shows nothing else. Ours are the list, the room for several clips at
once, and the download: the page stops at the URL.
"""

import asyncio
import sys
from collections.abc import Mapping
from typing import Any, Final

import httpx

from benchmarks.contenders.brief import TIMEOUT_SECONDS, Brief, Clip, read_brief

_POLL_SECONDS: Final = 3.0


async def make_clip(vendor: httpx.AsyncClient, brief: Brief, clip: Clip) -> None:
    response = await vendor.post("/v1/videos", json=clip.request)
    response.raise_for_status()
    task = response.json()
    task_id = task.get("task_id") or task.get("id")
    state = await _finished(vendor, brief, task_id)
    await _download(_url(state), brief, clip)


async def _finished(vendor: httpx.AsyncClient, brief: Brief, task_id: str) -> Mapping[str, Any]:
    while True:
        response = await vendor.get(f"/v1/videos/{task_id}")
        response.raise_for_status()
        state: Mapping[str, Any] = response.json()
        if state["status"] == "completed":
            return state
        if state["status"] == "failed":
            raise RuntimeError(str(state.get("error")))
        await brief.pause(_POLL_SECONDS)


def _url(state: Mapping[str, Any]) -> str:
    video, output, metadata = state.get("video"), state.get("output"), state.get("metadata")
    url = (video and video.get("url")) or (output and output[0].get("url"))
    return str(url or (metadata and metadata.get("url")))


async def _download(url: str, brief: Brief, clip: Clip) -> None:
    async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS, trust_env=False, transport=brief.transport) as web:
        response = await web.get(url)
        response.raise_for_status()
        brief.path_of(clip).write_bytes(response.content)


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

    async def one(clip: Clip) -> None:
        nonlocal failures
        async with room:
            try:
                await make_clip(client, brief, clip)
            except (httpx.HTTPError, RuntimeError) as error:
                failures += 1
                print(f"{clip.name}: {type(error).__name__}: {error}")

    async with client:
        await asyncio.gather(*(one(clip) for clip in brief.clips))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(make_all(read_brief()[0])))

"""The `openai` SDK with its defaults, pointed at the vendor: create, retrieve, download_content.

Around it stands the same loop as in the afternoon's script: a limit in flight, and files that lie there are skipped.
The SDK does the retries: two, of every request, POST included. `videos.create` sends a form
unless told otherwise, and the vendor reads JSON, hence the header.
"""

import asyncio
import sys
import warnings
from typing import Any, Final

import openai

from benchmarks.contenders.brief import Brief, Clip, read_brief

_POLL_SECONDS: Final = 10.0  # OpenAI's guide says every 10 to 20 s


async def make_clip(client: openai.AsyncOpenAI, brief: Brief, clip: Clip) -> None:
    path = brief.path_of(clip)
    if path.exists():
        return
    video = await client.videos.create(**_order(clip))
    while video.status not in {"completed", "failed"}:
        await brief.pause(_POLL_SECONDS)
        video = await client.videos.retrieve(video.id)
    if video.status == "failed":
        raise RuntimeError(str(video.error))
    content = await client.videos.download_content(video.id)
    part = path.with_suffix(".part")
    part.write_bytes(content.content)
    part.rename(path)


def _order(clip: Clip) -> dict[str, Any]:
    """The SDK's own arguments where it has them; `duration`, which it does not know, beside them."""
    known = {name: clip.request[name] for name in ("model", "prompt", "size")}
    return known | {
        "extra_body": {"duration": clip.request["duration"]},
        "extra_headers": {"Content-Type": "application/json"},
    }


async def main() -> int:
    warnings.simplefilter("ignore", DeprecationWarning)  # Sora is gone, the routes are used by others
    brief, _ = read_brief()
    room, failures = asyncio.Semaphore(brief.in_flight), 0
    client = openai.AsyncOpenAI(base_url=f"{brief.base_url}/v1", api_key=brief.key)

    async def one(clip: Clip) -> None:
        nonlocal failures
        async with room:
            try:
                await make_clip(client, brief, clip)
            except (openai.OpenAIError, RuntimeError) as error:
                failures += 1
                print(f"{clip.name}: {type(error).__name__}: {error}")

    async with client:
        await asyncio.gather(*(one(clip) for clip in brief.clips))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))

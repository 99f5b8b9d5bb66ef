"""A plain Prefect flow: one task run per clip, two retries, and with `--persisted` results kept by inputs.

The task is what a first flow looks like: submit, poll, download, raise on whatever is wrong; the
retries are Prefect's. Eight threads, so that as many clips are in flight as with the others.
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import httpx
from prefect import Flow, Task, flow, task
from prefect.cache_policies import INPUTS
from prefect.task_runners import ThreadPoolTaskRunner

from benchmarks.contenders.brief import TIMEOUT_SECONDS, Brief, Clip, read_brief

_POLL_SECONDS: Final = 10.0
_RETRIES: Final = 2


def render(brief: Brief, clip: Clip) -> Path:
    with httpx.Client(
        base_url=brief.base_url, headers=brief.headers, timeout=TIMEOUT_SECONDS, trust_env=False
    ) as vendor:
        order = vendor.post("/v1/videos", json=clip.request).raise_for_status().json()
        state = _finished(vendor, brief, order.get("task_id") or order["id"])
        content = vendor.get(state["metadata"]["url"]).raise_for_status().content
    path = brief.path_of(clip)
    path.write_bytes(content)
    return path


def _finished(vendor: httpx.Client, brief: Brief, task_id: str) -> Mapping[str, Any]:
    while True:
        brief.sleep(_POLL_SECONDS)
        state: Mapping[str, Any] = vendor.get(f"/v1/videos/{task_id}").raise_for_status().json()
        if state["status"] == "completed":
            return state
        if state["status"] == "failed":
            raise RuntimeError(f"{task_id} failed: {state.get('error')}")


def _task(brief: Brief, *, persisted: bool) -> Task[[str], Path]:
    """The task; its one input is the clip's name, which is what `INPUTS` makes the key of."""
    clips = {clip.name: clip for clip in brief.clips}

    def render_clip(name: str) -> Path:
        return render(brief, clips[name])

    if persisted:
        return task(retries=_RETRIES, persist_result=True, cache_policy=INPUTS)(render_clip)
    return task(retries=_RETRIES)(render_clip)


def _flow(brief: Brief, *, persisted: bool) -> Flow[[], None]:
    render_clip = _task(brief, persisted=persisted)

    threads: ThreadPoolTaskRunner[Path] = ThreadPoolTaskRunner(max_workers=brief.in_flight)

    @flow(task_runner=threads)  # type: ignore[arg-type]  # its futures are a narrower kind than `flow` names
    def render_all() -> None:
        for future in [render_clip.submit(clip.name) for clip in brief.clips]:
            future.wait()

    return render_all


def main() -> int:
    brief, given = read_brief()
    _flow(brief, persisted=given.persisted)()
    return 0 if all(brief.path_of(clip).exists() for clip in brief.clips) else 1


if __name__ == "__main__":
    sys.exit(main())

"""What the checks cost: `make bench-media`, or `PYTHONPATH=scripts python -m benchmarks.media`; about six minutes.

CPU seconds per 6 s clip against a script of ffprobe and FFmpeg's filters in the same run (needs both on the PATH), then some
hundred clips through the product's own inspector with the memory of all its processes. With `--write FILE` the tables go
into that document. Exit code 1, with the goal, when one was missed.
"""

import argparse
import asyncio
import hashlib
import multiprocessing
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from benchmarks.document import table, write_section
from hailuo.campaign.job import Job
from hailuo.clock import SystemClock
from hailuo.ledger.ledger import Ledger
from hailuo.media.probe import inspect
from hailuo.run.inspector import inspecting
from hailuo.store import FolderStore
from hailuo.store.layout import Edition
from tests.support.factories import SUBMITTED, bought, make_done, make_job, tell
from tests.support.films import Frame, grained, landscape, panned, write_film

SIZES: Final = {"768p": (1366, 768), "1080p": (1920, 1080)}
GOALS: Final = {"768p": 1.2, "1080p": 2.2}
_FRAMES: Final = 141
_GOAL_MINUTES: Final = 25
_FLAT: Final = 1.15  # the memory of the last quarter of the clips may be so much that of the second
_FACTS: Final = "blackdetect=d=0.1:pic_th=0.98,freezedetect=d=0.5,scdet=t=10"
_MEASURES: Final = f"{_FACTS},signalstats,siti,blurdetect"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """CPU seconds per clip, best of the rounds."""

    what: str
    seconds: dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Many clips through the inspector; memory in MB of all processes, at each quarter of the clips."""

    clips: int
    seconds: float
    cpu_seconds: float
    quarters_mb: tuple[int, ...]

    @property
    def minutes_for_2000(self) -> float:
        return 2000 / self.clips * self.seconds / 60


def main() -> int:
    given = _arguments()
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory(prefix="bench-media-") as name:
        folder = Path(name)
        clips = _films(folder)
        costs = _costs(clips, folder, rounds=given.rounds)
        batch = asyncio.run(_batch(folder, clips["768p"].read_bytes(), number=given.clips))
        shown = _tables(clips, costs, batch)
    print(shown)
    missed = list(_missed(costs[0], batch))
    for words in missed:
        print(f"MISSED: {words}", file=sys.stderr)
    if given.write:
        text = _TEXT.format(
            tables=shown, result="; ".join(missed) or "every goal was met", at=SystemClock().now()
        )
        write_section(given.write, text, mark="cost")
    return 1 if missed else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.media", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="of each way; the best counts")
    parser.add_argument("--clips", type=int, default=300, help="for the long run")
    parser.add_argument("--write", type=Path, help="the document that takes the tables")
    return parser.parse_args()


def _films(folder: Path) -> dict[str, Path]:
    """Made in a process of its own: what that takes of memory is none of the inspector's."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return {
            size: pool.submit(_film, folder / f"{size}.mp4", pixels, seed=1).result()
            for size, pixels in SIZES.items()
        }


def _film(path: Path, size: tuple[int, int], *, seed: int) -> Path:
    """5.875 s, 141 frames at about the bit rate that is expected of the vendor."""
    shown = panned(landscape(seed, size=size, margin=500), _FRAMES, size=size, step=3)
    grain = grained(
        np.full_like(shown[0], 128), seed
    )  # made once, and shifted: a new one for each frame costs minutes
    return write_film(
        path, (_under(frame, np.roll(grain, 37 * n, (0, 1))) for n, frame in enumerate(shown)), crf=20
    )


def _under(frame: Frame, grain: Frame) -> Frame:
    return np.asarray(cv2.addWeighted(frame, 1.0, grain, 1.0, -128.0), np.uint8)


def _costs(clips: dict[str, Path], folder: Path, *, rounds: int) -> list[Cost]:
    previews = folder / "previews"
    previews.mkdir()
    ways: dict[str, Callable[[Path], object]] = {
        "ours: every column, and all previews": lambda clip: inspect(clip, previews=previews),
        "ours: every column": inspect,
        "script: ffprobe, black, freeze, cuts, the same previews": lambda clip: _script(
            clip, previews, _FACTS
        ),
        "script: the same, with luma, motion and sharpness too": lambda clip: _script(
            clip, previews, _MEASURES
        ),
    }
    return [
        Cost(what=what, seconds={size: _cpu(lambda: way(clip), rounds) for size, clip in clips.items()})  # noqa: B023 (called at once)
        for what, way in ways.items()
    ]


def _cpu(work: Callable[[], object], rounds: int) -> float:
    """CPU seconds of this process and of the programs it calls."""
    best = float("inf")
    for _ in range(rounds):
        before = _used()
        work()
        best = min(best, _used() - before)
    return best


def _used() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def _script(clip: Path, folder: Path, filters: str) -> None:
    """What a careful person would write: one probe, one decode, all outputs from it."""
    _run("ffprobe", "-v", "error", "-show_streams", "-show_format", "-of", "json", str(clip))
    graph = (
        f"[0:v]split=4[a][b][c][d];[a]{filters}[facts];[b]select=eq(n\\,70),scale=640:-2[poster];"
        "[c]select=not(mod(n\\,16)),scale=320:-2,tile=3x3[sheet];[d]fps=12,scale=-2:240[proxy]"
    )
    encode = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "30", "-threads", "1")
    _run(
        *("ffmpeg", "-y", "-v", "error", "-threads", "1", "-i", str(clip), "-filter_complex", graph),
        *("-map", "[facts]", "-f", "null", "-"),
        *("-map", "[poster]", "-frames:v", "1", str(folder / "poster.webp")),
        *("-map", "[sheet]", "-frames:v", "1", str(folder / "sheet.webp")),
        *("-map", "[proxy]", *encode, str(folder / "script.mp4")),
    )


def _run(program: str, *arguments: str) -> None:
    found = shutil.which(program)
    if found is None:
        raise SystemExit(f"{program} is not on the PATH; the comparison needs it")
    subprocess.run([found, *arguments], check=True, capture_output=True)  # noqa: S603 (our own words)


async def _batch(folder: Path, clip: bytes, *, number: int) -> Batch:
    """The inspector as a run has it, over a folder store that holds so many clips."""
    store = FolderStore(folder / "store")
    ledger = Ledger(store, SystemClock(), Edition("shoe", "main"), worker="w")
    await ledger.load()
    jobs = [make_job(take=take) for take in range(1, number + 1)]
    for job in jobs:
        await _store(store, ledger, job, clip)
    memory: list[tuple[int, int]] = []
    checks = folder / "store" / "shoe" / "main" / "checks"
    started, used = time.perf_counter(), _used()
    async with inspecting(store, ledger, jobs, scratch=folder) as inspector:
        waiting = asyncio.create_task(inspector.catch_up())
        while not waiting.done():
            memory.append((len(list(checks.glob("*.json"))), _memory_mb()))
            await asyncio.wait([waiting], timeout=1)
        cpu = _used() - used + _children_cpu()
        seconds = time.perf_counter() - started
    done = len(list(checks.glob("*.json")))
    assert done == number, f"{number - done} clips were not checked"
    return Batch(clips=number, seconds=seconds, cpu_seconds=cpu, quarters_mb=_quarters(memory, number))


async def _store(store: FolderStore, ledger: Ledger, job: Job, clip: bytes) -> None:
    await store.put(job.clip_key, clip, content_type="video/mp4")
    await bought(ledger, job)
    done = replace(make_done(job), sha256=hashlib.sha256(clip).hexdigest(), bytes=len(clip))
    await tell(ledger, job, SUBMITTED, done)


def _quarters(memory: Sequence[tuple[int, int]], number: int) -> tuple[int, ...]:
    """The most in each quarter of the clips."""
    return tuple(
        max((mb for clips, mb in memory if quarter * number <= 4 * clips < (quarter + 1) * number), default=0)
        for quarter in range(4)
    )


def _processes() -> list[Path]:
    """This process, and those it started."""
    mine = str(os.getpid())
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = stat.read_text().rpartition(")")[2].split()[1]
        except OSError:
            continue  # it has ended since
        if mine in {parent, stat.parent.name}:
            found.append(stat.parent)
    return found


def _memory_mb() -> int:
    pages = 0
    for process in _processes():
        try:
            pages += int((process / "statm").read_text().split()[1])
        except OSError:
            continue
    return pages * os.sysconf("SC_PAGE_SIZE") // 2**20


def _children_cpu() -> float:
    """Of the workers that are still there."""
    ticks = 0
    for process in _processes():
        if process.name != str(os.getpid()):
            fields = (process / "stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _missed(ours: Cost, batch: Batch) -> Sequence[str]:
    dear = [
        f"{size}: {ours.seconds[size]:.2f} CPU-s a clip, goal {goal}"
        for size, goal in GOALS.items()
        if ours.seconds[size] > goal
    ]
    slow = (
        [f"2,000 clips: {batch.minutes_for_2000:.0f} minutes"]
        if batch.minutes_for_2000 > _GOAL_MINUTES
        else []
    )
    grown = batch.quarters_mb[3] > _FLAT * batch.quarters_mb[1]
    return [*dear, *slow, *([f"memory grew: {batch.quarters_mb}"] if grown else [])]


def _tables(clips: dict[str, Path], costs: Sequence[Cost], batch: Batch) -> str:
    head = (
        "CPU seconds a clip of 5.875 s",
        *(f"{s}, {8 * p.stat().st_size / 5.875e6:.1f} Mb/s" for s, p in clips.items()),
    )
    rows = [(cost.what, *(f"{cost.seconds[size]:.2f}" for size in clips)) for cost in costs]
    rows.append(("goal", *(str(GOALS[size]) for size in clips)))
    long_head = (
        "768p clips",
        "seconds",
        "CPU-s a clip",
        "2,000 clips would take",
        *(f"MB, quarter {n}" for n in range(1, 5)),
    )
    long_row = (
        str(batch.clips),
        f"{batch.seconds:.0f}",
        f"{batch.cpu_seconds / batch.clips:.2f}",
        f"{batch.minutes_for_2000:.1f} min",
        *map(str, batch.quarters_mb),
    )
    return f"{table(head, rows)}\n\n{table(long_head, [long_row])}"


_TEXT: Final = """\
## Measured

Written by `make bench-media` on {at:%Y-%m-%d}, on two cores that others used too. Result: {result}.

{tables}

The script is one ffprobe and one ffmpeg, each with one thread, with all outputs from one decode. Its luma, motion and
sharpness are FFmpeg's `signalstats`, `siti` and `blurdetect`. Ours measures everything on proxies with a short side of 240 px.

The second table is the inspector of a run over a folder store, with two worker processes. Memory is that of all three processes, the peak in each quarter of the clips.
"""


if __name__ == "__main__":
    sys.exit(main())

"""How large and how quick a gallery is: `python -m benchmarks.gallery`, with `--write docs/evidence/gallery.md` into that document.

Pages of 10 to 10,000 jobs (and 200 with embedded proxies) are opened from disk in a real chromium; times are
taken inside the page, from the press to the frame that shows it, and told as the median of several. A judgement is
measured with every tile laid out, in CPU of the page: script, style and layout, as the browser counts them.
"""

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import Final

import pandas as pd
from playwright.sync_api import Browser, Page, sync_playwright

from hailuo.publish.embed import data_uris
from hailuo.publish.gallery import Links, inside, render
from hailuo.publish.manifest import COLUMNS

_START, _END = "<!-- gallery:start -->", "<!-- gallery:end -->"
_TIMES: Final = 5
_PROXY: Final = b"\0" * 15_000
_PROMPT: Final = "Luxury skincare bottle on black stone, soft haze, slow orbit camera, launch-film light, "
_FLAGS: Final = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
_LOADED: Final = "performance.getEntriesByType('navigation')[0].loadEventEnd"
_FILTERED: Final = """async () => {
    const box = document.querySelector("#facet-list input"), times = [];
    for (let turn = 0; turn < 6; turn += 1) {
        const before = performance.now();
        box.click();
        await new Promise((painted) => requestAnimationFrame(() => setTimeout(painted)));
        times.push(performance.now() - before);
    }
    return times;
}"""


_JUDGED: Final = """async (key) => {
    document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    await new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(painted))));
}"""
_COSTS: Final = ("ScriptDuration", "LayoutDuration", "RecalcStyleDuration")


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """A page to build: how many jobs, and whether their proxies lie inside it."""

    jobs: int
    embedded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What a page weighed and took; medians, in milliseconds. `violations` of its content security policy."""

    size: Size
    page_bytes: int
    load_ms: float
    filter_ms: float
    judge_ms: float
    heap_bytes: int
    violations: int


def _row(number: int, *, embedded: bool) -> dict[str, object]:
    model, prompt = f"MiniMax-Hailuo-{('02', '2.3', '2.3-Fast')[number % 3]}", f"p{number // 24:02}"
    return dict.fromkeys(COLUMNS) | {
        "creative_id": f"{number:010}",
        "campaign_name": "bench",
        "edition": "main",
        "prompt_label": prompt,
        "prompt": f"{_PROMPT * 4}{prompt}",
        "prompt_vars": {"surface": f"surface {number % 4}"},
        "model": model,
        "duration_req": 6 + 4 * (number // 3 % 2),
        "size_req": "768p",
        "take": number // 6 % 4 + 1,
        "params": {},
        "factors": {"prompt": prompt, "model": model, "duration": str(6 + 4 * (number // 3 % 2))},
        "is_control": number == 0,
        "state": "failed" if embedded is False and number % 40 == 39 else "stored",
        "attempts": 1,
        "task_id": f"task_{number:032}",
        "render_s": 60.0 + number % 97,
        "cost_est": Decimal("0.28"),
        "cost_actual": Decimal("0.28"),
        "spent_usd": Decimal("0.28"),
        "bytes": 2_500_000 + number,
        "sharpness_lapvar": 9.0 + number % 13 / 10,
        "motion_flow_mean": 3.0 + number % 17 / 10,
        "qa_verdict": ("pass", "warn", "fail")[number % 3],
        "qa_flags": ["no_audio", "landscape"],
        "placements": {
            "tiktok_infeed": {"verdict": "fail", "reasons": ["no_audio"]},
            "youtube_bumper": {"verdict": "pass"},
        },
        "proxy_uri": f"previews/{number:010}-proxy.mp4" if embedded else None,
    }


def _page(size: Size) -> bytes:
    frame = pd.DataFrame([_row(number, embedded=size.embedded) for number in range(size.jobs)], dtype=object)
    built_at = datetime(2026, 11, 22, tzinfo=UTC)
    if not size.embedded:
        return render(frame, title="bench", built_at=built_at, links=Links(clip=lambda _: "data:,"))
    embedded = data_uris({f"{number:010}-proxy.mp4": _PROXY for number in range(size.jobs)})
    return render(frame, title="bench", built_at=built_at, links=inside(embedded.get))


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser without a window, closed at the end."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=list(_FLAGS))
        yield browser
        browser.close()


def measure(browser: Browser, size: Size, *, folder: Path) -> Opened:
    """Build a page, open it several times from `folder`, press its first filter on and off."""
    path = folder / f"{size.jobs}-{size.embedded}.html"
    path.write_bytes(_page(size))
    loads, filters, heap, violations = [], [], 0, []
    for _ in range(_TIMES):
        page = browser.new_page(viewport={"width": 1440, "height": 1000})
        page.on(
            "console", lambda said: violations.append(said.text) if "Content Security" in said.text else None
        )
        page.goto(path.as_uri(), wait_until="load")
        loads.append(float(page.evaluate(_LOADED)))
        filters += [float(taken) for taken in page.evaluate(_FILTERED)]
        heap = max(heap, _heap(page))
        page.close()
    return Opened(
        size=size,
        page_bytes=path.stat().st_size,
        load_ms=median(loads),
        filter_ms=median(filters),
        judge_ms=_cost_of_a_judgement(browser, path),
        heap_bytes=heap,
        violations=len(violations),
    )


def _cost_of_a_judgement(browser: Browser, path: Path) -> float:
    """The median of several, in milliseconds of CPU, with everything laid out."""
    page = browser.new_page(viewport={"width": 1440, "height": 1000}, reduced_motion="reduce")
    page.goto(path.as_uri(), wait_until="load")
    page.evaluate("dispatchEvent(new Event('beforeprint')); dispatchEvent(new Event('afterprint'))")
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def spent() -> float:
        metrics = session.send("Performance.getMetrics")["metrics"]
        return 1000 * sum(float(one["value"]) for one in metrics if one["name"] in _COSTS)

    costs = []
    for turn in range(_TIMES + 1):
        page.evaluate(_JUDGED, "j")
        before = spent()
        page.evaluate(_JUDGED, "px"[turn % 2])
        costs.append(spent() - before)
    page.close()
    return median(costs[1:])  # the first one compiles the script


def _heap(page: Page) -> int:
    return int(page.evaluate("performance.memory.usedJSHeapSize"))


def _table(opened: Sequence[Opened]) -> str:
    head = [
        "| jobs | file | load | filter | judgement, CPU | JS heap | CSP violations |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    return "\n".join(head + [_line(one) for one in opened])


def _line(one: Opened) -> str:
    what = f"{one.size.jobs:,}{' with embedded 240p proxies of 15 kB' if one.size.embedded else ''}"
    sizes = f"{one.page_bytes / 1e6:.2f} MB | {one.load_ms:.0f} ms | {one.filter_ms:.0f} ms | {one.judge_ms:.0f} ms"
    return f"| {what} | {sizes} | {one.heap_bytes / 1e6:.0f} MB | {one.violations} |"


def _write(path: Path, table: str) -> None:
    before, _, rest = path.read_text().partition(_START)
    _, _, after = rest.partition(_END)
    path.write_text(f"{before}{_START}\n{table}\n{_END}{after}")


def main() -> None:
    """Measure all sizes; tell, or write down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", type=Path)
    asked = parser.parse_args()
    sizes = (*(Size(jobs=jobs) for jobs in (10, 200, 2_000, 10_000)), Size(jobs=200, embedded=True))
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        table = _table([measure(browser, size, folder=Path(folder)) for size in sizes])
    if asked.write:
        _write(asked.write, table)
    print(table)


if __name__ == "__main__":
    main()
